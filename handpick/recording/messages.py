"""A message as a bag holds it."""

from __future__ import annotations

from typing import NamedTuple


class Message(NamedTuple):
    """One message: its topic, when it was recorded, ns, and its CDR bytes."""

    topic: str
    stamp: int
    data: bytes
