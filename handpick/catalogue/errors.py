"""What can be wrong with a catalogue."""

from __future__ import annotations

from perception.errors import HandpickError


class CatalogueError(HandpickError):
    """A catalogue, or a folder of pictures for one, that is not as it should be."""
