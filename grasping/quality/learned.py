"""Odds of candidates as learned from outcomes, behind the same protocol as those of contact mechanics."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grasping.candidates.table import FEATURES, Candidates
from grasping.quality.bowing import with_bowing
from grasping.quality.contact_quality import ContactQuality, Quality
from grasping.quality.skill_odds import once_tipped
from grasping.tools import Tool
from grasping.trees import FIELDS, Trees, trees_in
from perception.errors import GeometryError, HandpickError
from perception.pose import Array
from perception.scene import Scene
from perception.tensors import read_tensors, write_tensors

VERSION = 1  # of what the inputs and heads mean
BELIEVED = ("believed_acquire", "believed_hold", "believed_damage", "believed_return")  # as logarithms of odds
INPUTS = (*(FEATURES.names or ()), "views", *BELIEVED)
HEADS = ("acquire", "hold", "damage", "return")  # hold and return where it was acquired; damage by any try
SURE = 1e-3  # nothing is believed to be less likely than this, or more likely than 1 less it
SHIPPED = "quality.safetensors"
MOST_BEFORE = 3  # weights that a file remembers


class WeightsError(HandpickError):
    """A file of weights that is cut short, changed, or made for other inputs."""


@dataclass(frozen=True, eq=False)
class Weights:
    """Trees of each tool and head.

    Attributes:
        tips: trees of each head for pinches of what a cup tips first; empty where contact mechanics judges those.
        before: weights that these came after, the oldest first, whose choices are kept unless these promise enough more
            (`grasping.quality.keep`); what came before them is told here, not there.
    """

    trees: Mapping[tuple[Tool, str], Trees]
    before: tuple[Weights, ...] = ()
    tips: Mapping[str, Trees] = field(default_factory=dict)

    def after(self, old: Weights) -> Weights:
        """The same, with others before them; of more than MOST_BEFORE the newest."""
        return replace(self, before=(*old.before, Weights(old.trees))[-MOST_BEFORE:])

    def save(self, path: Path) -> None:
        """Write the file under a temporary name, then rename it."""
        placed = {
            f"{place}{tool.value}.{head}": trees
            for place, weights in [("", self), *((f"before{k}.", old) for k, old in enumerate(self.before))]
            for (tool, head), trees in weights.trees.items()
        }
        placed |= {f"tip.{head}": trees for head, trees in self.tips.items()}
        arrays = {
            f"{place}.{name}": np.asarray(getattr(trees, name)) for place, trees in placed.items() for name in FIELDS
        }
        told = {"version": str(VERSION), "inputs": json.dumps(INPUTS), "sha256": _digest(arrays)}
        write_tensors(path, arrays, told)

    @staticmethod
    def load(path: Path) -> Weights:
        """Read a file.

        Raises:
            WeightsError: it is missing, cut short or changed, of another version, or for other features.
        """
        try:
            arrays, about = read_tensors(path)
            version, inputs, digest = int(about["version"]), tuple(json.loads(about["inputs"])), about["sha256"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise WeightsError(f"{path}: expected a whole file of weights, got {error}; train again") from error
        if version != VERSION:
            raise WeightsError(f"{path}: expected weights of version {VERSION}, got {version}; train again")
        if inputs != INPUTS:
            raise WeightsError(f"{path}: expected weights for the inputs {INPUTS}, got {inputs}; train again")
        if digest != _digest(arrays):
            raise WeightsError(f"{path}: the weights were changed after they were written; train again")
        try:
            count = len({name.partition(".")[0] for name in arrays if name.startswith("before")})
            before = tuple(Weights(_all_trees(arrays, f"before{k}.")) for k in range(count))
            taught = [head for head in HEADS if f"tip.{head}.base" in arrays]
            tips = {head: trees_in(arrays, f"tip.{head}.", len(INPUTS)) for head in taught}
            return Weights(_all_trees(arrays, ""), before, tips)
        except (KeyError, GeometryError) as error:
            raise WeightsError(f"{path}: expected trees of each tool and head, got {error}; train again") from error


def shipped_path() -> Path:
    """The file of the weights that come with this package."""
    return Path(str(files("grasping") / "quality" / "data" / SHIPPED))


@lru_cache(maxsize=1)
def shipped() -> Weights:
    """The weights that come with this package. Raises WeightsError."""
    return Weights.load(shipped_path())


class LearnedQuality:
    """Learned odds. Contact mechanics is one of their inputs.

    Args:
        weights: as trained.
        contact: what the weights were trained beside.
    """

    def __init__(self, weights: Weights, contact: ContactQuality | None = None) -> None:
        self.weights, self.contact = weights, contact or ContactQuality()

    def __call__(self, scene: Scene, candidates: Candidates) -> Array:
        """Probabilities to acquire, hold, damage and return, shape (C, 4)."""
        return whole_odds(self.weights, candidates.tool, candidates.features, *self._known(scene, candidates))

    def inputs(self, scene: Scene, candidates: Candidates) -> Array:
        """What the trees see, shape (C, len(INPUTS))."""
        return inputs(candidates.features, *self._known(scene, candidates))

    def trees(self, tool: Tool, head: str) -> Trees:
        """Those of one of HEADS."""
        return self.weights.trees[tool, head]

    def tipped(self, scene: Scene, candidates: Candidates) -> Array:
        """The same of pinches of what a cup tips first, in the scene ahead of that."""
        views, believed = self._known(scene, candidates)
        return tip_odds(self.weights, candidates.features, views, once_tipped(believed))

    def _known(self, scene: Scene, candidates: Candidates) -> tuple[NDArray[Any], Array]:
        """Numbers of cameras (C,), and the odds of contact mechanics (C, 4)."""
        return np.full(len(candidates), len(scene.cameras)), self.contact.odds(candidates)


def of_tips(quality: Quality) -> Quality:
    """By which odds pinches of what a cup tips first are judged, in the scene ahead of that."""
    if isinstance(quality, LearnedQuality):
        return quality.tipped
    return lambda scene, candidates: once_tipped(quality(scene, candidates))


def whole_odds(weights: Weights, tool: Tool, features: NDArray[np.void], views: NDArray[Any], believed: Array) -> Array:
    """What is decided by: learned odds (C, 4), and bowing, which is physics. As of `learned_odds`."""
    return with_bowing(learned_odds(weights, tool, features, views, believed), tool, features)


def learned_odds(
    weights: Weights, tool: Tool, features: NDArray[np.void], views: NDArray[Any], believed: Array
) -> Array:
    """Odds (C, 4) from features (C,), numbers of cameras (C,), and the odds of contact mechanics (C, 4).

    What a try damages without acquiring anything counts, too: damage is told per acquired item.
    """
    return _odds({head: weights.trees[tool, head] for head in HEADS}, features, views, believed)


def tip_odds(weights: Weights, features: NDArray[np.void], views: NDArray[Any], believed: Array) -> Array:
    """What is decided by of what a cup tips first, (C, 4), as of `whole_odds`; `believed`, with what tipping may spoil,
    where nothing is learned of that."""
    odds = _odds(weights.tips, features, views, believed) if weights.tips else believed
    return with_bowing(odds, Tool.PINCH, features)


def _odds(trees: Mapping[str, Trees], features: NDArray[np.void], views: NDArray[Any], believed: Array) -> Array:
    x = inputs(features, views, believed)
    odds = np.stack([trees[head].probability(x) for head in HEADS], axis=1)
    odds[:, 2] = np.minimum(1.0, odds[:, 2] / np.maximum(odds[:, 0], SURE))
    odds[:, 3] *= features["probe"] > 0
    odds[:, 1] *= np.minimum(1.0, 1 / np.maximum(odds[:, 1] + odds[:, 3], 1e-9))  # not both held and returned
    return odds


def inputs(features: NDArray[np.void], views: NDArray[Any], believed: Array) -> Array:
    """What the trees see, shape (C, len(INPUTS)), in the order of INPUTS."""
    known = [features[name] for name in FEATURES.names or ()]
    sure = np.clip(believed, SURE, 1 - SURE)
    return np.column_stack([*known, views, *np.log(sure / (1 - sure)).T])


def _all_trees(arrays: Mapping[str, NDArray[Any]], place: str) -> dict[tuple[Tool, str], Trees]:
    return {
        (tool, head): trees_in(arrays, f"{place}{tool.value}.{head}.", len(INPUTS)) for tool in Tool for head in HEADS
    }


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    told = hashlib.sha256()
    for name in sorted(arrays):
        told.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    return told.hexdigest()
