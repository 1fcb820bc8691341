"""What a search for hard items knows after its rounds, as a file from which it goes on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np

from perception.pose import Array
from training.items.candidates import Candidates

NAME = "search.json"


@dataclass(frozen=True, eq=False)
class State:
    """Rounds that are done.

    Attributes:
        key: of the search. rounds: items of each, and how often these failed and were tried, (N, 2).
    """

    key: str
    rounds: tuple[tuple[Candidates, Array], ...]

    @property
    def items(self) -> Candidates:
        """Of all rounds."""
        return reduce(Candidates.with_, (items for items, _ in self.rounds))

    @property
    def counts(self) -> Array:
        """Failures and tries of all rounds' items, (N, 2)."""
        return np.concatenate([np.zeros((0, 2)), *(counts for _, counts in self.rounds)])

    def after(self, items: Candidates, counts: Array) -> State:
        """With another round."""
        return State(self.key, (*self.rounds, (items, counts)))

    def write(self, path: Path) -> None:
        """Write the file under a temporary name, then rename it."""
        rounds = [
            {"z": i.z.tolist(), "kinds": i.kinds, "attributes": i.attributes.tolist(), "counts": counts.tolist()}
            for i, counts in self.rounds
        ]
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps({"key": self.key, "rounds": rounds}) + "\n")
        draft.replace(path)

    @staticmethod
    def read(path: Path, key: str) -> State | None:
        """The rounds in a file; None where there are none of this search."""
        try:
            told = json.loads(path.read_text())
            if told["key"] != key:
                return None
            rounds = (
                (Candidates(np.array(r["z"]), tuple(r["kinds"]), np.array(r["attributes"])), np.array(r["counts"]))
                for r in told["rounds"]
            )
            return State(key, tuple(rounds))
        except (OSError, ValueError, KeyError, TypeError):
            return None
