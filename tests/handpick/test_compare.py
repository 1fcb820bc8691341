"""The comparison: intervals that cover, pairs that help, and nothing done twice."""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grasping.policy import PolicyError
from handpick.command import main
from handpick.compare import Study, Trial, compare
from handpick.compare.statistics import against, draws, estimate, rates, share_estimate
from handpick.compare.store import code_hash, load, save
from handpick.compare.table import aligned, span, table
from handpick.compare.tally import tally
from handpick.record import RunRecord
from handpick.report.claim import FolderInUseError
from handpick.report.files import OutputError
from tests.support.records import CONFIG, bin_record

FATES = {"suction": ["ppdl", "pdll", "ddpp"], "both": ["pppp", "pppl", "pdpp"]}
STUDY = Study(("books", "boxes"), (3,), 12, ("closed",))


def config(trial: Trial) -> dict[str, Any]:
    return {"suite": trial.suite, "tools": trial.variant.tools, "seed": trial.seed}


class Simulator:
    """Three bins of four orders a trial; interrupted in trial number `stop_at`, with its first bin done."""

    def __init__(self, stop_at: int = -1) -> None:
        self.stop_at = stop_at
        self.ran: list[tuple[str, str, tuple[int, ...]]] = []

    def __call__(self, trial: Trial, skip: AbstractSet[int], show: Callable[[str], None]) -> RunRecord:
        bins = [bin_record(i, f, 4) for i, f in enumerate(FATES[trial.variant.tools]) if i not in skip]
        stop = len(self.ran) == self.stop_at
        self.ran.append((trial.variant.key, trial.suite, tuple(bin_.index for bin_ in bins)))
        if stop:
            bins = [bins[0], replace(bins[1], cut=True), replace(bins[2], error="not done", items=())]
        show("at work")
        return RunRecord(CONFIG, tuple(bins), "moderngl", 1.0, interrupted=stop)


def quiet(line: str) -> None:
    pass


def clusters(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Bins of two cells: a shared effect of the bin, damage at 0.2 and 0.1 of 12 orders on average, 5 s an order."""
    ease = rng.uniform(0, 2, count)[:, None]
    damaged = np.concatenate([rng.binomial(12, rate * ease) for rate in (0.2, 0.1)], axis=1)
    seconds = rng.normal(60, 6, (count, 2))
    orders = np.full(count, 12)
    cells = [
        np.column_stack([orders, orders, 12 - damage, damage, 12 - damage, damage, charged, 0 * charged, charged])
        for damage, charged in zip(damaged.T, seconds.T)
    ]
    return cells[0], cells[1]


def test_intervals_cover_what_is_true() -> None:
    rng = np.random.default_rng(1)
    truth = {"damage_rate": 0.2, "undamaged_units_per_hour": 3600 * 0.8 * 12 / 60}
    covered = dict.fromkeys((*truth, "damage_ratio"), 0)
    repeats = 300
    for _ in range(repeats):
        reference, own = clusters(rng, 40)
        weights = draws(np.zeros(40, int), rng, 400)
        first, second = rates(weights, reference), rates(weights, own)
        found = {name: estimate(first[name]) for name in truth} | {
            "damage_ratio": against(second, first)["damage_ratio"]
        }
        for name, e in found.items():
            covered[name] += e.low <= {**truth, "damage_ratio": 0.5}[name] <= e.high
    assert all(0.90 < count / repeats < 0.985 for count in covered.values()), covered


def test_pairs_tell_more_than_strangers() -> None:
    rng = np.random.default_rng(2)
    strata = np.zeros(40, int)
    widths = []
    for _ in range(30):
        reference, own = clusters(rng, 40)
        weights, others = draws(strata, rng, 400), draws(strata, rng, 400)
        found = [against(rates(w, own), rates(weights, reference))["damage_difference"] for w in (weights, others)]
        assert found[0].value == found[1].value
        widths.append([e.high - e.low for e in found])
    paired, apart = np.mean(widths, axis=0)
    assert paired < 0.9 * apart


def test_each_suite_keeps_its_share_of_bins() -> None:
    strata = np.array([0] * 5 + [1] * 20)
    weights = draws(strata, np.random.default_rng(3), 50)
    assert (weights[:, :5].sum(axis=1) == 5).all() and (weights[:, 5:].sum(axis=1) == 20).all()
    assert (weights[0] == 1).all()


def test_no_damage_seen_is_not_no_damage() -> None:
    found = share_estimate(np.zeros(100), 300)
    assert (found.value, found.low) == (0, 0)
    assert (1 - found.high) ** 300 == pytest.approx(0.05)
    found = share_estimate(np.ones(100), 300)
    assert found.high == 1 and found.low**300 == pytest.approx(0.05)


def test_one_bin_has_no_interval(tmp_path: Path) -> None:
    strata = np.array([0, 0, 1])
    assert draws(strata, np.random.default_rng(4), 50).tolist() == [[1, 1, 1]]
    for values in (np.zeros(1), np.full(1, 0.5)):
        assert np.isnan([share_estimate(values, 9).low, share_estimate(values, 9).high]).all()
    assert np.isnan(estimate(np.full(50, 7.0)).low)  # draws that are all alike
    single = replace(STUDY, orders=4)
    summary, _ = compare(single, config, lambda *given: first_bin(Simulator()(*given)), tmp_path, quiet)
    text = table(summary)
    assert summary["suites"]["all"]["both-closed"]["undamaged_units_per_hour"]["low"] is None
    assert " to " not in text and "one bin only" in text and "drawn anew" not in text


def first_bin(run: RunRecord) -> RunRecord:
    return replace(run, bins=run.bins[:1])


def test_columns_never_touch() -> None:
    lines = aligned([("cell", "damage", "undamaged"), ("suction", "-", "100.0% (97.1 to 100.0)")])
    assert lines == ["  cell     damage               undamaged", "  suction       -  100.0% (97.1 to 100.0)"]
    assert span({"value": 0.5, "low": None, "high": None}, "{:.1%}") == "50.0%"
    assert span({"value": None, "low": None, "high": None}, "{:.1%}") == "-"


def test_the_same_bins_are_compared(tmp_path: Path) -> None:
    summary, interrupted = compare(STUDY, config, Simulator(), tmp_path, quiet)
    assert not interrupted
    for suite in ("books", "boxes"):
        suction, both = (summary["suites"][suite][key] for key in ("suction-closed", "both-closed"))
        assert (suction["orders"], suction["undamaged"], suction["damaged"]) == (12, 5, 4)
        assert (both["orders"], both["undamaged"], both["damaged"]) == (12, 10, 1)
        assert both["versus_reference"]["damage_ratio"]["value"] == 0.25
        assert suction["seconds"] == 47.5  # the last bin to its last placement only
        assert "versus_reference" not in suction
    assert summary["suites"]["all"]["both-closed"]["orders"] == 24
    assert summary["not_run"] == ["suction, eyes open", "both tools, eyes open"]
    page = (tmp_path / "compare.html").read_text()
    assert page.count("<svg") == 2 + 2 * 3  # rates; seconds and causes of each suite and of all
    assert "Not run: suction, eyes open" in page and 'src="http' not in page
    assert json.loads((tmp_path / "compare.json").read_text()) == summary
    assert "both tools, eyes closed" in table(summary)


def test_policies_are_compared_on_the_same_bins(tmp_path: Path) -> None:
    """The first one breaks one of eight items that the second one places, and leaves another."""
    fates = {"analytic": ["ppdl", "pppp"], "mine:Mine": ["pppp", "pppp"]}
    study = replace(STUDY, policies=tuple(fates))

    def run(trial: Trial, skip: AbstractSet[int], show: Callable[[str], None]) -> RunRecord:
        kept = [i for i in range(2) if i not in skip]
        ran.append((trial.variant.policy, trial.suite))
        bins = (bin_record(i, fates[trial.variant.policy][i], 4) for i in kept)
        return RunRecord(CONFIG, tuple(bins), "moderngl", 1.0)

    settings = lambda trial: {**config(trial), "policy": trial.variant.policy}
    ran: list[tuple[str, str]] = []
    small = replace(study, orders=8)
    summary, _ = compare(small, settings, run, tmp_path, quiet)
    assert ran == [(policy, suite) for suite in STUDY.suites for policy in fates]
    assert list(summary["labels"].values()) == list(fates) and summary["not_run"] == []
    first, second = summary["suites"]["books"].values()
    assert "versus_reference" not in first
    versus = {name: e["value"] for name, e in second["versus_reference"].items()}
    assert versus["success_difference"] == 0.25 and versus["damage_difference"] == -0.125
    assert versus["drag_difference"] == 0
    more = second["units_per_hour"]["value"] - first["units_per_hour"]["value"]
    assert versus["speed_difference"] == pytest.approx(more, abs=1e-5)
    page, told = (tmp_path / "compare.html").read_text(), table(summary)
    for text in (page, told):
        assert "mine:Mine" in text and "+25.0%" in text and "eyes closed" not in text
    ran.clear()
    fates["learned"] = fates["analytic"]
    compare(replace(small, policies=tuple(fates)), settings, run, tmp_path, quiet)
    assert ran == [("learned", suite) for suite in STUDY.suites]  # the others were kept


@pytest.mark.parametrize("policies", [("learned",), ("learned", "learned"), ("mine:A", "mine:B", "mine:A")])
def test_one_policy_is_no_comparison(policies: tuple[str, ...]) -> None:
    with pytest.raises(PolicyError, match="two different policies"):
        replace(STUDY, policies=policies).trials()


def test_an_interrupted_comparison_goes_on_where_it_stopped(tmp_path: Path) -> None:
    whole, _ = compare(STUDY, config, Simulator(), tmp_path / "whole", quiet)
    halted = Simulator(stop_at=1)  # the second cell of the first suite
    partial, interrupted = compare(STUDY, config, halted, tmp_path / "parts", quiet)
    assert interrupted and partial["interrupted"] and len(halted.ran) == 2
    assert partial["suites"]["books"]["both-closed"]["bins"] == 1 and partial["unpaired_bins"] == 2
    assert "boxes" not in partial["suites"]
    assert "goes on from there" in table(partial)
    rest = Simulator()
    resumed, interrupted = compare(STUDY, config, rest, tmp_path / "parts", quiet)
    assert not interrupted and resumed == whole
    todo = [("books", (1, 2)), ("boxes", (0, 1, 2)), ("boxes", (0, 1, 2))]
    assert [(suite, bins) for _, suite, bins in rest.ran] == todo
    again = Simulator()
    compare(STUDY, config, again, tmp_path / "parts", quiet)
    assert again.ran == []


def test_a_comparison_whose_disk_is_full_keeps_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, _ = compare(STUDY, config, Simulator(), tmp_path / "whole", quiet)
    folder = tmp_path / "full"
    real = Path.write_text

    def write_text(path: Path, text: str, **given: str) -> int:
        if path.parent == folder and sum(len(kept.read_bytes()) for kept in folder.glob("*.json")) > 2000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(path, text, **given)

    with monkeypatch.context() as full:
        full.setattr(Path, "write_text", write_text)
        with pytest.raises(OutputError, match=r"No space left.*the same command then goes on") as caught:
            compare(STUDY, config, Simulator(), folder, quiet)
    assert "\n" not in str(caught.value) and len(list(folder.iterdir())) == 2
    refuge = Path(re.findall(r"results are in (\S+):", str(caught.value))[0])
    for kept in refuge.iterdir():
        kept.rename(folder / kept.name)
    rest = Simulator()
    resumed, _ = compare(STUDY, config, rest, folder, quiet)
    assert resumed == whole and len(rest.ran) == 1


def test_two_comparisons_do_not_share_a_folder(tmp_path: Path) -> None:
    second: list[str] = []

    def run(trial: Trial, skip: AbstractSet[int], show: Callable[[str], None]) -> RunRecord:
        with pytest.raises(FolderInUseError):
            compare(STUDY, config, Simulator(), tmp_path, quiet)
        second.append(trial.file)
        return Simulator()(trial, skip, show)

    compare(STUDY, config, run, tmp_path, quiet)
    assert len(second) == 4


def test_results_of_another_configuration_or_code_are_not_used(tmp_path: Path) -> None:
    trial, *_ = STUDY.trials()
    save(tmp_path, trial, "one", [tally(bin_record(0, "pd", 2))])
    assert load(tmp_path, trial, "one") == [tally(bin_record(0, "pd", 2))]
    assert load(tmp_path, trial, "two") == []
    (tmp_path / trial.file).write_text("{")
    assert load(tmp_path, trial, "one") == []
    for room in ("perception", "grasping", "motion", "sim", "handpick/report"):
        (tmp_path / room).mkdir(parents=True)
    before = code_hash(tmp_path)
    (tmp_path / "handpick" / "report" / "page.py").write_text("a look")
    assert code_hash(tmp_path) == before
    (tmp_path / "sim" / "cup.py").write_text("physics")
    assert code_hash(tmp_path) != before


def test_an_empty_comparison_has_a_page(tmp_path: Path) -> None:
    summary, interrupted = compare(STUDY, config, Simulator(stop_at=0), tmp_path, quiet)
    assert interrupted and summary["suites"] == {}
    assert (tmp_path / "compare.html").exists() and table(summary)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--suite", "books,sausages"], "boxes, books, bags, mixed, unseen"),
        (["--suite", "books,books"], "different names"),
        (["--seeds", "0"], "1 or more"),
        (["--damage", "6"], "different numbers, two or more"),
        (["--damage", "6,6.0"], "different numbers, two or more"),
        (["--damage=-1,2"], "expected a number of 0 or more"),
        (["--person", "much"], "expected a number of 0 or more"),
        (["--eyes", "closed,shut"], "expected closed, open or closed,open"),
        (["--policy", "luck"], "unknown policy 'luck'; choose one of auto"),
        (["--policy", "learned"], "expected two different policies"),
        (["--policy", "learned", "--policy", "nowhere_at_all:Mine"], "a module 'nowhere_at_all'"),
    ],
)
def test_bad_options_are_refused(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["compare", "--out", str(tmp_path), *arguments])
    except SystemExit as refusal:
        code = int(str(refusal.code))
    assert code == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
