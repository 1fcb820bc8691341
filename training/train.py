"""From a folder of outcomes to weights and their card."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from grasping.quality.learned import SHIPPED
from training.believed import believed_now
from training.boost import fit
from training.card import card, write_card
from training.curve import curve
from training.item_effects import item_effects
from training.outcomes import read_all
from training.split import split


def train(outcomes: Path, out: Path, seed: int) -> tuple[Path, dict[str, Any]]:
    """Fit, judge and write; the file of weights, and its card.

    Raises:
        ShardError, FamilyError, TrainingError: what is wrong with the outcomes.
    """
    rows = read_all(outcomes)
    rows["believed"] = believed_now(rows)
    parts = split(rows, seed)
    weights, checked = fit(rows, parts, seed)
    out.mkdir(parents=True, exist_ok=True)
    weights.save(out / SHIPPED)
    shared = item_effects(rows, checked, parts.known, seed)
    made = card(rows, parts, weights, checked, curve(rows, parts, seed), shared, seed)
    write_card(out, made)
    return out / SHIPPED, made
