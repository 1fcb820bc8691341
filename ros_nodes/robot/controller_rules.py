"""The rules of ros2_control's joint_trajectory_controller, for a robot that is simulated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from motion.trajectory import Trajectory, TrajectoryError
from perception.pose import Array
from ros_nodes.control.joint_order import in_order

SOON = 1e-3  # seconds


def accepted(
    names: Sequence[str], given: Sequence[str], times: Sequence[float], rows: Sequence[tuple[Sequence[float], ...]]
) -> tuple[Array, Array, Array]:
    """Times (T,), positions and velocities (T, J) in the order of `names`.

    Args:
        given: the joints of the message. rows: of each point its positions, velocities and efforts.

    Raises:
        TrajectoryError: what the controller would reject: no points, times that do not increase, missing or unknown
            joints, efforts, a last point that moves.
    """
    if not rows:
        raise TrajectoryError("expected points, got an empty trajectory; stop by one that brakes and holds")
    if sorted(given) != sorted(names):
        raise TrajectoryError(f"expected the joints {', '.join(names)}, got {', '.join(given)}")
    if (np.diff(times, prepend=-1e-9) <= 0).any():
        raise TrajectoryError("expected times that strictly increase")
    if any(len(efforts) for _, _, efforts in rows):
        raise TrajectoryError("expected no efforts")
    q, v = (np.array([in_order(names, given, list(row[part]), "positions") for row in rows]) for part in (0, 1))
    if np.abs(v[-1]).max() > 1e-3:
        raise TrajectoryError("expected a last point at rest")
    return np.asarray(times, np.float64), q, v


def spliced(times: Array, q: Array, v: Array, behind: float, now: tuple[Array, Array]) -> Trajectory | None:
    """What is followed from now on: from the present reference to the first point to come, then on along the points.

    Args:
        behind: seconds since the trajectory began. now: positions and velocities (J,) of the present reference.

    Returns:
        None where all points are in the past: such a trajectory is rejected.
    """
    coming = times > behind + SOON
    if not coming.any():
        return None
    first = int(np.argmax(coming))
    begin = now
    if first > 0:  # the beginning is past: what holds now lies between two points
        span = times[first] - times[first - 1]
        between = Trajectory(np.array((0.0, span)), q[first - 1 : first + 1], v[first - 1 : first + 1], 0 * q[:2])
        begin = between.sample(behind - times[first - 1])[:2]
    rows = np.vstack([begin[0][None], q[coming]]), np.vstack([begin[1][None], v[coming]])
    return Trajectory(np.concatenate([[0.0], times[coming] - behind]), *rows, 0 * rows[0])
