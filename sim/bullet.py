"""PyBullet without the banner that it prints on import: everything in this room takes it from here."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send to nowhere what native code writes to standard error meanwhile."""
    try:
        kept = os.dup(2)
    except OSError:  # closed: there is nobody to spare
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


with quiet():
    import pybullet as pb

__all__ = ["pb"]
