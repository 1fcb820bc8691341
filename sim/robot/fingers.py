"""The two parallel fingers: coupled, speed-limited, force-limited; and the rod that carries the cup."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.bullet import pb
from sim.robot.tool_body import ARM_GROUP, ToolBody

FINGERS = ("finger_left", "finger_right")
PAD_FRICTION = 1.0  # rubber; Bullet multiplies it with the item's own coefficient
FINGER_GAIN = 0.3  # share of a position error that a finger's motor makes up in a step
SLIDE_GAIN = 0.5  # share of a position error that the rod's motor makes up in a step
SLIDE_SLACK = 0.01  # m/s by which the rod runs ahead of its drive before the motor brakes
SLIPPERY = 0.05  # share of the pads' friction that is left where what is between them turns out of their faces
PAD_STIFFNESS, PAD_DAMPING = 3e4, 1e3  # N/m and N s/m per contact point: keeps a pinched item from turning
SLOPED = 0.12  # of its length by which a bowed strut is shorter once its ends slope by 40 degrees, rubber's on card
GIVES = 0.9  # of what a strut bears, with which the pads press on it where it gives way: a contact's force trembles


@dataclass(frozen=True)
class Strut:
    """Leaves between the pads.

    Attributes:
        load: newtons at which they bow (Euler).
        length: over which they do, metres.
    """

    load: float
    length: float

    def bears(self, bowed: float) -> float:
        """Newtons once it is `bowed` metres shorter: the elastica's, to first order (Timoshenko and Gere, Theory of
        Elastic Stability, 2.7)."""
        return self.load * (1 + bowed / (2 * self.length))


class Fingers:
    """Two fingers that move in step, like those on one rack, and stop at the commanded force.

    The drive goes to an opening at the gripper's speed; whatever blocks it meets at most the commanded force at
    each pad, and leaves that bow no more than they bear, until they slip out.

    Attributes:
        slips: whether what is between the pads slips out of them.
        bowed: metres by which it is shorter than the engine's rigid block.
        pressed: newtons with which both pads press on what may bow; 0: on nothing such.
    """

    def __init__(self, arm: ToolBody, opening: float) -> None:
        self._arm = arm
        gripper = arm.tool.gripper
        self._limits, self._forces, self._speed = gripper.opening, gripper.force, gripper.opening_speed
        self.force = gripper.force[0]
        self._share = 1.0  # of their friction, with which the pads rub
        self.slips = False
        self.bowed, self.pressed = 0.0, 0.0
        self._strut: Strut | None = None
        self._goal = self._drive = float(np.clip(opening, *self._limits))
        self._set_up()

    @property
    def gap(self) -> float:
        """Opening between the pads, metres."""
        return self._apart - self.bowed

    @property
    def _apart(self) -> float:
        """The same in the engine."""
        return sum(self._arm.where(name)[0] for name in FINGERS)

    def go(self, opening: float, force: float) -> None:
        """Go to an opening, metres, with at most `force` newtons at each pad; both are kept within the limits."""
        self._goal = float(np.clip(opening, *self._limits))
        self.force = float(np.clip(force, *self._forces))

    def jump(self, opening: float) -> None:
        """Be open by so many metres at once, and stay so, with nothing between them."""
        self._goal = self._drive = float(np.clip(opening, *self._limits))
        for name in FINGERS:
            pb.resetJointState(
                self._arm.body, self._arm.joint[name], self._goal / 2, 0.0, physicsClientId=self._arm.client
            )

    def rub(self, share: float) -> None:
        """From now on the pads rub with `share` of their friction."""
        self._share = share
        self._set_friction()

    def press(self, strut: Strut | None, force: float) -> None:
        """Both pads press with `force` newtons on leaves that may bow; None: on none just now."""
        self._strut, self.pressed = strut or self._strut, force
        if self._strut and not self.slips and self.bowed > SLOPED * self._strut.length:
            self._let_slip(True)

    def free(self) -> None:
        """Nothing is between the pads any more."""
        self._strut, self.pressed, self.bowed = None, 0.0, 0.0
        if self.slips:
            self._let_slip(False)

    def _let_slip(self, slips: bool) -> None:
        """What is between the pads slips out of them; or does so no more."""
        self.slips = slips
        self._set_friction()

    def _set_friction(self) -> None:
        """A contact that sticks would keep the friction with which it was made, so all are made anew."""
        share = self._share * (SLIPPERY if self.slips else 1.0)
        for name in FINGERS:
            pb.changeDynamics(
                self._arm.body,
                self._arm.link[name],
                lateralFriction=share * PAD_FRICTION,
                physicsClientId=self._arm.client,
            )
            pb.setCollisionFilterGroupMask(
                self._arm.body, self._arm.link[name], ARM_GROUP, ~ARM_GROUP, physicsClientId=self._arm.client
            )

    def actuate(self, dt: float) -> None:
        """Set the motors for the next step."""
        lead, gap = self._speed * dt, self._apart
        goal, force = self._goal, self.force
        if self._strut is not None and not self.slips:
            self._bow(self._strut, lead)
            goal, force = goal if self.bowed == 0 else self._limits[0], min(force, self._strut.bears(self.bowed))
        start = min(max(self._drive, gap - 4 * lead), gap + 4 * lead)  # a blocked drive winds up no more
        self._drive = start + min(max(goal - start, -lead), lead)
        rate = (self._drive - start) / dt
        for name in FINGERS:
            self._motor(name, self._drive / 2, rate / 2, force)

    def _bow(self, strut: Strut, lead: float) -> None:
        """Leaves give way to fingers that go on closing with more than they bear, and spring back before those that
        open: the engine's block stays pressed, as hard as they are stiff."""
        bears = strut.bears(self.bowed)
        closing = self.gap - self._goal if self.force > bears else -self.bowed
        if closing > 0 and self.pressed < GIVES * bears:
            closing = 0.0
        self.bowed = max(0.0, self.bowed + min(max(closing, -lead), lead))

    def _set_up(self) -> None:
        """Rubber pads on two fingers that are geared to each other, at the opening that they begin with."""
        arm = self._arm
        joints = [arm.joint[name] for name in FINGERS]
        for name in FINGERS:
            pb.resetJointState(arm.body, arm.joint[name], self._goal / 2, physicsClientId=arm.client)
            pb.changeDynamics(
                arm.body,
                arm.link[name],
                lateralFriction=PAD_FRICTION,
                spinningFriction=0,
                rollingFriction=0,
                contactStiffness=PAD_STIFFNESS,
                contactDamping=PAD_DAMPING,
                frictionAnchor=1,
                physicsClientId=arm.client,
            )
        rack = pb.createConstraint(
            arm.body, joints[0], arm.body, joints[1], pb.JOINT_GEAR, (0, 1, 0), (0, 0, 0), (0, 0, 0),
            physicsClientId=arm.client,
        )  # fmt: skip
        pb.changeConstraint(rack, gearRatio=-1, erp=0.2, maxForce=2000, physicsClientId=arm.client)

    def _motor(self, name: str, position: float, rate: float, force: float) -> None:
        """The motor of a finger in the next step: metres, m/s, and newtons at most."""
        pb.setJointMotorControl2(
            self._arm.body,
            self._arm.joint[name],
            pb.POSITION_CONTROL,
            targetPosition=position,
            targetVelocity=rate,
            positionGain=FINGER_GAIN,
            velocityGain=1.0,
            force=force,
            physicsClientId=self._arm.client,
        )


class Slide:
    """The cup's rod, driven in or out of the palm at its stroke time.

    It may be told to push with less force than the drive has, as by a pressure regulator; braking and pulling keep all.
    """

    def __init__(self, arm: ToolBody, force: float = 60.0) -> None:
        cup = arm.tool.cup
        force *= len(cup.places)  # what pushes one cup, for each
        self._arm, self._most, self._push = arm, force, force
        self._stroke, self._speed = cup.retraction, cup.retraction / cup.stroke_time
        self._goal = self._drive = 0.0

    @property
    def travel(self) -> float:
        """0 retracted .. 1 extended."""
        return self._arm.where("cup_slide")[0] / self._stroke

    def go(self, extended: bool, push: float = np.inf) -> None:
        """Go out, with at most `push` newtons, or in."""
        self._goal, self._push = (self._stroke, min(push, self._most)) if extended else (0.0, self._most)

    def jump(self, extended: bool) -> None:
        """Be out or in at once, and stay so."""
        self.go(extended)
        self._drive = self._goal
        pb.resetJointState(
            self._arm.body, self._arm.joint["cup_slide"], self._goal, 0.0, physicsClientId=self._arm.client
        )

    def actuate(self, dt: float) -> None:
        """Set the motor for the next step."""
        lead, (place, speed) = self._speed * dt, self._arm.where("cup_slide")
        ahead = 4 * lead if self._goal > 0 else 0.0  # a blocked drive winds up no more, and pulls at once
        start = min(max(self._drive, place - 4 * lead), place + ahead)
        self._drive = start + min(max(self._goal - start, -lead), lead)
        rate = (self._drive - start) / dt
        brakes = speed > SLIDE_GAIN * (self._drive - place) / dt + rate + SLIDE_SLACK
        self._motor(rate, self._most if brakes else self._push)

    def _motor(self, rate: float, force: float) -> None:
        """The rod's motor in the next step: m/s, and newtons at most."""
        pb.setJointMotorControl2(
            self._arm.body,
            self._arm.joint["cup_slide"],
            pb.POSITION_CONTROL,
            targetPosition=self._drive,
            targetVelocity=rate,
            positionGain=SLIDE_GAIN,
            velocityGain=1.0,
            force=force,
            physicsClientId=self._arm.client,
        )
