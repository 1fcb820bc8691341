"""What is required of a run: read at the door, checked on its figures, and told by name where it falls short."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from handpick.command import main
from handpick.report.summary import summarise
from handpick.requirement import FIGURES, RequirementError, figure, requirement, shortfalls
from tests.support.records import bin_record, run_record

SUMMARY = summarise(run_record(bin_record(0, "pppppppdxl", 10)))


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("placed>=0.8", True),
        ("placed>0.8", False),
        ("placed_undamaged >= 0.7", True),
        ("placed_undamaged>=0.75", False),
        ("damaged<=0.1", True),
        ("damaged<0.1", False),
        ("missed<=.1", True),
        ("dropped<0.05", False),
        ("arm_collisions<=0", True),
        ("units_per_hour>1e6", False),
    ],
)
def test_figures_are_held_to_what_is_required(text: str, met: bool) -> None:
    assert requirement(text).met(SUMMARY) is met


def test_what_fell_short_is_told_with_what_was_wanted_and_what_came() -> None:
    required = [requirement(text) for text in ("placed>=0.9", "damaged<=0.2", "dropped<0.1")]
    assert shortfalls(required, SUMMARY) == ["placed: wanted >= 0.9, got 0.8", "dropped: wanted < 0.1, got 0.1"]


def test_every_figure_is_in_the_report_even_of_a_run_without_orders() -> None:
    assert all(figure(name, summarise(run_record())) >= 0 for name in FIGURES)


@pytest.mark.parametrize("text", ["", "placed", "placed>=", "placed>=1>=0", "placed==1", "placed>=inf", "placed>=-1"])
def test_what_is_no_requirement_is_refused(text: str) -> None:
    with pytest.raises(RequirementError, match="--require: expected"):
        requirement(text)


@pytest.mark.parametrize(("bound", "code"), [("1e5", 3), ("0", 0)])
def test_a_run_that_falls_short_ends_with_3_after_its_report(
    bound: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_record(bin_record(0, "pppppppdxl", 10))
    monkeypatch.setattr("handpick.commands.sim.early_worker", lambda module: nullcontext())
    monkeypatch.setattr("sim.run.simulate", lambda plan, jobs, first: run)
    required = ["--require", "placed<=1", "--require", f"units_per_hour>={bound}"]
    assert main(["sim", "--out", str(tmp_path), *required]) == code
    said = capsys.readouterr().err
    assert ("units_per_hour: wanted >= 100000, got " in said) is (code == 3) and "placed:" not in said
    assert (tmp_path / "report.json").exists()
