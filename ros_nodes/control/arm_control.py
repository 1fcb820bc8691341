"""What the arm's node decides, without ROS: what may be sent, in which windows, and when the arm must hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum

import numpy as np

from motion.robot.description import ArmDescription
from motion.robot.joint_check import within_limits
from motion.trajectory import Trajectory
from perception.errors import HandpickError
from perception.pose import Array
from ros_nodes.control.joint_order import in_order
from ros_nodes.control.motion_check import check_motion, check_start
from ros_nodes.control.watchdog import Watchdog, lateness
from ros_nodes.control.windows import Window, braked, resting, window
from ros_nodes.errors import MotionRefused

JOINTS = "joint states"
OLDEST = 0.2  # seconds ago at which a motion may have branched off
STRAYED = 0.2  # rad from where it was sent at which an arm does not follow: it moves that far within a state's delay


class ArmState(str, Enum):
    """What the arm's node is at."""

    WAITING = "waiting"  # has never been ready, since something it needs has not come up
    READY = "ready"
    MOVING = "moving"
    STOPPED = "stopped"  # latched: only `reset` leads out
    PROTECTIVE = "protective stop"  # the robot stopped by itself; `recover` leads out, and `reset`


class ArmControl:
    """The state machine of the one node that moves anything.

    Args:
        arm: names and limits of the joints.
        watchdogs: what must be heard of for the arm to move, by name; JOINTS is one of them.
        clock: seconds that go with the motion: `ros_nodes.cell_clock`.
        speed: share of the velocity limits that is allowed. dry: all is decided as ever, and whoever sends does not.
        horizon: seconds of a motion that are sent at a time. refresh: seconds after which the next are.
        lead: seconds from now at which a motion from rest begins, so that whoever asked knows before it does.
    """

    def __init__(
        self,
        arm: ArmDescription,
        watchdogs: Mapping[str, Watchdog],
        clock: Callable[[], float],
        speed: float = 0.1,
        dry: bool = True,
        horizon: float = 0.15,
        refresh: float = 0.05,
        lead: float = 0.03,
    ) -> None:
        self.arm, self.names, self.watchdogs, self._clock = arm, arm.joint_names, dict(watchdogs), clock
        self.speed, self.dry, self.horizon, self.refresh, self.lead = speed, dry, horizon, refresh, lead
        self.state, self.why = ArmState.WAITING, ""
        self.positions: Array | None = None
        self.newest: tuple[Array, Array, Array] = (np.zeros(0), np.zeros(0), np.zeros(0))
        self.complaints: dict[str, str] = {}  # by the names of those who say that they are not well
        self._motion: Trajectory | None = None  # what was asked for, from `_began` on
        self._began = 0.0
        self._sent: Window | None = None  # what the controller follows

    def hear_joints(
        self, names: Sequence[str], positions: Sequence[float], velocities: Sequence[float], efforts: Sequence[float]
    ) -> Window | None:
        """Take a joint state; what must be sent at once, if it tells that the arm must stop.

        One without any joint of the arm is another device's on the same topic.
        """
        if not set(names) & set(self.names) and names:
            return None
        try:
            found = in_order(self.names, names, positions, "positions")
            within_limits(found, self.arm.limits, self.names)
            rest = [
                in_order(self.names, names, values, what)
                for values, what in ((velocities, "velocities"), (efforts, "efforts"))
            ]
        except HandpickError as error:
            return self.stop(str(error))
        self.newest = (found, rest[0], rest[1])
        if not self.dry or self.positions is None:
            self.positions = found
        self.watchdogs[JOINTS].beat()
        far = np.abs(found - self.played()[0])
        if not self.dry and self.state is ArmState.MOVING and far.max() > STRAYED:
            name = self.names[int(np.argmax(far))]
            return self.stop(f"the arm does not follow: {name} is {far.max():.2f} rad off; did its controller refuse?")
        return None

    def begin(self, motion: Trajectory, at: float | None = None) -> Window:
        """Follow a motion in place of any earlier one; the first window of it.

        Args:
            at: when a motion that begins at speed holds, which branches off the one before: a little ago, on the clock.
                One from rest begins `lead` seconds from now.

        Raises:
            MotionRefused: why it is not sent.
        """
        self._expect_fit()
        assert self.positions is not None
        check_motion(motion, self.arm.limits, self.names, self.speed)
        now, rests = self._clock(), not np.abs(motion.velocities[0]).max() > 1e-6
        begins = now + self.lead if rests else now if at is None else at
        if not -OLDEST <= begins - now <= self.lead + 1e-6:
            raise MotionRefused(f"expected a motion that branches off now, got one of {now - begins:.3f} s ago")
        check_start(motion.sample(now - begins)[:2], self.positions, self.played()[:2], self.names)
        self._motion, self._began, self.state = motion, begins, ArmState.MOVING
        return self._next_window()

    def brake(self) -> Window | None:
        """Come to rest along the path; motions may follow."""
        now, sent = self._clock(), self._sent
        self._motion = None
        if sent is None or now >= sent.begins + sent.motion.duration:
            return None
        if now < sent.begins:  # it has not begun
            self._sent = Window(now, resting(sent.motion.positions[0]))
            return self._sent
        self._sent = Window(now, braked(sent.motion, now - sent.begins, self.arm.limits))
        return self._sent

    def stop(self, why: str, state: ArmState = ArmState.STOPPED) -> Window | None:
        """Come to rest, and stay there until `reset`. The first reason is kept."""
        if self.state in (ArmState.STOPPED, state):
            return None
        self.state, self.why = state, why
        return self.brake()

    def reset(self) -> None:
        """Leave a stop, at rest.

        Raises:
            MotionRefused: what stopped the arm is still there.
        """
        if wrong := self._wrong():
            raise MotionRefused(f"expected all that the arm needs before a reset, got {wrong}")
        if self.dry and self.positions is not None:
            self.positions = self.played()[0]
        self._motion = self._sent = None
        self.state, self.why = ArmState.READY, ""

    def tick(self) -> Window | None:
        """What is to be sent now. Call it twice in `refresh` or more often."""
        wrong = self._wrong()
        if self.state is ArmState.WAITING:
            self.why = wrong
            self.state = ArmState.WAITING if wrong else ArmState.READY
        elif wrong and self.state in (ArmState.READY, ArmState.MOVING):
            return self.stop(wrong)
        return self._go_on() if self.state is ArmState.MOVING else None

    def _go_on(self) -> Window | None:
        now, sent = self._clock(), self._sent
        assert sent is not None
        if self._motion is not None and now >= self._began + self._motion.duration:
            self._motion = None
        if self._motion is None:
            if now >= sent.begins + sent.motion.duration:
                self.state = ArmState.READY
                self._rest()
            return None
        if now - sent.begins > self.horizon and not sent.last:
            return self.stop(f"this node came {now - sent.begins:.2f} s late to send on: is the computer overloaded?")
        return self._next_window() if now - sent.begins >= self.refresh and not sent.last else None

    def _next_window(self) -> Window:
        assert self._motion is not None
        begins = max(self._clock(), self._began)
        part, last = window(self._motion, begins - self._began, self.horizon, self.arm.limits)
        self._sent = Window(begins, part, last)
        return self._sent

    @property
    def moving(self) -> bool:
        return self.state is ArmState.MOVING

    def played(self) -> tuple[Array, Array, Array]:
        """Positions, velocities and accelerations (J,) that the arm was told for now; where it is, if it rests."""
        assert self.positions is not None
        if self._sent is None or self._clock() >= self._sent.begins + self._sent.motion.duration:
            self._rest()
            return self.positions, np.zeros(len(self.names)), np.zeros(len(self.names))
        return self._sent.motion.sample(self._clock() - self._sent.begins)

    def _rest(self) -> None:
        """In a dry run the arm is now where it was sent."""
        if self.dry and self._sent is not None:
            self.positions = self._sent.motion.positions[-1]

    def _expect_fit(self) -> None:
        if self.state not in (ArmState.READY, ArmState.MOVING):
            raise MotionRefused(f"expected an arm that is ready, it is {self.state.value}: {self.why}")
        if wrong := self._wrong():
            raise MotionRefused(f"expected all that the arm needs, got {wrong}")

    def _wrong(self) -> str:
        """Who is late or not well; empty where all is fine."""
        late = lateness(self.watchdogs.values())
        return "; ".join(filter(None, (late, *self.complaints.values())))
