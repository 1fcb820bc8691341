"""The front of the room: from a chosen grasp to motions that may be sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from grasping.drag import Drag
from grasping.grasp import Grasp, Load
from grasping.tools import Tool
from motion.arm import Arm
from motion.change import Change, ToolState
from motion.curves import finer
from motion.errors import GraspTooWeak, InCollision, LimitsExceeded, NoPath, NoPlace, PlanError, Unreachable
from motion.estimate import pick_seconds
from motion.field import Field, heights, seen, strict
from motion.hold import Hold, believed_load, deepened, hold_of
from motion.homing import Homing
from motion.inverse import Inverse
from motion.landing import hidden_depth
from motion.pick import DragMotion, PickMotion
from motion.placing import Place, Placing, places
from motion.primitives import surface_points, wrist_points
from motion.rest import rest_configuration, resting
from motion.route import UP, Router, timed
from motion.rrt import connect
from motion.setting import Setting
from motion.sight import Sight, capsule_of
from motion.stage import Leg, Stage
from motion.swing import attitudes, fore_edge, hanging, hanging_load, levelled, lifts, steady, swept, swing
from motion.timing import Pace, retime
from motion.trajectory import Trajectory, joined
from motion.walls import lift_axis
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
CONTACT_WAY = 0.012  # metres
LANDING = 0.02  # metres before that from which landing is minded
SWING_SPEED = 0.20  # m/s of the cup at most while it turns a book about its fore-edge
PREGRASP = 0.05  # metres before the grasp from which the tool comes in straight, at least
LIFTED = 0.05  # metres up, after which the item is clear and its hold can be verified
LOWERED = 0.04  # metres that an item goes straight down at least, and the empty tool straight back
CLEAR = 0.03  # metres over the rim and over all items at which things pass
LAID, EVEN = 0.0, 0.015  # metres over the ground, highest and mean under its fore-edge, at which a book is laid down
REACHES = 3  # ways to reach a grasp that are tried: of 97 plans that succeeded none needed a fourth
SPREAD = 0.02  # metres that the fingers open beyond the item to let it go
CAMERA_BODY = np.array((0.10, 0.05, 0.05))
HALF_TURN = Pose.from_euler((0, 0, 0), (0, 0, np.pi))


@dataclass(frozen=True, eq=False)
class _Task:
    """A grasp with the arm put to it: what all stages of its pick share.

    lift: joint path (N, J) from the grasp on in which the item is turned, of one row if it is not.
    """

    grasp: Grasp
    scene: Scene
    T_last_grasp: Pose
    load: Load
    lift: Array
    contact: Field
    way: tuple[Field, Field]
    over: float
    hidden: float


@dataclass(frozen=True, eq=False)
class _Way:
    """A path (N, J) of one stage, not yet timed; contact: metres from its ends in which it may touch."""

    stage: Stage
    path: Array
    contact: tuple[float, float]


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
        self.sight = Sight((source, destination), cameras, (source,))
        self.rim = max(tote.T_base_tote.position[2] + tote.inner[2] for tote in (source, destination))

    def warm_up(self, scene: Scene, options: Sequence[Grasp]) -> None:
        """Plan once with each tool and once around, so that compiled code is loaded before the first pick."""
        positions, left, some = self.rest, None, {grasp.tool: grasp for grasp in options if grasp.hinge is None}
        for grasp in some.values():
            with suppress(PlanError):
                motion = self.plan(grasp, scene, positions, left)
                positions, left = motion.carry.positions[-1], motion.released
                stage, rng = motion.carrying.stage, np.random.default_rng(self.seed)
                connect(self.rest, self.rest, self.inverse.lower, self.inverse.upper, stage.free, rng, 1)

    def time(self, grasp: Grasp) -> float:
        """Seconds from the last release to that of a pick with this grasp, roughly, at the speed that it permits."""
        return pick_seconds(grasp, self.destination, self.rim)

    def plan(self, grasp: Grasp, scene: Scene, positions: Array, left: ToolState | None = None) -> PickMotion:
        """Motions for one pick from joint positions (J,), at rest.

        The tool may be turned half about its axis, which changes nothing for the item.

        Args:
            left: how the tool has just let go of the last item, among what lies in the destination; without it the
                tool stands free, and ready for the grasp.

        Raises:
            Unreachable, InCollision, NoPath, NoPlace, GraspTooWeak, LimitsExceeded: why there are none; all PlanError.
        """
        positions = self._checked(positions)
        contact = seen(scene.occupancy, grasp.item, grasp.T_base_tool.position, 0.4 if grasp.hinge else 0.2)
        way = strict(scene.occupancy, grasp.item), heights(scene.destination)
        over = self._over(scene)
        item = scene.item(grasp.item)
        hidden = hidden_depth(scene, item)
        load = deepened(believed_load(grasp), grasp, float(np.ptp(item.points[:, 2])), hidden)
        failures: list[PlanError] = []
        for option in attitudes(grasp):
            try:
                for T_last_grasp, lift in self._reaching(option, scene, positions):
                    task = _Task(option, scene, T_last_grasp, load, lift, contact, way, over, hidden)
                    try:
                        return self._pick(task, positions, left)
                    except PlanError as error:
                        failures.append(error)
                        if isinstance(error, NoPlace) and not grasp.hinge:  # however the arm reaches the item
                            break
            except PlanError as error:
                failures.append(error)
        raise failures[-1] if isinstance(failures[-1], NoPlace) else failures[0]

    def drag(self, drag: Drag, scene: Scene, positions: Array) -> DragMotion:
        """Motions that drag an item aside, from joint positions (J,) at rest with the tool free.

        Raises:
            Unreachable, InCollision, NoPath, LimitsExceeded: why there are none; all PlanError.
        """
        positions, grasp = self._checked(positions), drag.grasp
        contact = seen(scene.occupancy, grasp.item, grasp.T_base_tool.position, 0.3)
        way = strict(scene.occupancy, grasp.item), Field.empty()
        over = self._over(scene)
        failures: list[PlanError] = []
        for T_last_grasp, lift in self._reaching(grasp, scene, positions):
            task = _Task(grasp, scene, T_last_grasp, grasp.load, lift, contact, way, over, 0.0)
            try:
                approached, ready = self._timed(self._approach(task, positions, None), (0.0, CONTACT_WAY))
                return DragMotion(approached, ready, self._dragged(task, drag.way))
            except PlanError as error:
                failures.append(error)
        raise failures[0]

    def swings(self, grasp: Grasp, way: Array, scene: Scene, positions: Array) -> bool:
        """Whether a book held by a hinged grasp can be swung up once it has been dragged along `way` (3,) metres."""
        level = np.array((way[0], way[1], 0.0))
        item = scene.item(grasp.item)
        slid = replace(item, points=item.points + level)
        ahead = replace(scene, items=tuple(slid if other is item else other for other in scene.items))
        T_base_tool = Pose.from_rotation(grasp.T_base_tool.position + level, grasp.T_base_tool.rotation)
        contact = seen(scene.occupancy, grasp.item, T_base_tool.position, 0.4)
        nothing = Field.empty()
        for option in attitudes(replace(grasp, T_base_tool=T_base_tool)):
            try:
                for T_last_grasp, lift in self._reaching(option, ahead, positions):
                    around = contact, (nothing, nothing)
                    task = _Task(option, ahead, T_last_grasp, grasp.load, lift, *around, 0.0, 0.0)
                    with suppress(InCollision):
                        self._turning(task).check(lift, np.inf, np.inf)
                        return True
            except PlanError:
                continue
        return False

    def _over(self, scene: Scene) -> float:
        """Height in the base frame at which things pass over the rim and all items."""
        return max(self.rim, *(float(item.points[:, 2].max()) for item in scene.items)) + CLEAR

    def _dragged(self, task: _Task, way: Array) -> Trajectory:
        """Straight along a way (3,), gently, the cup on the item."""
        line = self.router.line(task.lift[-1], task.T_last_grasp, way)
        stage = self._turning(task)
        short = np.linalg.norm(way) - np.linalg.norm(np.ptp(stage.tool_positions(line), axis=0))
        if short > 1e-3:
            raise Unreachable(f"expected a reach for the whole way, got {short:.3f} m less; drag another way")
        stage.check(line, np.inf, np.inf)
        return self._timed(_Way(stage, line, (np.inf, np.inf)), (np.inf, 0.0))[0]

    def home(
        self,
        positions: Array,
        scene: Scene | None,
        tool: ToolState | None = None,
        boxes: Sequence[Box] | None = None,
    ) -> Trajectory:
        """From joint positions (J,) at rest to the rest pose, tool empty.

        tool: its state at most: fingers no further open, cup no further out. None: whatever it is.

        boxes: all that stands around, where it has moved; None where it stands as ever.

        Raises:
            NoPath, InCollision, Unreachable, LimitsExceeded: there is no safe way.
        """
        most = tool or ToolState(self.arm.tool.gripper.opening[1], 1.0)
        homing = Homing(self.arm, self.router, boxes or self.boxes, self.rim, self.pace, self.seed)
        return homing.home(self._checked(positions), self.rest, scene, most)

    def letting_go(self, grasp: Grasp, T_last_grasp: Pose) -> Array:
        """Points (N, 3) on the tool as it lets the item go, in the grasp's frame."""
        offset = T_last_grasp.inverse() @ self.arm.T_last_tool(Tool.PINCH) @ self.arm.tool.T_flange_tip.inverse()
        released = self._released(grasp)
        return offset.apply(surface_points(self.arm.tool, released.opening, released.travel))

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

    def _reaching(self, grasp: Grasp, scene: Scene, positions: Array) -> Iterator[tuple[Pose, Array]]:
        """The ways to put the tool to the grasp and to turn the item, the one that asks least of the arm first."""
        if grasp.hinge is not None:
            pressed, T_last_cup = self._pressed(grasp), self.arm.T_last_tool(grasp.tool)
            yield from lifts(self.router, pressed, grasp, grasp.hinge, scene, T_last_cup, positions)
            return
        found = []
        for turned in (Pose.identity(), HALF_TURN):
            T_last_grasp = self.arm.T_last_tool(grasp.tool) @ turned
            T_base_last = self._pressed(grasp) @ T_last_grasp.inverse()
            for q in self.inverse.several(T_base_last, positions):
                found.append((float(self.inverse.cost(q[None], positions)[0]), T_last_grasp, q))
        if not found:
            self.inverse.best(T_base_last, positions)  # says why there is none
        for _, T_last_grasp, q in sorted(found, key=lambda way: way[0])[:REACHES]:
            yield T_last_grasp, q[None]

    def _pressed(self, grasp: Grasp) -> Pose:
        """Where the tool goes to: a cup presses on, in case the surface lies deeper than believed."""
        depth = self.arm.tool.cup.press if grasp.tool is Tool.SUCTION else 0.0
        return grasp.T_base_tool @ Pose.from_rotation((0, 0, depth), np.eye(3))

    def _pick(self, task: _Task, positions: Array, left: ToolState | None) -> PickMotion:
        """Approach, then the first place to which the item can be carried; what fails soonest comes first."""
        grasp, slow, options = task.grasp, CONTACT_WAY, self._places(task)
        if grasp.hinge is not None:
            self._turning(task).check(task.lift, np.inf, np.inf)
        approach = self._approach(task, positions, left)
        approached, ready = self._timed(approach, (0.0, slow))
        ways, place = self._delivery(task, options)
        carry, hold = ways[-1], hold_of(self.arm, task.load, grasp.limits, task.T_last_grasp)
        low = slow + task.hidden if grasp.hinge is None else 0.0
        carried = self._carried(task, ways, hold, low)
        tool = carry.stage.tool_positions(carried.positions)
        clear = np.flatnonzero(tool[:, 2] > tool[0, 2] + LIFTED)
        lifted = float(carried.times[clear[0]]) if len(clear) else carried.duration
        high = np.flatnonzero(np.linalg.norm(tool - place.T_base_grasp.position, axis=1) > low + LANDING)
        landing = float(carried.times[high[-1]]) if len(high) else 0.0
        held = capsule_of(task.scene.item(grasp.item), grasp.T_base_tool @ task.T_last_grasp.inverse())
        return PickMotion(
            approached,
            ready,
            carried,
            lifted,
            self.sight.freed(self.arm, carried, ToolState(grasp.width, self._travel(grasp)), held),
            landing,
            lambda: self._retreat(task, carried.positions[-1]),
            place.T_base_grasp,
            self._released(grasp),
            held,
            Setting.of(approached, self.arm, approach.stage, None, approach.contact),
            Setting.of(carried, self.arm, carry.stage, hold, carry.contact, self.destination),
        )

    def _carried(self, task: _Task, ways: tuple[_Way, ...], hold: Hold, low: float) -> Trajectory:
        """The motion with the item in hand; a hinged one is turned slowly first and last, and kept from swaying."""
        loaded = self.arm.carrying(task.load, task.T_last_grasp)
        if task.grasp.hinge is None:
            return self._timed(ways[0], (0.0, low), loaded, hold)[0]
        limits = steady(task.grasp.limits, task.load, task.grasp.hinge)
        hanged = hanging_load(task.load, task.grasp.hinge)
        up, over, down = ways
        parts = (
            self._timed(up, (np.inf, 0.0), loaded, hold, SWING_SPEED),
            self._timed(over, (0.0, 0.0), loaded, replace(hold, limits=limits, load=hanged)),
            self._timed(down, (np.inf, 0.0), loaded, hold, SWING_SPEED),
        )
        return joined([motion for motion, _ in parts])

    def _approach(self, task: _Task, positions: Array, left: ToolState | None) -> _Way:
        grasp = task.grasp
        ready = ToolState(grasp.opening, self._travel(grasp))
        stage = self._stage(task, ready, (task.contact, Field.empty()))
        back, over = -grasp.T_base_tool.rotation[:, 2], task.over
        if left and left.travel > ready.travel:
            over += self.arm.tool.cup.extension  # the cup, as yet out, reaches further down than the fingertips
        out = self._out(stage, positions, over, left)
        if left:
            before = self._stage(task, left, (Field.empty(), Field.empty()))
            stage = Change(before, stage, left.until(ready, self.arm.tool))
        deep = task.over - task.grasp.T_base_tool.position[2]
        failure: PlanError = NoPath("no way in was tried")
        for axis in self._entries(task.grasp.tool, back):
            into = Leg(axis, PREGRASP, max(deep / max(axis[2], 0.5), PREGRASP) + CLEAR)
            try:
                path, *contact = stage.way(positions, task.lift[0], over, out, into)
                return _Way(stage, path, (contact[0], contact[1]))
            except PlanError as error:
                failure = error
        raise failure

    def _out(self, stage: Stage, positions: Array, over: float, left: ToolState | None) -> Leg | None:
        """How the tool leaves where it is: up, or back off what it has let go of; None where it stands free."""
        missing = over - stage.tool_positions(positions[None])[0, 2]
        if left:
            return self._off(-self.arm.links(positions)[-1][:3, 2], missing)
        return Leg(UP, missing, missing + CLEAR) if missing > 0 else None

    def _off(self, back: Array, deep: float) -> Leg:
        return Leg(back, LOWERED, max(deep / max(back[2], 0.5), LOWERED) + CLEAR)

    def _entries(self, tool: Tool, back: Array) -> list[Array]:
        """Directions from which the tool may come in: along its own axis; a cup, which slides little, halfway to it."""
        upright = back + UP
        return [back] if tool is Tool.PINCH or back[2] > 0.98 else [back, upright / np.linalg.norm(upright)]

    def _delivery(self, task: _Task, options: Sequence[Place]) -> tuple[tuple[_Way, ...], Place]:
        """The ways with the item in hand, for the first of `options` that has them all and lets the tool go again."""
        grasp, nothing = task.grasp, Field.empty()
        item = task.scene.item(grasp.item)
        held = grasp.T_base_tool.inverse().apply(item.points[:: max(len(item.points) // 4000, 1)])
        if grasp.hinge is not None:
            held = hanging(held, grasp.hinge)
        closed = ToolState(grasp.width, self._travel(grasp))
        carrying = self._stage(task, closed, (task.contact, nothing), task.T_last_grasp.apply(held))
        leaving = self._leaving(task)
        failures: list[PlanError] = []
        for place, around in [(place, False) for place in options] + [(place, True) for place in options[:1]]:
            try:
                carry = self._carry(task, carrying, held, place, around)
                self._let_go(task, leaving, carry[-1].path[-1])
                return carry, place
            except PlanError as error:
                failures.append(error)
        raise failures[0]

    def _places(self, task: _Task) -> Sequence[Place]:
        grasp = task.grasp
        tool = self.letting_go(grasp, task.T_last_grasp)
        item = task.scene.item(grasp.item)
        near, floor = self.source.T_base_tote.position, task.scene.destination
        if grasp.hinge is None:
            return places(floor, item, grasp.T_base_tool, tool, near, self.placing)
        item, T_base_grasp = levelled(item, grasp.T_base_tool)
        book = T_base_grasp.inverse().apply(item.points[:: max(len(item.points) // 1000, 1)])
        leaning = np.vstack([tool, task.T_last_grasp.inverse().apply(wrist_points())])
        passing, foot = swept(leaning, book, T_base_grasp, grasp.hinge), fore_edge(book, grasp.hinge)
        return places(floor, item, T_base_grasp, passing, near, replace(self.placing, drop=LAID, gap=EVEN), foot=foot)

    def _carry(self, task: _Task, stage: Stage, held: Array, place: Place, around: bool) -> tuple[_Way, ...]:
        """The ways with the item in hand; held: its points in the grasp's frame as it is carried."""
        grasp, hinge, T_last_grasp = task.grasp, task.grasp.hinge, task.T_last_grasp
        lowering = place.T_base_grasp.matrix[None] if hinge is None else swing(place.T_base_grasp, hinge)[::-1]
        start, end = Pose(self.arm.links(task.lift[-1])[-1]) @ T_last_grasp, Pose(lowering[0])
        q_place = self._facing(end @ T_last_grasp.inverse(), task.lift[-1])
        hang = -float((held @ start.rotation[2]).min())
        over = task.over + task.hidden + max(hang, 0.0 if grasp.tool is Tool.SUCTION else 0.02)
        rise, drop = LIFTED + task.hidden, LOWERED + task.hidden
        into = Leg(UP, drop, max(over - end.position[2], drop))
        failures: list[PlanError] = []
        for axis in self._lifts(task):
            out = Leg(axis, rise, max((over - start.position[2]) / axis[2], rise))
            try:
                path, *contact = stage.way(task.lift[-1], q_place, over, out, into, around)
                break
            except InCollision as error:
                failures.append(error)
        else:
            raise failures[-1]
        carry = _Way(stage, path, (contact[0], contact[1]))
        if hinge is None:
            return (carry,)
        turning, anywhere = self._turning(task), (np.inf, np.inf)
        lower = self.router.through(lowering, path[-1], T_last_grasp)
        turning.check(lower, *anywhere)
        return _Way(turning, finer(task.lift, 2), anywhere), carry, _Way(turning, finer(lower, 2), anywhere)

    def _lifts(self, task: _Task) -> list[Array]:
        """Directions in which an item is lifted, best first: off a wall that it stands at, and straight up."""
        if task.grasp.hinge is not None:
            return [UP]
        axis = lift_axis(self.source, task.scene.item(task.grasp.item).points)
        return [UP] if axis[2] > 1 - 1e-9 else [axis, UP]

    def _let_go(self, task: _Task, stage: Stage, start: Array) -> None:
        """Check that the empty tool can go straight back from a release. From over the totes there is a way home."""
        out = self._back(task, start)
        rise, _ = stage.leaving(start, out)
        stage.check(self.router.line(start, task.T_last_grasp, rise * out.axis), np.inf, np.inf)

    def _retreat(self, task: _Task, start: Array) -> Trajectory:
        """From the release at joint positions (J,) to rest."""
        stage, out = self._leaving(task), self._back(task, start)
        path, *contact = stage.way(start, resting(self.rest, start), self.rim + CLEAR, out, None)
        return self._timed(_Way(stage, path, (contact[0], contact[1])), (0.0, 0.0))[0]

    def _back(self, task: _Task, start: Array) -> Leg:
        """Straight back off what the tool lets go of at joint positions (J,), until it is over the rim."""
        tool = Pose(self.arm.links(start)[-1]) @ task.T_last_grasp
        return self._off(-tool.rotation[:, 2], self.rim + CLEAR - tool.position[2])

    def _leaving(self, task: _Task) -> Stage:
        """The empty tool among what lies in the destination."""
        return self._stage(task, self._released(task.grasp), (Field.empty(), Field.empty()))

    def _facing(self, T_base_last: Pose, q: Array) -> Array:
        """A configuration for a pose, near the one that turning the arm about its first axis gives."""
        x, y, _ = T_base_last.position
        before = Pose(self.arm.links(q)[-1]).position
        near = q.copy()
        near[0] += np.arctan2(y, x) - np.arctan2(before[1], before[0])
        return self.inverse.best(T_base_last, near)

    def _turning(self, task: _Task) -> Stage:
        """The tool while it turns a hinged item, which may touch what lies around."""
        tool = ToolState(task.grasp.opening, self._travel(task.grasp))
        return self._stage(task, tool, (task.contact, Field.empty()))

    def _stage(self, task: _Task, tool: ToolState, contact: tuple[Field, Field], carried: Array | None = None) -> Stage:
        frame, boxes, state = task.T_last_grasp, self.boxes, (tool.opening, tool.travel)
        return Stage(self.arm, self.router, *state, boxes, task.way, contact, frame, carried, self.seed)

    def _timed(
        self,
        way: _Way,
        slow: tuple[float, float],
        arm: Arm | None = None,
        hold: Hold | None = None,
        gently: float = CONTACT_SPEED,
    ) -> tuple[Trajectory, float]:
        """A way timed and verified, and when its tool may change; `slow`: metres from its ends where it goes gently."""
        path = timed(self.arm, way.path, way.stage.T_last_grasp, *slow, gently)
        motion = retime(arm or self.arm, path, hold, self.pace)
        return motion, way.stage.verify(motion, *way.contact)

    def _travel(self, grasp: Grasp) -> float:
        return 1.0 if grasp.tool is Tool.SUCTION else 0.0

    def _released(self, grasp: Grasp) -> ToolState:
        """The tool when the item is let go."""
        wide = min(grasp.width + SPREAD, self.arm.tool.gripper.opening[1])
        return ToolState(grasp.opening if grasp.tool is Tool.SUCTION else wide, self._travel(grasp))


def _behind(size: Array) -> Pose:
    return Pose.from_rotation((0, 0, -size[2] / 2 - 0.01), np.eye(3))
