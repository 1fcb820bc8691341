"""The front of the room: from a chosen grasp to motions that may be sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from grasping.grasp import Grasp, Load
from grasping.tools import Tool
from motion.arm import Arm
from motion.errors import GraspTooWeak, InCollision, LimitsExceeded, NoPath, NoPlace, PlanError, Unreachable
from motion.estimate import pick_seconds
from motion.field import Field, heights, seen, strict
from motion.hold import Hold, believed_load, hold_of
from motion.inverse import Inverse
from motion.placing import Place, Placing, places
from motion.primitives import surface_points
from motion.rest import rest_configuration
from motion.route import Arch, Router, timed
from motion.stage import Stage
from motion.timing import Pace, retime
from motion.trajectory import Trajectory
from perception.camera import CameraModel
from perception.pose import Array, Pose
from perception.scene import Scene
from perception.tote import Box, Tote

__all__ = [
    "GraspTooWeak",
    "InCollision",
    "LimitsExceeded",
    "NoPath",
    "NoPlace",
    "PickMotion",
    "PlanError",
    "Planner",
    "Unreachable",
]

CONTACT_SPEED = 0.10  # m/s at most, so close to touching
CONTACT_WAY = 0.015  # metres
PREGRASP = 0.08  # metres before the grasp from which the tool comes in straight
LIFTED = 0.05  # metres up, after which the item is clear and its hold can be verified
UNTURN = 1.0  # rad that the wrist turns back on its way to the rest pose, where it may stay TURNED by so much
TURNED = 1.5
SPREAD = 0.02  # metres that the fingers open beyond the item to let it go
# straight up, straight down and extra height of the carries to try, metres, and control points over; fast ones first
CARRIES = (
    (0.07, 0.06, 0.02, 2),
    (0.07, 0.06, 0.08, 2),
    (0.12, 0.12, 0.06, 2),
    (0.12, 0.16, 0.06, 2),
    (1.0, 0.12, 0.06, 2),
    (1.0, 1.0, 0.06, 2),
    (1.0, 1.0, 0.06, 3),
)
CAMERA_BODY = np.array((0.10, 0.05, 0.05))
HALF_TURN = Pose.from_euler((0, 0, 0), (0, 0, np.pi))


@dataclass(frozen=True, eq=False)
class PickMotion:
    """The three motions of a pick, each from rest to rest.

    Attributes:
        approach: from where the arm is to the grasp.
        carry: from the grasp to where the tool lets go.
        lifted: seconds into `carry` when the item is clear of its neighbours.
        retreat: from the release to the rest pose, out of the cameras' view.
        T_base_release: the grasp's frame (cup or tip) at the release.
    """

    approach: Trajectory
    carry: Trajectory
    lifted: float
    retreat: Trajectory
    T_base_release: Pose


@dataclass(frozen=True, eq=False)
class _Task:
    """A grasp with the arm put to it: what all stages of its pick share."""

    grasp: Grasp
    scene: Scene
    T_last_grasp: Pose
    load: Load
    q_grasp: Array
    contact: Field
    way: tuple[Field, Field]


class Planner:
    """Plans picks from the source tote to the destination tote.

    Args:
        obstacles: solid boxes besides the totes. cameras: what must keep its view, and stands around as well.
        pace: shares of the limits. seed: of the search for ways around.

    Raises:
        Unreachable: the arm has no place to wait.
    """

    def __init__(
        self,
        arm: Arm,
        source: Tote,
        destination: Tote,
        obstacles: Sequence[Box] = (),
        cameras: Sequence[CameraModel] = (),
        pace: Pace | None = None,
        placing: Placing | None = None,
        seed: int = 0,
    ) -> None:
        self.arm, self.source, self.destination = arm, source, destination
        self.pace, self.placing, self.seed = pace or Pace(), placing or Placing(), seed
        bodies = (Box(camera.T_base_camera @ _behind(CAMERA_BODY), CAMERA_BODY) for camera in cameras)
        self.boxes = (*source.boxes(), *destination.boxes(), *obstacles, *bodies)
        self.inverse = Inverse(arm)
        self.router = Router(arm, self.inverse)
        self.rest = rest_configuration(arm, self.inverse, source, destination, cameras)
        self.rim = max(tote.T_base_tote.position[2] + tote.inner[2] for tote in (source, destination))

    def time(self, grasp: Grasp) -> float:
        """Seconds that picking with this grasp will take, roughly, at the speed that the grasp permits."""
        return pick_seconds(grasp, self.rest[0], self.destination, self.rim)

    def plan(self, grasp: Grasp, scene: Scene, positions: Array) -> PickMotion:
        """Motions for one pick from joint positions (J,), at rest.

        The tool may be turned half about its axis, which changes nothing for the item.

        Raises:
            Unreachable, InCollision, NoPath, NoPlace, GraspTooWeak, LimitsExceeded: why there are none; all PlanError.
        """
        positions = self._checked(positions)
        load = believed_load(grasp)
        contact = seen(scene.occupancy, grasp.item, grasp.T_base_tool.position, 0.2)
        way = strict(scene.occupancy, grasp.item), heights(scene.destination)
        failures: list[PlanError] = []
        for T_last_grasp, q_grasp in self._reaching(grasp, positions, failures):
            task = _Task(grasp, scene, T_last_grasp, load, q_grasp, contact, way)
            try:
                return self._pick(task, positions)
            except PlanError as error:
                failures.append(error)
        raise failures[0]

    def home(self, positions: Array, scene: Scene | None) -> Trajectory:
        """From joint positions (J,) at rest to the rest pose, tool empty, whatever its state.

        Raises:
            NoPath, InCollision, Unreachable, LimitsExceeded: there is no safe way.
        """
        positions = self._checked(positions)
        rest = self._resting(positions)
        if np.abs(positions - self.rest)[:6].max() < 1e-4:
            still = np.vstack([positions, positions])
            return Trajectory(np.array((0.0, 1e-3)), still, 0 * still, 0 * still)
        nothing = Field.empty()
        way = nothing if scene is None else strict(scene.occupancy, None), nothing
        T_last_tip = self.arm.T_last_tool(Tool.PINCH)
        states = (self.arm.tool.gripper.opening[1], 1.0), (0.0, 0.0)
        stage, narrow = (
            Stage(self.arm, self.router, *state, self.boxes, way, (nothing, nothing), T_last_tip) for state in states
        )
        stage.close, stage.exact = narrow.close, narrow.exact  # where it stands it stands free: it only must rise
        height = (Pose(self.arm.links(positions)[-1]) @ T_last_tip).position[2]
        clear = self.rim + self.arm.tool.cup.extension + 0.04
        shapes = [Arch(max(clear - height, 0.0), clear + extra, 0.0) for extra in (0.05, 0.12, 0.0)]
        path, rise, drop = stage.way(positions, rest, shapes, self._rng())
        motion = retime(self.arm, timed(self.arm, path, T_last_tip, 0.0, 0.0, np.inf), None, self.pace)
        stage.verify(motion, rise, drop)
        return motion

    def _checked(self, positions: Array) -> Array:
        positions = np.asarray(positions, dtype=np.float64)
        limits = self.arm.limits
        if (
            positions.shape != limits.lower.shape
            or not ((limits.lower <= positions) & (positions <= limits.upper)).all()
        ):
            raise LimitsExceeded(
                f"expected {len(limits.lower)} joint positions between {limits.lower} and {limits.upper} rad, "
                f"got {positions}; move the arm back by hand"
            )
        return positions

    def _reaching(self, grasp: Grasp, positions: Array, failures: list[PlanError]) -> Iterator[tuple[Pose, Array]]:
        """The ways to put the tool to the grasp, the one that asks least of the arm first."""
        found = []
        for turned in (Pose.identity(), HALF_TURN):
            T_last_grasp = self.arm.T_last_tool(grasp.tool) @ turned
            try:
                q = self.inverse.best(self._pressed(grasp) @ T_last_grasp.inverse(), positions)
                found.append((float(self.inverse.cost(q[None], positions)[0]), T_last_grasp, q))
            except Unreachable as error:
                failures.append(error)
        for _, T_last_grasp, q in sorted(found, key=lambda way: way[0]):
            yield T_last_grasp, q

    def _pressed(self, grasp: Grasp) -> Pose:
        """Where the tool goes to: a cup presses on until its bellows is half closed."""
        depth = self.arm.tool.cup.bellows_stroke / 2 if grasp.tool is Tool.SUCTION else 0.0
        return grasp.T_base_tool @ Pose.from_rotation((0, 0, depth), np.eye(3))

    def _pick(self, task: _Task, positions: Array) -> PickMotion:
        """Approach once, then the first place to which the item can be carried."""
        grasp, nothing = task.grasp, Field.empty()
        approach = self._approach(task, positions)
        options = self._places(task)
        item = task.scene.item(grasp.item)
        held = grasp.T_base_tool.inverse().apply(item.points[:: max(len(item.points) // 4000, 1)])
        carrying = self._stage(task, grasp.width, (task.contact, nothing), task.T_last_grasp.apply(held))
        leaving = self._stage(task, self._released(grasp), (nothing, nothing))
        failures: list[PlanError] = []
        for place, around in [(place, False) for place in options] + [(place, True) for place in options[:2]]:
            try:
                carry, lifted = self._carry(task, carrying, held, place, around)
                return PickMotion(approach, carry, lifted, self._retreat(leaving, carry, place), place.T_base_grasp)
            except PlanError as error:
                failures.append(error)
        raise failures[0]

    def _approach(self, task: _Task, positions: Array) -> Trajectory:
        stage = self._stage(task, task.grasp.opening, (task.contact, Field.empty()))
        top = self.rim + (0.03 if task.grasp.tool is Tool.SUCTION else 0.05)
        start = stage.tool_positions(positions[None])[0, 2]
        rise = max(top - start, 0.0)
        shapes = [Arch(rise, top + extra, PREGRASP) for extra in (0.0, 0.08, 0.16)]
        axis = -task.grasp.T_base_tool.rotation[:, 2]
        path, near_start, near_end = stage.way(positions, task.q_grasp, shapes, self._rng(), axis)
        return self._timed(stage, path, (near_start, near_end), (0.0, CONTACT_WAY))

    def _places(self, task: _Task) -> Sequence[Place]:
        grasp = task.grasp
        offset = task.T_last_grasp.inverse() @ self.arm.T_last_tool(Tool.PINCH) @ self.arm.tool.T_flange_tip.inverse()
        tool = surface_points(self.arm.tool, self._released(grasp), self._travel(grasp))
        item = task.scene.item(grasp.item)
        near = self.source.T_base_tote.position
        return places(task.scene.destination, item, grasp.T_base_tool, offset.apply(tool), near, self.placing)

    def _carry(self, task: _Task, stage: Stage, held: Array, place: Place, around: bool) -> tuple[Trajectory, float]:
        """The motion with the item in hand, and when the item is clear; held: its points in the grasp's frame."""
        grasp = task.grasp
        q_place = self._facing(place.T_base_grasp @ task.T_last_grasp.inverse(), task.q_grasp)
        hang = -float((held @ grasp.T_base_tool.rotation[2]).min())
        over = self.rim + max(hang, 0.0 if grasp.tool is Tool.SUCTION else 0.02) + 0.03
        start, end = grasp.T_base_tool.position[2], place.T_base_grasp.position[2]
        free_rise, free_drop = max(over - start, LIFTED), max(over - end, LIFTED)
        shapes = [Arch(min(up, free_rise), over + more, min(down, free_drop), legs) for up, down, more, legs in CARRIES]
        path, near_start, near_end = stage.way(task.q_grasp, q_place, shapes, self._rng(), around=around)
        loaded = self.arm.carrying(task.load, task.T_last_grasp)
        hold = hold_of(self.arm, task.load, grasp.limits, task.T_last_grasp)
        zones = (near_start, near_end)
        motion = self._timed(stage, path, zones, (CONTACT_WAY, CONTACT_WAY), loaded, hold)
        heights_ = stage.tool_positions(motion.positions[::10])[:, 2]
        clear = np.flatnonzero(heights_ > heights_[0] + LIFTED)
        return motion, float(motion.times[10 * clear[0]]) if len(clear) else motion.duration

    def _retreat(self, stage: Stage, carry: Trajectory, place: Place) -> Trajectory:
        start = carry.positions[-1]
        over = self.rim + 0.05
        clear = max(over - place.T_base_grasp.position[2], LIFTED)
        shapes = [Arch(min(rise, clear), over + 0.02, 0.0) for rise in (0.04, 0.10, clear)]
        path, near_start, near_end = stage.way(start, self._resting(start), shapes, self._rng())
        return self._timed(stage, path, (near_start, near_end), (CONTACT_WAY, 0.0))

    def _resting(self, q: Array) -> Array:
        """The rest pose with the wrist as it is now, or less turned: the tool may point any way while it waits."""
        rest = self.rest.copy()
        rest[6] = np.clip(q[6] - np.clip(q[6] - rest[6], -UNTURN, UNTURN), rest[6] - TURNED, rest[6] + TURNED)
        return rest

    def _facing(self, T_base_last: Pose, q: Array) -> Array:
        """A configuration for a pose, near the one that turning the arm about its first axis gives."""
        x, y, _ = T_base_last.position
        before = Pose(self.arm.links(q)[-1]).position
        near = q.copy()
        near[0] += np.arctan2(y, x) - np.arctan2(before[1], before[0])
        return self.inverse.best(T_base_last, near)

    def _stage(self, task: _Task, opening: float, contact: tuple[Field, Field], carried: Array | None = None) -> Stage:
        travel = self._travel(task.grasp)
        return Stage(self.arm, self.router, opening, travel, self.boxes, task.way, contact, task.T_last_grasp, carried)

    def _timed(
        self,
        stage: Stage,
        path: Array,
        contact: tuple[float, float],
        slow: tuple[float, float],
        arm: Arm | None = None,
        hold: Hold | None = None,
    ) -> Trajectory:
        """The path timed and verified; `contact` and `slow` tell how far from its ends each goes, metres."""
        motion = retime(
            arm or self.arm, timed(self.arm, path, stage.T_last_grasp, *slow, CONTACT_SPEED), hold, self.pace
        )
        stage.verify(motion, *contact)
        return motion

    def _travel(self, grasp: Grasp) -> float:
        return 1.0 if grasp.tool is Tool.SUCTION else 0.0

    def _released(self, grasp: Grasp) -> float:
        """How far the fingers stand open when the item is let go."""
        gripper = self.arm.tool.gripper
        return grasp.opening if grasp.tool is Tool.SUCTION else min(grasp.width + SPREAD, gripper.opening[1])

    def _rng(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)


def _behind(size: Array) -> Pose:
    return Pose.from_rotation((0, 0, -size[2] / 2 - 0.01), np.eye(3))
