"""Train the belief that an item has covers that open: `python -m benchmarks train_books [--bins N] [--jobs J]`.

Bins of all suites, full and nearly empty, are seen by all cameras and by one; what is found of an item is labelled by
the item that most of it is. Boosted trees are judged, and calibrated, in bins that they were not grown on, beside what
was believed before; families of the suite `unseen` are never grown on. Writes grasping/beliefs/data.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.support.book_looks import look
from grasping.beliefs.books import CLUES, path, write
from grasping.trees import Trees
from perception.pose import Array
from sim.suites import SUITES
from sim.workers.pool import run_pool
from training.boost import added, calibration, constant
from training.card import write_card
from training.metrics import score
from training.split import FOLDS, UNSEEN, Mask

BOOKS = (b"hardcover", b"paperback")
SURE = 1e-3  # nothing is believed to be less likely than this where surprise is told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bins", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--looks", type=Path, default=Path("out/books"), help="what was seen; a second run goes on")
    parser.add_argument("--out", type=Path, default=path().parent, help="folder of weights and card")
    options = parser.parse_args()
    for folder in (options.looks, options.out):
        folder.mkdir(parents=True, exist_ok=True)
    tasks = [(options.looks / f"{number:04d}.npy", number) for number in range(options.bins)]
    missing = [task for task in tasks if not task[0].exists()]
    run_pool(look, missing, options.jobs, lambda index, found: print(f"{missing[index][0].name}: {found}", flush=True))
    trees, card = trained(np.concatenate([np.load(file) for file, _ in tasks if file.exists()]))
    write(trees, options.out / path().name)
    write_card(options.out, card)
    print(table(card))


def trained(rows: NDArray[np.void]) -> tuple[Trees, dict[str, Any]]:
    """Calibrated trees from what was seen (N,), and their card."""
    x, label = rows["clues"], np.isin(rows["family"], BOOKS)
    strange = np.isin(rows["family"], [name.encode() for name in SUITES[UNSEEN]])
    fold, known = rows["bin"] // len(SUITES) % FOLDS, ~strange  # all suites in each
    grow = lambda some: added(constant(label[some]), x[some], label[some], 0)
    whole, margin = grow(known), np.zeros(len(rows))
    margin[strange] = whole.raw(x[strange])
    for number in range(FOLDS):
        judged = known & (fold == number)
        margin[judged] = grow(known & (fold != number)).raw(x[judged])
    (scale,), shift = calibration(margin[known][None], label[known])
    odds = 1 / (1 + np.exp(-(scale * margin + shift)))
    groups = {"other bins": known, "never seen": strange}
    one = rows["views"] == 1
    groups |= {"other bins, one view": known & one, "other bins, all views": known & ~one}
    card = {
        "clues": list(CLUES),
        "items": int(known.sum()),
        "bins": len(np.unique(rows["bin"][known])),
        "books": float(label[known].mean()),
        "judged": {name: judged_by(odds, rows["before"], label, mask) for name, mask in groups.items()},
        "limits": "Of simulated books, whose leaves are paler than covers; prints of other kinds may look like leaves.",
    }
    return replace(whole, scale=float(scale), shift=shift), card


def judged_by(odds: Array, before: Array, label: Mask, mask: Mask) -> dict[str, Any]:
    """Scores of new odds and of those before, (N,), under a mask, and how surprised each is, in nats an item."""
    told: dict[str, Any] = {}
    for name, some in (("now", odds), ("before", before)):
        sure = np.clip(some[mask], SURE, 1 - SURE)
        nats = -np.mean(np.log(np.where(label[mask], sure, 1 - sure)))
        told[name] = asdict(score(some[mask], label[mask])) | {"nats": float(nats)}
    return told


def table(card: dict[str, Any]) -> str:
    """The card as text."""
    lines = [f"{card['items']} items of {card['bins']} bins, {card['books']:.0%} books"]
    lines += [f"{'':24}{'n':>6}{'Brier':>8}{'before':>8}{'ECE':>8}{'before':>8}{'nats':>8}{'before':>8}"]
    for name, told in card["judged"].items():
        figures = [told[when][key] for key in ("brier", "ece", "nats") for when in ("now", "before")]
        lines.append(f"{name:24}{told['now']['count']:6}" + "".join(f"{figure:8.3f}" for figure in figures))
    return "\n".join(lines)


if __name__ == "__main__":
    main()
