"""Whether a picture is good enough to tell an item by, and if not, what is wrong with it."""

from __future__ import annotations

from enum import Enum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

LEAST_PIXELS = 400  # of the item
LEAST_EDGE = 10  # pixels of the outline's shorter edge
DARK, BRIGHT = 22.0, 250.0  # mean levels of 255
BLURRED = 0.06  # share of the finest detail that a slight blur takes away, at least, of a sharp picture
CUT_OFF = 0.25  # of the outline's length that may lie on the picture's border
WORKED_ON = 256  # pixels of the longer edge, at which sharpness is judged


class Flaw(Enum):
    """Why a picture is refused, and what to do."""

    TOO_SMALL = "too small: come closer"
    DARK = "too dark: more light, or a longer exposure"
    WASHED_OUT = "washed out: less light, or a shorter exposure"
    CUT_OFF = "cut off: have all of the item in the picture"
    BLURRED = "blurred: hold still, and focus on the item"


def flaw(color: NDArray[np.uint8], mask: NDArray[np.bool_]) -> Flaw | None:
    """The first thing that is wrong with an item's picture; None where nothing is.

    Args:
        color: the whole picture, RGB, shape (height, width, 3). mask: what of it is the item.
    """
    points = cv2.findNonZero(mask.astype(np.uint8))
    if points is None or len(points) < LEAST_PIXELS or min(cv2.minAreaRect(points)[1]) < LEAST_EDGE:
        return Flaw.TOO_SMALL
    light = float(color[mask].mean())
    if light < DARK or light > BRIGHT:
        return Flaw.DARK if light < DARK else Flaw.WASHED_OUT
    if not mask.all() and _on_border(mask) > CUT_OFF:
        return Flaw.CUT_OFF
    return Flaw.BLURRED if sharpness(color, mask) < BLURRED else None


def sharpness(color: NDArray[np.uint8], mask: NDArray[np.bool_]) -> float:
    """How much of the steepness of an item's edges and print a slight blur takes away: 0 of a blurred one, up to 1."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    part = color[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    factor = min(1.0, WORKED_ON / max(part.shape[:2]))
    gray = cv2.cvtColor(cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)
    fine, coarse = (np.percentile(_steepness(cv2.GaussianBlur(gray, (0, 0), s)), 98) for s in (0.5, 1.5))
    return float(1 - coarse / fine) if fine > 1 else 0.0


def _steepness(gray: NDArray[Any]) -> NDArray[np.float32]:
    x, y = (cv2.Sobel(gray, cv2.CV_32F, *order, ksize=3) for order in ((1, 0), (0, 1)))
    return np.asarray(cv2.magnitude(x, y))


def _on_border(mask: NDArray[np.bool_]) -> float:
    """Share of the outline's rectangle that lies on the picture's border."""
    edges = sum(int(edge.sum()) for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1]))
    rows, columns = mask.any(axis=1).sum(), mask.any(axis=0).sum()
    return float(edges / (2 * (rows + columns)))
