"""New weights against old ones on outcomes that neither was trained on: what is won, what is lost, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.believed import believed_now
from training.card import finite, tool_digest
from training.metrics import interval, worth
from training.outcomes import read_bins
from training.release.candidate import Candidate, check_comparable
from training.release.pairs import Compared, Pairs, compared, told_by
from training.release.replay import Replay, replay_of
from training.release.verdict import DRAWS, ERROR, Group, judged


def checked(
    new: Candidate, old: Candidate, folders: Sequence[Path], seed: int
) -> tuple[Pairs, tuple[str, ...], dict[str, Any]]:
    """The pairs of choices, the bins' names by number, and what they show as JSON data.

    Raises:
        ShardError: there are no outcomes, or they cannot be read.
        OverlapError, ToolError: they prove nothing of these weights. ReleaseError: no look has a choice.
    """
    outcomes, names = read_bins(folders)
    there = frozenset(names[number] for number in np.unique(outcomes["bin"]))
    check_comparable(new, old, there, tool_digest())
    outcomes["believed"] = believed_now(outcomes)
    before, after = (told_by(one.weights, outcomes) for one in (old, new))
    found = compared(outcomes, before, after, np.ones(len(outcomes), bool))
    made = comparison(found, replay_of(outcomes), seed)
    who = {name: {"path": str(one.path), "sha256": one.digest} for name, one in (("new", new), ("old", old))}
    return found.whole, names, who | {"outcomes": [str(folder) for folder in folders], "bins": sorted(there)} | made


def comparison(found: Compared, replay: Replay, seed: int) -> dict[str, Any]:
    """Flips, what of them is beyond chance, groups and verdict, as JSON data."""
    pairs, groups = found.whole, judged(found, np.random.default_rng(seed))
    value = worth(pairs.outcomes)
    made = {
        "looks": len(pairs),
        "judged_bins": len(np.unique(pairs.bins)),
        "changed": float(pairs.changed.mean()),
        "negative": interval(pairs.negative.astype(float), pairs.bins, seed),
        "positive": interval(pairs.positive.astype(float), pairs.bins, seed),
        "replay": asdict(replay) | {"share": replay.share, "span": replay.span},
        "excess": excess(pairs, replay, seed),
        "worth": interval(value[pairs.new] - value[pairs.old], pairs.bins, seed),
        "groups": [asdict(group) | {"regresses": group.regresses} for group in groups],
        "error": ERROR,
        "draws": DRAWS,
        "seed": seed,
        "passes": passes(groups),
    }
    return dict(finite(made))


def passes(groups: Sequence[Group]) -> bool:
    """Whether no group is worse beyond chance."""
    return not any(group.regresses for group in groups)


def excess(pairs: Pairs, replay: Replay, seed: int) -> tuple[float, float, float] | None:
    """Negative flips beyond those that the old policy shows against itself replayed: share of looks, and its interval.

    Where both chose the same grasp, both outcomes are one try, and nothing flips. Where they did not, the old choice,
    tried once more, would have ended worse in half of the share of repeats that end otherwise. None: no try of these
    outcomes is repeated.
    """
    if replay.share is None:
        return None
    flips, changed = pairs.negative.astype(float), pairs.changed.astype(float)
    half, low, high = (share / 2 for share in (replay.share, *replay.span))
    mean, _, most = interval(flips - half * changed, pairs.bins, seed)
    least = interval(flips - high * changed, pairs.bins, seed)[1]
    return mean, least, max(most, interval(flips - low * changed, pairs.bins, seed)[2])


def examples(pairs: Pairs, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Some looks that flipped to the worse, and some to the better, (<= count,) each, of as many bins as there are."""
    lost, won = (_spread(pairs.bins, np.flatnonzero(flips))[:count] for flips in (pairs.negative, pairs.positive))
    return lost, won


def _spread(bins: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The same rows, the first of each bin first."""
    _, first = np.unique(bins[rows], return_index=True)
    return np.concatenate([rows[np.sort(first)], np.delete(rows, first)])
