"""Run a comparison: every trial, or what is left of it, and the page that shows what came out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handpick.compare.curve_page import curve_page
from handpick.compare.curves import curves
from handpick.compare.figures import Results, figures
from handpick.compare.page import page
from handpick.compare.store import code_hash, load, save
from handpick.compare.tally import BinTally, tallies
from handpick.compare.variants import VARIANTS, Trial, Variant, at_price, by_policy, trials
from handpick.record import RunRecord
from handpick.report.claim import claimed
from handpick.report.files import write_texts
from handpick.report.summary import config_hash

Show = Callable[[str], None]
Run = Callable[[Trial, AbstractSet[int], Show], RunRecord]  # a trial without the bins of these numbers


@dataclass(frozen=True)
class Study:
    """What is compared: suites, seeds, orders per suite and seed, and the eyes of the cells.

    Attributes:
        policies: whose odds decide, the first of them the reference; none: the four cells are compared.
        prices: of damage, at each of which every robot is run; none: each is run once, at the default.
        person: seconds of a person's work on an item that is left.
    """

    suites: Sequence[str]
    seeds: Sequence[int]
    orders: int
    eyes: Sequence[str]
    policies: Sequence[str] = ()
    prices: Sequence[float] = ()
    person: float = 30.0

    @property
    def robots(self) -> tuple[Variant, ...]:
        """All that are to be compared, the reference first. Raises PolicyError: a single policy, or one twice."""
        return by_policy(self.policies, self.eyes[0]) if self.policies else VARIANTS

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Every robot, at every price if there are several. Raises PolicyError."""
        if not self.prices:
            return self.robots
        return tuple(at_price(robot, damage) for robot in self.robots for damage in self.prices)

    def trials(self) -> list[Trial]:
        return trials([v for v in self.variants if v.eyes in self.eyes], self.suites, self.seeds, self.orders)


def compare(
    study: Study, config: Callable[[Trial], dict[str, Any]], run: Run, folder: Path, show: Show
) -> tuple[dict[str, Any], bool]:
    """Run what `folder` does not hold yet, then write compare.json and compare.html there.

    Args:
        config: everything that decides a trial's result, as JSON data. run: runs a trial's missing bins.

    Returns:
        The figures of compare.json, and whether the comparison was interrupted: it then shows what there is.

    Raises:
        FolderInUseError: another run writes to the folder.
        OutputError: the folder cannot be written; what it has stays.
        HandpickError: a trial cannot be run.
    """
    with claimed(folder):
        summary, interrupted = compared(study, config, run, folder, show)
        html = curve_page(summary) if study.prices else page(summary)
        write_texts({"compare.json": json.dumps(summary, indent=2) + "\n", "compare.html": html}, folder)
    return summary, interrupted


def compared(
    study: Study, config: Callable[[Trial], dict[str, Any]], run: Run, folder: Path, show: Show
) -> tuple[dict[str, Any], bool]:
    """The figures of all trials, each kept in the folder as soon as it is done."""
    todo = study.trials()
    code = code_hash()
    keys = [f"{config_hash(config(trial))}-{code}" for trial in todo]
    results: Results = {}
    interrupted = False
    for number, (trial, key) in enumerate(zip(todo, keys), start=1):
        kept = load(folder, trial, key)
        if not interrupted:
            begin = f"{number} of {len(todo)}: {trial.variant.label}, {trial.suite}, seed {trial.seed}"
            kept, interrupted = finish(trial, kept, run, lambda line, begin=begin: show(f"{begin}: {line}"))  # type: ignore[misc]
            save(folder, trial, key, kept)
        results[trial] = kept
    if study.prices:
        found = curves(results, study.robots, study.prices, study.person, study.orders, interrupted)
        return {"compared": "prices", **found}, interrupted
    compared = "policies" if study.policies else "cells"
    return {"compared": compared, **figures(results, study.variants, study.orders, interrupted)}, interrupted


def finish(trial: Trial, kept: list[BinTally], run: Run, show: Show) -> tuple[list[BinTally], bool]:
    """All bins of a trial: those that were kept, and the rest as it is run now."""
    if sum(bin_.orders for bin_ in kept) >= trial.orders:
        return kept, False
    record = run(trial, {bin_.index for bin_ in kept}, show)
    return [*kept, *tallies(record)], record.interrupted
