"""Joint values by name, in whatever order a driver gives them, put into the arm's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from motion.robot.joint_check import JointStateError
from perception.pose import Array


def in_order(names: Sequence[str], given: Sequence[str], values: Sequence[float], what: str) -> Array:
    """Values (J,) of the joints `names`; others, as the fingers', are left out. No values at all are zeros.

    Raises:
        JointStateError: a joint is missing or given twice, there are not as many values as names, or not all of the
            arm's are finite.
    """
    if len(values) == 0 and what != "positions":
        return np.zeros(len(names))
    if len(given) != len(values):
        raise JointStateError(f"{what}: expected a value for each of {len(given)} names, got {len(values)}")
    if missing := [name for name in names if name not in given]:
        raise JointStateError(
            f"{what}: expected the joints {', '.join(names)}, got none of {', '.join(missing)} among "
            f"{', '.join(given) or 'no names'}; do the arm's URDF and the driver name them alike?"
        )
    if twice := sorted({name for name in names if list(given).count(name) > 1}):
        raise JointStateError(f"{what}: expected every joint once, got {', '.join(twice)} more than once")
    found = np.array([values[list(given).index(name)] for name in names], np.float64)
    if not (finite := np.isfinite(found)).all():
        lost = ", ".join(name for name, fine in zip(names, finite) if not fine)
        raise JointStateError(f"{what}: expected finite numbers, got none for {lost}; check the driver")
    return found
