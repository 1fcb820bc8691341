"""A planning scene: robot and tool state, obstacles, and collision-free paths among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motion.collision.distance_field import Field
from motion.collision.exact import ExactChecker
from motion.collision.robot_spheres import Carried, body
from motion.collision.spheres import Checker, Obstacles, first_hit
from motion.errors import Blocked, GraspTooWeak, InCollision, NoPath, PlanError, Unreachable, Wedged
from motion.paths.arches import UP, Arch, Router
from motion.paths.rrt_connect import CHECK, connect, densified
from motion.paths.splines import b_spline, finer
from motion.robot.arm import Arm
from motion.robot.kinematics import path_poses
from motion.timing.grasp_load import Hold
from motion.timing.path_duration import least_times
from motion.trajectory import Trajectory
from perception.pose import Array, Pose
from perception.tote import Box

FREE = 0.008, 0.0  # metres kept from boxes and voxels on the way
SURE = 0.009, 0.001  # the same for ways as they are sought: once timed they are looked at in other places
EDGE = 0.007  # metres by which contact is then allowed further: as far as two looks on a way lie apart
ROOMY = 0.018, 0.010  # the same for a way that is yet to be smoothed
CLOSE = -0.009, -0.008  # where the tool goes in among items: what its spheres stand out over its solids; coal decides
WALL = 0.001  # metres that the exact solids keep from boxes
GIVE = -0.012  # the same for the spheres around the item's points
# which of the ways straight out of contact (least, most), extra height of the way over, control points on it, and how
# much it cuts the corners above start and end
ARCHES = (
    *((0, 0.03, 1, (out, into)) for out in (0.0, 0.1, 0.2) for into in (0.0, 0.16)),
    (0, 0.02, 2, (0.0, 0.0)),
    (0, 0.02, 2, (0.1, 0.1)),
    (0, 0.08, 2, (0.0, 0.0)),
    (1, 0.04, 2, (0.0, 0.0)),
    (1, 0.06, 3, (0.0, 0.0)),
)
SEARCH = 400  # iterations of a search around
CONTROL = (0.25, 0.12, 0.06, 0.03)  # rad between the control points of a way found around, the smoothest first
NARROW = CHECK / 4  # rad between two looks of a search with nothing to spare
FINER = 4  # times as densely as its rows a path is checked: as a motion along it will be, which it must outlast
NEXT = 0.002  # metres between two places at which a straight way out of contact is checked
COARSE = 0.010  # seconds between two configurations of a motion that are checked
EXACT = 0.020  # the same for coal


@dataclass(frozen=True, eq=False)
class Leg:
    """A straight way out of contact: along `axis` (3,) of the base frame, at least and at most so many metres.

    clear: what `Stage.clearing` has said of it from where it begins; None where that was not asked yet.
    """

    axis: Array
    least: float
    most: float
    clear: tuple[float, float] | None = None


class Stage:
    """The robot in one state among its obstacles.

    Args:
        opening, cup_travel: state of the tool, metres and 0..1.
        way, contact: fields of source and destination for moving freely, and for where it starts or ends in contact.
        T_last_grasp: the frame that the stage moves, in the last link's.
        carried: points (N, 3) of the item in hand, in the last link's frame.
        hold, share: what must carry it at rest all along a way, and the share of its limits that this may take.
        seed: of the search for ways around.
        loose: points (M, 3) where the item may hang besides, in the last link's frame, once it touches nothing.
    """

    def __init__(
        self,
        arm: Arm,
        router: Router,
        opening: float,
        cup_travel: float,
        boxes: Sequence[Box],
        way: tuple[Field, Field],
        contact: tuple[Field, Field],
        T_last_grasp: Pose,
        carried: Array | None = None,
        seed: int = 0,
        hold: Hold | None = None,
        share: float = 1.0,
        loose: Array | None = None,
    ) -> None:
        self.hold, self.share = hold, share
        self.arm, self.router, self.T_last_grasp, self.seed = arm, router, T_last_grasp, seed
        item = None if carried is None else Carried.of(carried)
        hanging = item if carried is None or loose is None else Carried.of(np.vstack([carried, loose]))
        whole = body(arm, opening, cup_travel, hanging)
        giving = body(arm, opening, cup_travel, item, pad=GIVE, soft=False)
        around = Obstacles(tuple(boxes), *way)
        self.free, self.sure, self.roomy = (Checker(arm, whole, around, gaps) for gaps in (FREE, SURE, ROOMY))
        self.close = Checker(arm, giving, Obstacles(tuple(boxes), *contact), CLOSE)
        self.exact = ExactChecker(arm, opening, cup_travel, boxes, WALL)

    def way(
        self, start: Array, end: Array, apex: float, out: Leg | None, into: Leg | None, around: bool = True
    ) -> tuple[Array, float, float]:
        """The fastest arch that is free, else the way that RRT-Connect finds.

        Contact is allowed for as far as the robot goes straight, and it goes straight no further than it must.

        Args:
            start, end: configurations (J,). apex: least height of the way over, metres in the base frame.
            out, into: how the tool leaves the start and, backwards, enters the end; None where it is free already.
            around: whether to search a way around where no arch is free.

        Returns:
            The joint path (N, J), and how far from its start and its end, in metres, contact is allowed.

        Raises:
            NoPath, InCollision, Unreachable, GraspTooWeak: why there is none.
        """
        self.check_at(end)
        rises, drops = self.legs(start, end, out, into)
        failure: PlanError = NoPath("no arch was tried")
        ways: list[tuple[float, Array, Arch]] = []
        for which, extra, legs, lean in ARCHES:
            axes = out.axis if out else UP, into.axis if into else UP
            shape = Arch(rises[which], apex + extra, drops[which], legs, lean, *axes)
            try:
                path = self.router.arch(start, end, self.T_last_grasp, shape)
                ways.append((least_times(path, self.arm.limits)[-1], path, shape))
            except PlanError as error:
                failure = error
        for _, path, shape in sorted(ways, key=lambda way: way[0]):
            try:
                self._check_held(path)
                self.check(finer(path, FINER), shape.rise, shape.drop)
                return path, _edged(shape.rise), _edged(shape.drop)
            except PlanError as error:
                failure = error
        if not (around and isinstance(failure, (Blocked, Unreachable))):
            raise failure
        try:
            return self._around(start, end, shape), _edged(shape.rise), _edged(shape.drop)
        except NoPath:
            raise failure from None

    def check_at(self, q: Array) -> None:
        """Check that the robot can be at a configuration (J,) in which it may touch.

        Raises:
            InCollision: it hits something.
        """
        if self.close.hit(q) or self.exact.collision(q) is not None:
            raise InCollision(f"the robot hits something where its way begins or ends, at joints {q.round(3).tolist()}")

    def legs(self, start: Array, end: Array, out: Leg | None, into: Leg | None) -> tuple[tuple[float, float], ...]:
        """How far to go straight from where the stage starts and ends: `clearing`.

        Raises:
            InCollision: it is not free anywhere along a leg.
            Wedged: it hits something on the way there: sooner told than when every arch has been tried.
        """
        return self.clearing(start, out, checked=True), self.clearing(end, into, checked=True)

    def cleared(self, q: Array, leg: Leg) -> Leg:
        """A leg from a configuration (J,) with its `clearing`, for several ways that begin with it. Raises as that."""
        return replace(leg, clear=self.clearing(q, leg, checked=True))

    def clearing(self, q: Array, leg: Leg | None, checked: bool = False) -> tuple[float, float]:
        """How far to go straight from a configuration (J,): as little as sets the robot free, and as far as may be.

        checked: that it hits nothing on as little.

        Raises:
            InCollision: it is not free anywhere along the leg.
            Wedged: it hits something before it is.
        """
        if leg is None:
            return 0.0, 0.0
        if leg.clear is not None:
            return leg.clear
        line = self.router.line(q, self.T_last_grasp, leg.most * leg.axis)
        way = np.linspace(0, leg.most, int(np.ceil(leg.most / 0.01)) + 1)[: len(line)]
        free = np.array([far >= leg.least - 1e-9 and not self.sure.hit(c) for far, c in zip(way, line)], bool)
        twice = np.flatnonzero(free & np.append(free[1:], True))
        if len(twice) == 0:
            raise InCollision(
                f"the robot is not clear of things even {way[-1]:.3f} m straight from where its tool is at "
                f"{self.tool_positions(q[None])[0].round(3).tolist()} m"
            )
        least, most = float(way[twice[0]]), float(way[twice[-1]])
        for c in self.router.line(q, self.T_last_grasp, least * leg.axis, NEXT) if checked else ():
            if self.close.hit(c):
                raise collision(True, self.tool_positions(c[None])[0])
        return least, most

    def check(self, path: Array, near_start: float, near_end: float, sure: bool = True) -> None:
        """Check a path (N, J), contact being allowed so many metres from its ends.

        sure: with a little to spare, so that what lies between the rows is free too.

        Raises:
            InCollision: the robot hits something.
        """
        tool = self.tool_positions(path)
        loose = within(tool, 0, near_start) | within(tool, -1, near_end)
        rows = scattered(len(path))
        first = self.first_hit(path, rows, loose, sure)
        if first < len(rows):
            raise collision(bool(loose[rows[first]]), tool[rows[first]])
        self.exact.verify(path[loose])

    def first_hit(self, path: Array, rows: NDArray[np.int64], loose: NDArray[np.bool_], sure: bool) -> int:
        """How many of the `rows` of a path (N, J), on which contact is allowed where `loose`, come before a hit."""
        return first_hit(((self.sure if sure else self.free, ~loose), (self.close, loose)), path, rows)

    def verify(self, motion: Trajectory, near_start: float, near_end: float) -> float:
        """Check a timed motion: spheres every COARSE, the exact solids against the boxes by coal every EXACT.

        Returns:
            Seconds into it from which on the tool is as in this stage: 0, it is so from the beginning.

        Raises:
            InCollision: the robot hits something.
        """
        self.check(motion.positions[:: round(COARSE / 1e-3)], near_start, near_end, sure=False)
        self.exact.verify(motion.positions[:: round(EXACT / 1e-3)])
        return 0.0

    def unhurried(self, motion: Trajectory, near_start: float, near_end: float) -> Trajectory:
        """The motion, no faster than the tool becomes as it is in this stage: by as long as that takes. As `verify`."""
        return motion

    def tool_positions(self, path: Array) -> Array:
        """Origins (N, 3) of the moved frame along a path (N, J)."""
        return np.asarray(
            path_poses(self.arm.placements, np.ascontiguousarray(path), self.T_last_grasp.matrix)[:, :3, 3]
        )

    def _check_held(self, path: Array) -> None:
        if self.hold is not None:
            self.hold.check_rest(path, self.share)

    def _around(self, start: Array, end: Array, shape: Arch) -> Array:
        """Straight out, around by RRT-Connect, straight in; smoothed as much as stays free."""
        limits = self.router.inverse
        up = self.router.line(start, self.T_last_grasp, shape.rise * shape.out)
        down = self.router.line(end, self.T_last_grasp, shape.drop * shape.into)
        rng = np.random.default_rng(self.seed)
        narrow = self.roomy.hit(up[-1]) or self.roomy.hit(down[-1])
        checker, look = (self.sure, NARROW) if narrow else (self.roomy, CHECK)
        polyline = connect(up[-1], down[-1], limits.lower, limits.upper, checker, rng, SEARCH, step=look)
        failure: PlanError = NoPath("the smoothed way around is not free")
        for step in CONTROL:
            control = np.vstack([up[:-1:3], densified(polyline, step), down[:-1:3][::-1]])
            try:
                path = b_spline(control)
                self._check_held(path)
                self.check(finer(path, FINER), shape.rise, shape.drop)
                return path
            except (InCollision, GraspTooWeak) as error:
                failure = error
        raise NoPath(str(failure)) from failure


def _edged(reach: float) -> float:
    return reach + EDGE if reach > 0 else 0.0


def scattered(count: int, stride: int = 8) -> NDArray[np.int64]:
    """All row numbers below `count`, those far apart first: a path that hits something then is found out early."""
    return np.concatenate([np.arange(first, count, stride) for first in range(stride)])


def within(tool: Array, row: int, reach: float) -> NDArray[np.bool_]:
    """Which tool positions (N, 3) lie within `reach` metres of the one in `row`."""
    return np.asarray(np.linalg.norm(tool - tool[row], axis=1) <= reach + 1e-6)


def collision(contact: bool, position: Array) -> InCollision:
    """The error for a robot that hits something with its tool at `position` (3,)."""
    where, kind = ("in among the items", Wedged) if contact else ("on the way", Blocked)
    x, y, z = position
    return kind(f"the robot hits something {where}, with its tool at ({x:.3f}, {y:.3f}, {z:.3f}) m")
