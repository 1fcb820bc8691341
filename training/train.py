"""From a folder of outcomes, or from recordings of a site, to weights and their card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grasping.quality.learned import SHIPPED, shipped
from training.adapt import adapted
from training.boost import fit
from training.card import card, write_card
from training.curve import curve
from training.outcomes import read_all
from training.recorded import recorded
from training.site_card import site_card
from training.split import split


def train(outcomes: Path, out: Path, seed: int) -> tuple[Path, dict[str, Any]]:
    """Fit, judge and write; the file of weights, and its card.

    Raises:
        ShardError, FamilyError, TrainingError: what is wrong with the outcomes.
    """
    rows = read_all(outcomes)
    parts = split(rows, seed)
    weights, checked = fit(rows, parts, seed)
    out.mkdir(parents=True, exist_ok=True)
    weights.save(out / SHIPPED)
    made = card(rows, parts, weights, checked, curve(rows, parts, seed), seed)
    write_card(out, made)
    return out / SHIPPED, made


def train_from(recordings: Sequence[Path], out: Path, seed: int) -> tuple[Path | None, dict[str, Any]]:
    """Adapt the shipped weights to recorded picks; the file of weights, and its card.

    No file is written, and None comes back in its place, where they are no better than the shipped ones beyond chance.

    Raises:
        RecordingError: there is no recording, or one holds what Handpick never writes.
        PicksError: too few picks to learn from, or of cells with different tools.
        WeightsError: the shipped weights cannot be used.
    """
    found = recorded(recordings)
    done = adapted(shipped(), found.picks, seed)
    made = site_card(found, done, seed)
    if not done.better:
        return None, made
    out.mkdir(parents=True, exist_ok=True)
    done.weights.save(out / SHIPPED)
    write_card(out, made)
    return out / SHIPPED, made
