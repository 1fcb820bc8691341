"""The cell's clock over ROS: time that nobody sets back, and the stamps of messages on it."""

from __future__ import annotations

import time
from collections.abc import Callable

JUMP = 0.05  # seconds by which ROS time may leave the monotonic clock between two looks before that is a jump


class CellClock:
    """Seconds since the cell started.

    On a robot it is the monotonic clock: ROS time is the system's, which people and NTP set. A stamp is told by its
    age. In simulation it is ROS time, which the simulation publishes.

    Args:
        ros: ROS time, seconds. simulated: whether that is simulated. monotonic: seconds, never set back.
    """

    def __init__(
        self, ros: Callable[[], float], simulated: bool = False, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self.ros, self.simulated, self._monotonic = ros, simulated, monotonic
        self._began = self._source()
        self._last = 0.0
        self._offset = ros() - monotonic()

    def now(self) -> float:
        """Never decreasing."""
        self._last = max(self._last, self._source() - self._began)
        return self._last

    def at(self, stamp: float) -> float:
        """When a message was stamped, on this clock: stamp is in seconds of ROS time."""
        return self.now() - (self.ros() - stamp)

    def stamp(self, at: float) -> float:
        """The ROS time, seconds, of a moment on this clock."""
        return self.ros() - (self.now() - at)

    def jumped(self) -> float:
        """Seconds by which somebody set ROS time since the last call, 0 where nobody did."""
        if self.simulated:
            behind = self._source() - self._began - self._last
            return behind if behind < -JUMP else 0.0
        offset = self.ros() - self._monotonic()
        jump, self._offset = offset - self._offset, offset
        return jump if abs(jump) > JUMP else 0.0

    def _source(self) -> float:
        return self.ros() if self.simulated else self._monotonic()
