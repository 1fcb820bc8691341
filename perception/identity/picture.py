"""Pictures as files: JPEG or PNG, and nothing that is broken, hostile or too large to be one of an item."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perception.identity.errors import PictureError

FORMATS = ("JPEG", "PNG")
SUFFIXES = (".jpg", ".jpeg", ".png")
MODES = ("L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "1")  # as Pillow names what it decodes
LARGEST_FILE = 64 << 20  # bytes
LARGEST = 60_000_000  # pixels: no phone's picture has more
SMALLEST = 24  # pixels of the shorter edge
WORKED_ON = 1024  # pixels: larger pictures are made smaller
OPAQUE = 128  # of 255: less alpha than this is background


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture, upright as it was held.

    Attributes:
        color: RGB, uint8, shape (height, width, 3).
        mask: what its alpha channel says is the item, shape (height, width); None where it has none.
    """

    color: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None


def read_picture(path: Path) -> Picture:
    """Read a picture, at most WORKED_ON pixels wide and high.

    Raises:
        PictureError: not a file, broken, of another format, or too large or too small.
    """
    from PIL import Image, ImageOps

    if not path.is_file():
        raise PictureError(f"{path}: expected a picture, got {'a folder' if path.is_dir() else 'no such file'}")
    if (size := path.stat().st_size) > LARGEST_FILE:
        raise PictureError(f"{path}: expected at most {LARGEST_FILE >> 20} MB, got {size >> 20}; save it smaller")
    try:
        with warnings.catch_warnings(), Image.open(path, formats=FORMATS) as image:
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            _check(path, image.size, image.mode)
            image.draft("RGB", (WORKED_ON, WORKED_ON))
            image.load()
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((WORKED_ON, WORKED_ON)) if upright.mode != "P" else None
            rgba = np.asarray(upright.convert("RGBA"))
    except PictureError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureError(f"{path}: expected at most {LARGEST} pixels, got more; save it smaller") from error
    except (OSError, SyntaxError, ValueError, MemoryError) as error:
        raise PictureError(f"{path}: expected a whole {' or '.join(FORMATS)} file, got: {error}") from error
    seen = rgba[..., 3] >= OPAQUE
    return Picture(np.ascontiguousarray(rgba[..., :3]), None if seen.all() else seen)


def _check(path: Path, size: tuple[int, int], mode: str) -> None:
    """Whether a picture may be decoded, by what its header tells."""
    width, height = size
    if width * height > LARGEST:
        raise PictureError(f"{path}: expected at most {LARGEST} pixels, got {width} x {height}; save it smaller")
    if min(width, height) < SMALLEST:
        raise PictureError(f"{path}: expected {SMALLEST} pixels along each edge, got {width} x {height}")
    if mode not in MODES:
        raise PictureError(f"{path}: expected 8 bits a channel, got mode {mode}; save it as an ordinary picture")
