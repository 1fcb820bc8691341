"""The card of a file of weights: what it was made of, how, how good it is, and what is not known of it."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grasping.quality.learned import Weights, learned_odds
from grasping.tools import Tool
from perception.pose import Array
from training.metrics import advantage, chosen, scores
from training.split import Split

LIMITS = (
    "Outcomes of a simulated free-flying tool that lifts and carries, not of an arm that places.",
    "A damage probability is one where the item was acquired; what a miss damages is not in it.",
    "Never active by itself: a policy is chosen by whoever makes a stack.",
)


def odds_of(weights: Weights, outcomes: NDArray[np.void]) -> Array:
    """Learned odds of outcomes, shape (N, 4)."""
    odds = np.zeros((len(outcomes), 4))
    for tool in Tool:
        own = outcomes["tool"] == tool.value.encode()
        odds[own] = learned_odds(weights, tool, outcomes["features"][own], outcomes["believed"][own])
    return odds


def card(outcomes: NDArray[np.void], parts: Split, weights: Weights, seed: int) -> dict[str, Any]:
    """Everything that a user of the weights should know, as JSON data."""
    learned, believed = odds_of(weights, outcomes), outcomes["believed"]
    judged: dict[str, Any] = {}
    masks = {"judged": parts.judged, "never_seen": parts.unseen}
    masks |= {f"judged, views {v}": parts.judged & (outcomes["views"] == v) for v in np.unique(outcomes["views"])}
    for name, mask in masks.items():
        judged[name] = {
            "learned": {key: asdict(value) for key, value in scores(outcomes, learned, mask).items()},
            "contact": {key: asdict(value) for key, value in scores(outcomes, believed, mask).items()},
            "chosen_by_learned": asdict(chosen(outcomes, learned, mask)),
            "chosen_by_contact": asdict(chosen(outcomes, believed, mask)),
            "advantage_of_learned": advantage(outcomes, learned, believed, mask, seed),
        }
    card = {
        "outcomes": len(outcomes),
        "outcomes_sha256": hashlib.sha256(outcomes.tobytes()).hexdigest(),
        "grown": int(parts.grown.sum()),
        "calibrated": int(parts.calibrated.sum()),
        "judged": int(parts.judged.sum()),
        "never_seen_families": list(parts.families),
        "seed": seed,
        "metrics": judged,
        "limits": list(LIMITS),
    }
    return dict(finite(card))


def write_card(folder: Path, made: dict[str, Any]) -> Path:
    """Write `card.json` under a temporary name, then rename it."""
    path, draft = folder / "card.json", folder / "card.json.tmp"
    draft.write_text(json.dumps(made, indent=1) + "\n")
    draft.replace(path)
    return path


def table(made: dict[str, Any]) -> str:
    """The scores as text: Brier and calibration error, learned and by contact mechanics."""
    lines = [f"{'':28}{'n':>6}{'happened':>10}{'Brier':>8}{'contact':>9}{'ECE':>8}{'contact':>9}"]
    for part, found in made["metrics"].items():
        for name, mine in found["learned"].items():
            theirs = found["contact"][name]
            figures = f"{mine['brier']:8.3f}{theirs['brier']:9.3f}{mine['ece']:8.3f}{theirs['ece']:9.3f}"
            lines.append(f"{part[:9]:10}{name:18}{mine['count']:6}{mine['happened']:10.2f}{figures}")
        by = {who: found[f"chosen_by_{who}"] for who in ("learned", "contact")}
        if by["learned"]["looks"]:
            mean, low, high = found["advantage_of_learned"]
            told = ", ".join(f"{who} {one['success']:.0%} (regret {one['regret']:.2f})" for who, one in by.items())
            lines.append(
                f"{part}: {by['learned']['looks']} looks, {told}; worth {mean:+.2f} ({low:+.2f} to {high:+.2f})"
            )
    return "\n".join(lines)


def finite(value: Any) -> Any:
    """JSON data without what JSON does not know."""
    if isinstance(value, dict):
        return {str(key): finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
