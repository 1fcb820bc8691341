"""What lies on a table, what it looks like, and where cameras stand around it: drawn at random."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from perception.camera import CameraModel
from perception.pose import Array
from sim.suites import SUITES
from sim.tables import Table, camera_at, draw_specs, eye_at, packed, pile


def arrange(made: Table, suite: str, rng: Generator) -> None:
    """A pile or items upright. Raises UnrestError."""
    count = int(rng.integers(3, 11))
    way = pile if rng.random() < 0.5 else packed
    way(made, draw_specs(dict(SUITES[suite]), count, rng, graspable=False), rng, 0.32 + 0.025 * count)


def eyes(rng: Generator) -> list[Array]:
    """Where four cameras stand around the table, the first anywhere from over it to 60 degrees off the plumb line."""
    first, found = rng.uniform(-np.pi, np.pi), []
    for index in range(4):
        around, plumb, far = first + np.pi / 2 * index, rng.uniform(0.1, 1.05), rng.uniform(0.65, 0.9)
        found.append(eye_at(around, plumb, far))
    return found


def grained(rng: Generator, size: int = 1024) -> NDArray[np.uint8]:
    """A table's picture, 2 x 2 m: planks with grain, grooves between them, stains, and the shadow of something."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    plank = rng.uniform(50, 140)
    tone = rng.uniform(0.75, 1.1, int(size / plank) + 2)[(y / plank).astype(int)]
    grain = 0.10 * np.sin(y * rng.uniform(0.15, 0.5) + 6 * np.sin(x * rng.uniform(0.003, 0.01) + 3 * tone))
    groove = np.where(y % plank < rng.uniform(1.5, 4), 0.45, 1.0)
    image = np.clip(tone + grain, 0, 1.4)[..., None] * rng.uniform((90, 60, 30), (190, 150, 120)) * groove[..., None]
    for _ in range(6):
        cv2.circle(image, tuple(int(v) for v in rng.uniform(0.3, 0.7, 2) * size), int(rng.uniform(8, 45)),
                   tuple(rng.uniform(30, 160, 3)), -1)  # fmt: skip
    shade = np.ones((size, size), np.float32)
    corners = (rng.uniform(0.25, 0.75, (4, 2)) * size).astype(np.int32)
    cv2.fillConvexPoly(shade, cv2.convexHull(corners), rng.uniform(0.45, 0.7))
    return np.asarray(np.clip(image * cv2.GaussianBlur(shade, (0, 0), 6)[..., None], 0, 255), np.uint8)


def seats(count: int, rng: Generator) -> list[CameraModel]:
    """Cameras spread around a table, each at its own height and distance."""
    first, found = rng.uniform(-np.pi, np.pi), []
    for index in range(count):
        eye = eye_at(first + 2 * np.pi * index / count, rng.uniform(0.0, 1.1), rng.uniform(0.55, 1.0))
        found.append(camera_at(eye, rng.normal(0, 0.02, 3), rng.uniform(480, 620), name=f"camera{index}"))
    return found
