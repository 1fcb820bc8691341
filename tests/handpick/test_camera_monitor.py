"""Eyes open: calm picks stay as they are, disturbed ones are mended, and whatever is told, the loop stays sane."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
import pytest

from grasping.propose import propose
from grasping.skills.drag import Drag
from grasping.tools import DualTool, Tool
from handpick.cell import CellState, CellStopped
from handpick.layout import standard_layout
from handpick.loop import run_bin
from handpick.outcome import PickOutcome, Result
from handpick.picking.camera_monitor import OpenEyes
from handpick.picking.contact_sensing import Touch
from handpick.picking.execute import execute
from handpick.picking.going_home import go_home, stands_at
from handpick.picking.monitor import Eyes
from handpick.picking.outlook import calm_view
from handpick.picking.stack import Stack, closed, opened
from handpick.picking.stopwatch import Stopwatch
from motion.errors import PlanError
from motion.planning.constraints import Setting
from motion.planning.rest_pose import resting
from motion.replanning.running import Running
from motion.robot.arm import Arm
from motion.trajectory import Trajectory
from perception.camera import CameraFrame
from perception.events import Event, EventKind
from perception.pose import Pose
from perception.tote import Box
from perception.watch.intent import Phase, Posture
from perception.watch.watch import Watch
from sim.cell import Disturbed, SimCell
from sim.disturbances.kinds import Kind, Moment, Planned
from sim.disturbances.obstacle import Obstacle, is_clear
from sim.render.base import Renderer
from sim.render.renderer import make_renderer
from sim.suites import bin_specs

T = TypeVar("T")
SEED = 11
MOST = 3  # picks of a test


@pytest.fixture
def renderer() -> Iterator[Renderer]:
    made = make_renderer()
    yield made
    made.close()


def cell_of(renderer: Renderer, disturbed: Disturbed | None = None) -> SimCell:
    specs = bin_specs("boxes", np.random.default_rng([SEED, 0]))[:5]
    rng = np.random.default_rng([SEED, 1])
    return SimCell.build(standard_layout(), DualTool(), specs, renderer, rng, disturbed=disturbed)


def pick(cell: SimCell, orders: int, eyes: Callable[[Any, Arm], Eyes]) -> list[PickOutcome]:
    stack = Stack.build(cell.layout, DualTool(), frozenset(Tool), eyes=eyes)
    told: list[PickOutcome] = []

    def on_pick(outcome: PickOutcome, look: object) -> None:
        told.append(outcome)
        cell.begin_pick(len(told))

    run_bin(cell, stack, orders, on_pick, lambda: len(told) < MOST, cell.reset)
    return told


def test_calm_picks_are_the_same_with_open_eyes(renderer: Renderer) -> None:
    outcomes = []
    for eyes in (closed, opened):
        cell = cell_of(renderer)
        outcomes.append(pick(cell, 3, eyes))
        assert not cell.truth().collisions
        cell.close()
    assert [o.result for o in outcomes[0]] == [o.result for o in outcomes[1]] == 3 * [Result.PLACED]
    assert not any(o.events for o in outcomes[1])


def test_an_item_ends_in_a_tote_that_moves_while_it_is_carried(renderer: Renderer) -> None:
    cell = cell_of(renderer, Disturbed((Kind.DESTINATION_SHIFTED,), (SEED,)))
    assert cell._disturber is not None
    cell._disturber._planned = Planned(Kind.DESTINATION_SHIFTED, Moment.CARRY, 0.0)
    outcome = pick(cell, 1, opened)[0]
    truth = cell.truth()
    cell.close()
    assert truth.disturbances[0].kind is Kind.DESTINATION_SHIFTED
    item = truth.disturbances[0].item
    assert item is not None and truth.items[item].placed_undamaged and not truth.collisions
    assert outcome.result is Result.PLACED
    assert EventKind.DESTINATION_MOVED in {event.kind for event in outcome.events}


@pytest.mark.parametrize("eyes", [closed, opened])
@pytest.mark.parametrize("moment", list(Moment))
def test_after_a_persons_stop_the_loop_goes_on_and_sets_down_what_it_holds(
    renderer: Renderer, moment: Moment, eyes: Callable[[Any, Arm], Eyes]
) -> None:
    cell = cell_of(renderer, Disturbed((Kind.PERSON_STOP,), (SEED,)))
    assert cell._disturber is not None
    cell._disturber._planned = Planned(Kind.PERSON_STOP, moment, 0.3)
    first = pick(cell, 1, eyes)[0]
    truth = cell.truth()
    cell.close()
    assert first.stages["stopped"] > 2.999 and truth.disturbances[0].stopped
    assert not truth.events and not truth.collisions
    if moment is Moment.LOOK:
        assert first.result is Result.PLACED
    elif moment is Moment.APPROACH:
        assert (first.result, first.cause) == (Result.MISSED, "stopped")
    else:
        assert first.result is Result.PLACED or (first.result, first.cause) == (Result.RETURNED, "stopped")
        assert first.stages["set down"] > 0 and not any(item.dropped for item in truth.items)


class Telling(Watch):
    """Tells one event when it is due."""

    due: Event | None = None

    def tick(self, frames: Sequence[CameraFrame], posture: Posture) -> tuple[Event, ...]:
        told, self.due = self.due, None
        return super().tick(frames, posture) if told is None else (told,)


class Halting(OpenEyes):
    """Brakes early in the carry, and is told of a box on the way down."""

    watch: Telling
    downs = 0

    def attend(self, state: CellState) -> Running | None:
        if self._running is not None and self._phase is Phase.CARRY and not self.downs and self._on_the_way():
            stop = Event(EventKind.STOP, 1.0, state.stamp)
            self._note(stop, self._stop(stop))
        return super().attend(state)

    def _on_the_way(self) -> bool:
        assert self._running is not None
        return self.cell.clock() - self._running.began > 0.3 * self._running.trajectory.duration

    def continue_with(self, motion: Trajectory, setting: Setting) -> None:
        super().continue_with(motion, setting)
        self.downs += 1
        if self.downs == 1:
            middle = setting.stage.tool_positions(motion.positions)[len(motion.positions) * 3 // 4]
            box = Box(Pose.from_rotation(middle, np.eye(3)), np.full(3, 0.03))
            self.watch.due = Event(EventKind.PATH_BLOCKED, 0.95, self.cell.clock(), box=box)


def test_what_comes_into_the_way_down_is_answered_as_well(renderer: Renderer) -> None:
    cell = cell_of(renderer)
    eyes: list[Halting] = []

    def halting(c: SimCell, arm: Arm) -> Halting:
        eyes.append(Halting(c, arm, Telling(c.layout.source, c.layout.destination)))
        return eyes[0]

    outcome = pick(cell, 1, halting)[0]
    truth = cell.truth()
    cell.close()
    answers = [event.answer for event in outcome.events if event.kind is EventKind.PATH_BLOCKED]
    assert len(answers) == 1 and eyes[0].downs > 0 and set(answers) <= {"splice", "vias", "brake", "stop"}
    assert outcome.result in (Result.RETURNED, Result.PLACED) and not truth.items[0].dropped
    assert not truth.collisions and not truth.events


class Obstructed(OpenEyes):
    """A box comes to where the first way home ends."""

    cell: SimCell
    ways = 0

    def leave(self, motion: Trajectory, setting: Setting) -> None:
        super().leave(motion, setting)
        self.ways += 1
        if self.ways == 1:
            assert self.cell._disturber is not None
            end, bench = self.arm.T_base_tool(motion.positions[-1], Tool.PINCH).position, self.cell._disturber._bench
            self.cell._disturber._effect = Obstacle(bench, end)
            assert is_clear(bench)


def test_what_comes_into_the_way_home_is_not_run_into(renderer: Renderer) -> None:
    cell = cell_of(renderer, Disturbed((Kind.OBSTACLE,), (SEED,), share=0.0))
    eyes: list[Obstructed] = []

    def obstructed(c: SimCell, arm: Arm) -> Obstructed:
        eyes.append(Obstructed(cell, arm, Watch(c.layout.source, c.layout.destination)))
        return eyes[0]

    outcome = pick(cell, 1, obstructed)[0]
    assert outcome.result is Result.PLACED and eyes[0].ways > 1
    assert [event.kind for event in outcome.events] == [EventKind.PATH_BLOCKED]
    assert not cell.truth().collisions and not cell.truth().events
    cell.close()


def test_what_comes_into_a_drag_stops_it(renderer: Renderer) -> None:
    cell = cell_of(renderer)
    stack = Stack.build(cell.layout, DualTool(), frozenset(Tool))
    view = calm_view(cell, stack.arm)
    scene = stack.perceiver.perceive(view.frames, view.robot)
    watch = Telling(cell.layout.source, cell.layout.destination)
    eyes = OpenEyes(cell, stack.arm, watch)
    eyes.look(view, scene)
    way = cell.layout.source.T_base_tote.rotate((0.0, -0.1, 0.0))
    for grasp in propose(scene, stack.tool, frozenset({Tool.SUCTION}), stack.quality):
        with suppress(PlanError):
            drag = replace(grasp, skill=Drag(way, 0.01))
            plan = stack.planner.plan(drag, scene, cell.state().positions)
            break
    place = Pose.from_rotation(stack.arm.T_base_tool(plan.carry.motion.positions[-1], Tool.SUCTION).position, np.eye(3))
    box = Box(place, np.full(3, 0.03))

    class Told(Stopwatch):
        def run(self, stage: str, action: Callable[[], T]) -> T:
            if stage == "drag":
                watch.due = Event(EventKind.PATH_BLOCKED, 0.95, cell.clock(), box=box)
            return super().run(stage, action)

    touch = Touch(stack.arm)
    done = execute(cell, plan, drag, stack.tool, touch, stack.hold, Told(cell), eyes=eyes)
    assert (done.result, done.cause) == (Result.MOVED, EventKind.PATH_BLOCKED.value)
    ends = (plan.carry.motion.positions[0], cell.state().positions)
    dragged = np.linalg.norm(np.subtract(*(stack.arm.T_base_tool(q, Tool.SUCTION).position for q in ends)))
    assert 0.001 < dragged < 0.05
    assert eyes.boxes is not None and box in eyes.boxes
    home = resting(stack.planner.rest, cell.state().positions)  # the wrist's turn is kept
    go_home(cell, stack, scene, eyes.boxes, eyes=eyes)
    assert stands_at(cell, home) and not cell.truth().collisions and not cell.truth().events
    cell.close()


class Blinded(OpenEyes):
    """All cameras die as the carry begins."""

    cell: SimCell

    def begin(self, phase: Phase, *rest: Any, **more: Any) -> None:
        super().begin(phase, *rest, **more)
        if phase is Phase.CARRY:
            for camera in self.cell.layout.cameras:
                self.cell.cameras.fail(camera.name)


def test_an_arm_that_sees_nothing_stops_and_keeps_what_it_holds(renderer: Renderer) -> None:
    cell = cell_of(renderer)
    with pytest.raises(CellStopped, match="no camera"):
        pick(cell, 1, lambda c, arm: Blinded(c, arm, Watch(c.layout.source, c.layout.destination)))
    assert np.abs(cell.state().velocities).max() < 0.02
    assert cell.state().vacuum > 12e3 or cell.state().finger_force > 1.0
    assert not cell.truth().collisions and not cell.truth().events
    cell.close()


class Storm(Watch):
    """Tells some event, of any kind, in every tick."""

    rng = np.random.default_rng(5)

    def tick(self, frames: Sequence[CameraFrame], posture: Posture) -> tuple[Event, ...]:
        kind = list(EventKind)[int(self.rng.integers(len(EventKind)))]
        shift = Pose.from_euler(self.rng.normal(0, 0.02, 3), self.rng.normal(0, 0.1, 3))
        place = Pose.from_rotation(posture.T_base_tool.position + self.rng.normal(0, 0.2, 3), np.eye(3))
        box = Box(place, self.rng.uniform(0.02, 0.1, 3))
        item, share = self._still.target.id, float(self.rng.uniform())
        return (Event(kind, 0.95, posture.stamp, shift=shift, box=box, share=share, item=item),)


def test_a_storm_of_events_leaves_the_loop_sane(renderer: Renderer) -> None:
    cell = cell_of(renderer)
    try:
        outcomes = pick(cell, MOST, lambda c, arm: OpenEyes(c, arm, Storm(c.layout.source, c.layout.destination)))
    except CellStopped:  # a safe end as well
        outcomes = []
    assert np.abs(cell.state().velocities).max() < 0.02
    assert not cell.truth().collisions
    cell.close()
    assert all(o.events or o.result is Result.NOT_EXECUTED for o in outcomes)
