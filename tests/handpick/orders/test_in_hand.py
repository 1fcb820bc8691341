"""What is in hand is looked at, again where the answer is unsure, and refused where it is another or nobody knows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from grasping.skill import Lift
from grasping.skills.aside import Aside
from handpick.orders import in_hand
from handpick.orders.in_hand import LATENCY, LOOKS, InHand
from handpick.outcome import Aim, Cause
from handpick.picking.latency import Inline
from motion.planning.step import Landing, Step
from perception.identity.answer import Answer, Guess, Level
from perception.identity.encoder import WIDTH
from perception.pose import Pose
from perception.watch.intent import Phase
from tests.support.clock import Clock, motion_to

CARRY = Step(Phase.CARRY, Landing(0.1), motion_to(0, 1), clear=0.2)


def made(
    monkeypatch: pytest.MonkeyPatch, name: str, sure: float, skill: Any = None, views: int = 2, more: float = 0.0
) -> Any:
    """An inspection whose catalogue gives one answer, surer by `more` for each view, and what it has remembered."""

    def answer(views: Any) -> Answer:
        guess = Guess(Level.ITEM, name, 0.7)
        return Answer(guess, (guess,), ((name, sure + more * len(views)),))

    remembered: list[Any] = []
    weights: list[Any] = []
    naming = SimpleNamespace(
        encoder=SimpleNamespace(encode=lambda cutouts: np.ones((len(cutouts), WIDTH), np.float32)),
        read=lambda cutouts: (("green", "tea"),) * len(cutouts),
        once_more=lambda named, item, views, weight, read: weights.append(weight) or answer(views),
        remember=lambda *told: remembered.append(told),
    )
    box = SimpleNamespace(T_base_box=Pose.identity())
    scene = SimpleNamespace(item=lambda _: box, cameras=(), T_base_cameras=())
    arm = SimpleNamespace(capsules=lambda *_: None, T_base_tool=lambda *_: Pose.identity())
    grasp = SimpleNamespace(item=0, tool=None, T_base_tool=Pose.identity(), skill=skill or Lift())
    felt = iter([0.3, 9.0, *[0.36] * 99])  # one reading is wrong
    monkeypatch.setattr(in_hand, "Touch", lambda _: SimpleNamespace(mass=lambda *_: next(felt)))
    monkeypatch.setattr(in_hand, "seen_in_hand", lambda *_: ["view"] * views)
    cell = Clock()
    cell.capture = lambda: looks.append(cell.time) or ()  # type: ignore[attr-defined]
    looks: list[float] = []
    named = SimpleNamespace(scene=scene, weights=weights)
    parts = cell, arm, Inline(), naming, named, Aim(3, "tea", "tea", 0.8), grasp
    return InHand(*cast(Any, parts)), cell, looks, remembered


def carried(inspection: InHand, cell: Any, seconds: float) -> bool:
    inspection.begin(CARRY)
    end = cell.time + seconds
    while cell.time < end:
        cell.wait(0.02)
        if not inspection.fine(cell.state(), cast(Any, SimpleNamespace(acceleration=np.zeros(7)))):
            return False
    inspection.end()
    return inspection.refused is None


@pytest.mark.parametrize(
    ("name", "sure", "right", "times"), [("tea", 0.95, True, 1), ("tea", 0.6, False, LOOKS), ("oats", 0.99, False, 1)]
)
def test_only_what_is_surely_the_item_is_delivered(
    name: str, sure: float, right: bool, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspection, cell, looks, _ = made(monkeypatch, name, sure)
    assert carried(inspection, cell, 2.0) is right
    assert len(looks) == times and looks[0] == pytest.approx(0.2, abs=0.021)
    assert inspection.refused is (None if right else Cause.WRONG_ITEM)
    assert ("tea" in inspection.told or "oats" in inspection.told) and f"{2 * times} views" in inspection.told
    assert len(inspection._named.weights) == times
    for weight in inspection._named.weights:
        assert weight.mass == pytest.approx(0.36) and weight.error == pytest.approx(0.08, abs=0.01)
    if not right:
        assert cell.time == pytest.approx(looks[-1] + LATENCY, abs=0.021)


@pytest.mark.parametrize("seconds", [0.3, 2.0])
def test_an_unsure_answer_is_asked_again_on_the_way_with_all_that_was_seen(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    inspection, cell, looks, remembered = made(monkeypatch, "tea", 0.5, more=0.1)
    assert carried(inspection, cell, seconds)
    assert len(looks) == 2 and looks[1] == pytest.approx(looks[0] + LATENCY, abs=0.021)
    assert inspection.told == "tea (90%, 4 views in hand)"
    inspection.put_back(True)
    assert len(remembered[0][0]) == 4 and remembered[0][1] == (("green", "tea"),) * 4


def test_an_answer_that_comes_late_is_waited_for_before_the_item_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    inspection, cell, looks, _ = made(monkeypatch, "oats", 0.99)
    assert not carried(inspection, cell, 0.3)
    assert cell.time == pytest.approx(looks[0] + LATENCY, abs=0.021)


def test_what_was_in_hand_is_known_again_where_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    inspection, cell, _, remembered = made(monkeypatch, "oats", 0.99)
    carried(inspection, cell, 1.0)
    inspection.put_back(False)
    assert not remembered
    inspection.put_back(True)
    assert len(remembered) == 1 and remembered[0][3] == 3 and remembered[0][1] == (("green", "tea"),) * 2


def test_what_is_set_aside_is_named_and_never_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    inspection, cell, _, remembered = made(monkeypatch, "oats", 0.99, Aside())
    assert carried(inspection, cell, 1.0) and "oats" in inspection.told
    inspection.put_back(True)
    assert remembered[0][3] is None


def test_without_a_view_in_hand_nothing_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    inspection, cell, _, remembered = made(monkeypatch, "tea", 0.95, views=0)
    assert carried(inspection, cell, 1.0) and "0 views" in inspection.told
    inspection.put_back(True)
    assert not remembered
