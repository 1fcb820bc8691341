"""Depth images in, ranked grasps out: the front of planning without an arm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grasping.grasp import Grasp
from grasping.policy import DEFAULT
from grasping.propose import propose
from grasping.quality.contact_quality import SQUEEZE_LIMIT, ContactQuality, Quality
from grasping.quality.policies import quality_of
from grasping.quality.worth import Stakes
from grasping.skill import Lift
from grasping.tools import DualTool, Tool
from handpick.grasp_plan.reasons import reasons
from handpick.grasp_plan.result import GraspPlan
from perception.camera import CameraFrame
from perception.completion.complete import Completion, complete
from perception.depth_image import DepthImage
from perception.errors import FrameError
from perception.pose import Array, Pose
from perception.segmentation.find_items import by_geometry
from perception.segmentation.partition import Segmentation
from perception.support.on_support import perceive_on_support
from perception.support.smoothing import smoothed
from perception.support.support import UP, Support, find_support
from perception.tote import Tote

BOTH = frozenset(Tool)
TOOL_ERROR = 1.0e-3  # metres, standard deviation of where arm and calibration put a tool
Region = tuple[Sequence[float], Sequence[float]]


def plan(
    images: Sequence[DepthImage],
    tool: DualTool | None = None,
    tools: frozenset[Tool] = BOTH,
    region: Region | None = None,
    tote: Tote | None = None,
    support: Pose | None = None,
    damage: float = Stakes.damage,
    squeeze_limit: float = SQUEEZE_LIMIT,
    most: int = 5,
    policy: str | Quality = DEFAULT,
    completion: Completion = complete,
    segmentation: Segmentation = by_geometry,
) -> GraspPlan:
    """Items with full shapes and ranked grasps of both tools, from one look of any number of cameras.

    Args:
        images: one of each camera. Where there is but one without a pose, base is that camera's frame, and any tilt of
            the support will do; else base's z axis points up.
        tool: cup and fingers as data. tools: which of them to plan for.
        region: least and greatest corner (3,) in base, metres, of what to look at; None: all that stands on the
            support.
        tote: what the items lie in, where it is known; support: the pose of the plane on which they lie, z up, where
            that is known; depth is then corrected where its scale is off. None of both: it is found.
        damage: what a damaged item costs, in placed ones. squeeze_limit: pascals under a pad that dent half of the
            goods; much more for metal.
        most: grasps of each item and tool. policy: whose odds they have, by name or as a function.
        completion: tells the full shape of each item.
        segmentation: tells which part of what is seen is which item's.

    Raises:
        FrameError: no image, one without depth, or without a pose beside others.
        SupportError: no support is seen, or not where it is said to be.
        PolicyError, WeightsError: there is no such policy, or its odds or weights cannot be used.
    """
    frames, ground = grounded(*placed(images), region, tote, support)
    tool = tool or DualTool()
    error = float(np.hypot(TOOL_ERROR, ground.noise))
    quality = quality_of(policy, ContactQuality(tool, squeeze_limit=squeeze_limit, position_error=error))
    return plan_on(frames, ground, tool, tools, Stakes(damage=damage), most, quality, completion, segmentation)


def plan_on(
    frames: Sequence[CameraFrame],
    ground: Support,
    tool: DualTool,
    tools: frozenset[Tool],
    stakes: Stakes,
    most: int,
    quality: Quality,
    completion: Completion = complete,
    segmentation: Segmentation = by_geometry,
) -> GraspPlan:
    """The plan of what stands on a support that is known."""
    scene, local = perceive_on_support(frames, ground, completion, segmentation)
    options = propose(scene, tool, tools, quality, most, combined=False, stakes=stakes)
    plain = [grasp for grasp in options if isinstance(grasp.skill, Lift)]
    ranked = ranking(plain, stakes)
    worth = tuple(stakes.gain(grasp) for grasp in ranked)
    notes = (*ground.notes, *reasons(scene, ranked, tool, tools))
    return GraspPlan(scene, ranked, worth, ground.T_base_support, tuple(local), notes)


def ranking(options: Sequence[Grasp], stakes: Stakes) -> tuple[Grasp, ...]:
    """Grasps by what a try is expected to gain, best first."""
    return tuple(sorted(options, key=lambda grasp: -stakes.gain(grasp)))


def placed(images: Sequence[DepthImage]) -> tuple[list[CameraFrame], bool]:
    """Rectified frames, and whether their base frame is more than the camera's own.

    Raises:
        FrameError: no image, two of one name, or one of several without a pose.
    """
    if not images:
        raise FrameError("plan: expected one depth image at least, got none; name the folder or the file of one")
    names = [image.name for image in images]
    if len(set(names)) < len(names):
        raise FrameError(
            f"plan: expected one image of each camera, got {names}; a tracker takes one look after another"
        )
    if len(images) == 1 and images[0].T_base_camera is None:
        return [images[0].frame(Pose.identity())], False
    lost = [image.name for image in images if image.T_base_camera is None]
    if lost:
        raise FrameError(
            f"plan: expected T_base_camera of each of several cameras, got none of {lost}; calibrate them to one "
            "frame, or give one camera alone"
        )
    return [image.frame() for image in images], True


def grounded(
    frames: Sequence[CameraFrame],
    posed: bool,
    region: Region | None = None,
    tote: Tote | None = None,
    support: Pose | None = None,
) -> tuple[Sequence[CameraFrame], Support]:
    """Frames smoothed as their noise asks for, and the support that they then show."""
    ground = found_support(frames, posed, region, tote, support)
    calm = [smoothed(frame, ground.noise) for frame in frames]
    if calm[0] is frames[0]:
        return frames, ground
    return calm, found_support(calm, posed, region, tote, support)


def found_support(
    frames: Sequence[CameraFrame],
    posed: bool,
    region: Region | None = None,
    tote: Tote | None = None,
    support: Pose | None = None,
) -> Support:
    """The support as it is known, else as the frames show it."""
    corners: tuple[Array, Array] | None = None
    if region is not None:
        corners = np.asarray(region[0], np.float64), np.asarray(region[1], np.float64)
        if any(c.shape != (3,) for c in corners) or not (corners[0] < corners[1]).all():
            raise FrameError(f"region: expected its least and its greatest corner, x y z in metres, got {region}")
    if tote is not None:
        return Support.of(tote)
    return find_support(frames, UP if posed else None, support, corners)
