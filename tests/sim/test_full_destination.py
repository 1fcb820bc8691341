"""A destination without room does not end a bin: an empty one takes its place, and what lies in the full one counts."""

import numpy as np

from benchmarks.support.bench import box_spec
from grasping.tools import Tool
from handpick.loop import run_bin
from handpick.outcome import Cause, Result
from handpick.picking.stack import Stack
from perception.pose import Pose
from sim.cell import SimCell
from sim.judge import Place
from sim.render.renderer import make_renderer
from sim.world import World
from tests.support.cell_moves import LAYOUT, TOOL

FULL = np.array((0.54, 0.34, 0.32))  # nothing that is put on it would stay below the rim


def cell_with(filled: bool) -> tuple[SimCell, World]:
    world = World(LAYOUT)
    world.spawn(box_spec((0.12, 0.09, 0.06), 0.2), LAYOUT.source.T_base_tote @ lying(0.06))
    if filled:
        world.spawn(box_spec(tuple(FULL), 0.9), LAYOUT.destination.T_base_tote @ lying(FULL[2]))
    for _ in range(120):
        world.step()
    cell = SimCell(world, TOOL, make_renderer(), np.random.default_rng(0))
    cell.start_judging()
    return cell, world


def lying(height: float) -> Pose:
    return Pose.from_rotation((0, 0, height / 2 + 0.002), np.eye(3))


def test_an_empty_destination_takes_the_place_of_a_full_one() -> None:
    cell, world = cell_with(filled=True)
    stack = Stack.build(LAYOUT, TOOL, frozenset({Tool.SUCTION}))
    outcomes = run_bin(cell, stack, 1, replace_destination=cell.replace_destination)
    truth = cell.truth()
    assert [outcome.result for outcome in outcomes] == [Result.NOT_EXECUTED, Result.PLACED]
    assert outcomes[0].cause is Cause.NO_PLACE
    cell.wait(0.5)
    assert [item.place for item in cell.truth().items] == [Place.DESTINATION] * 2 and not truth.events
    assert world.items[1].pose().position[2] < -5  # out of the way of what comes next
    cell.close()


def test_nobody_replaces_an_empty_destination_and_no_time_passes() -> None:
    cell, _ = cell_with(filled=False)
    before = cell.clock()
    assert not cell.replace_destination() and cell.clock() == before
    cell.close()


def test_without_anybody_to_replace_it_the_bin_is_given_up_for_the_true_cause() -> None:
    cell, _ = cell_with(filled=True)
    stack = Stack.build(LAYOUT, TOOL, frozenset({Tool.SUCTION}))
    outcomes = run_bin(cell, stack, 1)
    cell.close()
    assert {outcome.cause for outcome in outcomes} == {Cause.NO_PLACE}
    assert len(outcomes) == stack.patience.empty_looks
