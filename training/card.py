"""The card of a file of weights: what it was made of, how, how good it is, and what is not known of it."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from grasping.quality.learned import Weights, tip_odds, whole_odds
from grasping.tools import DualTool, Tool
from handpick.recording.plain import to_plain
from perception.pose import Array
from training.boost import TIP
from training.item_effects import Shared
from training.metrics import looks_of, policies, scores
from training.split import Split

LIMITS = (
    "Outcomes of a simulated free-flying tool that lifts and carries, not of an arm that places.",
    "Of one cup and one gripper, as DualTool has them, and of the families that are named.",
    "What is tipped first is learned only from 300 tries on; contact mechanics judges it else.",
)


def odds_of(weights: Weights, outcomes: NDArray[np.void]) -> Array:
    """Learned odds of outcomes, shape (N, 4)."""
    odds, tips = np.zeros((len(outcomes), 4)), outcomes["skill"] == TIP
    known = lambda own: (outcomes[name][own] for name in ("features", "views", "believed"))
    for tool in Tool:
        own = (outcomes["tool"] == tool.value.encode()) & ~tips
        odds[own] = whole_odds(weights, tool, *known(own))
    odds[tips] = tip_odds(weights, *known(tips))
    return odds


def tool_digest(tool: DualTool | None = None) -> str:
    """SHA-256 of what a cup and gripper are; of the standard ones, which try grasps in simulated bins, if None."""
    told = json.dumps(to_plain(tool or DualTool()), sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def card(
    outcomes: NDArray[np.void], parts: Split, weights: Weights, checked: Array, curve: list[dict[str, Any]],
    shared: dict[str, Shared], seed: int, bins: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    """Everything that a user of the weights should know, as JSON data.

    Args:
        checked: odds (N, 4) of known outcomes by weights that had not seen their bins.
        curve: as `training.curve.curve` makes it. shared: what tries of an item share.
        bins: names of all bins, by their numbers.
    """
    learned = np.where(parts.known[:, None], checked, odds_of(weights, outcomes))
    judged: dict[str, Any] = {}
    for group, rows in {"other bins": parts.known, "never seen": parts.unseen}.items():
        views = {f"{group}, {v} view{'s' * (v > 1)}": rows & (outcomes["views"] == v) for v in (1, 4)}
        for name, mask in {group: rows, **views}.items():
            if mask.any():
                judged[name] = _judged(outcomes, learned, mask, seed)
    families = sorted({name.decode() for name in outcomes["family"][parts.known] if name})
    made = {
        "outcomes": len(outcomes),
        "outcomes_sha256": hashlib.sha256(outcomes.tobytes()).hexdigest(),
        "known": int(parts.known.sum()),
        "known_bins": len(np.unique(outcomes["bin"][parts.known])),
        "trained_on": [bins[number] for number in np.unique(outcomes["bin"][parts.known])],
        "tool_sha256": tool_digest(),
        "known_families": families,
        "unseen": int(parts.unseen.sum()),
        "never_seen_families": list(parts.families),
        "seed": seed,
        "metrics": judged,
        "curve": curve,
        "item_effects": {event: asdict(found) for event, found in shared.items()},
        "limits": list(LIMITS),
    }
    return dict(finite(made))


def _judged(outcomes: NDArray[np.void], learned: Array, mask: NDArray[np.bool_], seed: int) -> dict[str, Any]:
    return {
        "looks": len(looks_of(outcomes, mask)),
        "learned": {key: asdict(value) for key, value in scores(outcomes, learned, mask).items()},
        "analytic": {key: asdict(value) for key, value in scores(outcomes, outcomes["believed"], mask).items()},
        "policies": {key: asdict(value) for key, value in policies(outcomes, learned, mask, seed).items()},
    }


def write_card(folder: Path, made: dict[str, Any]) -> Path:
    """Write `card.json` under a temporary name, then rename it."""
    path, draft = folder / "card.json", folder / "card.json.tmp"
    draft.write_text(json.dumps(made, indent=1) + "\n")
    draft.replace(path)
    return path


def table(made: dict[str, Any]) -> str:
    """The card as text: scores, what each policy brings, and the curve."""
    lines = []
    for part, found in made["metrics"].items():
        lines += ["", f"{part:28}{'n':>6}{'happened':>10}{'Brier':>8}{'analytic':>9}{'ECE':>8}{'analytic':>9}"]
        for name, mine in found["learned"].items():
            theirs = found["analytic"][name]
            figures = f"{mine['brier']:8.3f}{theirs['brier']:9.3f}{mine['ece']:8.3f}{theirs['ece']:9.3f}"
            lines.append(f"  {name:26}{mine['count']:6}{mine['happened']:10.2f}{figures}")
        lines.append(f"  choosing in {found['looks']} looks  placed undamaged, damaged, worth, regret; learned brings")
        for name, one in found["policies"].items():
            mean, low, high = one["learned_more"]
            told = f"{one['success']:6.0%}{one['damaged']:8.0%}{one['worth']:8.2f}{one['regret']:8.2f}"
            lines.append(f"  {name:16}{told}   {mean:+.2f} ({low:+.2f} to {high:+.2f})")
    lines += ["", "outcomes grown on, and surprise (nats) by head in other bins and on families never seen"]
    lines += [
        f"  {point['outcomes']:6}  {_heads(point['other bins'])}  {_heads(point['never seen'])}"
        for point in made["curve"]
    ]
    lines += [
        "",
        "variances of what tries of an item share (grasping/quality/rates.py), and nats a try that they explain",
    ]
    for event, found in made["item_effects"].items():
        told = ", ".join(f"{name} {value:.2f}" for name, value in found["effects"].items())
        lines.append(f"  {event:8} {told}; {found['nats']:.3f} nats")
    return "\n".join(lines)


def _heads(found: dict[str, float]) -> str:
    return " ".join(f"{name} {value:.3f}" for name, value in found.items())


def finite(value: Any) -> Any:
    """JSON data without what JSON does not know."""
    if isinstance(value, dict):
        return {str(key): finite(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
