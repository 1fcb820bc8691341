"""What looks wrong in a catalogue: pictures that are there twice, and pictures that look like another item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from handpick.catalogue.database import Database
from perception.identity.encoder import Vectors

ALIKE = 0.8  # cosine of two pictures from which on they may be one
SAME = 5.0  # levels of Lab by which the thumbnails of one picture saved twice differ at most, root mean square
NEIGHBOURS = 5  # that tell what a picture looks like
LEAD = 0.05  # by which another family is nearer than the picture's own, in cosine
ROWS = 2048  # compared at once


@dataclass(frozen=True)
class Twins:
    """Two pictures that are the same, and the items that they are said to show."""

    paths: tuple[str, str]
    items: tuple[str, str]


@dataclass(frozen=True)
class Suspect:
    """A picture that looks like an item of another family than its own. lead: by how much, in cosine."""

    path: str
    item: str
    looks_like: str
    lead: float


@dataclass(frozen=True)
class Findings:
    """What looks wrong: twins, and suspects, worst first."""

    twins: tuple[Twins, ...]
    suspects: tuple[Suspect, ...]


def check(database: Database) -> Findings:
    """Compare each picture with all others; nothing is changed."""
    pictures, (vectors, thumbnails) = database.pictures(), database.seen()
    names = [item for _, item, _ in pictures]
    paths = [path for _, _, path in pictures]
    family = {item.name: (item.kind, item.family) for item in database.items()}
    groups = {group: number for number, group in enumerate(dict.fromkeys(family.values()))}
    own = np.array([groups[family[name]] for name in names], np.int64)
    twins: list[Twins] = []
    suspects: list[Suspect] = []
    for start in range(0, len(vectors), ROWS):
        cosines = vectors[start : start + ROWS] @ vectors.T
        for row, near in enumerate(cosines, start=start):
            near[row] = -1
            likely = np.flatnonzero(near > ALIKE)
            off = thumbnails[likely].astype(np.float32) - thumbnails[row]
            copies = likely[np.sqrt((off**2).mean(axis=1)) < SAME]
            twins += [Twins((paths[row], paths[k]), (names[row], names[k])) for k in copies if k > row]
            near[copies] = -1  # of one wrong picture saved twice neither vouches for the other
            suspect = _suspect(row, near, own)
            if suspect is not None:
                other, lead = suspect
                suspects.append(Suspect(paths[row], names[row], names[other], lead))
    return Findings(tuple(twins), tuple(sorted(suspects, key=lambda found: -found.lead)))


def _suspect(row: int, near: Vectors, own: np.ndarray) -> tuple[int, float] | None:
    """The picture that this one looks like, and by how much more than like its own family; None where it does not."""
    others = own != own[row]
    mine = near[~others].max()  # -1 where it is the only picture of its family
    if mine <= -1 or not others.any():
        return None
    nearest = np.argsort(-near, kind="stable")[:NEIGHBOURS]
    best = int(nearest[0])
    agree = int((own[nearest] == own[best]).sum())
    lead = float(near[best] - mine)
    return (best, lead) if own[best] != own[row] and lead > LEAD and agree > 1 else None
