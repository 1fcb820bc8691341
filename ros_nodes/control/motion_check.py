"""The last check of a motion before it is sent: limits of the arm at the allowed speed, from where it is, to rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from motion.robot.joint_check import HAIR
from motion.robot.limits import Limits
from motion.trajectory import Trajectory
from perception.pose import Array
from ros_nodes.errors import MotionRefused

AHEAD = (
    0.05  # share of a limit of velocity above the allowed speed: what an offset adds that fades out as the arm starts
)
BRIEFLY = 1.1  # of a limit of acceleration, for the same reason
DRIFT = 0.05  # rad/s between the velocities told and those of the positions
STRAYED = 0.05  # rad from the arm at which a motion may begin
STEP = 0.25  # rad/s by which velocity may change at once, where a motion replaces another one


def check_motion(motion: Trajectory, limits: Limits, names: Sequence[str], speed: float = 1.0) -> None:
    """Check a motion against the arm's limits.

    Args:
        names: of the joints, for messages. speed: share of the velocity limits that is allowed.

    Raises:
        MotionRefused: names the joint, by how much, and what to do.
    """
    if motion.positions.shape[1] != len(names):
        raise MotionRefused(f"expected a motion of {len(names)} joints, got {motion.positions.shape[1]}")
    q, v, a = motion.positions, motion.velocities, motion.accelerations
    beyond = np.maximum(limits.lower - q, q - limits.upper).max(axis=0)
    _refuse(names, beyond, HAIR, "position within the limits", "rad beyond; plan with the arm's own limits")
    share = min(1.0, speed + AHEAD)
    fast = np.abs(v).max(axis=0) / limits.velocity
    _refuse(names, fast, share + 1e-6, f"velocity of {share:.0%} of its limit at most", "of it; plan slower, or raise")
    hard = np.abs(a).max(axis=0) / limits.acceleration
    _refuse(names, hard, BRIEFLY, "acceleration within its limit", "times it; plan slower")
    told = (v[1:] + v[:-1]) / 2
    drift = np.abs(np.diff(q, axis=0) / np.diff(motion.times)[:, None] - told).max(axis=0)
    _refuse(names, drift, DRIFT, "velocities that are the positions' derivative", "rad/s apart; sample more finely")
    _refuse(names, np.abs(v[-1]), 1e-3, "an end at rest", "rad/s at the end")


def check_start(
    start: tuple[Array, Array], measured: Array, reference: tuple[Array, Array], names: Sequence[str]
) -> None:
    """Check that a motion begins where the arm is, or where it was last told to be, and about as fast.

    Args:
        start: positions and velocities (J,) of the motion now. measured: positions (J,).
        reference: positions and velocities (J,) that the arm follows now.

    Raises:
        MotionRefused: it begins elsewhere.
    """
    gaps = [np.abs(start[0] - at) for at in (measured, reference[0])]
    nearer = min(gaps, key=lambda gap: float(gap.max()))
    _refuse(names, nearer, STRAYED, "a motion that begins where the arm is", "rad away; plan from the newest state")
    jump = np.abs(start[1] - reference[1])
    _refuse(names, jump, STEP, "a motion that begins as fast as the arm moves", "rad/s apart; stop first")


def _refuse(names: Sequence[str], values: Array, most: float, expected: str, got: str) -> None:
    worst = int(np.argmax(values))
    if not values[worst] <= most:
        raise MotionRefused(f"expected {expected}, got {names[worst]} {values[worst]:.3f} {got}")
