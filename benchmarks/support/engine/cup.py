"""The suction cup in MuJoCo: `sim.robot.cup.Cup` with its seal, lip and card, on the joints of another engine."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from benchmarks.support.engine.need import mujoco
from benchmarks.support.engine.robot import MujocoArm
from benchmarks.support.engine.world import MujocoWorld
from perception.pose import Array, Pose
from sim.bullet import pb
from sim.robot.cup import Cup, Touch
from sim.robot.suction import Suction

TURNED, TURNING = 20.0, 0.05  # N m/rad and N m s/rad of what bears a bounded moment, until it bears no more
ENDLESS = 1e3  # N m: a joint that bears more than this is a rigid one
SHOWN = (1, 0, 0, 0, 0, 0)  # groups of geoms that rays meet: all but the robot's


class MujocoCup(Cup):
    """One cup. A rigid hold is a weld; card and film hang on a point, with a moment that is bounded about each axis."""

    _world: MujocoWorld  # type: ignore[assignment]
    _arm: MujocoArm  # type: ignore[assignment]

    def _soften(self) -> None:
        self._most = 0.0
        self._moment, self._sum = np.zeros(3), np.zeros(6)
        self._flat = np.eye(3)
        self._world.before.append(self._turn_back)
        self._world.after.append(self._weigh)

    def _rays(self, starts: Array, ends: Array) -> list[tuple[int, float]]:
        return [self._ray(start, end - start) for start, end in zip(starts, ends)]

    def _ray(self, start: Array, way: Array) -> tuple[int, float]:
        world, geom, length = self._world, np.array([-1], np.int32), float(np.linalg.norm(way))
        far = mujoco().mj_ray(world.model, world.data, start, way / length, np.array(SHOWN, np.uint8), 1, -1, geom)
        if geom[0] < 0 or far > length:
            return -1, 1.0
        return world.body_of(int(geom[0])), float(far / length)

    def _push(self, body: int, link: int, force: Array, at: Array) -> None:
        number = self._link if body == self._arm.body else self._world.id_of(body, link)
        self._world.push(number, force, at)

    def _join(self, touch: Touch, kind: int, most: float = 1e4) -> int:
        """A joint between lip and item; the number of MuJoCo's, or -1 for a bounded moment."""
        if kind == pb.JOINT_FIXED and most < ENDLESS:
            self._most, self._flat = most, self._turned(touch)
            return -1
        model, data, T_base_lip = self._world.model, self._world.data, self.T_base_lip
        number = int(model.equality("weld" if kind == pb.JOINT_FIXED else "point").id)
        T_link_lip = self._T_base_touched(touch).inverse() @ T_base_lip
        model.eq_obj2id[number] = self._world.id_of(touch.body, touch.link)
        if kind == pb.JOINT_FIXED:
            turned = np.roll(T_link_lip.inverse().quaternion, 1)
            model.eq_data[number, :11] = (*T_link_lip.position, 0, 0, 0, *turned, 1)
        else:
            model.eq_data[number, :6] = (*self._hangs_at, *T_link_lip.apply(self._hangs_at))
        data.eq_active[number] = 1
        self._sum[:] = 0
        return number

    def _part(self, joint: int) -> None:
        if joint < 0:
            self._most = 0.0
        else:
            self._world.data.eq_active[joint] = 0

    def _bear(self, most: float) -> None:
        self._most = most

    def _collide(self, touch: Touch, enable: bool) -> None:
        self._world.touch(self._name, self._one(touch), enable)

    def _reaction(self) -> Array:
        """What the cup exerts on the item, in its frame at the lip's centre, shape (6,): the mean over a step."""
        wrench, self._sum = self._sum / self._world.substeps, np.zeros(6)
        R = self.T_base_lip.rotation
        return np.concatenate([wrench[:3] @ R, wrench[3:] @ R])

    def _weigh(self) -> None:
        """After each step of the physics: what the joints exert on the item about the lip's centre."""
        if self.held is None or self.held.item is None:
            return
        body, at = self.held.body, self.T_base_lip.position
        for joint in (j for j in self._joints if j >= 0):
            wrench = self._world.root_wrench(joint, body)
            lever = self._world.data.body(f"b{body}_0").xpos - at
            self._sum += np.concatenate([wrench[:3], wrench[3:] + np.cross(lever, wrench[:3])])
        if self._most > 0:
            self._sum[3:] += self._moment

    def _turn_back(self) -> None:
        """Before each step of the physics: the bounded moment against turning from how the item was held."""
        self._moment = np.zeros(3)
        if self.held is None or self._most <= 0:
            return
        data, number = self._world.data, self._world.id_of(self.held.body, self.held.link)
        R = self.T_base_lip.rotation
        turned = Rotation.from_matrix(self._turned(self.held) @ self._flat.T).as_rotvec()
        spin = R.T @ (self._spin(number) - self._spin(self._link))
        self._moment = R @ np.clip(-TURNED * turned - TURNING * spin, -self._most, self._most)
        data.xfrc_applied[number, 3:] += self._moment
        data.xfrc_applied[self._link, 3:] -= self._moment

    def _spin(self, number: int) -> Array:
        """Angular velocity of one of MuJoCo's bodies in the base frame, rad/s."""
        return np.array(self._world.data.cvel[number, :3])

    def _T_base_touched(self, touch: Touch) -> Pose:
        if touch.item is None:
            return Pose(np.eye(4))
        return self._world.T_base_link(touch.body, touch.link)


class MujocoSuction(Suction):
    """All cups of a tool, each of them MuJoCo's."""

    kind = MujocoCup
