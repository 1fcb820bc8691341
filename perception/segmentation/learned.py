"""Segmentation by a network over the fused surface, and by a rule that merges patches by what it tells of them.

The network tells of each surfel traits that are alike over an item, where its item's middle lies, and whether it is an
item's at all, by the shape of the surface around it and by its colours, if there are any. Patches, hardly any of which
cross from one item to another, are merged as long as the rule finds one item more likely than two, likeliest first;
each merge is seen by the next. What the network takes for no item's is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from perception.errors import HandpickError
from perception.fusion.surface import Surface
from perception.pose import Array
from perception.segmentation.find_items import rank_items
from perception.segmentation.merge import Graph, Merged, graph, has_color, merged
from perception.segmentation.merge_features import FEATURES
from perception.segmentation.partition import Partition
from perception.segmentation.pyramid import INPUTS, inputs, pyramid
from perception.segmentation.segments import patches
from perception.segmentation.surfel_network import Layers, layer_names, told
from perception.segmentation.told_features import NONE, TOLD, border_sums, patch_sums
from perception.tensors import read_tensors, write_tensors
from perception.tote import Tote

SHIPPED = Path(__file__).parent / "data" / "segmentation.safetensors"
CLUES = 5  # log odds of being one with another, of its weakest merge, its size, log odds of being none's, and one
FAR = 8.0  # log odds beyond which a pair is certain


class SegmentationWeightsError(HandpickError):
    """Weights of segmentation that are missing, cut short, or for other features."""


@dataclass(frozen=True, eq=False)
class SegmentationWeights:
    """What is fitted.

    Attributes:
        layers: of the network over surfels. hidden, output: of the rule, shapes (H, F) and (H + 1,).
        threshold: log odds above which two patches are one item.
        whole: weights of `clues` for the odds that an item is whole, shape (CLUES,).
    """

    layers: Layers
    hidden: NDArray[np.float64]
    output: NDArray[np.float64]
    threshold: float
    whole: NDArray[np.float64]

    @staticmethod
    def read(path: Path) -> SegmentationWeights:
        """Raises SegmentationWeightsError."""
        try:
            arrays, _ = read_tensors(path)
            layers = {name: (arrays[f"{name}/weight"], arrays[f"{name}/bias"]) for name in layer_names()}
            rule = arrays["hidden"], arrays["output"]
            found = SegmentationWeights(layers, *rule, float(arrays["threshold"][0]), arrays["whole"])
        except (OSError, ValueError, KeyError) as error:
            raise SegmentationWeightsError(f"{path}: expected weights of segmentation, got {error}") from error
        shown = len(layers["near0"][0]) // 27, found.hidden.shape[1]
        if shown != (INPUTS, len(FEATURES) + len(TOLD)):
            raise SegmentationWeightsError(
                f"{path}: expected weights for {INPUTS} inputs and {len(FEATURES) + len(TOLD)} features, got {shown}; "
                "fit them again"
            )
        return found

    def write(self, path: Path, about: Mapping[str, str] | None = None) -> None:
        """Write a file under a temporary name, then rename it."""
        arrays: dict[str, NDArray[np.float64] | NDArray[np.float32]] = {
            "hidden": self.hidden, "output": self.output, "threshold": np.array([self.threshold]), "whole": self.whole
        }  # fmt: skip
        for name, (weight, bias) in self.layers.items():
            arrays |= {f"{name}/weight": weight, f"{name}/bias": bias}
        write_tensors(path, arrays, about or {})


@dataclass(frozen=True, eq=False)
class LearnedSegmentation:
    """Tells items apart in place of `perception.segmentation.find_items.by_geometry`."""

    weights: SegmentationWeights

    def __call__(self, surface: Surface, foreground: NDArray[np.bool_], voxel: float, tote: Tote) -> Partition:
        """The partition of what may be an item's, (N,)."""
        content = surface.select(foreground)
        if not len(content.points):
            return Partition(np.full(len(foreground), -1, np.int32), np.zeros(0))
        labels = patches(content)
        sums = widened(self.weights.layers, content, labels, voxel, tote)
        ranked, told = decided(self.weights, labels, sums, surface.points, foreground)
        return Partition(ranked, expit(told @ self.weights.whole))


def decided(
    weights: SegmentationWeights,
    labels: NDArray[np.int32],
    sums: Graph,
    points: NDArray[np.float32],
    foreground: NDArray[np.bool_],
) -> tuple[NDArray[np.int32], Array]:
    """Item of each surfel at points (N, 3), and clues on whether each item is whole, (M, CLUES).

    labels: patch of each of those in the foreground; sums: over the patches, which are changed in place.
    """
    found = merged(sums, labels, (weights.hidden, weights.output), weights.threshold)
    real = sums.patch[found.groups, NONE] < 0
    kept = foreground.copy()
    kept[np.flatnonzero(foreground)[~real]] = False
    ranked, groups = rank_items(points, kept, found.groups[real], sums.voxel)
    return ranked, clues(found, sums)[groups]


def widened(layers: Layers, content: Surface, labels: NDArray[np.int32], voxel: float, tote: Tote) -> Graph:
    """Sums over patches, labels of shape (N,), and over their borders, with what the network tells."""
    sums, colored = graph(content, labels, voxel), has_color(content)
    outputs = told(layers, pyramid(content.voxels), inputs(content, voxel, tote, colored))
    wider = patch_sums(content.points, outputs, tote, labels, len(sums.patch), colored)
    borders = border_sums(outputs, content.neighbors, labels, sums.link, len(sums.border))
    patch, border = np.hstack([sums.patch, wider]), np.hstack([sums.border, borders])
    return Graph(patch, sums.link, border, sums.rim, voxel)


def clues(found: Merged, sums: Graph) -> Array:
    """From what it is told that an item is whole, by the patch that stands for it, shape (P, CLUES)."""
    certain = [np.clip(odds, -FAR, FAR) for odds in (found.beside, found.weakest)]
    size, none = sums.patch[:, 0], sums.patch[:, NONE]
    return np.column_stack([*certain, np.log(size) / 5, none / size, np.ones(len(size))])


@cache
def shipped() -> LearnedSegmentation:
    """The segmentation whose weights come with the package."""
    return LearnedSegmentation(SegmentationWeights.read(SHIPPED))
