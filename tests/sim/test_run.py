"""The whole cell: the same seed gives the same bytes, and what goes wrong ends safely and keeps what was measured."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grasping.tools import DualTool, Tool
from handpick.cell import CellLayout
from handpick.layout import standard_layout
from handpick.loop import run_bin
from handpick.outcome import PickOutcome, Result
from handpick.picking.stack import Stack
from handpick.report import summarise, write_report
from motion.errors import Unreachable
from perception.errors import BlindError
from perception.pose import Pose
from sim import run as sim_run
from sim.cell import SimCell
from sim.plan import BinTask, SimPlan
from sim.render.base import Renderer
from sim.render.renderer import make_renderer
from sim.run import simulate
from sim.suites import bin_specs

SEED = 11


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    made = make_renderer()
    yield made
    made.close()


def cell_of(renderer: Renderer, layout: CellLayout | None = None, suite: str = "boxes") -> SimCell:
    specs = bin_specs(suite, np.random.default_rng([SEED, 0]))[:6]
    return SimCell.build(layout or standard_layout(), DualTool(), specs, renderer, np.random.default_rng([SEED, 1]))


def pick(cell: SimCell, orders: int, after: Callable[[PickOutcome], None] = lambda outcome: None) -> list[PickOutcome]:
    """Run the loop on a cell and return what it told, also when it was stopped."""
    told: list[PickOutcome] = []
    stack = Stack.build(cell.layout, DualTool(), frozenset(Tool))

    def on_pick(outcome: PickOutcome, look: object) -> None:
        told.append(outcome)
        after(outcome)

    try:
        run_bin(cell, stack, orders, on_pick)
    finally:
        cell.close()
    return told


def test_any_number_of_jobs_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sim_run, "bin_tasks", lambda plan: [BinTask(plan, 0, 2), BinTask(plan, 1, 2)])
    plan = SimPlan("mixed", 4, "both", SEED, disturb="all")
    for jobs in (1, 2):
        run = simulate(plan, jobs, show=lambda line: None)
        assert summarise(run)["errors"] == []
        assert len(run.picks) >= 3
        assert {d.kind for bin_ in run.bins for d in bin_.disturbances} > {""}
        write_report(run, tmp_path / str(jobs))
    for name in ("ledger.csv", "report.json", "picks.csv", "disturbances.csv"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_the_loop_goes_on_when_a_camera_dies_or_goes_blind(renderer: Renderer) -> None:
    cell = cell_of(renderer)
    faults = {0: lambda: cell.cameras.fail("front"), 1: lambda: cell.cameras.blind("outer")}
    outcomes = pick(cell, 3, lambda outcome: faults.get(outcome.index, lambda: None)())
    assert [outcome.result for outcome in outcomes].count(Result.PLACED) >= 2


def test_a_cell_without_eyes_stops_safely(renderer: Renderer) -> None:
    cell = cell_of(renderer)

    def blind(outcome: PickOutcome) -> None:
        for camera in cell.layout.cameras:
            cell.cameras.blind(camera.name)

    with pytest.raises(BlindError):
        pick(cell, 3, blind)


def test_an_unreachable_bin_is_refused() -> None:
    layout = standard_layout()
    far = replace(layout.source, T_base_tote=Pose.from_euler((1.6, -1.4, -0.148), (0, 0, 0)))
    shift = far.T_base_tote @ layout.source.T_base_tote.inverse()
    cameras = tuple(
        replace(c, T_base_camera=shift @ c.T_base_camera) if c.name != "destination" else c for c in layout.cameras
    )
    with pytest.raises(Unreachable):
        Stack.build(replace(layout, source=far, cameras=cameras), DualTool(), frozenset(Tool))


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_and_a_time_limit_keep_what_was_measured(asked: signal.Signals, tmp_path: Path) -> None:
    patience = 60.0
    command = [sys.executable, "-m", "handpick.command", "sim", "--suite", "boxes", "--orders", "200"]
    process = subprocess.Popen(
        [*command, "--seed", str(SEED), "--jobs", "1", "--out", str(tmp_path)],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stderr
    began = time.monotonic()
    for line in process.stderr:
        if line.startswith("placed") or time.monotonic() - began > patience:
            break
    os.killpg(process.pid, asked)
    process.communicate(timeout=patience)
    assert process.returncode == 130
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["interrupted"] and report["attempts"] >= 1
    assert (tmp_path / "ledger.csv").exists() and (tmp_path / "report.html").exists()
