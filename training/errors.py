"""Failures of making data and weights. Messages name the file."""

from __future__ import annotations

from perception.errors import HandpickError


class TrainingError(HandpickError):
    """Data or weights that cannot be made or read."""


class ShardError(TrainingError):
    """A file of outcomes that is cut short, changed, or of another version or order of features."""


class FamilyError(TrainingError):
    """Outcomes of too few families to be split."""


class PicksError(TrainingError):
    """Recordings without picks that weights can be adapted by."""
