"""Candidates: ways to touch items with one tool, as arrays, each described by the features that quality sees."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from grasping.tools import Tool
from perception.arrays import cross, readonly
from perception.pose import Array

# Everything a Quality may know of a candidate, in SI units; zero where it does not apply to the tool.
FEATURES = np.dtype(
    [
        (name, np.float64)
        for name in (
            # suction: the ring under the lip
            "gap",  # mean height of what stays open under a lip by unevenness and holes, metres
            "bend",  # of the surface around the lip, peak to peak of its second harmonic, metres
            "ring_margin",  # how far the cup may shift before its lip meets an edge, metres
            "roughness",  # of the surface under the lip, root mean square, metres
            "cups",  # that are opened, as of `grasping.tools.coded`
            "vacuum",  # greatest that the pump may reach, pascals below atmosphere
            "probe",  # 1 where the first centimetres are lifted slowly and watched, else 0
            # suction beside a book's spine, 0 elsewhere
            "spine_at",  # from the cup to the spine's edge along the tool's x, metres
            "spine",  # belief that a spine is there if the item is a book
            "span",  # of the cover from the spine to the fore-edge, metres
            "thickness",  # of the book, metres
            # pinch: the pads
            "pad_angle",  # worst angle between a pad and the surface under it, radians
            "wedge",  # half the angle between the surfaces under the two pads, radians
            "slope",  # by which the item widens beyond the pads along the approach; negative where it narrows
            "patch_area",  # before the pad that touches less, m^2; what it touches shrinks where the item is curved
            "curve_x",  # curvature of the touched surface along the tool's x, 1/m
            "curve_z",
            "patch_radius",  # of a disc that resists twist like what the pressed pad touches, metres
            "pressure",  # under the pressed pad, pascals
            "patch_x",  # centre of the touched area in the tool frame, metres
            "patch_z",
            "width",  # between the closed pads, metres
            "force",  # pinch force, newtons
            # both: what is known of the contact
            "seen",  # fraction of the touched surface that a camera saw
            "confidence",  # mean confidence of the touched surface
            # the load, in the tool frame
            "mass",  # median belief, kilograms
            "mass_spread",  # standard deviation of the mass's logarithm
            "centre_x",  # of mass, metres
            "centre_y",
            "centre_z",
            "centre_radius",
            "down_x",  # gravity's direction
            "down_y",
            "down_z",
            # the item among its neighbours
            "burden",  # fraction of its upward surface with other items close above
            "wedged",  # fraction of its sides with other items or walls close beside
            "boxlike",  # belief that it has flat faces at right angles
            "bookish",  # belief that it has two covers that open
            "across_covers",  # |cosine| between contact normal and the item's thinnest axis
            "flatness",  # thinnest over middle edge of its box
            "girth",  # middle edge of its box, metres
            "fill",  # share of its box that it fills
            # the tool among the scene
            "hit_volume",  # of other items inside the swept tool, m^3
            "unseen_volume",  # of unseen space inside the swept tool, m^3
            "floor_gap",  # from the fingertips to the tote's floor, metres (0.1 and more: 0.1)
        )
    ]
)


@dataclass(frozen=True, eq=False)
class Candidates:
    """C ways to touch items with `tool`.

    Attributes:
        item: index of the item in Scene.items, shape (C,).
        T_base_tool: tool frames at the grasp, shape (C, 4, 4).
        opening: finger opening on approach, shape (C,), metres.
        features: record array of FEATURES, shape (C,).
    """

    tool: Tool
    item: NDArray[np.int64]
    T_base_tool: Array
    opening: Array
    features: NDArray[np.void]

    def __post_init__(self) -> None:
        n = len(self.item)
        object.__setattr__(self, "item", readonly(self.item, np.int64, (n,), "candidates: item"))
        object.__setattr__(self, "T_base_tool", readonly(self.T_base_tool, np.float64, (n, 4, 4), "T_base_tool"))
        object.__setattr__(self, "opening", readonly(self.opening, np.float64, (n,), "candidates: opening"))
        object.__setattr__(self, "features", readonly(self.features, FEATURES, (n,), "candidates: features"))

    def __len__(self) -> int:
        return len(self.item)

    def only(self, chosen: NDArray) -> Candidates:
        """Those at indices or under a mask."""
        return Candidates(
            self.tool, self.item[chosen], self.T_base_tool[chosen], self.opening[chosen], self.features[chosen]
        )

    def described(self, **columns: ArrayLike) -> Candidates:
        """The same candidates with some features filled in."""
        features = self.features.copy()
        for name, values in columns.items():
            features[name] = values
        return Candidates(self.tool, self.item, self.T_base_tool, self.opening, features)

    @staticmethod
    def join(tool: Tool, parts: list[Candidates]) -> Candidates:
        """All candidates of several items, in order."""
        return Candidates(
            tool,
            np.concatenate([np.zeros(0, np.int64), *(p.item for p in parts)]),
            np.concatenate([np.zeros((0, 4, 4)), *(p.T_base_tool for p in parts)]),
            np.concatenate([np.zeros(0), *(p.opening for p in parts)]),
            np.concatenate([np.zeros(0, FEATURES), *(p.features for p in parts)]),
        )


def frames(origin: Array, closing: Array, approach: Array) -> Array:
    """Tool frames, shape (C, 4, 4), with y along `closing` and z along `approach`, each (C, 3) and made square.

    Of the two frames that turn the fingers by half a turn, the one whose x points away from the arm's axis: that
    keeps the wrist near the middle of its range.
    """
    z = approach / np.linalg.norm(approach, axis=-1, keepdims=True)
    y = closing - (closing * z).sum(axis=-1, keepdims=True) * z
    y = y / np.linalg.norm(y, axis=-1, keepdims=True)
    x = cross(y, z)
    sign = np.where((x[:, :2] * origin[:, :2]).sum(axis=-1, keepdims=True) < 0, -1.0, 1.0)
    T = np.zeros((len(origin), 4, 4))
    T[:, :3, 0], T[:, :3, 1], T[:, :3, 2], T[:, :3, 3], T[:, 3, 3] = sign * x, sign * y, z, origin, 1.0
    return T
