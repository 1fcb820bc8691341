"""Failures of reading and writing recordings. Messages name the file, and topic and time where there are any."""

from __future__ import annotations

from perception.errors import HandpickError


class RecordingError(HandpickError):
    """A recording that cannot be read or written."""


class ImageFileError(RecordingError):
    """Bytes that are no image, are cut short, or hold a larger image than is decoded."""


class LookFolderError(RecordingError):
    """A folder of images whose description is missing or wrong, or leads out of the folder."""


class BagError(RecordingError):
    """A bag that is missing, cut short, or holds messages that are not what they say."""
