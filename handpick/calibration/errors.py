"""Failures of calibrating a camera. Messages say what to add or to correct."""

from __future__ import annotations

from perception.errors import HandpickError


class CalibrationError(HandpickError):
    """A calibration that cannot be made, read or written."""


class DescriptionError(CalibrationError):
    """A poses.json that is wrong, or that does not fit its images."""


class TooFewLooksError(CalibrationError):
    """The board is seen in too few of the images."""


class TooLittleRotationError(CalibrationError):
    """The looks turn too little, or about one axis only: many poses of the camera explain them equally well."""


class DisagreementError(CalibrationError):
    """No pose of the camera explains the looks."""
