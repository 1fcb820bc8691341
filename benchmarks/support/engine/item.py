"""An item in MuJoCo, asked as the simulation asks its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.support.engine.need import mujoco
from perception.pose import Array, Pose
from sim.items.body import ItemBody, LinkRef


@dataclass(frozen=True, eq=False)
class MujocoItem(ItemBody):
    """An item of a `MujocoWorld`. What PyBullet would answer is read from MuJoCo's data; the rest is inherited.

    Attributes:
        model, data: MuJoCo's.
    """

    model: Any = None
    data: Any = None

    def frame(self, ref: LinkRef) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Position and quaternion (xyzw) of a link's frame in the base frame."""
        body = self.data.body(name(ref))
        return tuple(body.xpos), tuple(np.roll(body.xquat, -1))

    def opening(self) -> float:
        """Angle between a book's covers, radians; 0 for anything else."""
        joints = [f"b{self.bodies[body]}_{link}" for body, link in self.spec.spread]
        return float(sum(self.data.joint(joint).qpos[0] for joint in joints))

    def twist(self, body: int) -> Array:
        """Velocity and angular velocity of a body's first link in the base frame, shape (2, 3)."""
        state = self.data.joint(f"b{body}")
        R = self.data.body(f"b{body}_0").xmat.reshape(3, 3)
        return np.array([state.qvel[:3], R @ state.qvel[3:]])

    def lie(self, states: tuple[tuple[Pose, Array], ...]) -> None:
        """Be somewhere at rest: each body's T_base_first and the angles of its other links."""
        for body, (T_base_first, angles) in zip(self.bodies, states):
            free = self.data.joint(f"b{body}")
            free.qpos[:] = (*T_base_first.position, *np.roll(T_base_first.quaternion, 1))
            free.qvel[:] = 0
            for i, angle in enumerate(angles, start=1):
                if self._turns(f"b{body}_{i}"):
                    self.data.joint(f"b{body}_{i}").qpos[0] = angle

    def _turns(self, joint: str) -> bool:
        mj = mujoco()
        return bool(mj.mj_name2id(self.model, mj.mjtObj.mjOBJ_JOINT, joint) >= 0)


def name(ref: LinkRef) -> str:
    """Of a link in the model."""
    return f"b{ref.body}_{ref.link + 1}"
