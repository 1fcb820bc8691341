"""What follows from an item's decoded row by simple formulas: heads need not learn it from examples."""

from __future__ import annotations

import numpy as np

from perception.pose import Array
from sim.items.made_item import LEAST_WINDOW, NETTING
from training.items.vector import PIXELS_OF, SCALARS, SHAPE

COUNT = 9  # numbers of a row: centre of mass, leak, contrast of each face and of all
SOFT = 5e-4  # metres over which a window comes into being, for slopes' sake
NEAR = 0.01  # that is added to contrasts, and to distances of centres of mass, as shares
BRIGHT = np.array([0.299, 0.587, 0.114])  # of red, green and blue


def derived(scales: dict, rows: Array) -> Array:
    """Numbers (N, COUNT) of scaled rows (N, R), by the `scales` that rows were made with."""
    count = len(SCALARS)
    scalars = rows[:, :count] * scales["scalar_scale"] + scales["scalar_mean"]
    size = np.exp(np.clip(scalars[:, :3], -9, 0))
    texture = (rows[:, count + SHAPE :] * scales["print_scale"]) @ scales["print_basis"] + scales["print_mean"]
    faces = _contrasts(texture)
    areas = np.stack([size[:, 1] * size[:, 2], size[:, 0] * size[:, 2], size[:, 0] * size[:, 1]], axis=1)
    share = np.repeat(areas, 2, axis=1) / (2 * areas.sum(axis=1, keepdims=True))
    away = np.linalg.norm(scalars[:, 3:6] * size, axis=1) / np.exp(np.log(size).mean(axis=1))
    leak = np.log10(10 ** np.clip(scalars[:, 14], -12, -6) + NETTING.leak_conductance * _netting(scalars, size, areas))
    overall = np.log((faces * share).sum(axis=1) + NEAR)
    return np.column_stack([np.sqrt(away**2 + NEAR**2) / 0.1, leak, np.log(faces + NEAR), overall])


def _contrasts(texture: Array) -> Array:
    """Mean step of brightness between neighbouring patches of each face, (N, 6)."""
    bright = np.clip(texture, 0, 1).reshape(-1, *PIXELS_OF) @ BRIGHT
    steps = [np.sqrt(np.diff(bright, axis=axis) ** 2 + 1e-5).mean(axis=(2, 3)) for axis in (2, 3)]
    return np.asarray(steps[0] + steps[1])


def _netting(scalars: Array, size: Array, areas: Array) -> Array:
    """Share of a box's surface that is windows, (N,)."""
    others = np.stack([np.minimum(size[:, 1], size[:, 2]), size[:, 2], size[:, 1]], axis=1)
    radius = np.clip(scalars[:, 6:12], 0, 1) * np.repeat(others, 2, axis=1) / 2
    there = 1 / (1 + np.exp(-np.clip((radius - LEAST_WINDOW) / SOFT, -50, 50)))
    return np.asarray((there * np.pi * radius**2).sum(axis=1) / (2 * areas.sum(axis=1)))
