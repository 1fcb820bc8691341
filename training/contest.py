"""Networks beside boosting: both judged on bins and families that they had not seen, and calibrated without these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grasping.quality.learned import HEADS
from perception.pose import Array
from training.boost import TIP, boosted, calibration, labels, odds_from
from training.curve import Margins, curve
from training.errors import TrainingError
from training.metrics import choosing, interval, looks_of, nats, scores, surprise, worth
from training.split import Mask, Split

MEMBERS = 3  # networks that are averaged
BOOSTING, NETWORK, BOTH = "boosting", "network", "both"


def contest(outcomes: NDArray[np.void], parts: Split, seed: int) -> dict[str, Any]:
    """What boosting, networks and both together are worth, and the learning curves, as JSON data.

    Raises:
        TrainingError: scikit-learn or torch is missing.
    """
    growers = contenders(outcomes, seed)
    margins = {name: crossed(grow, parts)[None] for name, grow in growers.items()}
    margins[BOTH] = np.concatenate(list(margins.values()))
    odds = {name: calibrated(outcomes, parts, some) for name, some in margins.items()}
    judges = {"other bins": parts.known, "never seen": parts.unseen}
    return {
        "judged": {where: judged(outcomes, odds, mask, seed) for where, mask in judges.items()},
        "curve": {name: curve(outcomes, parts, grow, seed, outcomes["believed"]) for name, grow in growers.items()},
    }


def contenders(outcomes: NDArray[np.void], seed: int) -> dict[str, Margins]:
    """What grows margins, by name. Raises TrainingError: torch is missing."""
    try:
        from training.crop_network import network_margins, table_of
    except ImportError as error:
        raise TrainingError("networks need torch: pip install 'handpick[network]'") from error
    table, seeds = table_of(outcomes), range(seed, seed + MEMBERS)
    return {
        BOOSTING: lambda rows: boosted(outcomes, rows, seed),
        NETWORK: lambda rows: network_margins(outcomes, table, rows, seeds),
    }


def crossed(grow: Margins, parts: Split) -> Array:
    """Margins (N, 4): of known outcomes by what was grown on the other folds, of the rest by what was grown on all."""
    margins = grow(parts.known)
    for some, check in parts.folds():
        margins[check] = grow(some)[check]
    return margins


def calibrated(outcomes: NDArray[np.void], parts: Split, margins: Array) -> Array:
    """Odds (N, 4) from one kind of margins or more, (K, N, 4), of which each tool's and head's are added in the
    proportion that fits best. A fold's labels have no part in its own calibration.
    """
    odds = np.zeros(margins.shape[1:])
    splits = [*parts.folds(), (parts.known, ~parts.known)]
    for tool in np.unique(outcomes["tool"]):
        own = (outcomes["tool"] == tool) & (outcomes["skill"] != TIP)
        for column, head in enumerate(HEADS):
            label, asked = labels(outcomes, head)
            for fit, check in splits:
                rows, told = fit & own & asked, margins[:, :, column]
                weights, shift = calibration(told[:, rows], label[rows])
                odds[check & own, column] = 1 / (1 + np.exp(-(weights @ told[:, check & own] + shift)))
    whole = odds_from(outcomes, odds)
    return np.where((outcomes["skill"] == TIP)[:, None], outcomes["believed"], whole)  # networks see no tips


def judged(outcomes: NDArray[np.void], odds: Mapping[str, Array], among: Mask, seed: int) -> dict[str, Any]:
    """Surprise, scores and worth of each one's odds under a mask (N,), and what it brings beyond boosting."""
    looks, told = looks_of(outcomes, among), {}
    bins = outcomes["bin"]
    gains = {name: worth(outcomes)[choosing(outcomes, some, looks)["learned"]] for name, some in odds.items()}
    surprises = {name: nats(outcomes, some) for name, some in odds.items()}
    for name, some in odds.items():
        less = (surprises[BOOSTING] - surprises[name])[among]
        told[name] = {
            "surprise": dict(surprise(outcomes, some, among)),
            "scores": {key: {"brier": s.brier, "ece": s.ece} for key, s in scores(outcomes, some, among).items()},
            "worth": float(gains[name].mean()),
            "worth_more": interval(gains[name] - gains[BOOSTING], bins[[look[0] for look in looks]], seed),
            "nats_less": interval(less, bins[among], seed),
        }
    return told


def contest_table(found: dict[str, Any]) -> str:
    """A contest as text: surprise by head, worth of choosing, and what is more than by boosting; and the curves."""
    lines = []
    for where, rows in found["judged"].items():
        lines += [
            "",
            f"{where}: surprise (nats) by head; nats less than boosting; worth of choosing, more than boosting",
        ]
        for name, row in rows.items():
            told = f"{_span(row['nats_less'])}  {row['worth']:.2f} {_span(row['worth_more'])}"
            lines.append(f"  {name:10}{_heads(row['surprise'])}  {told}")
    for name, points in found["curve"].items():
        lines += ["", f"{name}: outcomes grown on, and surprise in other bins and on families never seen"]
        lines += [
            f"  {point['outcomes']:6}  {_heads(point['other bins'])}  {_heads(point['never seen'])}" for point in points
        ]
    return "\n".join(lines)


def _heads(found: Mapping[str, float]) -> str:
    return " ".join(f"{name} {value:.3f}" for name, value in found.items())


def _span(figures: tuple[float, float, float]) -> str:
    mean, low, high = figures
    return f"{mean:+.3f} ({low:+.3f} to {high:+.3f})"
