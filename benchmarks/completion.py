"""Completed shapes against the truth where nobody saw it: `python -m benchmarks completion DIR [--weights FILE]`.

DIR: scenes, as `handpick generate --scenes` writes them. Of each item that was found, completed by the analytic way and
by a network: `hidden`, the median distance of true surface points that nobody saw from the completed surface; IoU of
the volumes; ECE: how far the confidence of completed points that nobody saw is off from the share of them that lie
within 5 mm of the true surface. `never seen`: the families of the suite that nothing is trained on. Intervals are over
bins.
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

from benchmarks.support.completion_page import Shown, write_page
from perception.completion.complete import Completion, complete
from perception.completion.learned import SHIPPED, LearnedCompletion
from perception.completion.margins import Weights
from sim.suites import SUITES
from training.completion.cases import ITEM, Case, read_cases
from training.completion.generate import VIEWS
from training.completion.score import Hidden, Score, calibration_error, compared
from training.split import UNSEEN

DRAWS = 1000
NEVER, OTHERS, ALL = LAST = "never seen", "other bins", "of all"
SHOWN = 10  # items of the best families, and of the worst


@dataclass(frozen=True)
class Row:
    """A case, its number in the folder, and its scores by completion."""

    family: str
    views: int
    bin: int
    number: int
    scores: Mapping[str, Score]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("--weights", type=Path, default=SHIPPED, help="of the network, where there is such a file")
    parser.add_argument("--every", type=int, default=1, help="judge one of so many items")
    parser.add_argument("--views", type=int, nargs="+", default=list(VIEWS), help="of items seen by so many cameras")
    parser.add_argument("--page", type=Path, help="HTML file with items of the best and of the worst families")
    options = parser.parse_args()
    completions: dict[str, Completion] = {"analytic": complete}
    if options.weights.exists():
        completions["learned"] = LearnedCompletion(Weights.read(options.weights), max(VIEWS))
    rows, seconds = judged(options.folder, completions, options.every, options.views)
    report(rows, list(completions))
    if options.page:
        write_page(options.page, sections(options.folder, rows, completions))
    for name, spent in seconds.items():
        print(f"{name}: {1e3 * np.median(spent):.1f} ms of processor time an item (median)")


def judged(
    folder: Path, completions: Mapping[str, Completion], every: int, views: Sequence[int]
) -> tuple[list[Row], dict[str, list[float]]]:  # fmt: skip
    """Rows of all cases in a folder, and the seconds that each completion took."""
    rows, seconds = [], defaultdict[str, list[float]](list)
    for number, case in enumerate(read_cases([folder])):
        if number % every or case.views not in views:
            continue
        hidden, found = Hidden.of(case, np.random.default_rng(number)), {}
        for name, completion in completions.items():
            began = time.process_time()
            shape = completion(ITEM, case.rows, case.around)
            seconds[name].append(time.process_time() - began)
            if shape is not None:
                found[name] = compared(shape, hidden)
        if len(found) == len(completions):
            rows.append(Row(case.family, case.views, case.bin, number, found))
        print(f"\r{number + 1} items", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return rows, seconds


def sections(
    folder: Path, rows: list[Row], completions: Mapping[str, Completion]
) -> list[tuple[str, list[Shown]]]:  # fmt: skip
    """Items from one view of the families that the last completion makes most of, and least."""
    last, views = list(completions)[-1], min(row.views for row in rows)
    errors = defaultdict[str, list[float]](list)
    for row in rows:
        if row.views == views and np.isfinite(row.scores[last].hidden):
            errors[row.family].append(row.scores[last].hidden)
    ranked = sorted(errors, key=lambda family: float(np.median(errors[family])))
    chosen = {
        f"Best families: {', '.join(ranked[:2])}": ranked[:2],
        f"Worst families: {', '.join(ranked[-2:])}": ranked[-2:],
    }
    found: dict[str, list[Shown]] = {title: [] for title in chosen}
    some = {row.number: row for row in rows if row.views == views}
    for number, case in enumerate(read_cases([folder])):
        for title, families in chosen.items():
            if number in some and case.family in families and len(found[title]) < SHOWN:
                found[title].append(_shown(case, some[number], completions))
    return list(found.items())


def _shown(case: Case, row: Row, completions: Mapping[str, Completion]) -> Shown:
    made = {name: completion(ITEM, case.rows, case.around) for name, completion in completions.items()}
    told = [f"{name} {1e3 * one.hidden:.1f} mm, IoU {one.iou:.2f}" for name, one in row.scores.items()]
    return Shown(case, {name: shape for name, shape in made.items() if shape}, f"{case.family}: {'; '.join(told)}")


def report(rows: list[Row], names: list[str]) -> None:
    """By number of views and family, each completion's figures, and what the last one saves of the first one's."""
    for views in sorted({row.views for row in rows}):
        groups = defaultdict[str, list[Row]](list)
        for row in rows:
            if row.views == views:
                groups[row.family].append(row)
                groups[NEVER if row.family in SUITES[UNSEEN] else OTHERS].append(row)
                groups[ALL].append(row)
        print(f"\n{views} view{'s' * (views > 1)}" + "".join(f"{name:>34}" for name in names))
        print(f"{'':14}{'items':>6}" + f"{'hidden mm':>12}{'beyond':>8}{'IoU':>7}{'ECE':>7}" * len(names))
        for family, some in sorted(groups.items(), key=lambda pair: (pair[0] in LAST, pair[0] == ALL, pair[0])):
            print(f"{family:14}{len(some):6}" + "".join(_figures(some, name) for name in names) + _gain(some, names))


def _figures(rows: list[Row], name: str) -> str:
    scores = [row.scores[name] for row in rows]
    hidden, beyond = (1e3 * np.nanmedian([getattr(s, field) for s in scores]) for field in ("hidden", "beyond"))
    error = calibration_error(np.concatenate([s.confidence for s in scores]), np.concatenate([s.right for s in scores]))
    return f"{hidden:12.2f}{beyond:8.2f}{np.mean([s.iou for s in scores]):7.3f}{error:7.3f}"


def _gain(rows: list[Row], names: list[str]) -> str:
    """Share of the median hidden error that the last completion saves, and IoU that it gains, with intervals."""
    if len(names) < 2:
        return ""
    bins = np.array([row.bin for row in rows])
    hidden = np.array([[row.scores[name].hidden for name in names] for row in rows])
    iou = np.array([[row.scores[name].iou for name in names] for row in rows])
    saved = lambda at: 100 * (1 - np.nanmedian(hidden[at, -1]) / np.nanmedian(hidden[at, 0]))
    gained = lambda at: float((iou[at, -1] - iou[at, 0]).mean())
    every, rng = np.arange(len(rows)), np.random.default_rng(0)
    of, numbers = [np.flatnonzero(bins == number) for number in np.unique(bins)], len(np.unique(bins))
    draws = [np.concatenate([of[i] for i in rng.integers(0, numbers, numbers)]) for _ in range(DRAWS)]
    spans = [np.nanpercentile([figure(at) for at in draws], (2.5, 97.5)) for figure in (saved, gained)]
    (a, b), (c, d) = spans
    return f"   {saved(every):+.0f}% ({a:+.0f} to {b:+.0f}) of hidden, IoU {gained(every):+.3f} ({c:+.3f} to {d:+.3f})"


if __name__ == "__main__":
    main()
