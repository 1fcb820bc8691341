"""One loop runs the steps of any plan: in order, each by its guard, and the tool lets go where one fails."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from grasping.skills.drag import Drag
from grasping.tools import DualTool, GripCommand, Tool
from handpick.outcome import Cause, Noticed, Result
from handpick.picking.contact_sensing import Touch
from handpick.picking.execute import execute
from handpick.picking.grip import Hold
from handpick.picking.guards import GUARDED
from handpick.picking.inspection import PASSED, Inspection
from handpick.picking.monitor import CLOSED, Eyes
from handpick.picking.stopwatch import Stopwatch
from motion.plan import Plan
from motion.planning.constraints import Setting
from motion.planning.step import Gripped, Guard, Held, Landing, Released, Step, ToolCommand
from motion.planning.step import Touch as TouchGuard
from perception.events import EventKind
from perception.watch.intent import Phase
from tests.support.clock import Clock, motion_to
from tests.support.planning import ARM, ONE, top_grasp

TOOL = DualTool()
GRASP = top_grasp(ONE, 0, Tool.SUCTION)
DRAGGED = replace(GRASP, skill=Drag(np.array((0.1, 0.0, 0.0)), 0.01))
WATCHED = cast(Setting, object())  # what the eyes are told with a motion that they may mend
COMMAND = GripCommand(0.05)


class Weightless(Touch):
    """Feels nothing."""

    def wrench(self, *reading):
        return np.zeros(6)


class Sealed(Clock):
    """A cup that holds until so many seconds have passed; notes where the arm was sent, and when."""

    def __init__(self, until=np.inf):
        super().__init__()
        self.until, self.sent = until, []

    def state(self):
        return replace(super().state(), vacuum=60e3 if self.time < self.until else 0.0)

    def move(self, trajectory):
        self.sent.append((round(self.time, 3), float(trajectory.positions[-1, 0])))
        super().move(trajectory)


class Halting(Eyes):
    """Sees something come into the way of the first motion that it is told of, at once."""

    def __init__(self):
        super().__init__()
        self.begun = []

    def begin(self, phase, *rest):
        self.begun.append(phase)

    def attend(self, state):
        self.halted = WATCHED
        self.noticed = (Noticed(EventKind.PATH_BLOCKED, 0.9, state.stamp, "brake"),)


class Lands(Weightless):
    """Feels what is carried come down on something after 1.8 s."""

    def against(self, wrench, state, tool):
        return 20.0 if state.stamp > 1.8 else 0.0


class Late(Inspection):
    """Knows nothing until it is asked at the end, and refuses then."""

    def end(self):
        self.refused = Cause.WRONG_ITEM


def run(cell, *steps, grasp=GRASP, passed=lambda: None, eyes=CLOSED, touch=None, inspection=PASSED):
    watch = Stopwatch(cell)
    parts = TOOL, touch or Weightless(ARM), Hold(), watch, passed, eyes, inspection
    return execute(cell, Plan(steps), grasp, *parts), watch


def test_steps_run_one_after_the_other_each_from_where_the_last_one_ended():
    cell, told = Sealed(), []
    first = Step(Phase.APPROACH, trajectory=motion_to(0, 1), commands=(ToolCommand(0.5, COMMAND),))
    second = Step(Phase.CARRY, trajectory=motion_to(1, 2, 2.0), passed=1.5)
    done, watch = run(cell, first, second, passed=lambda: told.append(cell.time))
    assert cell.sent == [(0.0, 1.0), (1.0, 2.0)] and cell.told == [COMMAND]
    assert watch.stages == pytest.approx({"approach": 1.0, "carry": 2.0})
    assert told == [pytest.approx(2.5, abs=0.02)]
    assert (done.result, done.cause, done.held) == (Result.PLACED, None, False)


class Squeezed(Clock):
    """Fingers whose pads are pressed, newtons, by what they squeeze in beside; the arm feels nothing of it."""

    def __init__(self, force):
        super().__init__()
        self.force = force

    def state(self):
        return replace(super().state(), finger_force=self.force)


@pytest.mark.parametrize(
    ("tool", "force", "stops"), [(Tool.PINCH, 20.0, True), (Tool.PINCH, 2.0, False), (Tool.SUCTION, 20.0, False)]
)
def test_fingers_that_squeeze_in_are_stopped_by_what_their_pads_feel(tool, force, stops):
    cell = Squeezed(force)
    step = Step(Phase.APPROACH, trajectory=motion_to(0, 1, 2.0), guard=TouchGuard())
    run(cell, step, grasp=top_grasp(ONE, 0, tool))
    assert ("stop" in cell.commands) is stops and cell.time > 2.0 - GUARDED


def test_what_lets_go_of_an_item_says_when():
    cell = Sealed(until=1.1)
    done, watch = run(cell, Step(Phase.APPROACH, trajectory=motion_to(0, 1)), Step(Phase.RELEASE, Released()))
    assert done.released == pytest.approx(1.0) and done.result is Result.PLACED
    assert cell.told[-1].vacuum == 0.0 and watch.stages["release"] == pytest.approx(0.1, abs=0.03)


def test_an_item_that_stays_in_its_tote_was_moved_and_not_placed():
    cell = Sealed(until=1.1)
    drag = Step(Phase.DRAG, Held(), motion_to(0, 1))
    done, _ = run(cell, drag, Step(Phase.RELEASE, Released()), grasp=DRAGGED)
    assert (done.result, done.cause, done.released) == (Result.MOVED, Cause.MOVED_ASIDE, None)


def test_what_the_tool_is_told_while_the_arm_rests_is_told_before_it_is_waited_for():
    cell = Sealed()
    run(cell, Step(Phase.GRIP, Gripped(), commands=(ToolCommand(0.0, COMMAND),)))
    assert cell.told == [COMMAND] and cell.time < Hold().patience


def test_a_tool_that_finds_no_hold_lets_go_after_some_patience_and_nothing_more_is_sent():
    cell = Sealed(until=0.0)
    done, watch = run(cell, Step(Phase.GRIP, Gripped()), Step(Phase.CARRY, trajectory=motion_to(0, 1)))
    assert (done.result, done.cause) == (Result.MISSED, Cause.NO_HOLD)
    assert watch.stages["grip"] == pytest.approx(Hold().patience, abs=0.03)
    assert not cell.sent and cell.told[-1].vacuum == 0.0 and "release" in watch.stages


@pytest.mark.parametrize(
    ("phase", "guard", "grasp", "lost", "result", "cause"),
    [
        (Phase.DRAG, Held(), DRAGGED, 0.8, Result.MOVED, "lost while dragging"),
        (Phase.CARRY, Landing(0.1), GRASP, 0.2, Result.MISSED, "lost on lifting"),
        (Phase.CARRY, Landing(0.1), GRASP, 0.8, Result.DROPPED, "lost in transfer"),
    ],
)
def test_an_item_that_is_lost_on_the_way_stops_the_arm_and_the_tool_lets_go(phase, guard, grasp, lost, result, cause):
    cell = Sealed(until=lost)
    moving = Step(phase, guard, motion_to(0, 1, 2.0), clear=0.5)
    done, watch = run(cell, moving, Step(Phase.RETREAT, trajectory=motion_to(1, 0)), grasp=grasp)
    assert (done.result, done.cause, done.released) == (result, cause, None)
    assert watch.stages[phase.value] == pytest.approx(lost, abs=0.02)
    assert cell.commands == ["stop"] and len(cell.sent) == 1 and cell.told[-1].vacuum == 0.0


@pytest.mark.parametrize(("lost", "over", "placed"), [(1.8, True, True), (1.8, False, False), (1.2, True, False)])
def test_what_comes_off_low_over_the_destination_lies_in_it(lost, over, placed):
    cell = Sealed(until=lost)
    cell.layout = SimpleNamespace(destination=SimpleNamespace(contains=lambda points: np.full(len(points), over)))
    carry = Step(Phase.CARRY, Landing(0.5), motion_to(0, 1, 2.0), clear=0.3)
    done, _ = run(cell, carry, Step(Phase.RELEASE, Released()))
    cause = None if placed else Cause.LOST_IN_TRANSFER
    assert (done.result, done.cause) == (Result.PLACED if placed else Result.DROPPED, cause)
    assert cell.commands == ["stop"] and cell.told[-1].vacuum == 0.0


@pytest.mark.parametrize("touch", [Weightless(ARM), Lands(ARM)])
def test_what_lands_before_the_end_is_not_let_go_either_until_its_inspection_has_ended(touch):
    cell = Sealed()
    carry = Step(Phase.CARRY, Landing(0.5), motion_to(0, 1, 2.0), clear=0.3)
    done, _ = run(cell, carry, Step(Phase.RELEASE, Released()), touch=touch, inspection=Late())
    assert done.held and (done.result, done.cause) == (Result.RETURNED, Cause.WRONG_ITEM) and not cell.told
    assert cell.time == pytest.approx(2.0 if type(touch) is Weightless else 1.8, abs=0.05)


def test_eyes_that_halt_a_carry_leave_the_item_in_hand():
    cell, eyes = Sealed(), Halting()
    carry = Step(Phase.CARRY, Landing(0.1), motion_to(0, 1), WATCHED)
    done, _ = run(cell, carry, Step(Phase.RELEASE, Released()), eyes=eyes)
    assert done.held and (done.result, done.cause) == (Result.RETURNED, EventKind.PATH_BLOCKED.value)
    assert eyes.begun == [Phase.CARRY] and not cell.told


@pytest.mark.parametrize(
    ("phase", "grasp", "result"), [(Phase.APPROACH, GRASP, Result.MISSED), (Phase.DRAG, DRAGGED, Result.MOVED)]
)
def test_eyes_that_halt_another_motion_end_the_plan(phase, grasp, result):
    cell, eyes = Sealed(), Halting()
    guard = Held() if phase is Phase.DRAG else Guard()
    done, _ = run(
        cell, Step(phase, guard, motion_to(0, 1), WATCHED), Step(Phase.GRIP, Gripped()), grasp=grasp, eyes=eyes
    )
    assert (done.result, done.cause, done.held) == (result, EventKind.PATH_BLOCKED.value, False)
    assert cell.told[-1].vacuum == 0.0


def test_eyes_do_not_watch_what_may_not_be_mended():
    cell, eyes = Sealed(), Halting()
    done, _ = run(cell, Step(Phase.GRIP, trajectory=motion_to(0, 1)), eyes=eyes)
    assert not eyes.begun and eyes.halted is None and done.result is Result.PLACED
