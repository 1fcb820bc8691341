"""A free-flying hand with two fingers in PyBullet, as the planners' peers test with: no arm, no cup, no limits."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from grasping.tools import Gripper
from perception.pose import Pose
from sim.bullet import pb

SPEED = 0.10  # m/s of the hand, and of each finger
DT = 1 / 240
HOLDS = 2000.0  # N with which the hand is kept on its way
CLOSE_SECONDS = 0.8


class Hand:
    """The hand of a `Gripper` at a tip frame, there from the pregrasp on until it is closed.

    gripper: its measures, speed apart. T_base_tip: where it appears. opening: metres.
    """

    def __init__(self, client: int, gripper: Gripper, T_base_tip: Pose, opening: float, friction: float = 1.0) -> None:
        self.client, self.gripper, self.pose, self.opening = client, gripper, T_base_tip, opening
        self.body = self._made(T_base_tip, opening)
        for link in (-1, 0, 1):
            pb.changeDynamics(self.body, link, lateralFriction=friction, linearDamping=0.0, physicsClientId=client)
        position, quaternion = T_base_tip.position.tolist(), T_base_tip.quaternion.tolist()
        self.weld = pb.createConstraint(
            *(self.body, -1, -1, -1, pb.JOINT_FIXED, (0, 0, 0), (0, 0, 0), position),
            childFrameOrientation=quaternion,
            physicsClientId=client,
        )
        self._weld(T_base_tip)
        self._fingers(opening, 100.0)

    def remove(self) -> None:
        pb.removeConstraint(self.weld, physicsClientId=self.client)
        pb.removeBody(self.body, physicsClientId=self.client)

    def go(self, T_base_tip: Pose, until_touch: bool = False) -> bool:
        """Straight to a frame; False where `until_touch` and something was touched on the way."""
        way = T_base_tip.position - self.pose.position
        steps = max(1, int(np.linalg.norm(way) / SPEED / DT))
        start = self.pose
        for step in range(1, steps + 1):
            self._weld(Pose.from_rotation(start.position + way * step / steps, start.rotation))
            pb.stepSimulation(physicsClientId=self.client)
            if until_touch and self.touches():
                return False
        return True

    def close(self, force: float) -> None:
        """Close the fingers with a force each, newtons."""
        self._fingers(0.0, force)
        for _ in range(round(CLOSE_SECONDS / DT)):
            pb.stepSimulation(physicsClientId=self.client)

    def touches(self) -> bool:
        return len(pb.getContactPoints(bodyA=self.body, physicsClientId=self.client)) > 0

    def holds(self) -> int | None:
        """The body that both fingers touch, if there is one."""
        touched = [self._touched_by(link) for link in (0, 1)]
        both = touched[0] & touched[1]
        return min(both) if both else None

    def _touched_by(self, link: int) -> set[int]:
        found = pb.getContactPoints(bodyA=self.body, linkIndexA=link, physicsClientId=self.client)
        return {int(contact[2]) for contact in found} - {self.body}

    def still(self, bodies: Collection[int]) -> bool:
        """Whether it still holds one of these bodies."""
        return self.holds() in bodies

    def _made(self, T_base_tip: Pose, opening: float) -> int:
        g = self.gripper
        palm, finger = np.array(g.palm) / 2, np.array((g.pad_width, g.finger_thickness, g.finger_length)) / 2
        shapes = [
            pb.createCollisionShape(
                pb.GEOM_BOX,
                halfExtents=half.tolist(),
                collisionFramePosition=centre,
                physicsClientId=self.client,
            )
            for half, centre in (
                (palm, [0, 0, -g.finger_length - palm[2]]),
                (finger, [0, finger[1], -finger[2]]),
                (finger, [0, -finger[1], -finger[2]]),
            )
        ]
        return int(
            pb.createMultiBody(
                baseMass=1.0,
                baseCollisionShapeIndex=shapes[0],
                basePosition=T_base_tip.position.tolist(),
                baseOrientation=T_base_tip.quaternion.tolist(),
                linkMasses=[0.1, 0.1],
                linkCollisionShapeIndices=shapes[1:],
                linkVisualShapeIndices=[-1, -1],
                linkPositions=[[0, 0, 0], [0, 0, 0]],
                linkOrientations=[[0, 0, 0, 1]] * 2,
                linkInertialFramePositions=[[0, 0, 0]] * 2,
                linkInertialFrameOrientations=[[0, 0, 0, 1]] * 2,
                linkParentIndices=[0, 0],
                linkJointTypes=[pb.JOINT_PRISMATIC] * 2,
                linkJointAxis=[[0, 1, 0], [0, -1, 0]],
                physicsClientId=self.client,
            )
        )

    def _fingers(self, opening: float, force: float) -> None:
        for joint in (0, 1):
            if opening == self.opening:
                pb.resetJointState(self.body, joint, opening / 2, 0.0, physicsClientId=self.client)
            pb.setJointMotorControl2(
                *(self.body, joint, pb.POSITION_CONTROL),
                targetPosition=opening / 2,
                force=force,
                maxVelocity=SPEED,
                physicsClientId=self.client,
            )

    def _weld(self, T_base_tip: Pose) -> None:
        self.pose = T_base_tip
        pb.changeConstraint(
            self.weld,
            T_base_tip.position.tolist(),
            T_base_tip.quaternion.tolist(),
            maxForce=HOLDS,
            physicsClientId=self.client,
        )
