"""How the items of tries looked, so that what is believed of them can be told anew whenever beliefs change.

Outcomes cost hours, and what masses, middles and covers are believed to be is learned apart from them: features that
say so are made again from what was seen, before anything is learned from the outcomes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from grasping.beliefs.clues import clues
from grasping.beliefs.extent import Extent
from grasping.beliefs.looks import shipped, told
from grasping.beliefs.overlap import Tops, rim
from perception.pose import Array
from perception.scene import Scene


def looked(scene: Scene) -> list[tuple[Array, Array]]:
    """Of each item of a scene, clues (len(CLUES),), and the way (3,) in which it may go on under others, base frame."""
    tops = Tops.of(scene.occupancy)
    extents = [Extent.of(scene, item, rim(tops, item)) for item in scene.items]
    return [(clues(item, extent), extent.way) for item, extent in zip(scene.items, extents)]


def features_now(outcomes: NDArray[np.void]) -> NDArray[np.void]:
    """The features of tries (N,) by what looks tell now; as they are where no clues are kept.

    Where a book hangs on its spine its middle is known otherwise, and what was tipped first lies elsewhere than it
    looked: there the middle stays where it was believed.
    """
    features, rows = outcomes["features"].copy(), np.flatnonzero(outcomes["clues"].any(axis=1))
    if not len(rows):
        return features
    some, now = outcomes[rows], told(outcomes["clues"][rows], shipped())
    moved = (now["aside"] - some["aside"])[:, None] * some["way"]
    spine = some["features"]["spine_at"] != 0
    moved[spine] *= (0, 1, 0)
    moved[some["skill"] == b"tip"] = 0
    for name, values in (
        ("mass", now["mass"]),
        ("mass_spread", now["spread"]),
        ("bookish", now["opens"]),
        ("card", now["card"]),
        ("centre_radius", now["off"]),
    ):
        features[name][rows] = values
    for axis, name in enumerate(("centre_x", "centre_y", "centre_z")):
        features[name][rows] += moved[:, axis]
    return features
