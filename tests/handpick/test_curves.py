"""Operating curves: frontiers, readings at equal share placed, and none where the curves do not overlap."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grasping.quality.worth import Stakes
from handpick.commands.compare import plan_of
from handpick.compare import Study, Trial, compare
from handpick.compare.curve_table import curve_table
from handpick.compare.curve_words import tile
from handpick.compare.curves import curves
from handpick.compare.frontier import along, on_frontier
from handpick.compare.study import Run
from handpick.compare.tally import BinTally
from handpick.compare.variants import REFERENCE, VARIANTS, Variant, at_price
from handpick.grammar.arguments import DAMAGE
from handpick.record import RunRecord
from tests.support.records import CONFIG, bin_record

OURS = VARIANTS[2]  # both tools, eyes closed
STUDY = Study(("books",), (3,), 12, ("closed",), prices=(0.0, 6.0))
# one letter an item, of three bins, by robot and price: p placed, d damaged, l left
FATES = {
    ("suction", 0.0): ["ppdd", "pddp", "ddpl"],
    ("suction", 6.0): ["ppll", "plll", "pdll"],
    ("both", 0.0): ["pppp", "pppd", "dppp"],
    ("both", 6.0): ["pppl", "ppll", "pplp"],
}


class Simulator:
    """Three bins of four orders at every price; interrupted in trial number `stop_at`, with its first bin done."""

    def __init__(self, stop_at: int = -1) -> None:
        self.stop_at = stop_at
        self.ran: list[tuple[str, float, tuple[int, ...]]] = []

    def __call__(self, trial: Trial, skip: AbstractSet[int], show: Callable[[str], None]) -> RunRecord:
        how = trial.variant
        bins = [bin_record(i, f, 4) for i, f in enumerate(FATES[how.tools, how.damage]) if i not in skip]
        stop = len(self.ran) == self.stop_at
        self.ran.append((how.tools, how.damage, tuple(bin_.index for bin_ in bins)))
        if stop:
            bins = [bins[0], *(replace(bin_, cut=True) for bin_ in bins[1:])]
        return RunRecord(CONFIG, tuple(bins), "moderngl", 1.0, interrupted=stop)


def run(folder: Path, by: Run, study: Study = STUDY) -> dict[str, Any]:
    config = lambda trial: plan_of("panda", trial).config()
    return compare(study, config, by, folder, lambda line: None)[0]


def tallied(counts: Mapping[Variant, Sequence[Sequence[tuple[int, int]]]]) -> dict[Trial, list[BinTally]]:
    """Made-up results of bins of 20 orders and 100 s: of each robot at each price, placed and damaged of each bin."""
    return {
        Trial(at_price(robot, float(price)), "books", 0, 20): [
            BinTally(b, 20, placed, placed - damaged, damaged, 0, 100.0, 100.0, strictly_damaged=damaged)
            for b, (placed, damaged) in enumerate(bins)
        ]
        for robot, by_price in counts.items()
        for price, bins in enumerate(by_price)
    }


def read(counts: Mapping[Variant, Sequence[Sequence[tuple[int, int]]]], person: float = 30.0) -> dict[str, Any]:
    prices = [float(price) for price in range(len(counts[REFERENCE]))]
    found = curves(tallied(counts), tuple(counts), prices, person, 20)
    rows: dict[str, Any] = found["suites"]["books"]
    return rows


def ours(counts: Mapping[Variant, Sequence[Sequence[tuple[int, int]]]]) -> dict[str, Any]:
    reading: dict[str, Any] = read(counts)[OURS.key]["at_equal_share"]["practical"]
    return reading


def test_a_frontier_is_monotone_and_nothing_beats_it() -> None:
    rng = np.random.default_rng(1)
    placed, damaged = rng.integers(0, 8, (200, 6)) / 8, rng.integers(0, 8, (200, 6)) / 8
    front = on_frontier(placed, damaged)
    assert front.any(axis=1).all()
    for x, y, on in zip(placed, damaged, front):
        kept = sorted(zip(x[on], y[on]))
        assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(kept))
        assert all(any(p >= q and d <= e for p, d in kept) for q, e in zip(x, y))


def test_between_two_prices_figures_are_those_of_bins_that_are_shared_out() -> None:
    """A fifth of the bins at one price and the rest at the other."""
    values = np.array([[[0.5, 0.0, 4.0], [1.0, 0.2, 9.0], [0.6, 0.5, 1.0]]])
    placed, damaged = values[..., 0], values[..., 1]
    at = lambda share: along(values, placed, damaged, np.array([share]))[0]
    assert at(0.9) == pytest.approx(0.2 * values[0, 0] + 0.8 * values[0, 1])  # the third is on no frontier
    assert at(0.5) == pytest.approx(values[0, 0]) and at(1.0) == pytest.approx(values[0, 1])
    assert np.isnan(at(0.49)).all() and np.isnan(at(1.01)).all()


def test_readings_are_at_the_most_that_the_reference_places() -> None:
    found = ours({REFERENCE: [[(16, 4)] * 3, [(8, 1)] * 3], OURS: [[(20, 3)] * 3, [(12, 1)] * 3]})
    assert found["share"]["value"] == 0.8 and found["overlap"] == 1
    assert found["reference"]["damage_rate"]["value"] == 0.2
    assert found["own"]["damage_rate"]["value"] == pytest.approx(0.1)
    assert found["damage_ratio"]["value"] == pytest.approx(2.0)
    assert found["own"]["undamaged_units_per_hour"]["value"] == pytest.approx(3600 * 14 / 100)
    assert found["own"]["cost"]["value"] == pytest.approx(5 * (100 + 30 * 4))


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ([[(15, 0)] * 3, [(10, 0)] * 3], "this robot 75.0% at most"),
        ([[(20, 3)] * 3, [(17, 0)] * 3], "this robot 85.0% at least"),
        ([[(20, 3)] * 3, [(19, 3)] * 3], "this robot 100.0% at least"),
    ],
)
def test_where_robots_place_nowhere_the_same_there_is_no_headline(own: list[list[tuple[int, int]]], said: str) -> None:
    """Not even by refusing: a robot that leaves everything where it is damages nothing, and is told nothing for it."""
    counts = {REFERENCE: [[(16, 4)] * 3, [(8, 1)] * 3], OURS: own}
    found = curves(tallied(counts), tuple(counts), [0.0, 1.0], 30.0, 20)
    reading = found["suites"]["books"][OURS.key]["at_equal_share"]["practical"]
    assert reading["overlap"] == 0
    assert reading["damage_ratio"]["value"] is None and reading["own"]["cost"]["value"] is None
    told = curve_table({"compared": "prices", **found})
    assert "no headline. The reference places 80.0% of the orders at most" in told and said in told


def test_a_robot_that_refuses_all_has_no_reading() -> None:
    found = ours({REFERENCE: [[(16, 4)] * 3, [(8, 1)] * 3], OURS: [[(0, 0)] * 3, [(0, 0)] * 3]})
    assert found["damage_ratio"]["value"] is None and found["overlap"] == 0


@pytest.mark.parametrize(("theirs", "said"), [(4, "by this robot"), (0, "by the reference or by this robot")])
def test_no_damage_makes_no_ratio(theirs: int, said: str) -> None:
    reading = ours({REFERENCE: [[(16, theirs)] * 3], OURS: [[(16, 0)] * 3]})
    assert reading["damage_ratio"]["value"] is None and reading["own"]["damage_rate"]["high"] > 0
    big, small = tile(reading, OURS.label)
    assert big == "none damaged" and small.startswith(f"{said}, both placing 80.0%")


def test_where_few_draws_overlap_there_is_no_interval() -> None:
    """On the whole both place half of the orders; drawn anew, either one's best is now more and now less."""
    counts = {REFERENCE: [[(5, 1), (15, 4), (10, 2), (10, 3)]], OURS: [[(15, 1), (5, 1), (10, 1), (10, 0)]]}
    found = ours(counts)
    assert found["damage_ratio"]["value"] == pytest.approx(10 / 3) and 0 < found["overlap"] < 0.95
    assert found["damage_ratio"]["low"] is None and found["own"]["damage_rate"]["low"] is None


def test_intervals_of_readings_cover_what_is_true() -> None:
    """Two robots of which the truth at equal share is known: 80 placed, 16 and 8 of 100 damaged."""
    rng, covered, repeats = np.random.default_rng(2), 0, 120
    for _ in range(repeats):
        ease = rng.uniform(0.5, 1.5, 40)

        def bins(placed: float, damaged: float, ease: np.ndarray = ease) -> list[tuple[int, int]]:
            count = rng.binomial(20, placed, 40)
            return [(int(n), int(rng.binomial(n, min(damaged * e, 1.0)))) for n, e in zip(count, ease)]

        counts = {REFERENCE: [bins(0.8, 0.2), bins(0.5, 0.1)], OURS: [bins(0.95, 0.14), bins(0.65, 0.04)]}
        found = ours(counts)["damage_ratio"]
        truth = 0.16 / np.mean([0.95 * 0.14, 0.65 * 0.04])
        covered += found["low"] <= truth <= found["high"]
    assert 0.88 < covered / repeats <= 1.0


def test_bins_are_paired() -> None:
    """What is harder for one robot in a bin is harder for the other: ratios on the same bins vary less."""
    hard = [(16, 1), (16, 1), (16, 1), (16, 9), (16, 9), (16, 9)]
    half = [(16, damaged // 2 + 1) for _, damaged in hard]
    spread = []
    for own in (half, half[::-1]):
        ratio = ours({REFERENCE: [hard], OURS: [own]})["damage_ratio"]
        spread.append(ratio["high"] / ratio["low"])
    assert spread[0] < 0.5 * spread[1]


def test_what_is_left_costs_a_person() -> None:
    """Of 20 orders in 100 s: 4 left cost twice 30 s each at the least price, and dear ones turn the order around."""
    counts = {REFERENCE: [[(16, 4)] * 3, [(8, 1)] * 3], OURS: [[(20, 3)] * 3, [(12, 1)] * 3]}
    rows = read(counts)
    costs = [point["cost"]["value"] for point in rows[REFERENCE.key]["points"]]
    assert costs == [pytest.approx(5 * (100 + 30 * 4)), pytest.approx(5 * (100 + 30 * 12))]
    cheap = rows[OURS.key]["cheapest"]
    assert (cheap["price"], cheap["reference_price"]) == (0.0, 0.0)
    assert cheap["ratio"]["value"] == pytest.approx(100 / 220, abs=1e-5)
    free = read(counts, person=0.0)[OURS.key]["cheapest"]
    assert free["ratio"]["value"] == 1.0


def test_every_robot_is_run_at_every_price_over_the_same_bins(tmp_path: Path) -> None:
    by = Simulator()
    summary = run(tmp_path, by)
    assert [(tools, price) for tools, price, _ in by.ran] == list(FATES)
    suction, both = (summary["suites"]["books"][key] for key in ("suction-closed", "both-closed"))
    assert [point["price"] for point in both["points"]] == [0.0, 6.0]
    placed = [point["placed_share"]["value"] for point in suction["points"]]
    assert placed == [pytest.approx(11 / 12, abs=1e-5), pytest.approx(5 / 12, abs=1e-5)]
    reading = both["at_equal_share"]["practical"]
    assert reading["share"]["value"] == pytest.approx(11 / 12, abs=1e-5)
    assert reading["reference"]["damage_rate"]["value"] == pytest.approx(6 / 12)
    page = (tmp_path / "compare.html").read_text()
    assert page.count("<svg") == 2 and 'src="http' not in page
    assert json.loads((tmp_path / "compare.json").read_text()) == summary
    assert "both tools, eyes closed: where both place 91.7%" in page and "minutes for 100 orders" in page


def test_curves_go_on_where_they_were_interrupted(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", Simulator())
    halted = run(tmp_path / "parts", Simulator(stop_at=3))
    assert halted["interrupted"] and halted["suites"]["books"]["both-closed"]["bins"] == 1
    rest = Simulator()
    assert run(tmp_path / "parts", rest) == whole
    assert rest.ran == [("both", 6.0, (1, 2))]
    more = Simulator()
    run(tmp_path / "parts", more, replace(STUDY, person=60.0))
    assert more.ran == []  # what a person costs changes no run


def test_an_empty_comparison_over_prices_has_a_page(tmp_path: Path) -> None:
    summary = run(tmp_path, Simulator(stop_at=0))
    assert summary["suites"] == {} and "nothing to compare" in (tmp_path / "compare.html").read_text()
    assert "Interrupted" in curve_table(summary)


def test_a_price_is_part_of_a_run() -> None:
    trials = STUDY.trials()
    plans = [plan_of("panda", trial) for trial in trials]
    assert [plan.damage for plan in plans] == [0.0, 6.0, 0.0, 6.0] and len({trial.file for trial in trials}) == 4
    assert [plan.config()["damage"] for plan in plans] == [0.0, 6.0, 0.0, 6.0]
    assert plan_of("panda", replace(STUDY, prices=()).trials()[0]).damage == Stakes().damage == DAMAGE
