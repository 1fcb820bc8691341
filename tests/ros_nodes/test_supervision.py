"""The supervisor starts what is well, stops with whoever is not, and goes on after a reset and a start alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from grasping.tools import Tool
from handpick.outcome import Cause, Noticed, PickOutcome, Result
from perception.events import EventKind
from ros_nodes.errors import MessageError
from ros_nodes.picks.pick_words import pick_of, pick_text
from ros_nodes.picks.run_report import run_report, write_run_report
from ros_nodes.picks.supervision import NODES, Supervision

WELL = {"perception": ("ok", "seeing"), "arm": ("ok", "ready"), "tool": ("ok", "ready"), "planner": ("ok", "ready")}


class Cell:
    def __init__(self) -> None:
        self.time = 0.0
        self.supervision = Supervision(0.5, lambda: self.time)

    def look(self, **said: tuple[str, ...]) -> str:
        self.time += 0.1
        for name, words in {**WELL, **said}.items():
            if words:
                self.supervision.hear(name, *words[:2], words[2] if len(words) > 2 else "")
        self.supervision.look()
        return self.supervision.state


def test_a_node_whose_process_has_ended_is_lost_at_once() -> None:
    cell = Cell()
    cell.look()
    cell.supervision.start()
    cell.supervision.lose("tool")
    cell.supervision.look()
    assert cell.supervision.state == "stopped" and "tool node's process has ended" in cell.supervision.why
    cell.supervision.reset()
    assert cell.look(tool=()) == "waiting" and cell.look() == "ready"


def test_it_waits_for_all_and_starts_when_told() -> None:
    cell = Cell()
    assert cell.look(arm=()) == "waiting" and "no word of the arm" in cell.supervision.why
    assert cell.look(planner=("ok", "loading")) == "waiting" and cell.supervision.why == "the planner loads"
    assert cell.supervision.start().startswith("expected a cell that is ready")
    assert cell.look() == "ready" and cell.supervision.start() == ""
    assert cell.look(planner=("ok", "picking"), arm=("ok", "moving")) == "running"
    assert cell.look(planner=("ok", "done")) == "ready"


@pytest.mark.parametrize("name", NODES)
def test_whoever_is_lost_or_unwell_stops_it_until_reset_and_start(name: str) -> None:
    for unwell in (("error", "bad", "it says why"), ()):
        cell = Cell()
        cell.look()
        cell.supervision.start()
        cell.look()
        for _ in range(7):
            state = cell.look(**{name: unwell})
        assert state == "stopped" and ("it says why" if unwell else f"no word of the {name}") in cell.supervision.why
        assert cell.look() == "stopped" and cell.supervision.start()
        cell.supervision.reset()
        assert cell.look() == "ready" and cell.supervision.start() == "" and cell.look() == "running"
        assert len(cell.supervision.stops) == 1


def test_a_protective_stop_is_the_loops_own_to_recover_from() -> None:
    cell = Cell()
    cell.look()
    cell.supervision.start()
    assert cell.look(arm=("error", "protective stop", "jammed")) == "running"


def pick(index: int, result: Result, cause: Cause | None = None) -> PickOutcome:
    events = (Noticed(EventKind.PATH_BLOCKED, 0.9, 1.5, "around"),)
    released = 4.0 * index + 3 if result is Result.PLACED else None
    seconds = {"approach": 1.0, "carry": 2.0}
    fixed = (Tool.SUCTION, cause, 4.0 * index, 4.0 * index + 4, released, seconds, 200.0, 300.0)
    return PickOutcome(index, result, *fixed, hidden={"perceive": 0.1}, events=events, skill="lift")


def test_a_pick_comes_back_from_its_words() -> None:
    for outcome in (pick(0, Result.PLACED), pick(1, Result.MISSED, Cause.NO_HOLD)):
        assert pick_of(pick_text(outcome)) == outcome
    with pytest.raises(MessageError, match="expected a pick"):
        pick_of("{}")


def test_the_report_tells_what_the_sensors_told(tmp_path: Path) -> None:
    picks = [pick(0, Result.PLACED), pick(1, Result.MISSED, Cause.NO_HOLD), pick(2, Result.PLACED)]
    write_run_report(picks, ["stopped by a person"], tmp_path)
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["placed"], report["missed"], report["seconds"]) == (2, 1, 11.0)
    assert report["units_per_hour"] == round(3600 * 2 / 11, 1) and report["failures"]["no hold"]["picks"] == 1
    assert report["stops"] == ["stopped by a person"]
    assert (tmp_path / "picks.csv").read_text().splitlines()[2].startswith("1,missed,suction,lift,no hold,4.000")
    assert run_report([], [])["units_per_hour"] == 0
