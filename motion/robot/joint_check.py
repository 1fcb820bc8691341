"""Joint positions as a robot reports them, checked before anything is planned from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from motion.errors import LimitsExceeded
from motion.robot.limits import Limits
from perception.errors import HandpickError
from perception.pose import Array

# Radians beyond a limit from which a joint is let back in. Servos come to rest within about a thousandth of a radian of
# their goal, which may be the limit itself, and encoders add their noise; twice that moves a tool at 1 m by 2 mm, less
# than what plans keep clear of obstacles.
HAIR = 2e-3


class JointStateError(HandpickError):
    """Joint positions that no sensor of this arm can have meant."""


def within_limits(positions: ArrayLike, limits: Limits, names: Sequence[str]) -> Array:
    """Joint positions (J,), rad, with those that lie a HAIR or less beyond their limit put on it.

    Args:
        names: of the joints, for messages.

    Raises:
        JointStateError: not one number for each joint, or degrees.
        LimitsExceeded: a joint is further out; names it and how far.
    """
    values = _numbers(positions, names)
    inside = np.clip(values, limits.lower, limits.upper)
    beyond = values - inside
    if np.abs(beyond).max() <= HAIR:
        return np.asarray(inside)
    turned = np.deg2rad(values)
    worst = int(np.argmax(np.abs(beyond)))
    if np.abs(values[worst]) > 2 * np.pi and ((limits.lower <= turned) & (turned <= limits.upper)).all():
        raise JointStateError(
            f"joint state: expected radians, got {values[worst]:.4g} for {names[worst]}; all joints are within their "
            "limits if these are degrees: convert them in the cell's state()"
        )
    out = [
        f"{names[j]} at {values[j]:.4f} is {abs(beyond[j]):.4f} rad {'over' if beyond[j] > 0 else 'under'} its "
        f"{limits.upper[j] if beyond[j] > 0 else limits.lower[j]:.4f}"
        for j in map(int, np.flatnonzero(np.abs(beyond) > HAIR))
    ]
    raise LimitsExceeded(
        f"expected joint positions within their limits, but {', '.join(out)}; move the arm back by hand, or check the "
        "zero of the joint and the model's limits"
    )


def _numbers(positions: ArrayLike, names: Sequence[str]) -> Array:
    try:
        values = np.array(positions, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise JointStateError(f"joint state: expected {len(names)} numbers, got {positions!r:.200}") from error
    if values.shape != (len(names),):
        raise JointStateError(
            f"joint state: expected {len(names)} joint positions ({', '.join(names)}), got shape {values.shape}; "
            "leave out the fingers' joints and other robots'"
        )
    if not (finite := np.isfinite(values)).all():
        lost = ", ".join(name for name, fine in zip(names, finite) if not fine)
        raise JointStateError(
            f"joint state: expected a finite position of every joint, got none of {lost}; check the encoder, and "
            "that the driver has published before the first state()"
        )
    return values
