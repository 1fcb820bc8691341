"""Figures that must lie in a range, refused with a hint at the unit that was probably meant."""

from __future__ import annotations

import numpy as np

from perception.errors import GeometryError

THOUSANDTHS = {"m": "millimetres", "m/s": "mm/s", "s": "milliseconds"}
THOUSANDS = {"Pa": "kilopascals", "N/m": "N/mm"}


def expect_between(name: str, value: float, low: float, high: float, unit: str = "") -> None:
    """Refuse a value out of [low, high].

    Raises:
        GeometryError: names the figure, the range and, where a thousandth or a thousandfold fits, the unit mixed up.
    """
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and low <= value <= high:
        return
    hint = ""
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        for units, factor in ((THOUSANDTHS, 1e-3), (THOUSANDS, 1e3)):
            if unit in units and low <= value * factor <= high and value:
                hint = f"; is it in {units[unit]}? Then give {value * factor:.6g}"
    raise GeometryError(f"{name}: expected {low:g} to {high:g}{unit and ' ' + unit}, got {value}{hint}")
