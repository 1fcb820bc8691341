"""The pace of plans for a share of the arm's velocity."""

from __future__ import annotations

from motion.timing.time_optimal import Pace


def pace_of(speed: float) -> Pace:
    """speed: share of the velocity limits, as the arm's node allows it. Accelerations are gentle at low speed, too."""
    return Pace(velocity=Pace.velocity * speed, acceleration=Pace.acceleration * min(1.0, 2 * speed))
