"""Another model for a catalogue that goes on answering: vectors are made anew in parts, and can be rolled back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from handpick.catalogue.add import shot
from handpick.catalogue.database import Database
from handpick.catalogue.models import Models
from handpick.catalogue.rows import Shot
from perception.identity.encoder import Encoder
from perception.identity.errors import ModelError, PictureError
from perception.identity.features import Features

BATCH = 1000  # pictures of one commit


@dataclass(frozen=True)
class Backfill:
    """What a backfill came to: vectors made, how many are still to be made, and why some cannot be, one line each."""

    done: int
    left: int
    refused: tuple[str, ...]


def begin(models: Models, head: Encoder) -> None:
    """Have a head make the vectors from now on; those of the one before count until they are made anew.

    Raises:
        ModelError: it was not trained to agree with the one that is in use now.
    """
    now = models.heads()[-1]
    if head.model == now.model:
        return
    if now.model not in head.agrees:
        raise ModelError(
            f"expected a head that was trained to agree with {now.model}, got {head.model}, which agrees with "
            f"{', '.join(head.agrees) or 'none'}; train it with --agree HEAD, or add the pictures to a new catalogue"
        )
    models.use(head)


def roll_back(models: Models) -> Encoder:
    """Have the head before make the vectors again: all its vectors are still there. Raises CatalogueError."""
    before = models.before()
    models.use(before)
    return before


def backfill(
    database: Database,
    encoder: Encoder,
    most: int | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Backfill:
    """Make vectors of the pictures that have none of this model, from their features or else from their files.

    It may be killed at any time, and goes on where it was. Others may add and ask meanwhile.

    Args:
        most: how many at most; the others are left to another run.
    """
    lacking = database.lacking()
    wanted = lacking[:most]
    refused: list[str] = []
    done = 0
    for start in range(0, len(wanted), BATCH):
        kept = database.kept(wanted[start : start + BATCH])
        made = remade(encoder, [(old, seen) for old, seen in kept if seen is not None])
        for old in (old for old, seen in kept if seen is None):
            try:
                made.append(shot(encoder, Path(old.path), old.item, old.id))
            except PictureError as error:
                refused.append(str(error))
        database.put(made)
        done += len(made)
        told(min(start + BATCH, len(wanted)), len(wanted))
    return Backfill(done, len(lacking) - done, tuple(refused))


def remade(encoder: Encoder, kept: Sequence[tuple[Shot, Features]]) -> list[Shot]:
    """Pictures with vectors of another model, made of their features."""
    if not kept:
        return []
    vectors = encoder.project(np.concatenate([seen for _, seen in kept])).reshape(len(kept), 2, -1)
    return [replace(old, vector=clean, worn=poor) for (old, _), (clean, poor) in zip(kept, vectors)]
