"""Writes pictures as a GIF or an MP4."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from perception.errors import HandpickError

Rgb = NDArray[np.uint8]

COLORS = 255  # of a GIF's palette
SAME = 255  # in place of a colour: what was there before
FINENESS = 1  # bits of each channel that make no other colour
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
    """One palette for all and no dithering; a pixel that stays as it was costs next to nothing."""
    palette = _palette(pictures[:: max(1, len(pictures) // SAMPLED)])
    indices = [
        np.asarray(Image.fromarray(picture).quantize(palette=palette, dither=Image.Dither.NONE)) for picture in pictures
    ]
    same = (np.where(now == before, SAME, now) for before, now in pairwise(indices))
    images = [Image.fromarray(index.astype(np.uint8), "P") for index in (indices[0], *same)]
    for image in images:
        image.putpalette(palette.getpalette() or [])
    ends = np.round(100 / rate * np.arange(len(images) + 1)).astype(int)  # GIFs count hundredths of seconds
    images[0].save(
        path,
        save_all=True,
        append_images=images[1:],
        duration=(10 * np.diff(ends)).tolist(),
        loop=0,
        optimize=False,
        transparency=SAME,
        disposal=1,  # what was drawn before stays
    )


def _palette(pictures: Sequence[Rgb]) -> Image.Image:
    """Colours for pictures. Those of small things get more of them than their share of the pixels."""
    coarse = np.concatenate([picture.reshape(-1, 3) for picture in pictures]) >> FINENESS
    colors, counts = np.unique(coarse, axis=0, return_counts=True)
    weighed = np.repeat(colors << FINENESS, np.ceil(counts**0.6).astype(int), axis=0)
    middle = np.uint8(1 << FINENESS >> 1)
    return Image.fromarray((weighed + middle)[None].astype(np.uint8)).quantize(COLORS, Image.Quantize.MEDIANCUT)


def _write_mp4(path: Path, pictures: Sequence[Rgb], rate: int) -> None:
    height, width = pictures[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), float(rate), (width, height))
    if not writer.isOpened():
        raise FilmError(f"{path}: OpenCV has no writer for it here; write a .gif")
    for picture in pictures:
        writer.write(np.ascontiguousarray(picture[..., ::-1]))
    writer.release()
