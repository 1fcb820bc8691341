"""From an item's visible surface to its full shape as a network believes it, corrected from the analytic one.

What was seen stays where it was seen, and no part of the shape lies in space that was seen free, in another item, under
the floor or behind a wall: these bound what the network says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from perception.completion.complete import complete, fit_solid, shape_within
from perception.completion.evidence import Evidence, gather
from perception.completion.margins import Weights, margins
from perception.completion.surroundings import Surroundings
from perception.pose import Array
from perception.scene import ItemShape

SHIPPED = Path(__file__).parent / "data" / "completion.npz"
STEPS = np.array((0.001, 0.002, 0.0035, 0.005))  # metres from a point, in and out, at which its surface is asked for
FAR = 8.0  # margin beyond which odds are certain
LEAST = 1e-4  # odds nearer to 0 or 1 say no more


@dataclass(frozen=True, eq=False)
class LearnedCompletion:
    """Completes items by a network; in place of `perception.completion.complete.complete`.

    Attributes:
        most_eyes: number of cameras up to which the network is asked; with more the analytic one is taken.
    """

    weights: Weights
    most_eyes: int = 1

    def __call__(self, item: int, rows: NDArray[np.int64], around: Surroundings) -> ItemShape | None:
        """The full shape of the item to which the surfels `rows` belong; None where nothing solid is left of it."""
        if len(around.eyes) > self.most_eyes:
            return complete(item, rows, around)
        fit = fit_solid(item, rows, around)
        if fit.solid.radius > 0:  # of a cylinder that fits, there is nothing to be learned
            return complete(item, rows, around)
        shown = gather(item, rows, around, fit)
        told = margins(self.weights, shown.channels, shown.scales)
        distance = np.maximum(-0.5 * shown.soft * told, shown.bound)
        shape = shape_within(item, rows, around, shown.lattice, distance)
        if shape is None:
            return complete(item, rows, around)
        unseen = ~shape.seen
        confidence = shape.confidence.copy()
        confidence[unseen] = calibrated(self.weights.confidence, clues(shape, shown, told))
        return replace(shape, confidence=confidence)


def clues(shape: ItemShape, shown: Evidence, told: NDArray[np.float32]) -> Array:
    """What the confidence in points that nobody saw is drawn from, shape (N, 3): log odds that the surface runs close
    by, as the network tells, the analytic confidence, and one."""
    points, normals = shape.points[~shape.seen], shape.normals[~shape.seen]
    inner = np.max([_told(points - step * normals, shown, told) for step in STEPS], axis=0)
    outer = np.min([_told(points + step * normals, shown, told) for step in STEPS], axis=0)
    odds = np.clip(1 / (1 + np.exp(-inner)) - 1 / (1 + np.exp(-outer)), LEAST, 1 - LEAST)
    return np.column_stack([np.log(odds / (1 - odds)), shape.confidence[~shape.seen], np.ones(len(points))])


def calibrated(weights: Array, clues: Array) -> Array:
    """Odds (N,) that points lie close to the true surface, from their clues (N, 3)."""
    return np.asarray(1 / (1 + np.exp(-(clues @ weights))))


@cache
def shipped() -> LearnedCompletion:
    """The completion whose weights come with the package."""
    return LearnedCompletion(Weights.read(SHIPPED))


def _told(points: Array, shown: Evidence, told: NDArray[np.float32]) -> Array:
    """Margins (N,) between the nodes, at points of the base frame."""
    places = shown.lattice.places(points)
    return np.clip(map_coordinates(told, places.T, order=1, mode="nearest"), -FAR, FAR)
