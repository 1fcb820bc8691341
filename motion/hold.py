"""What a grasp demands of a motion: the wrench that the contact must carry, kept within its limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pinocchio as pin

from grasping.grasp import WrenchLimits
from motion.arm import GRAVITY, Arm
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


def spatial_inertia(mass: float, centre: Array, inertia: Array) -> Array:
    """6 x 6 spatial inertia about a frame's origin; `inertia` (3, 3) is about the centre of mass."""
    return np.asarray(pin.Inertia(mass, np.asarray(centre), np.asarray(inertia)).matrix())
