"""How often a catalogue with look-alikes knows which item it sees, in bins that it has never seen.

python -m benchmarks identity [--items 1000] [--absent 0.13] [--seed 0] [--head FILE]

A catalogue is made of rendered pictures of single items, 1 to 50 of each; then items are poured into bins with physics,
some of them not in the catalogue, and photographed by the cell's four cameras with their noise. Items are cut out by
their true outlines, ragged by a pixel or so: what perception's own outlines add to the errors is not measured here.
Extents are measured in the noisy depth images.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator

from benchmarks.support.identity_cases import Asked, Gathered, gather
from perception.identity.answer import Answer, Calibration, Level, answer
from perception.identity.belief import weighed
from perception.identity.calibrate import SCALES, calibrate
from perception.identity.encoder import Encoder, Vectors, shipped
from perception.identity.gallery import Gallery, gallery_of
from perception.identity.text import Words
from perception.identity.together import Seen, answers
from perception.pose import Array

FEW = 3  # pictures
WORST = 0.15  # share of the queries that is refused
BY_SIZE, LISTED = "and size", "and manifest, 5% wrong"
WRITTEN, WRITTEN_LISTED = "and size and text", "and size, manifest and text"


@dataclass(frozen=True, eq=False)
class Query:
    """An item that is asked for, its views as vectors, and the words on them."""

    item: Asked
    views: Vectors
    read: tuple[Words, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--absent", type=float, default=0.13, help="share of the items that the catalogue lacks")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--head", type=Path, help="of another encoder than the one that is shipped")
    parser.add_argument("--keep", type=Path, help="an .npz of the features: written, or read where it is there")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    rng = np.random.default_rng(arguments.seed)
    encoder = shipped() if arguments.head is None else Encoder.load(arguments.head)
    if arguments.keep is not None and arguments.keep.exists():
        gathered = Gathered.load(arguments.keep)
    else:
        gathered = gather(arguments.items, arguments.absent, rng)
        if arguments.keep is not None:
            gathered.save(arguments.keep)
    clean, poor = (encoder.project(gathered.seen[:, k]) for k in (0, 1))
    gallery = gallery_of(gathered.items, clean, poor, gathered.names, *zip(*gathered.words))
    print(f"{len(gallery.items)} items, {len(gallery.item)} pictures; model {encoder.model}")
    print(f"{len(gathered.asked)} items seen in bins, {gathered.hidden} hidden or refused")
    ends = np.cumsum([one.views for one in gathered.asked])
    views = np.split(encoder.project(gathered.views), ends[:-1])
    read = [gathered.read[end - one.views : end] for end, one in zip(ends, gathered.asked)]
    queries = [Query(one, *own) for one, *own in zip(gathered.asked, views, read)]
    report(gallery, calibrate(gallery, rng), queries, rng)


def ways(gallery: Gallery, calibration: Calibration, rng: Generator) -> dict[str, Callable[[Query], Answer]]:
    """What may be told beside the views, by the names of the table's rows."""
    ask = lambda query, **told: answer(gallery, calibration, query.views, **told)
    size, listed = (lambda q: {"size": q.item.size}), (lambda q: {"size": q.item.size, "manifest": q.item.manifest})
    found: dict[str, Callable[[Query], Answer]] = {
        "by look alone": lambda q: ask(q),
        "and text": lambda q: ask(q, read=q.read),
        BY_SIZE: lambda q: ask(q, **size(q)),
        WRITTEN: lambda q: ask(q, **size(q), read=q.read),
        LISTED: lambda q: ask(q, **listed(q)),
        WRITTEN_LISTED: lambda q: ask(q, **listed(q), read=q.read),
    }
    for told, name in ((size, BY_SIZE), (listed, "and manifest")):
        for error in SCALES:
            found[f"{name} and weight to {1e3 * error:.0f} g"] = lambda q, told=told, error=error: ask(
                q, **told(q), weight=weighed(q.item.mass, error, rng)
            )
    return found


def report(gallery: Gallery, calibration: Calibration, queries: Sequence[Query], rng: Generator) -> None:
    names = {item.name for item in gallery.items}
    known = [query for query in queries if query.item.name in names]
    unknown = [query for query in queries if query.item.name not in names]
    counts = dict(zip((item.name for item in gallery.items), np.bincount(gallery.item)))
    few, four = (np.array(column) for column in zip(*((counts[q.item.name] <= FEW, len(q.views) == 4) for q in known)))
    found = {
        name: ([ask(query) for query in known], [ask(query) for query in unknown])
        for name, ask in ways(gallery, calibration, rng).items()
    }
    for name, text in (("of one bin together", False), ("of one bin together, and text", True)):
        together = told_together(gallery, calibration, [*known, *unknown], text)
        found[name] = together[: len(known)], together[len(known) :]
    print(f"\n{len(known)} known and {len(unknown)} unknown items asked; {int(few.sum())} of {FEW} pictures or fewer")
    print(f"{'':34}{'top-1':>8}{f'<= {FEW}':>8}{'of 4 views':>12}{'AUROC':>8}")
    for name, (own, new) in found.items():
        right = np.array([one.likely[0][0] == query.item.name for one, query in zip(own, known)])
        told = auroc(*(np.array([one.known for one in some]) for some in (own, new)))
        print(f"{name:34}{right.mean():8.1%}{right[few].mean():8.1%}{right[four].mean():12.1%}{told:8.2f}")
    print("AUROC: of telling what is in the catalogue from what is not, by confidence")
    for name in (BY_SIZE, WRITTEN, LISTED, WRITTEN_LISTED):
        print(f"\nanswers given, {name.removeprefix('and ')}: {emitted(*found[name], known, unknown)}")
    by_size = found[WRITTEN][0]
    wrong = np.array([one.likely[0][0] != query.item.name for one, query in zip(by_size, known)])
    scores = {"pixels seen": [q.item.pixels for q in known], "confidence": [one.known for one in by_size]}
    print()
    for name, score in scores.items():
        kept = score > np.quantile(score, WORST)
        print(f"worst {WORST:.0%} by {name} refused: errors {wrong.mean():.1%} -> {wrong[kept].mean():.1%}")
    by_kind(by_size, known)


def told_together(gallery: Gallery, calibration: Calibration, queries: Sequence[Query], text: bool) -> list[Answer]:
    """What the items of each bin are, told together: those of one bin have one manifest."""
    found: list[Answer | None] = [None] * len(queries)
    for manifest_ in dict.fromkeys(query.item.manifest for query in queries):
        own = [k for k, query in enumerate(queries) if query.item.manifest == manifest_]
        some = [queries[k] for k in own]
        seen = [Seen(one.views, one.item.size, read=one.read if text else None) for one in some]
        for k, one in zip(own, answers(gallery, calibration, seen, manifest_)):
            found[k] = one
    return [one for one in found if one is not None]


def emitted(found: Sequence[Answer], new: Sequence[Answer], known: Sequence[Query], unknown: Sequence[Query]) -> str:
    """Of what levels answers are, and how often they are right; for unknown items their family or kind may be."""
    lines, all_right, given = [], 0, 0
    pairs = [*zip(found, known), *zip(new, unknown)]
    for level in Level:
        own = [(one.given, query) for one, query in pairs if one.given is not None and one.given.level is level]
        right = sum(guess is not None and guess.name == _name(query.item, level) for guess, query in own)
        lines.append(f"  {level.value:8}{len(own) / len(pairs):7.1%} of all, right {right / max(1, len(own)):7.1%}")
        all_right, given = all_right + right, given + len(own)
    lines.append(f"  nothing {1 - given / len(pairs):7.1%}")
    lines.append(f"  right at the level emitted {all_right / max(1, given):.2%} of {given}")
    return "\n" + "\n".join(lines)


def _name(item: Asked, level: Level) -> str:
    return {Level.ITEM: item.name, Level.FAMILY: item.family, Level.KIND: item.kind}[level]


def by_kind(found: Sequence[Answer], known: Sequence[Query]) -> None:
    print("\nwrong, by kind (look, size and text)")
    for kind in sorted({query.item.kind for query in known}):
        own = [(one, query) for one, query in zip(found, known) if query.item.kind == kind]
        wrong = [one for one, query in own if one.likely[0][0] != query.item.name]
        sibling = sum(one.likely[0][0].rpartition("-")[0] == q.item.family for one, q in own if one in wrong)
        print(f"  {kind:14}{len(wrong):4} of {len(own):4}, {sibling} of them a look-alike")


def auroc(known: Array, unknown: Array) -> float:
    """Probability that a known item scores higher than an unknown one."""
    order = np.sort(unknown)
    below = np.searchsorted(order, known, "left") + np.searchsorted(order, known, "right")
    return float(below.mean() / (2 * len(unknown)))


if __name__ == "__main__":
    main()
