"""Colours that tell figures: odds from red over amber to green, confidence from violet to yellow."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

ODDS = np.array(((214, 48, 49), (245, 166, 35), (39, 174, 96)), np.float64)  # at 0, half, 1
CONFIDENCE = np.array(((68, 1, 84), (59, 82, 139), (33, 145, 140), (94, 201, 98), (253, 231, 37)), np.float64)


def odds_colors(odds: ArrayLike) -> NDArray[np.uint8]:
    """RGB of probabilities of any shape (...,): (..., 3)."""
    return _between(odds, ODDS)


def confidence_colors(confidence: ArrayLike) -> NDArray[np.uint8]:
    """RGB of confidences 0..1 of any shape (...,): (..., 3)."""
    return _between(confidence, CONFIDENCE)


def linear(rgb: ArrayLike) -> NDArray[np.uint8]:
    """RGB as light, which is how browsers take colours of vertices and of copies of a mesh; about the sRGB curve."""
    return (255 * (np.asarray(rgb, np.float64) / 255) ** 2.2).round().astype(np.uint8)


def css(rgb: ArrayLike) -> str:
    """An RGB colour as CSS has it."""
    red, green, blue = (int(value) for value in np.asarray(rgb))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _between(values: ArrayLike, stops: NDArray[np.float64]) -> NDArray[np.uint8]:
    at, places = np.asarray(values, np.float64), np.linspace(0, 1, len(stops))
    channels = [np.interp(at, places, stops[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)
