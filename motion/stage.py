"""One stage of a pick: the robot with its tool in one state among what it must not hit, and its way there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from motion.arm import Arm
from motion.curves import b_spline
from motion.errors import InCollision, NoPath, PlanError, Unreachable
from motion.exact import ExactChecker
from motion.field import Field
from motion.kinematics import path_poses
from motion.route import Arch, Router
from motion.rrt import connect, densified
from motion.spheres import Checker, Obstacles, body
from motion.trajectory import Trajectory
from perception.pose import Array, Pose
from perception.tote import Box

FREE = 0.008, 0.0  # metres kept from boxes and voxels on the way
CLOSE = -0.009, -0.006  # where the tool goes in among items: what its spheres stand out over its solids; coal decides
WALL = 0.002  # metres that the exact solids keep from boxes
GIVE = -0.008  # the same for the spheres around the item's points
EXACT = 0.020  # seconds between two configurations that coal verifies


class Stage:
    """The robot in one state among its obstacles.

    Args:
        opening, cup_travel: state of the tool, metres and 0..1.
        way, contact: fields of source and destination for moving freely, and for where it starts or ends in contact.
        T_last_grasp: the frame that the stage moves, in the last link's.
        carried: points (N, 3) of the item in hand, in the last link's frame.
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
    ) -> None:
        self.arm, self.router, self.T_last_grasp = arm, router, T_last_grasp
        whole = body(arm, opening, cup_travel, carried)
        giving = body(arm, opening, cup_travel, carried, pad=GIVE, soft=False)
        self.free = Checker(arm, whole, Obstacles(tuple(boxes), *way), FREE)
        self.close = Checker(arm, giving, Obstacles(tuple(boxes), *contact), CLOSE)
        self.exact = ExactChecker(arm, opening, cup_travel, boxes, WALL)

    def way(
        self,
        start: Array,
        end: Array,
        shapes: Iterable[Arch],
        rng: np.random.Generator,
        end_axis: Array | None = None,
        around: bool = True,
    ) -> tuple[Array, float, float]:
        """The first arch that is free, else the way that RRT-Connect finds.

        Args:
            end_axis: direction in the base frame from which the end is entered, by default from straight above.
            around: whether to search a way around where no arch is free.

        Returns:
            The joint path (N, J), and how far from its start and its end, in metres, contact is allowed.

        Raises:
            NoPath, InCollision, Unreachable: why there is none.
        """
        if self._hits(end, contact=True):
            raise InCollision(f"the robot hits something where it is to go, at joints {end.round(3)}")
        failure: PlanError = NoPath("no shape of arch was given")
        shape = Arch(0, 0, 0)
        for shape in shapes:
            try:
                path = self.router.arch(start, end, self.T_last_grasp, shape, end_axis)
                self.check(path, shape.rise, shape.drop)
                return path, shape.rise, shape.drop
            except PlanError as error:
                failure = error
        if not around:
            raise failure
        try:
            return self._around(start, end, shape, rng), shape.rise, shape.drop
        except NoPath:
            raise failure from None

    def check(self, path: Array, near_start: float, near_end: float) -> None:
        """Check a path (N, J), contact being allowed so many metres from its ends.

        Raises:
            InCollision: the robot hits something.
        """
        tool = self.tool_positions(path)
        loose = np.linalg.norm(tool - tool[0], axis=1) <= near_start
        loose |= np.linalg.norm(tool - tool[-1], axis=1) <= near_end
        for q, position, contact in zip(path, tool, loose):
            if self._hits(q, contact):
                where = "in among the items" if contact else "on the way"
                raise InCollision(f"the robot hits something {where}, with its tool at {position.round(3)} m")

    def _hits(self, q: Array, contact: bool) -> bool:
        if contact:
            return self.close.hit(q) or self.exact.collision(q) is not None
        return self.free.hit(q)

    def verify(self, motion: Trajectory, near_start: float, near_end: float) -> None:
        """Check a timed motion: spheres every 10 ms, the exact solids against the boxes by coal.

        Raises:
            InCollision: the robot hits something.
        """
        self.check(motion.positions[::10], near_start, near_end)
        self.exact.verify(motion.positions[:: round(EXACT / 1e-3)])

    def tool_positions(self, path: Array) -> Array:
        """Origins (N, 3) of the moved frame along a path (N, J)."""
        return np.asarray(
            path_poses(self.arm.placements, np.ascontiguousarray(path), self.T_last_grasp.matrix)[:, :3, 3]
        )

    def _around(self, start: Array, end: Array, shape: Arch, rng: np.random.Generator) -> Array:
        """Straight up, around by RRT-Connect, straight down; smoothed as much as stays free."""
        limits = self.router.inverse
        try:
            up = self.router.line(start, self.T_last_grasp, shape.rise) if shape.rise > 0 else start[None]
            down = self.router.line(end, self.T_last_grasp, shape.drop) if shape.drop > 0 else end[None]
        except Unreachable as error:
            raise NoPath(str(error)) from error
        polyline = connect(up[-1], down[-1], limits.lower, limits.upper, self.free, rng)
        failure: PlanError = NoPath("the smoothed way around is not free")
        for step in (0.25, 0.12, 0.06):
            control = np.vstack([up[:-1:3], densified(polyline, step), down[:-1:3][::-1]])
            try:
                path = b_spline(control, 4)
                self.check(path, shape.rise, shape.drop)
                return path
            except InCollision as error:
                failure = error
        raise NoPath(str(failure)) from failure
