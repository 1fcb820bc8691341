"""How good odds are: calibration of each head, and what choosing by them would have brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike, NDArray

from grasping.quality.learned import HEADS
from grasping.quality.worth import Stakes
from grasping.tools import Tool
from perception.pose import Array
from training.boost import labels
from training.split import Mask

GROUPS = 10  # of equally many outcomes, over which a calibration error is averaged
DRAWS = 2000  # of the bootstrap over bins


@dataclass(frozen=True)
class Score:
    """Of probabilities against what happened: mean squared error, calibration error, and both means."""

    count: int
    brier: float
    ece: float
    predicted: float
    happened: float


def score(probability: Array, label: Mask) -> Score:
    """The scores of probabilities (N,). ECE: |mean predicted - share that happened| over equally large groups."""
    order = np.argsort(probability, kind="stable")
    groups = [group for group in np.array_split(order, min(GROUPS, len(order))) if len(group)]
    off = [len(g) * abs(float(probability[g].mean() - label[g].mean())) for g in groups]
    brier = float(np.mean((probability - label) ** 2))
    return Score(len(label), brier, sum(off) / len(label), float(probability.mean()), float(label.mean()))


def scores(outcomes: NDArray[np.void], odds: Array, among: Mask) -> dict[str, Score]:
    """Scores by tool and head, and of a whole pick (`placed`), of odds (N, 4) over a mask (N,).

    Damage is scored for any try: odds tell it where an item was acquired.
    """
    found = {}
    for tool in Tool:
        own = among & (outcomes["tool"] == tool.value.encode())
        for column, head in enumerate(HEADS):
            label, asked, told = judged(outcomes, odds, head, column)
            rows = own & asked
            if rows.any():
                found[f"{tool.value} {head}"] = score(told[rows], label[rows])
        if own.any():
            placed = odds[own, 0] * odds[own, 1] * (1 - odds[own, 2])
            found[f"{tool.value} placed"] = score(placed, unharmed(outcomes)[own])
    return found


def judged(outcomes: NDArray[np.void], odds: Array, head: str, column: int) -> tuple[Mask, Mask, Array]:
    """Whether a head's event came true, for which outcomes that is asked, and what odds (N, 4) say of it, (N,) each.

    Damage is that of any try, and of any cause: odds tell it where an item was acquired, with leaves that bow.
    """
    label, asked = labels(outcomes, head)
    if head != "damage":
        return label, asked, odds[:, column]
    return damaged(outcomes), asked, odds[:, column] * odds[:, 0]


def unharmed(outcomes: NDArray[np.void]) -> Mask:
    """Picks that held to the end and damaged nothing, (N,)."""
    return np.asarray(outcomes["held"] & ~damaged(outcomes))


def damaged(outcomes: NDArray[np.void]) -> Mask:
    """Picks that damaged anything, (N,)."""
    return np.asarray((outcomes["damage"] | outcomes["harm"]) > 0)


def worth(outcomes: NDArray[np.void]) -> Array:
    """What each pick brought, (N,), in placed undamaged units; what it damaged counts whether it acquired or not."""
    lost = outcomes["acquired"] & ~outcomes["held"] & ~outcomes["returned"]
    return brought(outcomes["held"], damaged(outcomes), lost)


def brought(held: ArrayLike, damaged: ArrayLike, lost: ArrayLike) -> Array:
    """The worth of what happened, in placed undamaged units: of a carried item, of any damage, and of a lost item."""
    stakes, harm = Stakes(), np.asarray(damaged, float)
    placed = (1 + stakes.left) * np.asarray(held, float) * (1 - harm)
    return np.asarray(placed - stakes.damage * harm - stakes.loss * np.asarray(lost, float))


def choosing(
    outcomes: NDArray[np.void], learned: Array, looks: list[NDArray[np.int64]]
) -> dict[str, NDArray[np.int64]]:
    """The outcome that each policy chooses of each look, by the policy's name; `best` knows what came of all.

    Rivals: contact mechanics; either tool alone by it; and suction by it wherever a cup was tried at all.
    """
    by = {"learned": Stakes().gains(learned), "analytic": Stakes().gains(outcomes["believed"])}
    cup = outcomes["tool"] == Tool.SUCTION.value.encode()
    by["suction"] = by["analytic"] - np.where(cup, 0.0, np.inf)
    by["pinch"] = by["analytic"] - np.where(cup, np.inf, 0.0)
    by["suction first"] = by["analytic"] + np.where(cup, 100.0, 0.0)
    by["best"] = worth(outcomes)
    return {name: np.array([look[np.argmax(value[look])] for look in looks], int) for name, value in by.items()}


def looks_of(outcomes: NDArray[np.void], among: Mask) -> list[NDArray[np.int64]]:
    """Rows of each look with a choice, under a mask (N,)."""
    rows = np.flatnonzero(among)
    keys = np.column_stack([outcomes[name][rows].astype(np.int64) for name in ("bin", "state", "views")])
    _, of = np.unique(keys, axis=0, return_inverse=True)
    groups = [rows[of.ravel() == look] for look in range(int(of.max(initial=-1)) + 1)]
    return [group for group in groups if len(group) > 1]


@dataclass(frozen=True)
class Chosen:
    """What a policy's choices brought, per look.

    Attributes:
        success: share held and undamaged. damaged: share that damaged anything. worth: mean, units.
        regret: worth below that of the best tried.
        learned_more: worth that the learned policy brought beyond this one: mean, and a 95% interval over bins.
    """

    success: float
    damaged: float
    worth: float
    regret: float
    learned_more: tuple[float, float, float]


def policies(outcomes: NDArray[np.void], learned: Array, among: Mask, seed: int) -> dict[str, Chosen]:
    """What each policy brings among what was tried of each look under a mask (N,), all on the same looks.

    A tool alone that finds none of its grasps in a look brings nothing there.
    """
    looks = looks_of(outcomes, among)
    if not looks:
        return {}
    picks, value, damage = choosing(outcomes, learned, looks), worth(outcomes), damaged(outcomes)
    tools = {tool.value: outcomes["tool"] == tool.value.encode() for tool in Tool}
    none = {name: ~tools[name][rows] if name in tools else np.zeros(len(looks), bool) for name, rows in picks.items()}
    gains = {name: np.where(none[name], 0.0, value[rows]) for name, rows in picks.items()}
    bins = outcomes["bin"][[look[0] for look in looks]]
    return {
        name: Chosen(
            float((unharmed(outcomes)[rows] & ~none[name]).mean()),
            float((damage[rows] & ~none[name]).mean()),
            float(gains[name].mean()),
            float((gains["best"] - gains[name]).mean()),
            interval(gains["learned"] - gains[name], bins, seed),
        )
        for name, rows in picks.items()
    }


def interval(
    gain: Array, bins: NDArray[np.signedinteger[Any]], seed: int | Generator, share: float = 0.95
) -> tuple[float, float, float]:
    """The mean of gains (N,) and its interval of a share, by a bootstrap over whole bins (N,)."""
    names = np.unique(bins)
    sums = np.array([(gain[bins == name].sum(), (bins == name).sum()) for name in names])
    drawn = sums[np.random.default_rng(seed).integers(0, len(names), (DRAWS, len(names)))].sum(axis=1)
    low, high = np.quantile(drawn[:, 0] / drawn[:, 1], ((1 - share) / 2, (1 + share) / 2))
    return float(gain.mean()), float(low), float(high)


def surprise(outcomes: NDArray[np.void], odds: Array, among: Mask) -> Mapping[str, float]:
    """Mean negative logarithm of the probability of what happened, by head, of odds (N, 4) over a mask (N,)."""
    told = _nats(outcomes, odds)[among]
    asked = ~np.isnan(told)
    return {head: float(told[asked[:, i], i].mean()) for i, head in enumerate(HEADS) if asked[:, i].any()}


def nats(outcomes: NDArray[np.void], odds: Array) -> Array:
    """Negative logarithm of the probability of all that happened in each try, (N,)."""
    return np.asarray(np.nansum(_nats(outcomes, odds), axis=1))


def _nats(outcomes: NDArray[np.void], odds: Array) -> Array:
    """Negative logarithm of the probability of what happened, (N, 4) by head; NaN where that is not asked."""
    found = np.full(odds.shape, np.nan)
    for column, head in enumerate(HEADS):
        label, asked, told = judged(outcomes, odds, head, column)
        p = np.clip(told, 1e-3, 1 - 1e-3)
        found[asked, column] = -np.log(np.where(label, p, 1 - p))[asked]
    return found
