"""Thinking beside the motion: only what sticks out is charged, and it holds for a placed item only."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from grasping.attempts import Attempts
from grasping.grasp import Grasp
from grasping.quality.worth import Stakes, blocked
from grasping.skill import Lift
from handpick import loop
from handpick.cell import Cell, ProtectiveStop
from handpick.loop import Picker
from handpick.outcome import Cause, Result
from handpick.picking import chooser, decide
from handpick.picking.canary import Canary
from handpick.picking.chooser import Anything
from handpick.picking.decide import Look, Thought
from handpick.picking.evidence import Evidence
from handpick.picking.execute import Executed, events
from handpick.picking.follow import follow
from handpick.picking.going_home import set_going
from handpick.picking.latency import Inline, Thinking
from handpick.picking.monitor import Eyes
from handpick.picking.planning import Planning
from handpick.picking.stack import Declared, Patience, Stack
from handpick.picking.stopwatch import Stopwatch
from motion.errors import NoPath
from motion.plan import Ending, Plan
from motion.planning.step import Landing, Step
from perception.watch.intent import Phase
from tests.support.clock import Clock, motion_to


def home_to(end: float) -> Plan:
    return Plan((Step(Phase.RETREAT, trajectory=motion_to(end, end)),))


def plan_to(home: Callable[[], Plan]) -> Plan:
    """To an item and on to where it is put down; its carry is past the cameras 0.3 s before its end."""
    approach = Step(Phase.APPROACH, trajectory=motion_to(0, 1))
    carry = Step(Phase.CARRY, Landing(0.1), motion_to(1, 0, 2.0), passed=1.7)
    return Plan((approach, carry), Ending(*cast(Any, (None, None, None)), home))


def done(value: str) -> Future[str]:
    return Inline().submit(lambda: value)


@pytest.mark.parametrize("beside", [0.0, 0.1, 0.35, 0.6, 2.0])
def test_only_what_sticks_out_of_the_motion_is_charged(beside: float) -> None:
    cell = Clock()
    thinking = Thinking(cast(Cell, cell), {"perceive": 0.3, "plan": 0.25}, done("thought"))
    cell.wait(beside)
    watch = Stopwatch(cast(Cell, cell))
    assert thinking.result(watch) == "thought"
    assert cell.time == pytest.approx(max(0.55, beside))
    assert sum(watch.stages.values()) == pytest.approx(max(0.55 - beside, 0.0))
    for stage, declared in (("perceive", 0.3), ("plan", 0.25)):
        assert watch.stages[stage] + watch.hidden[stage] == pytest.approx(declared)
    assert watch.hidden["perceive"] == pytest.approx(min(beside, 0.3))


def test_thinking_that_failed_says_so_when_asked() -> None:
    def fail() -> None:
        raise ValueError("blind")

    cell = Clock()
    thinking = Thinking(cast(Cell, cell), {"plan": 0.1}, Inline().submit(fail))
    with pytest.raises(ValueError, match="blind"):
        thinking.result(Stopwatch(cast(Cell, cell)))


def test_events_come_when_they_are_due_and_once() -> None:
    cell = Clock()
    told: list[tuple[str, float]] = []
    events = [(at, lambda name=name: told.append((name, cell.time))) for at, name in ((0.0, "a"), (0.333, "b"))]
    assert follow(cast(Cell, cell), motion_to(0, 1), events=cast(Any, events), poll=0.01)
    assert [name for name, _ in told] == ["a", "b"]
    assert told[0][1] == 0.0 and 0.333 - 1e-9 <= told[1][1] < 0.344


class Scripted:
    """A picker whose picks end as a list of results says, and that counts the looks it takes."""

    def __init__(
        self,
        results: list[Result],
        monkeypatch: pytest.MonkeyPatch,
        empty: tuple[int, ...] = (),
        cause: Cause | None = None,
        canary: Canary | None = None,
    ) -> None:
        self.cell, self.looks, self.homes, self.strays = Clock(), list[str](), 0, 0.0
        self.trials = list[bool | None]()
        results = list(results)
        stack = SimpleNamespace(
            declared=Declared(),
            thinker=Inline(),
            arm=None,
            tool=None,
            hold=SimpleNamespace(there=lambda *_: True),
            eyes=lambda *_: Eyes(),
            canary=canary,
            chooser=Anything(),
        )

        def think(stack: Stack, view: Any, past: Attempts, trial: bool | None) -> Thought:
            self.looks.append(view if isinstance(view, str) else "leaving")
            self.trials.append(trial)
            empty_handed = len(self.looks) - 1 in empty
            look = Look((), cast(Any, None), cast(Any, SimpleNamespace(tool=None, skill=Lift())))
            plan = None if empty_handed else plan_to(lambda: home_to(0))
            return Thought(look, plan, None, 1.0, 1.0, None if isinstance(view, str) else view, trial)

        def execute(cell: Cell, plan: Plan, *rest: Any) -> Executed:
            watch, passed = rest[-4:-2]
            follow(cell, plan.approach.motion)
            watch.run("carry", lambda: follow(cell, plan.carry.motion, events=events(plan.carry, cell, passed)))
            result = results.pop(0)
            if result is not Result.PLACED:  # it braked on the way
                self.cell.positions = np.full(7, 0.5)
            return Executed(result, None if result is Result.PLACED else cause, cell.clock())

        def go_home(*around: object, passed: Callable[[Plan], None] = lambda way: None, **_: object) -> None:
            way = around[4] if len(around) > 4 else None
            if isinstance(way, Plan):
                follow(cast(Cell, self.cell), way.approach.motion)
            else:
                self.homes += 1
                self.cell.wait(0.5)
                passed(home_to(0))
                self.cell.wait(0.4)
                self.cell.positions = np.full(7, self.strays)

        monkeypatch.setattr(loop, "think", think)
        monkeypatch.setattr(loop, "execute", execute)
        monkeypatch.setattr(loop, "go_home", go_home)
        monkeypatch.setattr(loop, "Touch", lambda arm: None)
        monkeypatch.setattr(loop, "calm_view", lambda *_: "calm")
        leaving = SimpleNamespace(positions=np.zeros(7))
        monkeypatch.setattr(loop, "leaving_view", lambda *_: leaving)
        monkeypatch.setattr(loop, "carrying_view", lambda *_: "carrying")
        monkeypatch.setattr(Attempts, "record", lambda *_, **__: None)
        self.picker = Picker(cast(Cell, self.cell), cast(Stack, stack))


def test_a_placed_item_is_followed_by_what_was_thought_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Scripted([Result.PLACED] * 3, monkeypatch)
    outcomes = [script.picker.pick(i, last=i == 2)[0] for i in range(3)]
    assert script.looks == ["calm", "carrying", "carrying"] and script.homes == 0
    assert outcomes[0].stages["perceive"] == pytest.approx(0.3)
    for outcome in outcomes[1:]:  # 0.3 s of the carry were left when it was begun
        assert outcome.stages["perceive"] == pytest.approx(0.0, abs=0.02)
        assert outcome.stages["plan"] == pytest.approx(0.3, abs=0.02)
        assert outcome.hidden["perceive"] == pytest.approx(0.3, abs=0.02)
    assert "retreat" in outcomes[2].stages and "retreat" not in outcomes[0].stages


@pytest.mark.parametrize("failure", [Result.DROPPED, Result.MISSED])
def test_a_loss_discards_what_was_thought_ahead(failure: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Scripted([failure, Result.PLACED], monkeypatch)
    outcomes = [script.picker.pick(i)[0] for i in range(2)]
    assert script.looks == ["calm", "carrying", "calm", "carrying"] and script.homes == 1
    assert outcomes[1].stages["plan"] == pytest.approx(0.3) and sum(outcomes[1].hidden.values()) == 0


@pytest.mark.parametrize(
    ("result", "cause"),
    [(Result.MISSED, Cause.NO_HOLD), (Result.RETURNED, Cause.HOLD_TIRED), (Result.MOVED, Cause.MOVED_ASIDE)],
)
def test_where_all_is_at_rest_the_next_pick_is_thought_out_on_the_way_home(
    result: Result, cause: Cause, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Scripted([result, Result.PLACED], monkeypatch, cause=cause)
    script.picker.pick(0)
    after = script.picker.pick(1, last=True)[0]
    assert script.looks[-1] == "leaving" and after.result is Result.PLACED
    declared = Declared()
    assert after.stages["perceive"] + after.stages["plan"] == pytest.approx(declared.perceive + declared.plan - 0.4)


@pytest.mark.parametrize("cause", [Cause.LOST_ON_LIFTING, Cause.PROTECTIVE_STOP])
def test_what_may_still_fall_is_looked_at_from_home(cause: Cause, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Scripted([Result.DROPPED, Result.PLACED], monkeypatch, cause=cause)
    for i in range(2):
        script.picker.pick(i, last=i == 1)
    assert script.looks[-1] == "calm" and "leaving" not in script.looks


def test_what_was_seen_on_a_way_home_that_ended_elsewhere_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Scripted([Result.MISSED, Result.PLACED], monkeypatch, cause=Cause.NO_HOLD)
    script.strays = 0.2
    for i in range(2):
        script.picker.pick(i, last=i == 1)
    assert script.looks[-1] == "calm"


@pytest.mark.parametrize("seed", range(4))
def test_who_decides_a_pick_is_drawn_once_however_often_it_is_thought_about(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = Canary(cast(Any, None), Evidence(0.5), np.random.default_rng(seed))
    script = Scripted([Result.DROPPED, Result.PLACED], monkeypatch, canary=canary)
    outcomes = [script.picker.pick(i, last=i == 1)[0] for i in range(2)]
    assert script.looks == ["calm", "carrying", "calm"]
    assert script.trials == [outcomes[0].trial, outcomes[1].trial, outcomes[1].trial]
    seen = canary.evidence
    assert (seen.old.picks + seen.new.picks, seen.old.placed + seen.new.placed) == (2, 1)
    assert seen.new.picks == sum(bool(outcome.trial) for outcome in outcomes)


def test_without_a_plan_ahead_the_arm_goes_home_and_looks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Scripted([Result.PLACED] * 2, monkeypatch, empty=(1,))
    outcomes = [script.picker.pick(i, last=i == 1)[0] for i in range(2)]
    assert script.looks == ["calm", "carrying", "calm"]
    assert script.homes == 0 and "retreat" in outcomes[1].stages  # as planned, minding what lies in the destination
    assert outcomes[1].result is Result.PLACED


def test_where_no_way_back_is_found_the_arm_goes_home_as_from_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    script, think = Scripted([Result.PLACED], monkeypatch), loop.think

    def none() -> Plan:
        raise NoPath("no way back")

    monkeypatch.setattr(loop, "think", lambda *rest: replace(think(*rest), plan=plan_to(none)))
    outcome, _ = script.picker.pick(0, last=True)
    assert outcome.result is Result.PLACED and script.homes == 1


def test_an_arm_that_stands_elsewhere_does_not_jump_to_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Scripted([Result.PLACED] * 2, monkeypatch)
    script.picker.pick(0)
    script.cell.positions = np.full(7, 0.08)  # it was let go far too early
    script.picker.pick(1, last=True)
    assert script.looks == ["calm", "carrying", "calm"] and script.homes == 1


def test_an_item_that_landed_early_last_is_no_reason_to_jump(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planned retreat begins at the release; the arm stopped before that."""
    script = Scripted([Result.PLACED], monkeypatch)
    execute = loop.execute

    def landed(cell: Cell, *rest: Any) -> Executed:
        done = execute(cell, *rest)
        script.cell.positions = np.full(7, 0.06)
        return done

    monkeypatch.setattr(loop, "execute", landed)
    outcome, _ = script.picker.pick(0, last=True)
    assert outcome.result is Result.PLACED and script.homes == 1


class ByItem(Stakes):
    """Grasps are worth the number of their item."""

    def gain(self, grasp: Grasp) -> float:
        return float(grasp.item)


@pytest.mark.parametrize("left", [None, "left"])
@pytest.mark.parametrize("found", ["worth", "bold", "aside", None])
def test_what_is_in_the_way_is_lifted_and_else_moved_aside_from_a_calm_look_alone(
    found: str | None, left: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = SimpleNamespace(frames=(), robot=None, left=left, completed=lambda scene: scene)
    stack = SimpleNamespace(
        **dict.fromkeys(("tool", "tools", "quality", "canary")),
        perceiver=SimpleNamespace(perceive=lambda *_: SimpleNamespace(items=())),
        planner=SimpleNamespace(time=None),
        patience=Patience(),
        stakes=ByItem(),
        chooser=Anything(),
        on_thought=lambda thought: None,
    )
    tried = list[str]()

    def first(planning: object, options: str, most: int) -> tuple[Any, Any] | None:
        tried.append(options)
        return ("grasp", options) if options == found else None

    monkeypatch.setattr(decide, "propose", lambda *_, **__: ())
    monkeypatch.setattr(chooser, "choose", lambda *_: "bold" if _[-1] == blocked(0, ByItem()) else "worth")
    monkeypatch.setattr(chooser, "aside", lambda *_: "aside")
    monkeypatch.setattr(Planning, "first", first)
    thought = decide.think(cast(Stack, stack), cast(Any, view), Attempts())
    order = ["worth"] if left else ["worth", "bold", "aside"]
    assert tried == order[: order.index(found) + 1 if found in order else None]
    assert thought.plan == (found if found in order else None)
    assert thought.cause is (None if thought.plan else Cause.NOTHING_SEEN)


def test_a_look_plans_nothing_twice_and_no_more_than_it_has_patience_for(monkeypatch: pytest.MonkeyPatch) -> None:
    view = SimpleNamespace(frames=(), robot=None, left=None, positions=None, completed=lambda scene: scene)
    planned, asked = list[object](), list[object]()

    def plan(option: object, *_: object) -> None:
        planned.append(option)
        raise NoPath("none")

    def possible(grasp: object, way: object, *_: object) -> bool:
        asked.append(way)
        return len(asked) == 1

    def made(item: int, **skill: object) -> Any:
        return SimpleNamespace(item=item, skill=SimpleNamespace(leaves_tote=True, needs_room=True, **skill))

    grasps = tuple(made(item) for item in range(4))
    moves = tuple(SimpleNamespace(item=g.item, skill=SimpleNamespace(leaves_tote=False, way=g.item)) for g in grasps)
    stack = SimpleNamespace(
        **dict.fromkeys(("tool", "tools", "quality", "canary")),
        perceiver=SimpleNamespace(perceive=lambda *_: SimpleNamespace(items=(1,))),
        planner=SimpleNamespace(time=None, plan=plan, possible=possible),
        patience=Patience(),
        stakes=ByItem(),
        chooser=Anything(),
        on_thought=lambda thought: None,
    )
    past = SimpleNamespace(
        record_plan=lambda *_: None, drags=lambda _: 0, unheld=lambda _: False, unplanned=lambda _: "", weighed=[]
    )
    past.copy = lambda: past
    monkeypatch.setattr(decide, "propose", lambda *_, **__: grasps)
    monkeypatch.setattr(chooser, "ASIDE", (lambda *_: moves,))
    monkeypatch.setattr(chooser, "choose", lambda *_: grasps)
    thought = decide.think(cast(Stack, stack), cast(Any, view), cast(Attempts, past))
    assert thought.plan is None and thought.cause is Cause.NO_PATH
    assert planned == [*grasps, *moves[:2]] and len(asked) <= 2
    assert [refusal.grasp for refusal in thought.look.refused] == planned
    many = tuple(made(item) for item in range(20))
    planned.clear()
    monkeypatch.setattr(chooser, "choose", lambda *_: many)
    decide.think(cast(Stack, stack), cast(Any, view), cast(Attempts, past))
    assert len(planned) == Patience().plans and [*map(id, planned)] == [*dict.fromkeys(map(id, planned))]


def test_a_protective_stop_costs_the_pick_and_not_the_bin(monkeypatch: pytest.MonkeyPatch) -> None:
    script = Scripted([Result.PLACED], monkeypatch)
    execute, stops = loop.execute, [ProtectiveStop("jammed")]

    def jammed(cell: Cell, *rest: Any) -> Executed:
        script.cell.positions = np.full(7, 0.5)
        if stops:
            raise stops.pop()
        return execute(cell, *rest)

    let_go = lambda cell, grasp, tool, watch, result, cause: Executed(result, cause, None)
    monkeypatch.setattr(loop, "execute", jammed)
    monkeypatch.setattr(loop, "let_go", let_go)
    first, second = (script.picker.pick(i, last=i == 1)[0] for i in range(2))
    assert first.result is Result.DROPPED and first.cause == "protective stop"
    assert script.cell.commands == ["recover"] and second.result is Result.PLACED


def test_an_arm_that_stops_again_on_recovering_is_tried_three_times() -> None:
    class Bent(Clock):
        stops = 2

        def recover(self) -> None:
            super().recover()
            if self.stops > 0:
                self.stops -= 1
                raise ProtectiveStop("jammed")

    cell = Bent()
    set_going(cast(Cell, cell))
    assert cell.commands == ["recover"] * 3
    cell.stops = 3
    with pytest.raises(ProtectiveStop):
        set_going(cast(Cell, cell))


def test_failures_remembered_ahead_are_forgotten_with_the_plan() -> None:
    past = Attempts()
    ahead = replace(past, failed=list(past.failed))
    ahead.failed.append(cast(Any, "attempt"))
    assert past.failed == []
