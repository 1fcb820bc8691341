"""Printed textures, small and cheap: covers, cartons, page edges, labels. RGB images, uint8 (H, W, 3)."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Image = NDArray[np.uint8]
RGB = tuple[int, int, int]

TILE = 96  # pixels of a box face's edge in its texture
PAPER: RGB = (232, 224, 203)
KRAFT: RGB = (181, 141, 96)
_LETTERS = np.array(list("AABCDEEEFGHIIKLMNNOOPRRSSTTUV"))


def vivid(rng: Generator, value: tuple[float, float] = (0.35, 0.95)) -> RGB:
    """A colour as packaging uses it: any hue, mostly saturated."""
    return _rgb(rng.uniform(0, 1), rng.uniform(0.25, 0.95), rng.uniform(*value))


def contrast(color: RGB) -> RGB:
    """Near-black or near-white, whichever reads better on `color`."""
    return (25, 25, 28) if np.dot(color, (0.3, 0.59, 0.11)) > 125 else (245, 244, 238)


def blank(color: RGB, size: tuple[int, int] = (TILE, TILE)) -> Image:
    """One colour; size: height and width in pixels."""
    return np.full((*size, 3), color, dtype=np.uint8)


def atlas(faces: Sequence[Image]) -> Image:
    """The texture of a box from its six faces in the order of `meshes.FACES`."""
    tiles = [cv2.resize(face, (TILE, TILE), interpolation=cv2.INTER_AREA) for face in faces]
    return np.ascontiguousarray(np.vstack([np.hstack(tiles[:3]), np.hstack(tiles[3:])]))


def canvas(aspect: float, color: RGB, pixels: int = 128) -> Image:
    """A blank face of width over height `aspect`, about pixels^2 large, so that print is not stretched."""
    aspect = float(np.clip(aspect, 0.1, 10.0))
    return blank(color, (max(8, int(pixels / np.sqrt(aspect))), max(8, int(pixels * np.sqrt(aspect)))))


def paste(image: Image, part: Image, rows: tuple[int, int], columns: tuple[int, int]) -> None:
    """Put `part`, resized, into the rows and columns of `image` from the first to before the second."""
    size = (columns[1] - columns[0], rows[1] - rows[0])
    image[slice(*rows), slice(*columns)] = cv2.resize(part, size, interpolation=cv2.INTER_AREA)


def write(image: Image, rng: Generator, top: float, height: float, color: RGB, letters: int = 8) -> None:
    """A line of made-up words across the image; top and height as fractions of its height."""
    h, w = image.shape[:2]
    text = "".join(rng.choice(_LETTERS, size=letters))
    font = cv2.FONT_HERSHEY_DUPLEX
    (width, tall), _ = cv2.getTextSize(text, font, 1.0, 2)
    scale = min(0.86 * w / width, height * h / tall)
    x = int((w - scale * width) / 2)
    weight = max(1, round(2 * scale))
    cv2.putText(image, text, (x, int((top + height) * h)), font, scale, color, weight, cv2.LINE_AA)


def paragraphs(image: Image, rng: Generator, top: float, bottom: float, color: RGB, pitch: int = 5) -> None:
    """Text-like lines of dashes between two fractions of the image's height."""
    h, w = image.shape[:2]
    for y in range(int(top * h), int(bottom * h) - 1, pitch):
        x = int(0.1 * w)
        end = int(w * rng.uniform(0.55, 0.9))
        while x < end:
            length = int(rng.integers(2, 9))
            cv2.line(image, (x, y), (min(x + length, end), y), color, 1)
            x += length + 3


def barcode(image: Image, rng: Generator, x: float, y: float, width: float, height: float) -> None:
    """A barcode on white at fractions of the image's width and height."""
    h, w = image.shape[:2]
    x0, y0, x1, y1 = int(x * w), int(y * h), int((x + width) * w), int((y + height) * h)
    image[y0:y1, x0:x1] = 250
    bars = rng.random(max(0, x1 - x0 - 4)) < 0.5
    image[y0 + 2 : y1 - 2, x0 + 2 : x0 + 2 + len(bars)][:, bars] = 20


def picture(image: Image, rng: Generator, top: float, bottom: float, shapes: int = 5) -> None:
    """An abstract picture of discs, slabs and rays between two fractions of the height."""
    h, w = image.shape[:2]
    area = image[int(top * h) : int(bottom * h), int(0.08 * w) : int(0.92 * w)]
    part = np.ascontiguousarray(area)
    ph, pw = part.shape[:2]
    part[:] = vivid(rng)
    for _ in range(shapes):
        x, y = int(rng.uniform(0, pw)), int(rng.uniform(0, ph))
        r, color, kind = int(rng.uniform(0.1, 0.4) * min(ph, pw)) + 1, vivid(rng), rng.integers(3)
        if kind == 0:
            cv2.circle(part, (x, y), r, color, -1, cv2.LINE_AA)
        elif kind == 1:
            cv2.rectangle(part, (x - r, y - r // 2), (x + r, y + r // 2), color, -1)
        else:
            cv2.line(part, (x, y), (int(rng.uniform(0, pw)), int(rng.uniform(0, ph))), color, max(1, r // 4))
    area[:] = part


def cover(rng: Generator, aspect: float, base: RGB) -> Image:
    """A book's front: title, picture, author."""
    image = canvas(aspect, base)
    ink = contrast(base)
    if rng.random() < 0.4:
        image[: int(image.shape[0] * 0.3)] = vivid(rng)
    write(image, rng, 0.07, 0.11, ink, int(rng.integers(5, 9)))
    write(image, rng, 0.22, 0.06, ink, int(rng.integers(8, 13)))
    picture(image, rng, 0.34, 0.84, int(rng.integers(3, 8)))
    write(image, rng, 0.89, 0.05, ink, 12)
    return image


def blurb(rng: Generator, aspect: float, base: RGB) -> Image:
    """A book's or carton's back: small print and a barcode."""
    image = canvas(aspect, base)
    write(image, rng, 0.06, 0.07, contrast(base), 9)
    paragraphs(image, rng, 0.2, 0.7, contrast(base))
    barcode(image, rng, 0.56, 0.78, 0.36, 0.16)
    return image


def label(rng: Generator, aspect: float, base: RGB) -> Image:
    """A retail face: brand name on a band, picture, small print."""
    image = canvas(aspect, base)
    band = vivid(rng)
    image[int(0.12 * image.shape[0]) : int(0.36 * image.shape[0])] = band
    write(image, rng, 0.16, 0.15, contrast(band), int(rng.integers(4, 8)))
    picture(image, rng, 0.44, 0.8, 4)
    paragraphs(image, rng, 0.85, 0.96, contrast(base), 4)
    return image


def spine(rng: Generator, aspect: float, base: RGB) -> Image:
    """A book's back edge: the title between two lines. `aspect`: its length over its thickness."""
    image = canvas(aspect, base)
    write(image, rng, 0.25, 0.5, contrast(base), 14)
    image[:, int(0.04 * image.shape[1])] = contrast(base)
    image[:, int(0.95 * image.shape[1])] = contrast(base)
    return image


def page_edges(rng: Generator) -> Image:
    """The edges of a stack of pages: fine horizontal stripes."""
    shade = np.clip(rng.normal(0, 13, (TILE, 1, 1)) + rng.normal(0, 3, (TILE, TILE, 1)) - 8, -45, 15)
    return (np.array(PAPER) + shade).clip(0, 255).astype(np.uint8)


def page(rng: Generator, aspect: float) -> Image:
    """A printed page."""
    image = canvas(aspect, PAPER)
    paragraphs(image, rng, 0.08, 0.93, (70, 66, 62), 6)
    return image


def fibres(rng: Generator, base: RGB, grain: float = 7.0, size: tuple[int, int] = (TILE, TILE)) -> Image:
    """Cardboard, wood or cloth: a base colour with grain along the width."""
    h, w = size
    noise = cv2.GaussianBlur(rng.normal(0, 1, (h, w)), (9, 1), 0)[..., None] * grain * 2
    return (np.array(base) + noise).clip(0, 255).astype(np.uint8)


def scale_marks(rng: Generator, aspect: float, base: RGB, length_mm: float) -> Image:
    """A ruler's face: millimetre ticks along one edge with figures."""
    image = canvas(aspect, base, 160)
    h, w = image.shape[:2]
    ink = contrast(base)
    for mm in range(0, int(length_mm), 5):
        x = int((mm + 2) / length_mm * w)
        tall = 0.42 if mm % 10 == 0 else 0.25
        cv2.line(image, (x, 0), (x, int(tall * h)), ink, 1)
    write(image, rng, 0.6, 0.25, ink, 10)
    return image


def _rgb(hue: float, saturation: float, value: float) -> RGB:
    r, g, b = colorsys.hsv_to_rgb(hue, saturation, value)
    return int(255 * r), int(255 * g), int(255 * b)


def disc(image: Image, centre: tuple[int, int], radii: tuple[int, int], color: RGB) -> None:
    """A filled ellipse; centre and radii as column and row."""
    cv2.ellipse(image, centre, radii, 0, 0, 360, color, -1, cv2.LINE_AA)
