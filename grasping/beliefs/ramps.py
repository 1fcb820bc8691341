"""Smooth steps from 0 to 1, for beliefs that change gradually."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from perception.pose import Array

Some = TypeVar("Some", float, Array)  # a number, or as many as there are candidates


def smooth(value: Some, low: float, high: float) -> Some:
    """0 up to `low`, 1 from `high`, and a smooth step between them."""
    t: Some = np.clip((value - low) / (high - low), 0.0, 1.0)
    return t * t * (3 - 2 * t)


def within(value: float, low: float, high: float) -> float:
    """1 inside [low, high], falling to 0 over a fifth of the bound outside it."""
    below, above = (low - value) / max(0.2 * low, 1e-9), (value - high) / (0.2 * high)
    return float(np.clip(1 - max(below, above, 0.0), 0.0, 1.0))
