"""What a grasp demands of a motion: the wrench that the contact must carry, kept within its limits."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pinocchio as pin

from grasping.contact import WEAK, rest_share
from grasping.grasp import Grasp, Load, WrenchLimits
from motion.arm import GRAVITY, Arm
from motion.errors import GraspTooWeak
from perception.pose import Array, Pose


@dataclass(frozen=True, eq=False)
class Hold:
    """A load fixed to the last link, and the wrenches its grasp carries.

    Attributes:
        T_last_grasp: the frame of `limits`, of the load's centre and of its inertia, in the last link's.
        inertia: 6 x 6 spatial inertia of the load in that frame.
    """

    arm: Arm
    T_last_grasp: Pose
    inertia: Array
    limits: WrenchLimits

    @property
    def bounds(self) -> Array:
        return self.limits.bounds

    def wrenches(self, q: Array, v: Array, a: Array) -> Array:
        """Wrench (N, 6) of the contact on the item in the grasp's frame for motions (N, J).

        w = Y A + V x* (Y V), A being the acceleration less gravity (Featherstone, Rigid Body Dynamics Algorithms,
        2008, eq. 2.72).
        """
        model, data = self.arm.model, self.arm.data
        last = model.njoints - 1
        T = pin.SE3(self.T_last_grasp.rotation.copy(), self.T_last_grasp.position.copy())
        twist, change, turn = np.empty((len(q), 6)), np.empty((len(q), 6)), np.empty((len(q), 3, 3))
        for i in range(len(q)):
            pin.forwardKinematics(model, data, q[i], v[i], a[i])
            twist[i] = T.actInv(data.v[last]).vector
            change[i] = T.actInv(data.a[last]).vector
            turn[i] = data.oMi[last].rotation
        change[:, :3] -= GRAVITY @ (turn @ self.T_last_grasp.rotation)
        momentum = twist @ self.inertia.T
        linear = np.cross(twist[:, 3:], momentum[:, :3])
        angular = np.cross(twist[:, 3:], momentum[:, 3:]) + np.cross(twist[:, :3], momentum[:, :3])
        return np.asarray(change @ self.inertia.T + np.hstack([linear, angular]))

    def path_rows(self, q: Array, q1: Array, q2: Array) -> tuple[Array, Array, Array]:
        """rows @ w along a path as a s'' + b s'^2 + c, each (N, K)."""
        rest = np.zeros_like(q)
        c = self.wrenches(q, rest, rest)
        a = self.wrenches(q, rest, q1) - c
        b = self.wrenches(q, q1, q2) - c
        rows = self.limits.rows.T
        return a @ rows, b @ rows, c @ rows


def hold_of(arm: Arm, load: Load, limits: WrenchLimits, T_last_grasp: Pose) -> Hold:
    """The hold of a grasp whose frame is fixed to the arm's last link."""
    inertia = pin.Inertia(load.mass, load.centre.copy(), load.inertia.copy()).matrix()
    return Hold(arm, T_last_grasp, np.asarray(inertia), limits)


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
