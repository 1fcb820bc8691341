"""The load on a grasp along a motion: the wrench that the contact must carry, kept within its limits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from grasping.contact.wrench_limits import WEAK, rest_share
from grasping.grasp import Grasp, Load, WrenchLimits
from motion.errors import GraspTooWeak
from motion.robot.arm import GRAVITY, Arm
from motion.robot.dynamics import load_wrenches
from motion.trajectory import Trajectory
from perception.arrays import own
from perception.pose import Array, Pose


@dataclass(frozen=True, eq=False)
class Hold:
    """A load fixed to the last link, and the wrenches its grasp carries.

    Attributes:
        T_last_grasp: the frame of `limits`, of the load's centre and of its inertia, in the last link's.
    """

    arm: Arm
    T_last_grasp: Pose
    load: Load
    limits: WrenchLimits

    @property
    def bounds(self) -> Array:
        return self.limits.bounds

    def wrenches(self, q: Array, v: Array, a: Array) -> Array:
        """Wrench (N, 6) of the contact on the item in the grasp's frame for motions (N, J)."""
        body = (self.load.mass, self.load.centre, self.load.inertia, GRAVITY)
        rows = (own(values) for values in (q, v, a))
        return np.asarray(load_wrenches(self.arm.placements, self.T_last_grasp.matrix, *body, *rows))

    def shares(self, q: Array, v: Array, a: Array) -> Array:
        """Shares (N, K) of the limits that motions (N, J) use; above 1 the grasp lets go."""
        return np.asarray(self.wrenches(q, v, a) @ self.limits.rows.T / self.bounds)

    def path_rows(self, q: Array, q1: Array, q2: Array) -> tuple[Array, Array, Array]:
        """rows @ w along a path as a s'' + b s'^2 + c, each (N, K)."""
        rest = np.zeros_like(q)
        c = self.wrenches(q, rest, rest)
        a = self.wrenches(q, rest, q1) - c
        b = self.wrenches(q, q1, q2) - c
        rows = self.limits.rows.T
        return a @ rows, b @ rows, c @ rows

    def check_rest(self, path: Array, share: float) -> None:
        """Check that the grasp carries the load at rest at all configurations (N, J), using `share` of its limits.

        Raises:
            GraspTooWeak: somewhere it does not.
        """
        rest = np.zeros_like(path)
        used = float(self.shares(path, rest, rest).max())
        if used > share:
            raise GraspTooWeak(
                f"expected a way on which gravity takes at most {share:.0%} of what the grasp carries, got {used:.0%}; "
                "choose a grasp nearer to the centre of mass"
            )


def slowness(hold: Hold, motion: Trajectory, most: float = 2.0, stride: int = 10) -> float:
    """Times the time, 1..most, that a motion must take for its wrenches to stay within what a hold carries.

    Gravity's share of the wrenches stays, the rest goes with the square of the pace (Hollerbach, Dynamic scaling of
    manipulator trajectories, ASME J. Dynamic Systems, Measurement, and Control, 1984). Where gravity alone is too
    much, `most`.
    """
    q, v, a = (rows[::stride] for rows in (motion.positions, motion.velocities, motion.accelerations))
    rest = hold.wrenches(q, np.zeros_like(q), np.zeros_like(q)) @ hold.limits.rows.T
    moving = hold.wrenches(q, v, a) @ hold.limits.rows.T - rest
    room = hold.bounds - rest
    needed = np.where(moving > 0, moving / np.maximum(room, 1e-9), 0.0).max()
    return float(np.clip(np.sqrt(needed), 1.0, most))


def hold_of(arm: Arm, load: Load, limits: WrenchLimits, T_last_grasp: Pose) -> Hold:
    """The hold of a grasp whose frame is fixed to the arm's last link."""
    return Hold(arm, T_last_grasp, load, limits)


def believed_load(grasp: Grasp, most: float = 0.75) -> Load:
    """The load to plan for: the greatest plausible mass, unless the grasp could not even hold that still.

    Then the greatest mass that uses `most` of the limits at rest, and never less than the estimate.

    Raises:
        GraspTooWeak: not even the estimated mass can be held at rest.
    """
    load = grasp.load
    share = rest_share(load, grasp.limits, grasp.T_base_tool)
    if share > WEAK or load.mass <= 0:
        raise GraspTooWeak(
            f"expected a {grasp.tool.value} grasp that holds {load.mass:.2f} kg at rest within {WEAK:.0%} of its "
            f"limits, got {share:.0%}; choose a grasp nearer to the centre of mass or with more force"
        )
    mass = max(load.mass, min(load.mass_range[1], load.mass * most / max(share, 1e-9)))
    return replace(load, mass=mass, inertia=load.inertia * (mass / load.mass))


def deepened(load: Load, grasp: Grasp, height: float, hidden: float, most: float = 0.75) -> Load:
    """The load to plan for where an item `height` metres high may reach `hidden` metres deeper than believed.

    It is then heavier in proportion and hangs lower. Where that took more than `most` of the grasp's limits at rest,
    the load as believed.
    """
    share = (height + hidden) / max(height, 1e-3)
    down = -grasp.T_base_tool.rotation[2]
    deeper = replace(
        load, mass=load.mass * share, centre=load.centre + down * hidden / 2, inertia=load.inertia * share**3
    )
    return deeper if rest_share(deeper, grasp.limits, grasp.T_base_tool) <= most else load
