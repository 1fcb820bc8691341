"""A planning task: one grasp with the arm put to it, its planning scenes, and its ways, timed and verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from grasping.grasp import Grasp, Load
from grasping.tools import Tool
from motion.collision.distance_field import Field
from motion.paths.arches import Router, timed
from motion.planning.planning_scene import Leg, Stage
from motion.robot.arm import Arm
from motion.robot.link_shapes import surface_points
from motion.robot.tool_state import ToolState
from motion.timing.grasp_load import Hold
from motion.timing.time_optimal import Pace, retime
from motion.trajectory import Trajectory
from perception.pose import Array, Pose
from perception.scene import Scene
from perception.tote import Box

CONTACT_SPEED = 0.10  # m/s at most, so close to touching
CONTACT_WAY = 0.012  # metres
LOWERED = 0.04  # metres that an item goes straight down at least, and the empty tool straight back
CLEAR = 0.03  # metres over the rim and over all items at which things pass
SPREAD = 0.02  # metres that the fingers open beyond the item to let it go


@dataclass(frozen=True, eq=False)
class Task:
    """A grasp with the arm put to it: what all stages of its pick share.

    Attributes:
        start: joint positions (J,) at which the approach ends.
        lift: joint path (N, J) from the grasp on in which the item is turned, of one row if it is not.
        contact: what lies in the source, where the tool goes in among it. way: what lies in source and destination.
        over: height in the base frame at which things pass over the rim and all items, metres.
        hidden: metres by which the item may reach further down than believed.
        entry: joint paths (N, J) from `start` to the grasp, where the approach does not end there.
    """

    grasp: Grasp
    scene: Scene
    T_last_grasp: Pose
    load: Load
    start: Array
    lift: Array
    contact: Field
    way: tuple[Field, Field]
    over: float
    hidden: float
    entry: tuple[Array, ...] = ()


@dataclass(frozen=True, eq=False)
class Way:
    """A path (N, J) of one stage, not yet timed; contact: metres from its ends in which it may touch."""

    stage: Stage
    path: Array
    contact: tuple[float, float]


class Staging:
    """Makes the stages of tasks, and times and verifies ways through them.

    Args:
        boxes: all solid boxes around. pace: shares of the limits. seed: of the search for ways around.
    """

    def __init__(self, arm: Arm, router: Router, boxes: Sequence[Box], pace: Pace, seed: int) -> None:
        self.arm, self.router, self.boxes, self.pace, self.seed = arm, router, boxes, pace, seed

    def stage(
        self,
        task: Task,
        tool: ToolState,
        contact: tuple[Field, Field],
        carried: Array | None = None,
        hold: Hold | None = None,
        loose: Array | None = None,
    ) -> Stage:
        """A stage of a task; carried: points (N, 3) of the item in hand, in the last link's frame, by `hold`; loose:
        where else (M, 3) it may hang on its way.
        """
        frame, boxes, state = task.T_last_grasp, self.boxes, (tool.opening, tool.travel)
        around = self.arm, self.router, *state, boxes, task.way, contact, frame, carried
        return Stage(*around, self.seed, hold=hold, share=self.pace.hold, loose=loose)

    def coming(self, task: Task) -> Stage:
        """The tool as it comes to the item, and as it turns it; it may touch what lies around."""
        return self.stage(task, ready(task.grasp), (task.contact, Field.empty()))

    def timed(
        self,
        way: Way,
        slow: tuple[float, float],
        arm: Arm | None = None,
        hold: Hold | None = None,
        gently: float = CONTACT_SPEED,
    ) -> tuple[Trajectory, float]:
        """A way timed and verified, and when its tool may change; `slow`: metres from its ends where it goes gently."""
        path = timed(self.arm, way.path, way.stage.T_last_grasp, *slow, gently)
        motion = way.stage.unhurried(retime(arm or self.arm, path, hold, self.pace), *way.contact)
        return motion, way.stage.verify(motion, *way.contact)

    def released(self, grasp: Grasp) -> ToolState:
        """The tool when the item is let go."""
        wide = min(grasp.width + SPREAD, self.arm.tool.gripper.opening[1])
        return ToolState(grasp.opening if grasp.tool is Tool.SUCTION else wide, closed(grasp).travel)

    def letting_go(self, grasp: Grasp, T_last_grasp: Pose) -> Array:
        """Points (N, 3) on the tool as it lets the item go, in the grasp's frame."""
        offset = T_last_grasp.inverse() @ self.arm.T_last_tool(Tool.PINCH) @ self.arm.tool.T_flange_tip.inverse()
        released = self.released(grasp)
        return offset.apply(surface_points(self.arm.tool, released.opening, released.travel))


def ready(grasp: Grasp) -> ToolState:
    """The tool when it comes to the item."""
    return ToolState(grasp.skill.opening(grasp.opening), 1.0 if grasp.skill.cup_out else closed(grasp).travel)


def closed(grasp: Grasp) -> ToolState:
    """The tool while it holds the item."""
    return ToolState(grasp.width, 1.0 if grasp.tool is Tool.SUCTION else 0.0)


def backing_off(back: Array, deep: float) -> Leg:
    """The leg on which the empty tool leaves what it let go of: along `back` (3,), until it is `deep` metres higher."""
    return Leg(back, LOWERED, max(deep / max(back[2], 0.5), LOWERED) + CLEAR)


def facing(router: Router, T_base_last: Pose, q: Array) -> Array:
    """A configuration (J,) for a pose, near the one that turning the arm at `q` (J,) about its first axis gives.

    Raises:
        Unreachable: there is none.
    """
    x, y, _ = T_base_last.position
    before = router.arm.links(q)[-1][:3, 3]
    near = q.copy()
    near[0] += np.arctan2(y, x) - np.arctan2(before[1], before[0])
    return router.inverse.best(T_base_last, near)
