"""Mending a motion while the arm moves: slow down, shift the way, go over vias, or brake, in this order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motion.errors import Blocked, InCollision, LimitsExceeded, NoPath, PlanError, Unreachable
from motion.planning.constraints import Setting, apart
from motion.replanning.bend import STEEPEST, Offset, bent, past, to_goal
from motion.replanning.running import Branch, Mended, Running
from motion.replanning.vias import over_vias
from motion.timing.jerk_limited import State, brake, joined
from motion.timing.slow_down import MENDING, Course, slowed, stopped
from motion.timing.time_optimal import STEP
from motion.trajectory import Trajectory
from perception.events import Event, EventKind
from perception.pose import Array, Pose

COARSE = 10  # milliseconds between two moments at which new obstacles are looked for on the way
OPENING = 0.5  # share of a hold's strength that counts once a book begins to open
SLIPPED = 0.01  # metres of slip beyond which the item is no longer where it was checked to be free
NOTHING = 5e-4  # metres and radians by which a goal may move without being followed
BRAKES = (0.95, 0.6, 0.4, 0.25)  # shares of the limits of acceleration and jerk, the quickest stop first
STOPS = (0.12, 0.2, 0.35, 0.6)  # seconds of stopping along the way
STRAIGHT = 0.05  # metres at the ends of a motion in which it is not shifted aside, where it is in contact so far
NEAR = 0.06  # metres in which the robot may move on where things have come near it
MARGIN = 0.015  # metres more than needed by which an obstacle is passed
SHORTEST = 0.10  # seconds in which a way may be shifted
LIFTS = (0.0, 0.06, 0.14)  # metres that a way to a moved goal is raised as well
# directions to pass an obstacle: away from the arm's axis, and up
ASIDE = ((0.0, 1.0), (-0.6, 0.8), (0.6, 0.8), (-1.0, 0.0), (1.0, 0.0))
SHARPEST = 8.0  # m/s^2 that a shift may add to the tool's acceleration: beyond it the arm cannot slow down in time
FARTHEST = 0.36  # metres by which it may be shifted
TRIES = 1  # of them, the least shifts first
BRANCHES: dict[EventKind, tuple[Branch, ...]] = {
    EventKind.GRASP_WEAK: (Branch.KEEP, Branch.RETIME),
    EventKind.BOOK_OPENING: (Branch.KEEP, Branch.RETIME),
    EventKind.ITEM_SLIPPED: (Branch.KEEP, Branch.RETIME),
    EventKind.PATH_BLOCKED: (Branch.KEEP, Branch.SPLICE, Branch.VIAS),
    EventKind.NEIGHBOUR_MOVED: (Branch.KEEP, Branch.SPLICE, Branch.VIAS),
    EventKind.TARGET_MOVED: (Branch.KEEP, Branch.SPLICE, Branch.VIAS),
    EventKind.DESTINATION_MOVED: (Branch.KEEP, Branch.SPLICE, Branch.VIAS),
}


@dataclass(frozen=True, eq=False)
class _Case:
    """What is left of a motion from the row `first` on, in a setting that has changed."""

    running: Running
    first: int
    setting: Setting
    step: Pose  # by which the goal has moved

    @cached_property
    def rest(self) -> Trajectory:
        return self.running.between(self.first)

    @cached_property
    def course(self) -> Course:
        return Course.of(self.rest)

    @cached_property
    def state(self) -> State:
        return self.running.state(self.first)

    @property
    def moved(self) -> bool:
        far = np.linalg.norm(self.step.apply(self.setting.ends[1]) - self.setting.ends[1])
        return bool(max(far, np.abs(self.turn).max()) > NOTHING)

    @cached_property
    def goal(self) -> Array:
        """The configuration (J,) in which the motion is to end.

        Raises:
            Unreachable: the arm does not reach so far.
        """
        end, stage = self.rest.positions[-1], self.setting.stage
        if not self.moved:
            return np.asarray(end)
        T_base_grasp = self.step @ Pose(stage.arm.links(end)[-1]) @ stage.T_last_grasp
        return stage.router.inverse.best(T_base_grasp @ stage.T_last_grasp.inverse(), end)

    @cached_property
    def hits(self) -> NDArray[np.bool_]:
        """Where the rest of the motion, COARSE milliseconds apart, meets what was not there."""
        return self.setting.met(self.rest.positions[::COARSE])

    def landing(self) -> _Case:
        """With a way into the goal that is free before it.

        Raises:
            Unreachable, InCollision: there is none.
        """
        self.setting.check(self.goal[None])
        if not self.moved:
            return self
        reach = self.setting.clearing(self.goal)
        if reach is None:
            raise InCollision("the robot is not clear of things even straight back from the goal, which has moved")
        reach = max(reach, float(np.linalg.norm(self.setting.into)))
        return replace(self, setting=self.setting.entering(reach))

    @property
    def turn(self) -> Array:
        return np.asarray(Rotation.from_matrix(self.step.rotation).as_rotvec())


class Reflexes:
    """Answers events with a motion that starts from the moving arm. Holds no state: what is known rides on `Running`.

    Args:
        latency: seconds from asking to where the new motion leaves the old one: time to think and to send it.

    Raises:
        LimitsExceeded: the latency is no time ahead.
    """

    def __init__(self, latency: float = 0.030) -> None:
        if not 0.0 <= latency < 1.0:
            raise LimitsExceeded(f"expected a latency of 0 to 1 s, got {latency}")
        self.latency = latency

    def mend(self, running: Running, now: float, event: Event) -> Mended:
        """The first of keeping on, slowing down, shifting the way, going over vias and braking that is safe.

        A book that begins to open goes on as planned where it can't be carried more gently.

        Each is checked for collisions, joint limits, torques and the grasp before it is returned.

        Raises:
            PlanError: not even a stop is safe, and why; stop the arm by its own means.
        """
        case, branches = self._case(running, now, event)
        try:
            case = case.landing() if branches else case
        except PlanError:
            branches = ()
        for kind in branches:
            try:
                return self._mended(kind, case, now, getattr(self, f"_{kind.value}")(case), True)
            except PlanError:
                continue
        if event.kind is EventKind.BOOK_OPENING and event.share is None:  # set down on the way, it would lie open there
            return self.mend(running, now, replace(event, share=running.setting.strength))
        motion, holds = self._brake(case)
        return self._mended(Branch.BRAKE, case, now, motion, holds)

    def _case(self, running: Running, now: float, event: Event) -> tuple[_Case, tuple[Branch, ...]]:
        setting, step, branches = running.setting, Pose.identity(), BRANCHES.get(event.kind, ())
        if event.kind is EventKind.GRASP_WEAK and event.share is not None:
            setting = setting.weakened(event.share)
        elif event.kind is EventKind.BOOK_OPENING:
            setting = setting.weakened(OPENING if event.share is None else event.share)
        elif event.kind is EventKind.ITEM_SLIPPED and event.shift is not None:
            setting = setting.slipped(event.shift)
            if _slip(setting) > SLIPPED:
                branches = ()
        elif event.kind in (EventKind.PATH_BLOCKED, EventKind.NEIGHBOUR_MOVED):
            branches = branches if event.box is not None else ()
            setting = setting if event.box is None else setting.blocked(event.box)
        elif event.kind in (EventKind.TARGET_MOVED, EventKind.DESTINATION_MOVED) and event.shift is not None:
            step = event.shift @ setting.shift.inverse()
            setting = setting.aimed(event.shift, event.kind is EventKind.DESTINATION_MOVED)
        first = running.row(now + self.latency)
        here = running.trajectory.positions[first]
        if running.setting.ended(here):
            setting = setting.leaving(running.setting.ends[1], running.setting.contact[1])
        elif setting.stage.free.hit(here) and not setting.loose(here[None])[0]:
            setting = setting.leaving(setting.stage.tool_positions(here[None])[0], NEAR)
        return _Case(running, first, setting, step), branches

    def _mended(self, kind: Branch, case: _Case, now: float, motion: Trajectory, holds: bool) -> Mended:
        running, row = case.running, case.running.row(now)
        times = running.trajectory.times
        whole = joined((running.between(row, case.first), motion)) if row < case.first else motion
        new = Running(whole, running.began + float(times[row]), case.setting)
        return Mended(kind, new, running.began + float(times[case.first]), kind is not Branch.BRAKE, holds)

    def _keep(self, case: _Case) -> Trajectory:
        if case.moved:
            raise Unreachable("the goal has moved")
        if case.hits.any():
            raise Blocked("something blocks the way")
        case.setting.stage.exact.verify(case.rest.positions[:: 2 * COARSE])
        case.setting.limit(case.rest)
        return case.rest

    def _retime(self, case: _Case) -> Trajectory:
        return slowed(case.course, case.setting.loaded, case.setting.hold)

    def _splice(self, case: _Case) -> Trajectory:
        setting, stage = case.setting, case.setting.stage
        failure: PlanError = NoPath("no shifted way was tried")
        for offset in self._offsets(case):
            if offset.sharpness > SHARPEST:
                continue
            try:
                course = bent(case.course, offset, stage.router, stage.T_last_grasp)
                motion = slowed(course, setting.loaded, setting.hold)
                setting.check(apart(motion.positions))
                return motion
            except PlanError as error:
                failure = error
        raise failure

    def _vias(self, case: _Case) -> Trajectory:
        return over_vias(case.setting, case.state, case.goal, lambda: self._halt(case))

    def _halt(self, case: _Case) -> Trajectory:
        """The quickest stop along the way."""
        failure: PlanError = NoPath("no stop was tried")
        for seconds in STOPS:
            try:
                motion = stopped(case.course, seconds, MENDING.smoothing(case.setting.arm.limits))
                case.setting.limit(motion)
                case.setting.check(apart(motion.positions))
                return motion
            except PlanError as error:
                failure = error
        raise failure

    def _brake(self, case: _Case) -> tuple[Trajectory, bool]:
        """A stop that the grasp survives if there is one, else one that hits nothing; and which of the two."""
        failure: PlanError = NoPath("no stop was tried")
        for gripping in (True, False):
            for motion in self._stops(case):
                try:
                    case.setting.limit(motion, gripping)
                    case.setting.check(apart(motion.positions), closely=True)
                    return motion, gripping
                except PlanError as error:
                    failure = error
        raise failure

    def _stops(self, case: _Case) -> Iterator[Trajectory]:
        """Each joint on its own, as quickly as it can and ever more gently; and along the way."""
        for share in BRAKES:
            yield brake(case.state, case.setting.arm.limits, share)
        for seconds in STOPS:
            yield stopped(case.course, seconds, MENDING.smoothing(case.setting.arm.limits))

    def _offsets(self, case: _Case) -> Iterator[Offset]:
        """Shifts of the tool's way that may do, the slightest first.

        Raises:
            Unreachable: it is too late for any.
        """
        setting, course = case.setting, case.course
        tool = setting.stage.tool_positions(case.rest.positions)
        times = case.rest.times
        near = [
            np.linalg.norm(tool - end, axis=1) <= min(reach, STRAIGHT)
            for end, reach in zip((setting.ends[0], tool[-1]), setting.contact)
        ]
        start = float(times[int(np.argmin(near[0]))])
        end = float(times[-1 - int(np.argmin(near[1][::-1]))]) if setting.contact[1] > 0 else course.duration
        if near[0].all() or near[1].all() or end - start < SHORTEST:
            raise Unreachable(f"expected {SHORTEST} s to shift the way in, {max(end - start, 0):.3f} s are left")
        if case.moved:
            shift = case.step.apply(tool[-1]) - tool[-1]
            straight = to_goal(course, start, end, shift, case.turn)
            for lift in LIFTS:
                rise = past(course, start, (start + end) / 2, (start + end) / 2, end, np.array((0, 0, lift)))
                yield Offset(straight.times, straight.way + rise.way, straight.turn)
            return
        hits = np.flatnonzero(case.hits) * COARSE * STEP
        if len(hits) == 0 or hits[0] - start < SHORTEST or end - hits[-1] < SHORTEST:
            raise Unreachable("what blocks the way is too near to one of its ends to be passed by")
        most = SHARPEST * (hits[0] - start) ** 2 / STEEPEST
        for shift in self._shifts(setting, case.rest.positions[::COARSE][case.hits], min(most, FARTHEST)):
            yield past(course, start, hits[0], hits[-1], end, shift)

    def _shifts(self, setting: Setting, path: Array, most: float) -> list[Array]:
        """The least ways (3,), `most` metres long, by which the tool passes what it meets at configurations (N, J)."""
        some = path[[0, len(path) // 2, -1]]
        x, y, _ = setting.stage.tool_positions(some)[1]
        outward = np.array((x, y, 0.0)) / max(np.hypot(x, y), 1e-6)
        found = []
        for out, up in ASIDE:
            direction = out * outward + np.array((0, 0, up))
            least = setting.aside(some, direction, most)
            if least is not None:
                found.append((least, tuple((least + MARGIN) * direction)))
        return [np.array(shift) for _, shift in sorted(found)[:TRIES]]


def _slip(setting: Setting) -> float:
    """Metres by which the centre of what is held has moved in the tool."""
    if setting.planned is None:
        return 0.0
    centre = setting.planned.load.centre
    return float(np.linalg.norm(setting.slip.apply(centre) - centre))
