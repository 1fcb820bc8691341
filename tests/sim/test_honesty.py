"""The planner side finishes its work in a world where looking at the truth raises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pybullet
import pytest

from grasping.tools import DualTool, Tool
from handpick.layout import standard_layout
from handpick.loop import run_bin
from handpick.outcome import Result
from handpick.picking.stack import Stack
from sim.cell import SimCell
from sim.items import spec as truths
from sim.items.body import ItemBody
from sim.render.renderer import make_renderer
from sim.suites import bin_specs

CELL = ("layout", "clock", "wait", "capture", "state", "move", "grip", "stop")


class LookedAtTheTruth(AssertionError):
    """Something outside the simulated cell asked for what only the simulation may know."""


class Guard:
    """Truth may be read while a call into the cell is under way, and at no other time."""

    def __init__(self) -> None:
        self.inside = 0
        self.refused = 0

    @contextmanager
    def call(self) -> Iterator[None]:
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1

    def check(self, what: str) -> None:
        if not self.inside:
            self.refused += 1
            raise LookedAtTheTruth(what)

    def opens(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            with self.call():
                return function(*args, **kwargs)

        return wrapped

    def closes(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.check(name)
            return function(*args, **kwargs)

        return wrapped


def seal_truth(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every PyBullet function and every field of an item's truth raise outside of the cell."""
    for name in dir(pybullet):
        if name[0].islower() and callable(getattr(pybullet, name)):
            monkeypatch.setattr(pybullet, name, guard.closes(name, getattr(pybullet, name)))
    kinds = [getattr(truths, name) for name in ("ItemSpec", "BodySpec", "LinkSpec", "Surface", "Fragility")]
    for kind in (*kinds, ItemBody):

        def get(self: Any, name: str, real: Any = kind.__getattribute__, kind: Any = kind) -> Any:
            if not name.startswith("__"):
                guard.check(f"{kind.__name__}.{name}")
            return real(self, name)

        monkeypatch.setattr(kind, "__getattribute__", get)
    for name in CELL:
        member = SimCell.__dict__[name]
        if isinstance(member, property):
            assert member.fget
            monkeypatch.setattr(SimCell, name, property(guard.opens(member.fget)))
        else:
            monkeypatch.setattr(SimCell, name, guard.opens(member))


def test_picks_without_a_look_at_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    guard = Guard()
    rng = np.random.default_rng(5)
    renderer = make_renderer()
    layout, tool = standard_layout(), DualTool()
    cell = SimCell.build(layout, tool, bin_specs("mixed", rng), renderer, rng)
    seal_truth(guard, monkeypatch)
    with pytest.raises(LookedAtTheTruth):  # the seal is tight
        pybullet.getBasePositionAndOrientation(0)
    with pytest.raises(LookedAtTheTruth):
        cell.truth()
    assert guard.refused == 2

    outcomes = run_bin(cell, Stack.build(layout, tool, frozenset(Tool)), orders=2)
    assert guard.refused == 2
    assert any(outcome.result is Result.PLACED for outcome in outcomes)
    monkeypatch.undo()
    cell.close()
    renderer.close()
