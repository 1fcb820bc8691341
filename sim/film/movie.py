"""Writes pictures as a GIF or an MP4."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from perception.errors import HandpickError

Rgb = NDArray[np.uint8]

COLORS = 160  # of a GIF's palette
SAMPLED = 12  # pictures that the palette is drawn from
SUFFIXES = (".gif", ".mp4")


class FilmError(HandpickError):
    """A film that cannot be written."""


def checked(path: Path) -> Path:
    """A film's path. Raises FilmError: its ending names no format."""
    if path.suffix.lower() not in SUFFIXES:
        raise FilmError(f"{path}: expected a name that ends with {' or '.join(SUFFIXES)}, got {path.suffix or 'none'}")
    return path


def write_movie(path: Path, pictures: Sequence[Rgb], rate: int) -> Path:
    """Write RGB pictures, each (height, width, 3), `rate` a second.

    Raises:
        FilmError: there are none, or the file cannot be written.
    """
    checked(path)
    if not pictures:
        raise FilmError(f"{path}: expected one picture at least, got none: nothing was picked")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write = _write_gif if path.suffix.lower() == ".gif" else _write_mp4
        write(path, pictures, rate)
    except OSError as error:
        raise FilmError(f"{path}: cannot be written: {error.strerror or error}; name another with --out") from error
    return path


def _write_gif(path: Path, pictures: Sequence[Rgb], rate: int) -> None:
    """One palette for all and no dithering: what stands still then costs nothing."""
    chosen = pictures[:: max(1, len(pictures) // SAMPLED)]
    palette = Image.fromarray(np.concatenate(chosen)).quantize(COLORS, Image.Quantize.MEDIANCUT)
    images = [Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    ends = np.round(100 / rate * np.arange(len(images) + 1)).astype(int)  # GIFs count hundredths of seconds
    durations = (10 * np.diff(ends)).tolist()
    images[0].save(path, save_all=True, append_images=images[1:], duration=durations, loop=0, optimize=False)


def _write_mp4(path: Path, pictures: Iterable[Rgb], rate: int) -> None:
    first, *_ = pictures = list(pictures)
    height, width = first.shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), float(rate), (width, height))
    if not writer.isOpened():
        raise FilmError(f"{path}: OpenCV has no writer for it here; write a .gif")
    for picture in pictures:
        writer.write(np.ascontiguousarray(picture[..., ::-1]))
    writer.release()
