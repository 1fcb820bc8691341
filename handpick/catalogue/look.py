"""From a picture's file to the item cut out of it, or to what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.identity.cutout import Cutout
from perception.identity.errors import PictureError
from perception.identity.foreground import foreground
from perception.identity.gate import flaw
from perception.identity.picture import read_picture

THUMBNAIL = 12  # pixels of each edge
THUMBNAIL_LENGTH = 3 * THUMBNAIL**2


class FlawError(PictureError):
    """A picture that is whole, but too poor to tell an item by."""


@dataclass(frozen=True, eq=False)
class Look:
    """The item in a picture. thumbnail: all of it, THUMBNAIL_LENGTH levels of Lab, by which copies are found."""

    cutout: Cutout
    thumbnail: NDArray[np.uint8]


def look(path: Path) -> Look:
    """The item in a picture.

    Raises:
        PictureError: the file cannot be read. FlawError: it is too poor.
    """
    picture = read_picture(path)
    mask = foreground(picture.color) if picture.mask is None else picture.mask
    if (found := flaw(picture.color, mask)) is not None:
        raise FlawError(f"{path}: {found.value}")
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    small = cv2.resize(picture.color, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA)
    thumbnail = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.uint8).reshape(-1)
    return Look(Cutout(picture.color[box], mask[box]), thumbnail)
