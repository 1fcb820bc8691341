"""Which part of what is seen is which item's: `python -m benchmarks segmentation DIR [--weights FILE]`.

DIR: looks, as `python -m training.segmentation.generate` writes them. By geometry and as learned: recall, the share of
true items with 1.6 cm2 in sight that are found with an intersection over union of 0.5; false, found items that are no
true one, per true one; whole, the calibration error of the odds that a found item overlaps a true one to 80%. `never
seen`: looks at families that nothing is trained on. Intervals are over bins and tables.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from perception.segmentation.find_items import by_geometry
from perception.segmentation.learned import SHIPPED, LearnedSegmentation, SegmentationWeights
from perception.segmentation.partition import Segmentation
from sim.suites import SUITES
from training.completion.score import calibration_error
from training.segmentation.looks import Look, read_looks
from training.segmentation.merging import asked, both_ways, judged_pairs
from training.segmentation.score import FOUND, WHOLE, Found, compared
from training.split import UNSEEN

DRAWS = 1000
LEAST = (0.0, 0.1, 0.2, 0.3, 0.5)  # odds
Figures = tuple[float, float]  # recall, and false items per true one


@dataclass(frozen=True)
class Row:
    """What each segmentation found of a look."""

    place: str
    number: int
    views: str
    color: bool
    never: bool
    found: Mapping[str, Found]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--weights", type=Path, default=SHIPPED, help="of the learned one, where there is such a file")
    parser.add_argument("--every", type=int, default=1, help="judge one of so many looks")
    options = parser.parse_args()
    ways: dict[str, Segmentation] = {"geometry": by_geometry}
    if options.weights.exists():
        ways["learned"] = LearnedSegmentation(SegmentationWeights.read(options.weights))
    rows, seconds = judged(options.folder, ways, options.every)
    report(rows, list(ways))
    for name in ways:
        print(f"{name}: {1e3 * np.median(seconds[name]):.0f} ms of processor time a look (median), "
              f"{1e3 * np.percentile(seconds[name], 95):.0f} (p95)")  # fmt: skip
        families(rows, name)
        doubted(rows, name)
    if options.weights.exists():
        pairs = [judged_pairs(SegmentationWeights.read(options.weights), look) for look in read_looks([options.folder])]
        odds, same = (np.concatenate(column) for column in zip(*pairs))
        print(f"learned odds that two patches are one: {len(odds)} pairs, off by {calibration_error(odds, same):.3f}")


def judged(
    folder: Path, ways: Mapping[str, Segmentation], every: int
) -> tuple[list[Row], dict[str, list[float]]]:  # fmt: skip
    """Rows of the looks in a folder, with colour and without, and the seconds that each way took."""
    rows, seconds = [], defaultdict[str, list[float]](list)
    for number, look in enumerate(both_ways(read_looks([folder]))):
        if number % every or not look.foreground.any():
            continue
        found = {}
        for name, way in ways.items():
            began = time.process_time()
            partition = way(*asked(look))
            seconds[name].append(time.process_time() - began)
            found[name] = compared(look, partition)
        rows.append(_row(look, found))
        print(f"\r{number + 1} looks", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows, seconds


def _row(look: Look, found: Mapping[str, Found]) -> Row:
    never = set(look.families) <= set(SUITES[UNSEEN])
    return Row(look.place, look.number, "one view" if look.views == 1 else "more", look.color, never, found)


def report(rows: Sequence[Row], names: Sequence[str]) -> None:
    """Figures of each kind of look, and what the last way gains over the first."""
    groups = defaultdict[str, list[Row]](list)
    for row in rows:
        who = "never seen" if row.never else "others"
        groups[f"{row.place}, {row.views}, {'colour' if row.color else 'depth'}, {who}"].append(row)
        groups[f"{row.place}, {row.views}, {'colour' if row.color else 'depth'}"].append(row)
        groups["all"].append(row)
    print(f"{'':38}{'items':>6}" + "".join(f"{name:>10}{'false':>7}{'whole':>7}" for name in names))
    for title, some in sorted(groups.items()):
        items = sum(len(row.found[names[0]].iou) for row in some)
        print(f"{title:38}{items:6}" + "".join(_figures(some, name) for name in names) + _gain(some, names))


def _figures(rows: Sequence[Row], name: str) -> str:
    found = [row.found[name] for row in rows]
    recall, false = figures(rows, name)
    error = calibration_error(
        *(np.concatenate(column) for column in zip(*((f.whole, f.overlap > WHOLE) for f in found)))
    )
    return f"{recall:10.3f}{false:7.3f}{error:7.3f}"


def figures(rows: Sequence[Row], name: str) -> Figures:
    """Of one way in some looks."""
    found = [row.found[name] for row in rows]
    true = max(sum(len(one.iou) for one in found), 1)
    return sum(int((one.iou > FOUND).sum()) for one in found) / true, sum(int((~one.hit).sum()) for one in found) / true


def _gain(rows: Sequence[Row], names: Sequence[str]) -> str:
    """Recall that the last way gains over the first, and false items, with intervals over bins and tables."""
    if len(names) < 2:
        return ""
    of = defaultdict[tuple[str, int], list[Row]](list)
    for row in rows:
        of[row.place, row.number].append(row)
    bins, rng = list(of.values()), np.random.default_rng(0)
    sums = np.array([[_sums(some, name) for name in (names[0], names[-1])] for some in bins])  # (bins, 2, 3)
    draws = rng.integers(0, len(bins), (DRAWS, len(bins)))
    told = []
    for at, word in ((1, "recall"), (2, "false")):
        gains = [_gained(sums[draw], at) for draw in draws]
        low, high = np.percentile(gains, (2.5, 97.5))
        told.append(f"{word} {_gained(sums, at):+.3f} ({low:+.3f} to {high:+.3f})")
    return "   " + ", ".join(told)


def _sums(rows: Sequence[Row], name: str) -> tuple[int, float, float]:
    true = sum(len(row.found[name].iou) for row in rows)
    recall, false = figures(rows, name)
    return true, recall * max(true, 1), false * max(true, 1)


def _gained(sums: np.ndarray, at: int) -> float:
    total = sums.sum(axis=0)
    return float((total[1, at] - total[0, at]) / max(total[0, 0], 1))


def families(rows: Sequence[Row], name: str) -> None:
    """Recall by family."""
    found = defaultdict[str, list[bool]](list)
    for row in rows:
        for family, iou in zip(row.found[name].family, row.found[name].iou):
            found[str(family)].append(bool(iou > FOUND))
    print("   " + ", ".join(f"{family} {np.mean(values):.2f}" for family, values in sorted(found.items())))


def doubted(rows: Sequence[Row], name: str) -> None:
    """Recall, and false items per true one, of what is told to be whole with some odds at least."""
    found = [row.found[name] for row in rows]
    true, told = sum(len(one.iou) for one in found), []
    for least in LEAST:
        hits = sum(int(((one.iou > FOUND) & (one.told >= least)).sum()) for one in found)
        false = sum(int((~one.hit & (one.whole >= least)).sum()) for one in found)
        told.append(f"{least}: {hits / true:.3f} and {false / true:.3f}")
    print("   recall and false items of what is whole at " + ", ".join(told))


if __name__ == "__main__":
    main()
