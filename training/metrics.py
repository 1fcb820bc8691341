"""How good odds are: calibration of each head, and what choosing by them would have brought."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grasping.quality.learned import HEADS
from grasping.quality.worth import Stakes
from grasping.tools import Tool
from perception.pose import Array
from training.boost import labels

GROUPS = 10  # of equally many outcomes, over which a calibration error is averaged
DRAWS = 1000  # of the bootstrap over bins


@dataclass(frozen=True)
class Score:
    """Of probabilities against what happened: mean squared error, calibration error, and both means."""

    count: int
    brier: float
    ece: float
    predicted: float
    happened: float


def score(probability: Array, label: NDArray[np.bool_]) -> Score:
    """The scores of probabilities (N,). ECE: |mean predicted - share that happened| over equally large groups."""
    order = np.argsort(probability, kind="stable")
    groups = [group for group in np.array_split(order, min(GROUPS, len(order))) if len(group)]
    off = [len(g) * abs(float(probability[g].mean() - label[g].mean())) for g in groups]
    brier = float(np.mean((probability - label) ** 2))
    return Score(len(label), brier, sum(off) / len(label), float(probability.mean()), float(label.mean()))


def scores(outcomes: NDArray[np.void], odds: Array, among: NDArray[np.bool_]) -> dict[str, Score]:
    """Scores by tool and head, and of a whole pick (`placed`), of odds (N, 4) over a mask (N,)."""
    found = {}
    for tool in Tool:
        own = among & (outcomes["tool"] == tool.value.encode())
        for column, head in enumerate(HEADS):
            label, asked = labels(outcomes, head)
            rows = own & asked
            if rows.any():
                found[f"{tool.value} {head}"] = score(odds[rows, column], label[rows])
        if own.any():
            placed = odds[own, 0] * odds[own, 1] * (1 - odds[own, 2])
            found[f"{tool.value} placed"] = score(placed, unharmed(outcomes)[own])
    return found


def unharmed(outcomes: NDArray[np.void]) -> NDArray[np.bool_]:
    """Picks that held to the end and damaged nothing, (N,)."""
    return np.asarray(outcomes["held"] & ((outcomes["damage"] | outcomes["harm"]) == 0))


def worth(outcomes: NDArray[np.void]) -> Array:
    """What each pick brought, (N,), in placed undamaged units."""
    damage = (outcomes["damage"] | outcomes["harm"]) > 0
    happened = np.column_stack([outcomes["acquired"], outcomes["held"], damage, outcomes["returned"]])
    return Stakes().gains(happened.astype(np.float64))


@dataclass(frozen=True)
class Chosen:
    """What choosing the best of each look's tried grasps by some odds brought, per look.

    Attributes:
        success: share held and undamaged. worth: mean, units. regret: worth below that of the best tried.
    """

    looks: int
    success: float
    worth: float
    regret: float


def chosen(outcomes: NDArray[np.void], odds: Array, among: NDArray[np.bool_]) -> Chosen:
    """Choose by odds (N, 4) among what was tried of each look, under a mask (N,)."""
    picks, best = _picks(outcomes, odds, among)
    value = worth(outcomes)
    if not len(picks):
        return Chosen(0, np.nan, np.nan, np.nan)
    brought = float(value[picks].mean())
    return Chosen(len(picks), float(unharmed(outcomes)[picks].mean()), brought, float(value[best].mean()) - brought)


def advantage(
    outcomes: NDArray[np.void], odds: Array, other: Array, among: NDArray[np.bool_], seed: int
) -> tuple[float, float, float]:
    """Worth per look that choosing by `odds` brings over choosing by `other`: mean, and a 95% interval over bins."""
    value = worth(outcomes)
    mine, theirs = (_picks(outcomes, which, among)[0] for which in (odds, other))
    if not len(mine):
        return np.nan, np.nan, np.nan
    gain, bins = value[mine] - value[theirs], outcomes["bin"][mine]
    names = np.unique(bins)
    sums = np.array([(gain[bins == name].sum(), (bins == name).sum()) for name in names])
    drawn = sums[np.random.default_rng(seed).integers(0, len(names), (DRAWS, len(names)))].sum(axis=1)
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], (2.5, 97.5))
    return float(gain.mean()), float(low), float(high)


def _picks(
    outcomes: NDArray[np.void], odds: Array, among: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each look with a choice, the outcome chosen by odds, and the one that brought most."""
    gains, value = Stakes().gains(odds), worth(outcomes)
    rows = np.flatnonzero(among)
    looks = np.column_stack([outcomes[name][rows].astype(np.int64) for name in ("bin", "state", "views")])
    _, of = np.unique(looks, axis=0, return_inverse=True)
    groups = [rows[of.ravel() == look] for look in range(of.max(initial=-1) + 1)]
    groups = [group for group in groups if len(group) > 1]
    mine = [int(group[np.argmax(gains[group])]) for group in groups]
    best = [int(group[np.argmax(value[group])]) for group in groups]
    return np.array(mine, np.int64), np.array(best, np.int64)
