"""What an item's looks tell of it: whether it has covers that open, of what, where its spine is, what it weighs, and
where its middle is.

Learned from simulated bins of all suites by `python -m benchmarks train_looks`, since what is seen of an item in part
is a box of any size: how sure one may be is counted, not told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

import numpy as np

from grasping.beliefs.clues import ASIDE, CLUES, SHAPE, clues
from grasping.beliefs.extent import FREE, Extent
from grasping.beliefs.spine_side import SIDE_CLUES, side_clues
from grasping.trees import FIELDS, Trees, trees_in
from perception.errors import GeometryError, HandpickError
from perception.pose import Array
from perception.scene import ItemShape
from perception.tensors import read_tensors, write_tensors

HEADS = (
    "opens",  # log odds that it has two covers
    "card",  # log odds that those are of card, not of board
    "spine",  # log odds of a narrow side of what opens that it is the spine
    "mass",  # logarithm of kilograms
    "doubt",  # mean error of that
    "aside",  # metres from the centroid of what was completed to the centre of mass, the way of `Extent.towards`
    "off",  # mean distance from there to the centre of mass, metres
)
INPUTS = {"opens": len(CLUES), "card": SHAPE, "spine": len(SIDE_CLUES), "aside": 1}  # of the other heads: `matter`
FILE = "looks.safetensors"
BY = " ".join((*CLUES, *SIDE_CLUES))
# Least values that are believed: of kilograms, of the spread of their logarithm, of metres.
LIGHTEST, LEAST_SPREAD, LEAST_OFF = 0.003, 0.1, 0.002
HEAVIEST = 0.9  # kilograms that one hand of this work carries
NORMAL = float(np.sqrt(np.pi / 2))  # standard deviation over mean error, of what is normal


class LooksError(HandpickError):
    """The file of what looks tell is missing, cut short, or of another version."""


@dataclass(frozen=True)
class Looks:
    """What is believed of an item by its looks.

    Attributes:
        opens: belief that it has two covers that open. card: that those are of card, if it has any.
        mass: median, kilograms. spread: standard deviation of its logarithm.
        aside: metres from the centroid of what was completed, the way that `Extent.towards` goes, where its centre of
            mass is believed. off: metres that it lies off there, on average.
    """

    opens: float
    card: float
    mass: float
    spread: float
    aside: float
    off: float

    @staticmethod
    def of(x: Array, heads: Mapping[str, Trees]) -> Looks:
        """By clues (len(CLUES),) and what was learned of each head."""
        return Looks(**{name: float(values[0]) for name, values in told(x[None], heads).items()})

    def heavier(self, deviations: float) -> float:
        """Kilograms, `deviations` standard deviations above the median."""
        return float(np.clip(self.mass * np.exp(self.spread * deviations), LIGHTEST, HEAVIEST))


def told(x: Array, heads: Mapping[str, Trees]) -> dict[str, Array]:
    """The fields of `Looks`, (N,) each, by clues (N, len(CLUES)) and what was learned of each head."""
    opens = heads["opens"].margin(x)
    about = matter(x, opens)
    return {
        "opens": 1 / (1 + np.exp(-opens)),
        "card": heads["card"].probability(x[:, :SHAPE]),
        "mass": np.clip(np.exp(heads["mass"].margin(about)), LIGHTEST, HEAVIEST),
        "spread": np.maximum(NORMAL * heads["doubt"].margin(about), LEAST_SPREAD),
        "aside": heads["aside"].margin(x[:, ASIDE : ASIDE + 1]),
        "off": np.maximum(heads["off"].margin(about), LEAST_OFF),
    }


def matter(x: Array, opens: Array) -> Array:
    """What tells masses and middles, shape (N, SHAPE + 1), by clues (N, len(CLUES)) and log odds (N,) that it opens.

    Colours tell of leaves alone: what simulated cans and bottles are painted with says nothing of others' contents.
    """
    return np.column_stack([opens, x[:, :SHAPE]])


@lru_cache(maxsize=64)
def looks(item: ItemShape, extent: Extent = FREE) -> Looks:
    """What an item is believed to be, of which `extent` may be hidden."""
    return Looks.of(clues(item, extent), shipped())


@lru_cache(maxsize=64)
def spine_sides(item: ItemShape, extent: Extent = FREE) -> Array:
    """Belief of each narrow side, in the order of `spine_side.outward`, that it is the spine, shape (4,), if `item` has
    covers that open."""
    beliefs = shipped()["spine"].probability(side_clues(item, extent))
    return np.asarray(beliefs / max(1.0, float(beliefs.sum())))  # it has but one


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, Trees]:
    """What comes with this package. Raises LooksError."""
    return read(path())


def read(file: Path) -> dict[str, Trees]:
    """Trees of each head as `write` wrote them. Raises LooksError: they are cut short, or of other clues."""
    try:
        arrays, about = read_tensors(file)
        heads = {head: trees_in(arrays, f"{head}.", INPUTS.get(head, SHAPE + 1)) for head in HEADS}
    except (OSError, ValueError, TypeError, KeyError, GeometryError) as error:
        raise LooksError(f"{file}: expected a whole file of what looks tell, got {error}; install again") from error
    if about.get("clues") != BY:
        raise LooksError(f"{file}: expected what goes by {BY}, got {about.get('clues')!r}; train it again")
    return heads


def path() -> Path:
    """The file that comes with this package."""
    return Path(str(files("grasping") / "beliefs" / "data" / FILE))


def write(heads: Mapping[str, Trees], file: Path) -> None:
    """Write the file under a temporary name, then rename it."""
    arrays = {f"{head}.{name}": np.asarray(getattr(trees, name)) for head, trees in heads.items() for name in FIELDS}
    write_tensors(file, arrays, {"clues": BY})
