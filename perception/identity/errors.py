"""What can be wrong with pictures and with what recognises them."""

from __future__ import annotations

from perception.errors import HandpickError

INSTALL = 'pip install "handpick[identity]"'  # what brings the packages that a catalogue needs


class PictureError(HandpickError):
    """A picture that cannot be read, or that is none that an item could be told by."""


class ModelError(HandpickError):
    """An encoder's file that is missing, cut short or changed, or a gallery that another encoder made."""


class GalleryError(HandpickError):
    """A gallery from which nothing can be answered."""


class MissingExtraError(HandpickError):
    """Something needs packages that Handpick installs on request alone."""
