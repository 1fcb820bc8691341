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


class ExportError(TrainingError):
    """Weights that cannot be written for other languages."""


class ReleaseError(TrainingError):
    """Weights that cannot be compared, released or rolled back."""


class CardError(ReleaseError):
    """Weights whose card is missing, of other weights, or silent about what it should tell."""


class OverlapError(ReleaseError):
    """Outcomes of bins that weights were trained on: they prove nothing."""


class ToolError(ReleaseError):
    """Weights or outcomes of another cup or gripper."""


class ItemError(TrainingError):
    """Items that cannot be made as they were ordered."""


class AttributeNameError(ItemError):
    """No attribute of items has this name."""


class HoldError(ItemError):
    """An attribute is to be varied and held at once."""
