"""Whether a blow struck a corner or an edge, by where its contacts lie on the item and how far they reach."""

from __future__ import annotations

import numpy as np

from perception.pose import Array

RIM = 8e-3  # m: what lies as near to an edge as this is struck on it (judgement: a few times a cover's overhang)


def struck_on_rim(points: Array, size: Array, sunk: float = 0.0) -> bool:
    """Whether contacts make one blow on a corner or along an edge of a box, rather than on a face of it.

    The contacts of a face that lands flat lie at its corners, too, but far apart across both of its directions. A blow
    in the middle of a face, by something else's corner, touches no edge.

    Args:
        points: of all contacts of the blow in the box's frame, whose axes are its edges, shape (N, 3), metres.
        size: extents of the box, shape (3,), metres.
        sunk: by which the bodies had met already when their contacts were found, metres: those lie so far inside.
    """
    if len(points) == 0:
        return False
    rim = RIM + sunk
    at_side = np.abs(points) > np.asarray(size) / 2 - np.minimum(rim, np.asarray(size) / 4)
    on_edge = at_side.sum(axis=1) >= 2
    broad = np.ptp(points, axis=0) > np.minimum(2 * rim, np.asarray(size) / 2)
    return bool(on_edge.all() and broad.sum() < 2)
