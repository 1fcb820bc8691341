"""Pictures of packages for tests: drawn, lit and photographed without a renderer."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

BACKGROUND = (205, 200, 190)


def photograph(print_seed: int, rng: Generator, degrees: float | None = None, pixels: int = 360) -> NDArray[np.uint8]:
    """A printed package on a table: the seed says what is on it; place, light and turn are drawn."""
    face = _face(np.random.default_rng(print_seed))
    image = np.full((pixels, pixels, 3), BACKGROUND, np.uint8)
    angle = rng.uniform(-180, 180) if degrees is None else degrees
    scale = 0.5 * pixels / face.shape[1] * rng.uniform(0.9, 1.1)
    turn = cv2.getRotationMatrix2D((face.shape[1] / 2, face.shape[0] / 2), angle, scale)
    turn[:, 2] += pixels / 2 - np.array([face.shape[1] / 2, face.shape[0] / 2])
    laid = cv2.warpAffine(face, turn, (pixels, pixels), flags=cv2.INTER_AREA)
    there = cv2.warpAffine(np.full(face.shape[:2], 255, np.uint8), turn, (pixels, pixels)) > 127
    image[there] = laid[there]
    noisy = image * rng.uniform(0.85, 1.1) + rng.normal(0, 2, image.shape)
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def save(path: Path, image: NDArray[np.uint8]) -> Path:
    """As a PNG or JPEG, by the path's suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), image[..., ::-1])
    return path


def shelf(root: Path, items: dict[str, int], pictures: int, seed: int = 0) -> Path:
    """A folder of pictures for each item (a path below the root), printed by its seed."""
    rng = np.random.default_rng(seed)
    for item, print_seed in items.items():
        for number in range(pictures):
            save(root / item / f"{number}.png", photograph(print_seed, rng))
    return root


def _face(rng: Generator) -> NDArray[np.uint8]:
    face = np.full((150, 220, 3), rng.integers(0, 256, 3), np.uint8)
    for _ in range(7):
        x, y = (int(rng.integers(0, edge)) for edge in (220, 150))
        color = tuple(int(level) for level in rng.integers(0, 256, 3))
        if rng.random() < 0.5:
            cv2.circle(face, (x, y), int(rng.integers(10, 45)), color, -1)
        else:
            cv2.rectangle(face, (x, y), (x + int(rng.integers(15, 80)), y + int(rng.integers(10, 50))), color, -1)
    cv2.putText(face, "".join(rng.choice(list("ABCDEFGH"), 6)), (20, 80), cv2.FONT_HERSHEY_DUPLEX, 1.4, (20, 20, 20), 3)
    return face
