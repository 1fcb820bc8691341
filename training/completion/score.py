"""How close a completed shape is to the truth: where nobody saw it, in volume, and by what confidence it claims."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from perception.completion.complete import Completion
from perception.completion.onto_surface import AGREE
from perception.pose import Array
from perception.scene import ItemShape
from training.completion.cases import ITEM, Case
from training.completion.true_shape import TrueShape, scene_of, tensor

SEEN = 0.008  # metres from a surfel that faces the same way, within which a true surface point counts as seen
TURN = 0.008  # metres by which surfels with opposite normals count as twice as far apart
SAMPLES = 2000  # points on a true surface
FEWEST = 50  # hidden points from which their median says something
GRID = 24  # points along each axis at which volumes are compared
CLOSE = 0.005  # metres from the true surface within which a completed point is right
BINS = 10  # of confidence


@dataclass(frozen=True, eq=False)
class Score:
    """Figures of one completed item.

    Attributes:
        hidden: median distance, metres, of true surface points that nobody saw from the completed surface; NaN where
            hardly any are hidden.
        beyond: median distance, metres, of completed points that nobody saw from the true surface.
        iou: intersection over union of volumes.
        confidence, right: of each completed point that nobody saw, and whether it is CLOSE, (N,).
    """

    hidden: float
    beyond: float
    iou: float
    confidence: Array
    right: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Hidden:
    """A case's truth, and the points of its surface that nobody saw, shape (N, 3)."""

    truth: TrueShape
    points: Array

    @staticmethod
    def of(case: Case, rng: Generator) -> Hidden:
        truth, surface = TrueShape(case.truth.parts), case.around.surface
        points, normals = truth.sample(SAMPLES, rng)
        tree = cKDTree(np.hstack([surface.points, TURN * surface.normals]))
        nearest = tree.query(np.hstack([points, TURN * normals]))[1]
        far = np.linalg.norm(surface.points[nearest] - points, axis=1) > SEEN
        turned = (surface.normals[nearest] * normals).sum(axis=1) < AGREE
        return Hidden(truth, points[far | turned])


def score(case: Case, hidden: Hidden, completion: Completion) -> Score | None:
    """Complete a case, and compare; None where nothing comes of it."""
    shape = completion(ITEM, case.rows, case.around)
    return None if shape is None else compared(shape, hidden)


def compared(shape: ItemShape, hidden: Hidden) -> Score:
    """A completed shape beside the truth."""
    surface = scene_of([(shape.vertices, shape.triangles)])
    off = surface.compute_distance(tensor(hidden.points)).numpy() if len(hidden.points) >= FEWEST else [np.nan]
    unseen = ~shape.seen
    error = np.abs(hidden.truth.signed(shape.points[unseen])) if unseen.any() else np.zeros(0)
    nodes = _nodes(shape, hidden.truth)
    mine, true = surface.compute_occupancy(tensor(nodes)).numpy() > 0.5, hidden.truth.inside(nodes)
    return Score(
        float(np.median(off)),
        float(np.median(error)) if len(error) >= FEWEST else np.nan,
        float((mine & true).sum() / max((mine | true).sum(), 1)),
        shape.confidence[unseen],
        error < CLOSE,
    )


def _nodes(shape: ItemShape, truth: TrueShape) -> Array:
    """Points over both shapes along the completed one's box, shape (GRID^3, 3): a card is thinner than other grids."""
    local = shape.T_base_box.inverse().apply(np.concatenate([truth.vertices, shape.vertices]))
    axes = [low + (np.arange(GRID) + 0.5) / GRID * (high - low) for low, high in zip(local.min(0), local.max(0))]
    return np.asarray(shape.T_base_box.apply(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)))


def calibration_error(confidence: Array, right: NDArray[np.bool_]) -> float:
    """Expected calibration error: the mean, over points, of how far confidence is off from the share that is right."""
    if not len(confidence):
        return np.nan
    place = np.clip((confidence * BINS).astype(int), 0, BINS - 1)
    sums, hits = np.bincount(place, confidence, BINS), np.bincount(place, right, BINS)
    return float(np.abs(sums - hits).sum() / len(confidence))
