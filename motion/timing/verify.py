"""Verification of every motion before it is sent: limits of the arm and of the grasp at 1 kHz."""

from __future__ import annotations

import numpy as np

from motion.errors import LimitsExceeded
from motion.robot.arm import Arm
from motion.timing.grasp_load import Hold
from motion.trajectory import Trajectory

TOLERANCE = 1e-6


def usage(arm: Arm, motion: Trajectory, hold: Hold | None = None) -> dict[str, float]:
    """Greatest share of each limit that a motion uses; above 1 it breaks the limit.

    position is 1 at a joint's limit and 0 in its middle; hold is what the motion asks of the grasp.
    """
    limits = arm.limits
    q, v, a = motion.positions, motion.velocities, motion.accelerations
    middle, half = (limits.upper + limits.lower) / 2, (limits.upper - limits.lower) / 2
    jerk = np.diff(a, axis=0) / np.diff(motion.times)[:, None]
    shares = {
        "position": np.abs((q - middle) / half),
        "velocity": np.abs(v) / limits.velocity,
        "acceleration": np.abs(a) / limits.acceleration,
        "jerk": np.abs(jerk) / limits.jerk,
        "torque": np.abs(arm.torques(q, v, a)) / limits.torque,
    }
    if hold is not None:
        shares["hold"] = hold.shares(q, v, a)
    return {name: float(share.max()) for name, share in shares.items()}


def verify(motion: Trajectory, shares: dict[str, float], moving: bool = False) -> None:
    """Check a motion sampled at 1 kHz or finer, given the `usage` of its limits.

    moving: whether it may begin at speed.

    Raises:
        LimitsExceeded: a limit is broken, the samples are too coarse or disagree, or the ends are not at rest.
    """
    if np.diff(motion.times).max() > 1e-3 + 1e-9:
        raise LimitsExceeded(f"expected samples 1 ms apart or less, got {1e3 * np.diff(motion.times).max():.2f} ms")
    ends = np.abs(motion.velocities[[-1] if moving else [0, -1]]).max()
    if ends > 1e-6:
        raise LimitsExceeded(f"expected a motion from rest to rest, got {ends:.3g} rad/s at an end")
    drift = np.abs(np.diff(motion.positions, axis=0) / np.diff(motion.times)[:, None] - _mid(motion.velocities)).max()
    if drift > 0.02:
        raise LimitsExceeded(f"expected velocities that are the positions' derivative, got {drift:.3g} rad/s apart")
    for name, share in shares.items():
        if share > 1 + TOLERANCE:
            raise LimitsExceeded(f"expected a motion within the limit of {name}, got {share:.3f} times it")


def _mid(values: np.ndarray) -> np.ndarray:
    return np.asarray((values[1:] + values[:-1]) / 2)
