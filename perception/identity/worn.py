"""A cut-out as a bin wears it: covered in part, small, a little blurred, in another light."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.random import Generator

from perception.identity.cutout import Cutout

SHOWS = (0.45, 1.0)  # share of the item left uncovered
EDGE = (45, 110)  # pixels of the longer edge
EXPOSURE, WHITE_BALANCE = 0.15, 0.05  # relative standard deviations


def worn(cutout: Cutout, rng: Generator) -> Cutout:
    """The same item as seen from afar, behind another one's straight edge."""
    rows, columns = np.nonzero(cutout.mask)
    angle = rng.uniform(0, 2 * np.pi)
    along = columns * np.cos(angle) + rows * np.sin(angle)
    shown = along <= np.quantile(along, rng.uniform(*SHOWS))
    mask = np.zeros(cutout.mask.shape, np.uint8)
    mask[rows[shown], columns[shown]] = 1
    factor = min(1.0, rng.uniform(*EDGE) / max(np.ptp(rows) + 1, np.ptp(columns) + 1))
    height, width = (max(1, round(factor * edge)) for edge in cutout.color.shape[:2])
    size = width, height
    color = cv2.resize(np.ascontiguousarray(cutout.color), size, interpolation=cv2.INTER_AREA).astype(np.float32)
    small = cv2.resize(255 * mask, size, interpolation=cv2.INTER_AREA) > 127
    if not small.any():
        return cutout
    gain = np.exp(EXPOSURE * rng.standard_normal() + WHITE_BALANCE * rng.standard_normal(3))
    return Cutout(np.clip(color * gain, 0, 255).astype(np.uint8), small)
