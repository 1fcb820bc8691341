"""An item cut out of a picture, and the same laid along its longer edge in a square, whatever way it lay."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.arrays import readonly
from perception.identity.errors import PictureError

EDGE = 128  # pixels of the square
MARGIN = 0.04  # of the square's edge left free on each side
LARGEST = 512  # pixels: larger cut-outs are made smaller first
SQUARE = 1.35  # of an outline's edges: less elongated than this, quarter turns look alike, too


@dataclass(frozen=True, eq=False)
class Cutout:
    """Part of a picture, and which of its pixels belong to the item.

    Attributes:
        color: RGB, uint8, shape (height, width, 3).
        mask: shape (height, width).
    """

    color: NDArray[np.uint8]
    mask: NDArray[np.bool_]

    def __post_init__(self) -> None:
        object.__setattr__(self, "color", readonly(self.color, np.uint8, (None, None, 3), "cut-out color"))
        object.__setattr__(self, "mask", readonly(self.mask, np.bool_, self.color.shape[:2], "cut-out mask"))
        if not self.mask.any():
            raise PictureError("expected pixels that belong to an item, got none; is the mask or alpha channel empty?")


@dataclass(frozen=True, eq=False)
class Square:
    """A cut-out laid along its longer edge.

    Attributes:
        color: RGB, uint8, shape (EDGE, EDGE, 3), black where the item is not.
        mask: share of each pixel that is the item's, float32, shape (EDGE, EDGE).
        aspect: longer over shorter edge of the outline's least rectangle; fill: the share of it that the item takes.
    """

    color: NDArray[np.uint8]
    mask: NDArray[np.float32]
    aspect: float
    fill: float

    @property
    def turns(self) -> tuple[int, ...]:
        """Quarter turns after which the outline looks the same."""
        return (0, 1, 2, 3) if self.aspect < SQUARE else (0, 2)


def squared(cutout: Cutout) -> Square:
    """The item laid along its longer edge, in the middle of a square."""
    color, mask = _smaller(cutout)
    points = cv2.findNonZero(mask)
    (x, y), (width, height), degrees = cv2.minAreaRect(points)
    width, height = width + 1, height + 1  # between the outer edges of pixels
    if height > width:
        width, height, degrees = height, width, degrees + 90
    scale = (1 - 2 * MARGIN) * EDGE / width
    blurred = color if scale >= 1 else cv2.GaussianBlur(color, (0, 0), 0.4 / scale)
    turn = cv2.getRotationMatrix2D((x, y), degrees, scale)
    turn[:, 2] = turn[:, 2] + (EDGE - 1) / 2 - np.array([x, y])
    laid = cv2.warpAffine(blurred, turn, (EDGE, EDGE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    share = cv2.warpAffine(mask.astype(np.float32), turn, (EDGE, EDGE), flags=cv2.INTER_LINEAR)
    fill = float(min(1.0, len(points) / (width * height)))
    return Square(np.asarray(laid * (share > 0.5)[..., None], np.uint8), np.asarray(share), width / height, fill)


def _smaller(cutout: Cutout) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Colour and mask of at most LARGEST pixels' edge."""
    factor = LARGEST / max(cutout.mask.shape)
    color, mask = np.ascontiguousarray(cutout.color), cutout.mask.astype(np.uint8)
    if factor >= 1:
        return color, mask
    size = tuple(max(1, round(factor * n)) for n in mask.shape[::-1])
    small = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
    if not small.any():
        raise PictureError(f"expected an item of {LARGEST} pixels or so, got one of {int(mask.sum())} scattered ones")
    return np.asarray(cv2.resize(color, size, interpolation=cv2.INTER_AREA)), np.asarray(small)
