"""Train what looks tell of items: `python -m benchmarks train_looks [--bins N] [--jobs J]`.

Bins of all suites, full and nearly empty, are seen by all cameras and by one; what is found of an item is labelled by
the item that most of it is: whether it opens, on which side its spine is, its mass, and how far off its middle is. What
is learned is judged, and calibrated, in bins that it was not grown on; families of the suite `unseen` are never grown
on. Writes grasping/beliefs/data.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.support.item_looks import look
from grasping.beliefs.clues import ASIDE, CLUES, SHAPE
from grasping.beliefs.looks import LEAST_OFF, LEAST_SPREAD, NORMAL, matter, path, write
from grasping.beliefs.spine_side import SIDE_CLUES
from grasping.skills.swing import LEAST_SPINE
from grasping.trees import Trees
from perception.pose import Array
from sim.suites import SUITES
from sim.workers.pool import run_pool
from training.boost import added, calibration, constant
from training.card import write_card
from training.metrics import score
from training.regress import regressed
from training.split import FOLDS, UNSEEN, Mask

BOOKS = (b"hardcover", b"paperback")
CARD = b"paperback"  # of which the covers are card
SURE = 1e-3  # nothing is believed to be less likely than this where surprise is told
NINETY_FIVE = 1.96  # standard deviations within which 95% of what is normal lies
Grow = Callable[[Mask], Trees]  # on some rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bins", type=int, default=600)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--looks", type=Path, default=Path("out/looks"), help="what was seen; a second run goes on")
    parser.add_argument("--out", type=Path, default=path().parent, help="folder of weights and card")
    options = parser.parse_args()
    for folder in (options.looks, options.out):
        folder.mkdir(parents=True, exist_ok=True)
    tasks = [(options.looks / f"{number:04d}.npy", number) for number in range(options.bins)]
    missing = [task for task in tasks if not task[0].exists()]
    run_pool(look, missing, options.jobs, lambda index, found: print(f"{missing[index][0].name}: {found}", flush=True))
    heads, card = trained(np.concatenate([np.load(file) for file, _ in tasks if file.exists()]))
    write(heads, options.out / path().name)
    write_card(options.out, card)
    print(table(card))


def trained(rows: NDArray[np.void]) -> tuple[dict[str, Trees], dict[str, Any]]:
    """What was learned of each head from what was seen (N,), and the card of it."""
    x, opens, mass = rows["clues"], np.isin(rows["family"], BOOKS), np.log(rows["mass"])
    known = ~np.isin(rows["family"], [name.encode() for name in SUITES[UNSEEN]])
    fold = rows["bin"] // len(SUITES) % FOLDS  # all suites in each
    trees, margin = crossed(lambda some: added(constant(opens[some]), x[some], opens[some], 0), x, known, fold)
    (scale,), shift = calibration(margin[known][None], opens[known])
    heads = {"opens": replace(trees, scale=float(scale), shift=shift)}
    odds = 1 / (1 + np.exp(-(scale * margin + shift)))
    form, card, covers = x[:, :SHAPE], rows["family"] == CARD, known & opens
    trees, told = crossed(lambda some: added(constant(card[some]), form[some], card[some], 0), form, covers, fold)
    (by,), off = calibration(told[covers][None], card[covers])
    heads["card"] = replace(trees, scale=float(by), shift=off)
    of_card = 1 / (1 + np.exp(-(by * told + off)))
    heads["spine"], of_spine = spines(rows, covers & rows["lies"], fold)
    about = matter(x, scale * margin + shift)
    heads["mass"], told = crossed(lambda some: regressed(about[some], mass[some], 0, line=1), about, known, fold)
    error, to_side = np.abs(mass - told), (rows["off"] * rows["way"]).sum(axis=1)
    heads["doubt"], doubt = crossed(lambda some: regressed(about[some], error[some], 0), about, known, fold)
    side = x[:, ASIDE : ASIDE + 1]
    heads["aside"], aside = crossed(lambda some: share(side[some], to_side[some]), side, known, fold)
    distance = np.linalg.norm(rows["off"] - aside[:, None] * rows["way"], axis=1)
    heads["off"], off = crossed(lambda some: regressed(about[some], distance[some], 0), about, known, fold)
    spread, off = np.maximum(NORMAL * doubt, LEAST_SPREAD), np.maximum(off, LEAST_OFF)
    one = rows["views"] == 1
    groups = {
        "other bins": known,
        "other bins, one view": known & one,
        "other bins, all views": known & ~one,
        "books": known & opens,
        "never seen": ~known,
    }
    judged = {
        name: {
            "items": int(mask.sum()),
            "opens": judged_odds(odds[mask], opens[mask]),
            **judged_books(mask & opens, of_card, card, of_spine, rows),
            "mass": judged_number((mass - told)[mask], spread[mask]),
            "off": {
                "told": float(off[mask].mean()),
                "true": float(distance[mask].mean()),
                "centroid": float(np.linalg.norm(rows["off"][mask], axis=1).mean()),
            },
        }
        for name, mask in groups.items()
    }
    bins = len(np.unique(rows["bin"][known]))
    limits = "Of simulated goods; what is denser or lighter than all of these, or has other leaves, is told wrongly."
    card = {"clues": list(CLUES), "bins": bins, "books": float(opens[known].mean()), "judged": judged, "limits": limits}
    return heads, card


def spines(rows: NDArray[np.void], lying: Mask, fold: NDArray[np.int64]) -> tuple[Trees, Array]:
    """What tells spines, learned of `lying` books, and what is told of the sides of all rows, shape (N, 4)."""
    x, label = rows["sides"].reshape(-1, len(SIDE_CLUES)), rows["spine"].ravel()
    counts = np.repeat(lying, 4)
    grow = lambda some: added(constant(label[some]), x[some], label[some], 0)
    trees, margin = crossed(grow, x, counts, np.repeat(fold, 4))
    (scale,), shift = calibration(margin[counts][None], label[counts])
    odds = 1 / (1 + np.exp(-(scale * margin + shift)))
    return replace(trees, scale=float(scale), shift=shift), odds.reshape(-1, 4)


def judged_books(books: Mask, of_card: Array, card: Mask, of_spine: Array, rows: NDArray[np.void]) -> dict[str, Any]:
    """Scores of what is told of some books: of what their covers are, and where the spines of those are that lie."""
    lying = books & rows["lies"]
    if not lying.any():
        return {}
    best = of_spine[lying].argmax(axis=1)
    found, right = of_spine[lying].max(axis=1), rows["spine"][lying][np.arange(len(best)), best]
    sure = found > LEAST_SPINE
    tried = {"lying": int(lying.sum()), "tried": int(sure.sum()), "right": float(right[sure].mean())}
    spine = judged_odds(of_spine[lying].ravel(), rows["spine"][lying].ravel()) | tried
    return {"card": judged_odds(of_card[books], card[books]), "spine": spine}


def crossed(grow: Grow, x: Array, known: Mask, fold: NDArray[np.int64]) -> tuple[Trees, Array]:
    """Trees grown on all known rows, and what is told of each row (N,) by trees grown without its bin."""
    whole = grow(known)
    told = whole.raw(x)
    for number in range(FOLDS):
        judged = known & (fold == number)
        told[judged] = grow(known & (fold != number)).raw(x[judged])
    return whole, told


def share(x: Array, y: Array) -> Trees:
    """What tells y (N,) as a share of x (N, 1). No trees: learned of some families, they mislead of others."""
    none = np.zeros(0)
    return Trees(none, none, none, none, none, none, 0.0, np.linalg.lstsq(x, y, rcond=None)[0])


def judged_odds(odds: Array, label: Mask) -> dict[str, Any]:
    """Scores of odds (N,), and how surprised they are, in nats an item."""
    sure = np.clip(odds, SURE, 1 - SURE)
    nats = -np.mean(np.log(np.where(label, sure, 1 - sure)))
    return asdict(score(odds, label)) | {"nats": float(nats)}


def judged_number(error: Array, spread: Array) -> dict[str, float]:
    """Of a number by its errors (N,) and the believed spread of these: root mean square, bias, share beyond the 95%
    interval, and surprise in nats, less that of a number which is normal and known to 1.
    """
    z = error / spread
    return {
        "rms": float(np.sqrt((error**2).mean())),
        "bias": float(error.mean()),
        "beyond": float((np.abs(z) > NINETY_FIVE).mean()),
        "nats": float(np.mean(np.log(spread) + (z**2 - 1) / 2)),
    }


def table(card: dict[str, Any]) -> str:
    """The card as text."""
    lines = [f"{card['bins']} bins, {card['books']:.0%} books; errors of masses are of their natural logarithm"]
    lines += [f"{'':24}{'n':>6}{'opens: ECE':>12}{'nats':>7}{'mass: rms':>11}{'bias':>7}{'>95%':>7}{'nats':>7}"
              f"{'off: told':>11}{'true':>8}{'centroid':>11}"]  # fmt: skip
    for name, told in card["judged"].items():
        opens, mass, off = told["opens"], told["mass"], told["off"]
        lines.append(
            f"{name:24}{told['items']:6}{opens['ece']:12.3f}{opens['nats']:7.3f}{mass['rms']:11.2f}{mass['bias']:+7.2f}"
            f"{mass['beyond']:7.1%}{mass['nats']:7.2f}{1e3 * off['told']:8.1f} mm{1e3 * off['true']:5.1f} mm"
            f"{1e3 * off['centroid']:8.1f} mm"
        )
    spine = card["judged"]["books"]["spine"]
    lines.append(
        f"spines: {spine['right']:.0%} right of {spine['tried']} believed enough, of {spine['lying']} lying books; "
        f"ECE {spine['ece']:.3f}, {spine['nats']:.3f} nats a side"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
