"""Plans from frame to frame of cameras that may move: what was seen before helps, and grasps keep their rank."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from grasping.grasp import Grasp
from grasping.policy import DEFAULT
from grasping.propose import reconsider
from grasping.quality.contact_quality import SQUEEZE_LIMIT, ContactQuality, Quality
from grasping.quality.policies import quality_of
from grasping.quality.worth import Stakes
from grasping.tools import DualTool, Tool
from handpick.grasp_plan.plan import BOTH, Region, found_support, placed, plan_on, ranking
from handpick.grasp_plan.result import GraspPlan
from perception.camera import CameraFrame
from perception.depth_image import DepthImage
from perception.pose import Pose
from perception.support.registration import changed, register
from perception.support.smoothing import smoothed
from perception.tote import Tote

REMEMBERED = 24  # grasps that are judged anew in the next frame
NEAR, ALIKE = 0.020, np.cos(np.deg2rad(30))  # of two grasps that are one: metres apart, and cosine between their frames
SHARE = 0.4  # of a new look in what a remembered grasp is worth


@dataclass(frozen=True, eq=False)
class Known:
    """A grasp in the base frame, and what it has been worth over the frames."""

    grasp: Grasp
    worth: float


class Tracker:
    """Plans again and again. The arguments are those of `handpick.plan`, which each look is planned with.

    memory: looks that are fused with the newest as long as nothing has changed; 1: none.
    """

    def __init__(
        self,
        tool: DualTool | None = None,
        tools: frozenset[Tool] = BOTH,
        region: Region | None = None,
        tote: Tote | None = None,
        support: Pose | None = None,
        damage: float = Stakes.damage,
        squeeze_limit: float = SQUEEZE_LIMIT,
        most: int = 5,
        memory: int = 4,
        policy: str | Quality = DEFAULT,
    ) -> None:
        self.tool, self.tools, self.stakes, self.most = tool or DualTool(), tools, Stakes(damage=damage), most
        self.quality = quality_of(policy, ContactQuality(self.tool, squeeze_limit=squeeze_limit))
        self.known_support = region, tote, support
        self.looks: deque[list[CameraFrame]] = deque(maxlen=max(memory, 1))
        self.known: list[Known] = []
        self.count = 0

    def plan(self, images: Sequence[DepthImage]) -> GraspPlan:
        """The plan of a new look. Raises as `handpick.plan` does; what is remembered then stays as it was."""
        frames, posed = self._located(images)
        if self.looks and changed(frames, self.looks[-1]):
            self.looks.clear()
        earlier = [frame for look in self.looks for frame in look]
        support = found_support([*frames, *earlier], posed, *self.known_support)
        calm = [smoothed(frame, support.noise) for frame in frames]
        found = plan_on([*calm, *earlier], support, self.tool, self.tools, self.stakes, self.most, self.quality)
        self.count += 1
        self.looks.append([_renamed(frame, self.count) for frame in calm])
        return self._with_memory(replace(found, frames=found.frames[: len(frames)]))

    def _located(self, images: Sequence[DepthImage]) -> tuple[list[CameraFrame], bool]:
        """Rectified frames; a camera of which no pose is known is registered to what it saw before."""
        frames, posed = placed(images)
        if posed or not self.looks:
            return frames, posed
        pose = register(frames[0], self.looks[-1][0])
        if pose is None:
            self.looks.clear()
            self.known.clear()
            return frames, posed
        return [replace(frames[0], camera=replace(frames[0].camera, T_base_camera=pose))], posed

    def _with_memory(self, found: GraspPlan) -> GraspPlan:
        """A plan in whose ranking grasps that are remembered count as what they were worth over the looks."""
        into = found.T_base_support.inverse()
        old = [_moved(known.grasp, into) for known in self.known]
        anew = reconsider(found.scene, self.tool, old, self.quality, stakes=self.stakes)
        kept = [
            Known(grasp, (1 - SHARE) * known.worth + SHARE * self.stakes.gain(grasp))
            for known, grasp in zip(self.known, anew)
            if grasp is not None
        ]
        new = [
            Known(grasp, self.stakes.gain(grasp))
            for grasp in ranking(found.grasps, self.stakes)
            if not any(_same(grasp, known.grasp) for known in kept)
        ]
        ranked = sorted([*kept, *new], key=lambda known: -known.worth)
        self.known = [replace(k, grasp=_moved(k.grasp, found.T_base_support)) for k in ranked[:REMEMBERED]]
        return replace(found, grasps=tuple(k.grasp for k in ranked), worth=tuple(k.worth for k in ranked))


def _renamed(frame: CameraFrame, look: int) -> CameraFrame:
    """A frame as one of a camera of its own: it stays where it was when the camera moves on."""
    name = f"{frame.camera.name.partition('@')[0]}@{look}"
    return replace(frame, camera=replace(frame.camera, name=name))


def _moved(grasp: Grasp, move: Pose) -> Grasp:
    return replace(grasp, T_base_tool=move @ grasp.T_base_tool)


def _same(a: Grasp, b: Grasp) -> bool:
    cosine = ((a.T_base_tool.rotation * b.T_base_tool.rotation).sum() - 1) / 2
    near = np.linalg.norm(a.T_base_tool.position - b.T_base_tool.position) < NEAR
    return bool(a.tool is b.tool and near and cosine > ALIKE)
