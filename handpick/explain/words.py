"""The inputs of learned odds in words, with the units that people read them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from grasping.quality.learned import BELIEVED


@dataclass(frozen=True)
class Words:
    """How an input is told: what it is, and its unit, of which one in SI units is `factor`."""

    what: str
    unit: str = ""
    factor: float = 1.0

    def value(self, value: float) -> str:
        """A value of the input, as read."""
        number = f"{value * self.factor:.3g}"
        return number + (self.unit if self.unit == "%" else f" {self.unit}" if self.unit else "")


def _length(what: str) -> Words:
    return Words(what, "mm", 1e3)


def _share(what: str) -> Words:
    return Words(what, "%", 1e2)


def _angle(what: str) -> Words:
    return Words(what, "deg", float(np.rad2deg(1)))


WORDS: Mapping[str, Words] = {
    "gap": _length("what stays open under the lip"),
    "bend": _length("bend of the surface around the lip"),
    "ring_margin": _length("from the lip to an edge"),
    "roughness": _length("roughness under the lip"),
    "cups": Words("code of the cups that are opened"),
    "vacuum": Words("vacuum allowed", "kPa", 1e-3),
    "probe": Words("lifted as a probe (1) or at once (0)"),
    "spine_at": _length("from the cup to the book's spine"),
    "spine": _share("belief that the spine is there"),
    "span": _length("cover from spine to fore-edge"),
    "thickness": _length("thickness of the book"),
    "pad_angle": _angle("worst angle between a pad and the surface"),
    "wedge": _angle("half the angle between the pinched surfaces"),
    "slope": Words("widening beyond the pads"),
    "patch_area": Words("area before the pad", "mm^2", 1e6),
    "curve_x": Words("curvature along the tool's x", "1/m"),
    "curve_z": Words("curvature along the tool's z", "1/m"),
    "patch_radius": _length("radius of what the pad touches"),
    "pressure": Words("pressure under the pad", "kPa", 1e-3),
    "patch_x": _length("touched area along the tool's x"),
    "patch_z": _length("touched area along the tool's z"),
    "width": _length("width between the pads"),
    "force": Words("pinch force", "N"),
    "seen": _share("touched surface that was seen"),
    "confidence": _share("confidence of the touched surface"),
    "mass": Words("believed mass", "g", 1e3),
    "mass_spread": Words("spread of the mass's logarithm"),
    "centre_x": _length("centre of mass along the tool's x"),
    "centre_y": _length("centre of mass along the tool's y"),
    "centre_z": _length("centre of mass along the tool's z"),
    "centre_radius": _length("uncertainty of the centre of mass"),
    "down_x": Words("gravity along the tool's x"),
    "down_y": Words("gravity along the tool's y"),
    "down_z": Words("gravity along the tool's z"),
    "burden": _share("top of the item with others close above"),
    "wedged": _share("sides of the item with others close beside"),
    "boxlike": _share("belief in flat faces at right angles"),
    "bookish": _share("belief in covers that open"),
    "across_covers": Words("cosine between contact and thinnest axis"),
    "flatness": Words("thinnest over middle edge"),
    "girth": _length("middle edge of the item"),
    "fill": _share("how much of its box the item fills"),
    "hit_volume": Words("other items in the tool's way", "cm^3", 1e6),
    "unseen_volume": Words("unseen space in the tool's way", "cm^3", 1e6),
    "floor_gap": _length("from the fingertips to the floor"),
    "views": Words("cameras"),
    **{name: _share(f"odds by mechanics: {name.removeprefix('believed_')}") for name in BELIEVED},
}


def told(name: str, value: float) -> str:
    """A value of an input, as read; logarithms of odds as odds."""
    return WORDS[name].value(1 / (1 + np.exp(-value)) if name in BELIEVED else value)
