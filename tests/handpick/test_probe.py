"""A probing lift: what comes up whole is carried on, what opens or weighs too much is set down unharmed."""

import numpy as np
import pytest

from grasping.contact.shared_load import seal_limits
from grasping.grasp import Grasp, Load, Odds
from grasping.tools import Tool
from handpick.outcome import Cause, Result
from handpick.picking.contact_sensing import Touch
from handpick.picking.execute import Executed, execute
from handpick.picking.grip import Hold
from handpick.picking.outlook import calm_view
from handpick.picking.stack import Stack
from handpick.picking.stopwatch import Stopwatch
from perception.pose import Pose
from perception.watch.intent import Phase
from sim.cell import SimCell
from sim.items.catalog import make_item
from sim.items.spec import ItemSpec
from sim.judge import Place, Truth
from sim.render.renderer import make_renderer
from sim.world import World
from tests.support.cell_moves import LAYOUT, TOOL

CUP = TOOL.cup


@pytest.fixture(scope="module")
def stack() -> Stack:
    return Stack.build(LAYOUT, TOOL, frozenset(Tool))


def probed(stack: Stack, family: str, aside: float = 0.0, mass: float = 0.2) -> tuple[Executed, Truth]:
    """One probed lift of an item that lies flat, by a cup `aside` metres from its middle along its longest edge."""
    rng = np.random.default_rng(3)
    item = make_item(family, rng)
    world = World(LAYOUT)
    world.spawn(
        item, LAYOUT.source.T_base_tote @ Pose.from_rotation((0, 0, float(np.min(item.size)) / 2 + 0.002), flat(item))
    )
    for _ in range(120):
        world.step()
    renderer = make_renderer()
    cell = SimCell(world, TOOL, renderer, rng)
    cell.start_judging()
    view = calm_view(cell, stack.arm)
    scene = stack.perceiver.perceive(view.frames, view.robot)
    seen = max(scene.items, key=lambda found: found.volume)
    along = seen.T_base_box.rotation[:, int(np.argmax(seen.size))]
    top = seen.T_base_box.position + aside * along
    position = np.array((*top[:2], float(np.median(seen.points[seen.normals[:, 2] > 0.9][:, 2]))))
    T_base_tool = Pose.from_rotation(position, np.diag((1.0, -1.0, -1.0)))
    load = Load(mass, np.array((0, 0, float(np.min(seen.size)) / 2)), 1e-3 * np.eye(3), (0.8 * mass, 1.2 * mass))
    limits = seal_limits([CUP.pressure_full], 1.5, CUP)
    grasp = Grasp(
        Tool.SUCTION, seen.id, T_base_tool, CUP.fingers_open, 0.0, 0.0, Odds(1, 1, 0), limits, load, probe=True
    )
    plan = stack.planner.plan(grasp, scene, view.positions)
    assert [step.phase for step in plan.steps].count(Phase.PROBE) == 1
    done = execute(cell, plan, grasp, TOOL, Touch(stack.arm), Hold(), Stopwatch(cell))
    cell.wait(0.5)  # it falls the last millimetres
    truth = cell.truth()
    cell.close()
    renderer.close()
    return done, truth


def flat(item: ItemSpec) -> np.ndarray:
    thin = int(np.argmin(item.size))
    return np.roll(np.eye(3), 2 - thin, axis=0)


def test_a_bar_that_comes_up_whole_is_carried_on(stack: Stack) -> None:
    done, truth = probed(stack, "chocolate_bar", mass=0.1)
    assert done.result is Result.PLACED and truth.items[0].place is Place.DESTINATION and not truth.events


def test_a_book_lifted_in_the_middle_of_its_cover_stays_where_it_is_unharmed(stack: Stack) -> None:
    done, truth = probed(stack, "hardcover", mass=0.6)
    assert done.result in (Result.RETURNED, Result.MISSED)
    assert done.cause in (Cause.LEFT_A_PART, Cause.HOLD_TIRED, Cause.LOST_ON_LIFTING)
    assert truth.items[0].place is Place.SOURCE and not truth.events
