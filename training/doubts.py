"""The recorded labels that all the others speak against most: where somebody should look first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from grasping.quality.learned import Weights
from training.adapt import heads_of
from training.linear import linear
from training.recorded import Recorded


@dataclass(frozen=True)
class Doubt:
    """A label of a recorded pick.

    Attributes:
        recording, pick: the bag, and the number of the pick among those that were read of it, from 0.
        tool, head: what the label is of. told: whether that came true. expected: with which probability, by all others.
        nats: how surprising that is.
    """

    recording: str
    pick: int
    tool: str
    head: str
    told: bool
    expected: float
    nats: float


def doubted(weights: Weights, found: Recorded, most: int) -> list[Doubt]:
    """The labels that are doubted most, the most doubted one first."""
    return sorted(_all(weights, found), key=lambda doubt: -doubt.nats)[:most]


def _all(weights: Weights, found: Recorded) -> Iterator[Doubt]:
    heads = heads_of(weights, found.picks)
    names = np.repeat(list(found.files), list(found.files.values()))
    numbers = np.concatenate([np.arange(count) for count in found.files.values()])
    for (tool, name), model in linear(weights, heads).items():
        head = heads[tool, name]
        expected, nats = 1 / (1 + np.exp(-model.without_itself(head))), model.doubts(head)
        for row, told, chance, surprise in zip(head.rows, head.label, expected, nats):
            where = str(names[row]), int(numbers[row])
            yield Doubt(*where, tool.value, name, bool(told), float(chance), float(surprise))
