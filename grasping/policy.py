"""Whose odds decide which grasp is tried."""

from __future__ import annotations

from enum import Enum


class Policy(str, Enum):
    """Odds learned from outcomes on top of contact mechanics, or those of contact mechanics alone."""

    LEARNED = "learned"
    ANALYTIC = "analytic"


DEFAULT = Policy.ANALYTIC
