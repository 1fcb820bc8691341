"""Cases as arrays that a network learns from: evidence, and the true odds of each node to lie inside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion

from perception.completion.complete import fit_solid
from perception.completion.evidence import Evidence, gather
from training.completion.cases import ITEM, Case, read_file
from training.completion.true_shape import TrueShape

LEVELS = 127  # of evidence, which lies in -1 to 1
CUBE = np.ones((3, 3, 3), bool)
MOST = 255  # level of a node that lies well inside
ASIDE = 2.0  # softnesses beyond what bounds an item from which on a node is not asked


@dataclass(frozen=True, eq=False)
class Table:
    """Cases as arrays.

    Attributes:
        channels: evidence times LEVELS, int8, shape (N, CHANNELS, X, Y, Z). scales: of Evidence, shape (N, 3).
        inside: odds that nodes lie inside, times MOST, uint8, shape (N, X, Y, Z).
        asked: which nodes can be the item's, shape (N, X, Y, Z).
        family, bin, views: of each case, shape (N,).
    """

    channels: NDArray[np.int8]
    scales: NDArray[np.float32]
    inside: NDArray[np.uint8]
    asked: NDArray[np.bool_]
    family: NDArray[np.str_]
    bin: NDArray[np.int64]
    views: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.family)


def table_of(cases: Iterable[Case]) -> Table:
    """All cases of which a solid can be fitted."""
    rows = []
    for case in cases:
        shown = gather(ITEM, case.rows, case.around, fit_solid(ITEM, case.rows, case.around))
        asked = shown.bound < ASIDE * shown.soft
        inside = true_odds(shown, TrueShape(case.truth.parts), asked)
        rows.append((
            np.rint(shown.channels * LEVELS).astype(np.int8), shown.scales, np.rint(inside * MOST).astype(np.uint8),
            asked, case.family, case.bin, case.views,
        ))  # fmt: skip
    return Table(*(np.array(column) for column in zip(*rows)))


def joined(tables: Sequence[Table]) -> Table:
    """The cases of several tables."""
    some = [table for table in tables if len(table)]
    return Table(**{name: np.concatenate([getattr(one, name) for one in some]) for name in vars(some[0])})


def true_odds(shown: Evidence, truth: TrueShape, asked: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Whether nodes lie inside the truth, softened by their distance from its surface; 0 where it is not asked."""
    nodes, inside = shown.lattice.points(), np.zeros(asked.shape, bool)
    inside[asked] = truth.inside(nodes[asked])
    odds = inside.astype(np.float64)
    near = asked & binary_dilation(inside, CUBE) & ~binary_erosion(inside, CUBE)
    if near.any():
        odds[near] = np.clip(0.5 - truth.signed(nodes[near]) / (2 * shown.soft), 0, 1)
    return odds


def read_table(path: Path, cache: Path) -> Table:
    """The table of a file of scenes, from a cache where it was made before."""
    kept = cache / path.name
    if not kept.exists():
        cache.mkdir(parents=True, exist_ok=True)
        found = table_of(read_file(path))
        draft = kept.with_suffix(".tmp.npz")
        np.savez_compressed(draft, **vars(found))
        draft.replace(kept)
    with np.load(kept, allow_pickle=False) as file:
        return Table(**{name: file[name] for name in file.files})
