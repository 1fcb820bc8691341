"""The report: figures add up, and page, table and files tell them."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

import motion.errors
from grasping.grasp import Odds
from handpick.outcome import Cause, Noticed, Result
from handpick.picking.monitor import Eyes
from handpick.picking.planning import cause_of
from handpick.record import (
    BinRecord,
    Collision,
    Damage,
    Disturbance,
    Fate,
    PickRecord,
    SamplePick,
)
from handpick.recording.inspection import inspection_csv
from handpick.report import plots, summarise, table, timings, write_report
from perception.events import EventKind
from tests.support.records import bin_record, pick, run_record


def test_every_order_is_placed_dropped_or_missed() -> None:
    summary = summarise(run_record(bin_record(0, "ppdxl", 5), bin_record(1, "pplll", 4)))
    assert (summary["orders"], summary["placed"], summary["dropped"], summary["missed"]) == (9, 5, 1, 3)
    assert summary["placed_undamaged"] == 4
    assert summary["damaged_items"] == 1 and summary["damage_rate"] == pytest.approx(1 / 9, abs=1e-6)


@pytest.mark.parametrize("result", list(Result))
def test_picks_may_end_in_any_way(result: Result, tmp_path: Path) -> None:
    ended = replace(bin_record(0, "pl", 2), picks=(pick(0, 0), pick(0, 1, result)))
    summary = summarise(run_record(ended))
    row = summary["by_tool"]["pinch"]
    executed = int(result is not Result.NOT_EXECUTED)
    assert row["attempts"] == 1 + executed and (not executed or row[result.value] >= 1)
    write_report(run_record(ended), tmp_path)


def test_every_reason_of_planner_and_watch_has_a_cause() -> None:
    errors = (kind for kind in vars(motion.errors).values() if isinstance(kind, type))
    plans = [kind for kind in errors if issubclass(kind, motion.errors.PlanError)]
    assert len(plans) == 9
    causes = [cause_of(kind("made up")) for kind in plans]
    eyes = Eyes()
    for kind in EventKind:
        eyes.noticed = (Noticed(kind, 1.0, 0.0, "brake"),)
        causes.append(eyes.why)
    assert all(isinstance(cause, Cause) and cause.explanation for cause in [*causes, *Cause])
    assert cause_of(motion.errors.Wedged("made up")) is Cause.IN_COLLISION


def ended(index: int, result: Result, cause: Cause | None = None, skill: str = "lift") -> PickRecord:
    done = pick(0, index, result)
    return replace(done, outcome=replace(done.outcome, cause=cause, skill=skill))


def test_seconds_are_told_by_cause_and_by_skill(tmp_path: Path) -> None:
    picks = (
        ended(0, Result.PLACED),
        ended(1, Result.MISSED, Cause.NO_HOLD, "drag"),
        ended(2, Result.MOVED, Cause.MOVED_ASIDE, "drag"),
        ended(3, Result.MISSED, Cause.NO_HOLD),
        ended(4, Result.NOT_EXECUTED, Cause.NO_PLACE, ""),
    )
    run = run_record(replace(bin_record(0, "plll", 4), picks=picks, seconds=20.0))
    summary = summarise(run)
    assert summary["failures"] == {
        "no hold": {"picks": 2, "seconds": 8.0, "share": 0.4},
        "moved aside": {"picks": 1, "seconds": 4.0, "share": 0.2},
        "no place": {"picks": 1, "seconds": 4.0, "share": 0.2},
    }
    assert summary["by_skill"] == {
        "drag": {"picks": 2, "placed": 0, "seconds": 8.0, "lost": 8.0, "share": 0.4},
        "lift": {"picks": 2, "placed": 1, "seconds": 8.0, "lost": 4.0, "share": 0.4},
    }
    assert summary["drag_share"] == 0.4 and "40.0%   of the time" in table(summary)
    write_report(run, tmp_path)
    rows = list(csv.DictReader((tmp_path / "picks.csv").open()))
    assert [row["cause"] for row in rows] == ["", "no hold", "moved aside", "no hold", "no place"]
    assert [row["skill"] for row in rows] == ["lift", "drag", "drag", "lift", ""]
    assert Cause.NO_PLACE.explanation in (tmp_path / "report.html").read_text()


def test_odds_stand_beside_what_came_of_them(tmp_path: Path) -> None:
    """Where the hold decided; harm counts for the pick after whose beginning an item was first damaged."""
    record = bin_record(0, "pdlxl", 5)
    ends = (
        (Result.PLACED, None),
        (Result.PLACED, None),
        (Result.DROPPED, Cause.LOST_IN_TRANSFER),
        (Result.MISSED, Cause.NO_HOLD),
        (Result.DROPPED, Cause.PROTECTIVE_STOP),  # no fault of the hold
    )
    odds = [Odds(0.9 - 0.1 * i, 0.8 - 0.1 * i, 0.1 * i) for i in range(len(ends))]
    picks = tuple(
        replace(pick, outcome=replace(pick.outcome, result=result, cause=cause, skill="lift", believed=each))
        for pick, (result, cause), each in zip(record.picks, ends, odds)
    )
    again = replace(record.ledger[0], time=picks[2].outcome.started + 0.1)
    run = run_record(replace(record, picks=picks, ledger=(*record.ledger, again)))
    (way, row), *others = summarise(run)["believed"].items()
    assert (way, row["picks"], row["acquired_picks"], others) == ("pinch lift", 4, 3, [])
    near = lambda event, believed, came: row[event] == pytest.approx({"believed": believed, "came": came}, abs=1e-6)
    assert near("acquired", 0.75, 0.75) and near("held", 0.7, 2 / 3) and near("harmed", 0.1, 1 / 3)
    assert "75% / 75%" in table(summarise(run)) and "70% / 67%" in table(summarise(run))
    write_report(run, tmp_path)
    rows = list(csv.DictReader((tmp_path / "picks.csv").open()))
    assert [row["hold"] for row in rows] == ["0.8000", "0.7000", "0.6000", "0.5000", "0.4000"]
    assert "<td>70% / 67%</td>" in (tmp_path / "report.html").read_text()


def test_a_surplus_placed_by_a_double_pick_is_no_unit() -> None:
    summary = summarise(run_record(bin_record(0, "ppdp", 3)))
    assert (summary["placed"], summary["placed_undamaged"], summary["missed"]) == (3, 2, 0)


def test_time_is_charged_to_the_last_placement_of_the_last_bin_only() -> None:
    summary = summarise(run_record(bin_record(0, "pp", 2), bin_record(1, "ppp", 3)))
    assert summary["simulated_seconds"] == 8.0 + 11.5
    assert summary["units_per_hour"] == pytest.approx(5 * 3600 / 19.5, abs=1e-3)


def test_an_empty_run_has_a_report(tmp_path: Path) -> None:
    summary = summarise(run_record())
    assert summary["undamaged_units_per_hour"] == 0 and summary["damage_rate"] == 0
    write_report(run_record(), tmp_path)
    assert table(summary)


def test_files_hold_what_was_measured(tmp_path: Path) -> None:
    sample = SamplePick(0, 0, "a pick", (("seen", b"\xff\xd8jpeg"),))
    run = run_record(replace(bin_record(0, "pdl", 3), samples=(sample,)))
    write_report(run, tmp_path)
    assert json.loads((tmp_path / "report.json").read_text()) == json.loads(json.dumps(summarise(run)))
    assert json.loads((tmp_path / "timings.json").read_text()) == timings(run)
    rows = list(csv.DictReader((tmp_path / "ledger.csv").open()))
    assert [(row["item"], row["cause"], row["practical"]) for row in rows] == [("1", "drop", "minor")]
    assert len(list(csv.DictReader((tmp_path / "picks.csv").open()))) == 3
    page = (tmp_path / "report.html").read_text()
    assert "data:image/jpeg;base64,/9hqcGVn" in page and page.count("<svg") == 6
    assert 'src="http' not in page and "href=" not in page.replace("xlink:href", "").replace('href="#', "")
    assert not list(tmp_path.glob(".*.part"))


def disturbed_bin(fates: str = "ppp") -> BinRecord:
    """Picks at 0, 4 and 8 s, each of the item of its number; the second is nudged at 5 s, the third is calm."""
    picks = (("", 0.5, 4.0, 0), ("target_nudged", 5.0, 8.0, 1), ("", 8.5, 12.0, 2))
    disturbances = tuple(Disturbance(0, i, kind, at, end, item, False) for i, (kind, at, end, item) in enumerate(picks))
    return replace(bin_record(0, fates, 3), disturbances=disturbances, ledger=())


def damage(item: int, time: float) -> Damage:
    return Damage(0, time, item, "carton", "drop", 1.9, 1.7, "m/s", "minor", "minor")


@pytest.mark.parametrize(
    ("events", "calm", "nudged"),
    [
        ((), 2, 1),
        ((damage(1, 7.0),), 2, 0),  # the item itself
        ((damage(2, 7.0),), 2, 0),  # a neighbour: what the last pick then meets is not its doing
        ((damage(1, 11.0),), 1, 1),  # long placed, and broken by another pick
        ((damage(0, 4.2),), 1, 1),  # just after its own release
        ((damage(0, 4.7),), 2, 1),  # between two picks
    ],
)
def test_a_disturbed_pick_answers_for_what_broke_meanwhile(events: tuple[Damage, ...], calm: int, nudged: int) -> None:
    rows = summarise(run_record(replace(disturbed_bin(), ledger=events)))["by_disturbance"]
    assert (rows["none"]["orders"], rows["target_nudged"]["orders"]) == (2, 1)
    assert (rows["none"]["undamaged"], rows["target_nudged"]["undamaged"]) == (calm, nudged)


def test_an_item_that_a_later_pick_places_has_ended_well() -> None:
    bin_ = disturbed_bin("plp")
    assert summarise(run_record(bin_))["by_disturbance"]["target_nudged"]["undamaged"] == 0
    late = replace(pick(0, 2), item=1)
    items = tuple(replace(item, fate=Fate.PLACED) for item in bin_.items)
    rows = summarise(run_record(replace(bin_, items=items, picks=(*bin_.picks[:2], late))))["by_disturbance"]
    assert (rows["target_nudged"]["placed"], rows["target_nudged"]["undamaged"]) == (0, 1)


def test_what_is_disturbed_anew_answers_for_the_rest() -> None:
    first, second, third = disturbed_bin("plp").disturbances
    again = replace(third, kind="pump_lost", item=second.item)
    bin_ = replace(disturbed_bin("plp"), disturbances=(first, second, again), ledger=(damage(1, 9.0),))
    rows = summarise(run_record(bin_))["by_disturbance"]
    assert (rows["target_nudged"]["undamaged"], rows["pump_lost"]["undamaged"]) == (1, 0)


def test_where_no_item_was_at_stake_nothing_is_counted_but_stops() -> None:
    first, second, third = disturbed_bin().disturbances
    empty = replace(second, kind="person_stop", item=None, stopped=True)
    rows = summarise(run_record(replace(disturbed_bin(), disturbances=(first, empty, third))))["by_disturbance"]
    assert rows["person_stop"] == {**dict.fromkeys(rows["person_stop"], 0), "stopped": 1}


@pytest.mark.parametrize(
    ("lost", "events", "recoverable", "recovered"),
    [
        (None, (), 1, 1),
        (5.1, (), 0, 0),  # gone before anything could see it, though it fell softly
        (5.6, (), 1, 1),
        (5.6, (damage(1, 5.8),), 1, 0),
        (None, (damage(2, 5.2),), 0, 0),
    ],
)
def test_what_nobody_could_have_seen_in_time_is_not_recoverable(
    lost: float | None, events: tuple[Damage, ...], recoverable: int, recovered: int
) -> None:
    first, second, third = disturbed_bin().disturbances
    bin_ = replace(disturbed_bin(), disturbances=(first, replace(second, lost=lost), third), ledger=events)
    row = summarise(run_record(bin_))["by_disturbance"]["target_nudged"]
    assert (row["recoverable"], row["recovered"]) == (recoverable, recovered)


def test_files_say_what_disturbed_which_pick(tmp_path: Path) -> None:
    hit = Collision(0, 5.5, "palm", "obstacle", 80.0)
    run = run_record(replace(disturbed_bin(), ledger=(damage(1, 7.0), damage(0, 2.0)), collisions=(hit,)))
    write_report(run, tmp_path)
    read = lambda name: list(csv.DictReader((tmp_path / name).open()))
    assert [row["disturbance"] for row in read("picks.csv")] == ["", "target_nudged", ""]
    assert [row["disturbance"] for row in read("ledger.csv")] == ["target_nudged", ""]
    assert [row["item"] for row in read("disturbances.csv")] == ["0", "1", "2"]
    summary = json.loads((tmp_path / "report.json").read_text())
    assert summary["arm_collisions"] == 1 and summary["by_disturbance"]["target_nudged"]["collisions"] == 1
    assert "Disturbed picks" in (tmp_path / "report.html").read_text() and "target_nudged" in table(summary)
    assert summarise(run_record(bin_record(0, "p", 1)))["by_disturbance"] == {}


def test_the_wall_clock_never_reaches_the_report() -> None:
    run = run_record(bin_record(0, "pp", 2))
    assert summarise(run) == summarise(replace(run, wall_seconds=99.0))
    assert "perceive_ms" not in json.dumps(summarise(run))


def ticks(svg: str) -> set[str]:
    """The numbers that a plot shows."""
    return set(re.findall(r">(\d+(?:\.\d+)?)</text>", svg))


def test_plots_of_a_single_pick_count_in_whole_items_and_from_nought() -> None:
    run = run_record(bin_record(0, "d", 1))
    summary = summarise(run)
    for svg in (plots.families_plot(summary), plots.damage_plot(summary)):
        assert ticks(svg) == {"0", "1"}
    assert {text for text in ticks(plots.throughput_plot(run)) if "." not in text} == {"0", "1"}  # the rest: seconds
    assert (
        {"0.0", "1.0"}
        <= ticks(plots.latency_plot(run, timings(run)))
        <= {f"{0.2 * k:.1f}" for k in range(6)} | {f"{50 * k}" for k in range(9)}
    )


def test_a_page_has_no_empty_charts_and_its_configuration_is_folded_away(tmp_path: Path) -> None:
    write_report(run_record(), tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "<svg" not in page and "Nothing was placed." in page
    assert "<details><summary><h2>Configuration" in page


def test_an_inspection_tells_during_which_picks_something_was_damaged() -> None:
    lines = inspection_csv(run_record(bin_record(0, "pdp", 3), bin_record(1, "pp", 2))).splitlines()
    assert lines == [
        "recording,started,damaged",
        *("bin-000,0.000,yes", "bin-000,4.000,no", "bin-000,8.000,no"),  # the event is at 1 s
        *("bin-001,0.000,no", "bin-001,4.000,no"),
    ]
