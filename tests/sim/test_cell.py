"""The simulated cell keeps the Cell protocol, repeats itself to the byte and judges fairly."""

import numpy as np
import pybullet as pb
import pytest

from benchmarks.support.bench import box_spec
from grasping.tools import GripCommand, Tool
from handpick.cell import CellStopped, ProtectiveStop
from handpick.check_cell import CellCheckError, check_cell, minimum_jerk
from perception.errors import GeometryError
from sim.cell import SimCell
from sim.damage.ledger import Cause
from sim.items.damage_classes import BOXED
from sim.judge import Place
from sim.render.renderer import make_renderer
from sim.suites import bin_specs
from tests.support.cell_moves import LAYOUT, TOOL, go, lift, over


@pytest.fixture(scope="module")
def renderer():
    made = make_renderer()
    yield made
    made.close()


def build(renderer, specs, seed=0):
    return SimCell.build(LAYOUT, TOOL, specs, renderer, np.random.default_rng(seed))


def test_it_keeps_the_protocol(renderer):
    cell = build(renderer, [box_spec((0.12, 0.08, 0.05), 0.3)])
    check_cell(cell)
    with pytest.raises(GeometryError, match="wait"):
        cell.wait(float("nan"))
    cell.close()
    cell.close()


def test_a_dead_camera_gives_no_frame(renderer):
    cell = build(renderer, [box_spec((0.12, 0.08, 0.05), 0.3)])
    name = LAYOUT.cameras[0].name
    cell.cameras.fail(name)
    assert name not in [frame.camera.name for frame in cell.capture()]
    assert len(cell.capture()) == len(LAYOUT.cameras) - 1
    cell.close()


def test_the_same_seed_gives_the_same_bytes(renderer):
    def run(seed):
        cell = build(renderer, bin_specs("boxes", np.random.default_rng(seed)), seed)
        cell.grip(GripCommand(0.02, 30.0, cup_extended=True, vacuum=80e3))
        cell.move(minimum_jerk(cell.state().positions, 0.2, 0.5))
        cell.wait(0.3)
        cell.stop()
        cell.wait(0.2)
        state, frames, truth = cell.state(), cell.capture(), cell.truth()
        bodies = b"".join(item.T_base_links().tobytes() for item in cell._world.items)
        cell.close()
        images = b"".join(frame.depth.tobytes() + frame.color.tobytes() for frame in frames)
        return state.positions.tobytes() + state.efforts.tobytes() + bodies + images, repr(truth), state.vacuum

    first = run(1)
    assert run(1) == first
    assert run(2)[0] != first[0]


def test_a_pick_is_seen_by_sensors_and_judge(renderer):
    cell = build(renderer, [box_spec((0.12, 0.08, 0.05), 0.3), box_spec((0.1, 0.1, 0.04), 0.2)])
    began = cell.clock()
    lift(cell)
    assert cell.state().vacuum > 60e3
    assert cell.state().cup_travel > 0.99
    assert cell.truth().items[0].place is Place.HAND
    middle = LAYOUT.destination.T_base_tote.position
    go(cell, over(middle, 0.35), Tool.SUCTION, 2.5)
    go(cell, over(middle, 0.056), Tool.SUCTION, 1.0)
    cell.grip(GripCommand(0.05, cup_extended=True))
    cell.wait(0.3)
    assert cell.state().vacuum < 2e3
    go(cell, over(middle, 0.30), Tool.SUCTION, 1.0)
    truth = cell.truth()
    assert [item.place for item in truth.items] == [Place.DESTINATION, Place.SOURCE]
    assert truth.items[0].placed_undamaged and not truth.items[0].dropped
    assert [(h.item, h.tool, h.lifted, h.commanded) for h in truth.holds] == [(0, Tool.SUCTION, True, True)]
    assert truth.moved(began, cell.clock()) == (0,)
    assert truth.moved(0.0, began) == ()
    cell.close()


def test_an_item_that_falls_from_the_tool_was_dropped(renderer):
    cell = build(renderer, [box_spec((0.12, 0.08, 0.05), 0.3)])
    lift(cell)
    began = cell.clock()
    (body,), client = cell._world.items[0].bodies, cell._world.client
    for _ in range(8):
        place = pb.getBasePositionAndOrientation(body, physicsClientId=client)[0]
        pb.applyExternalForce(body, -1, (0, 0, -80.0), place, pb.WORLD_FRAME, physicsClientId=client)
        cell.wait(1 / 240)
    cell.wait(1.0)
    item, (hold,) = cell.truth().items[0], cell.truth().holds
    assert item.dropped and item.place is Place.SOURCE
    assert hold.lifted and not hold.commanded
    assert cell.truth().freed(began, cell.clock()) == hold.end and cell.truth().freed(0.0, began) is None
    cell.close()


@pytest.mark.parametrize(("press", "dented"), [(0.004, False), (0.014, True)])
def test_vacuum_dents_no_carton_and_the_arm_behind_it_may(renderer, press, dented):
    cell = build(renderer, [box_spec((0.12, 0.08, 0.05), 0.3, fragility=BOXED)])
    lift(cell, press)
    assert cell.state().vacuum > 60e3  # 2 A / (2 pi r w) times that lies under the lip: more than BOXED bears
    assert [event.cause for event in cell.truth().events] == [Cause.SQUEEZE] * dented
    cell.close()


@pytest.mark.parametrize("suite", ["boxes", "books", "bags", "mixed", "unseen"])
def test_nothing_happens_where_nobody_touches(renderer, suite):
    cell = build(renderer, bin_specs(suite, np.random.default_rng(10)), 10)
    height = lambda: np.array([item.centre_of_mass()[2] for item in cell._world.items])
    masses = np.array([item.spec.mass for item in cell._world.items])
    before, fastest = height(), []
    for _ in range(100):
        cell.wait(0.1)
        fastest += [
            np.linalg.norm(pb.getBaseVelocity(b, physicsClientId=cell._world.client)[0])
            for item in cell._world.items
            for b in item.bodies
        ]
    assert cell.truth().events == ()
    assert masses @ (height() - before) < 2e-4 * masses.sum()  # a pile may creep and slip, but only downhill
    assert np.median(fastest) < 0.002 and max(fastest) < 0.3
    cell.close()


def test_a_jammed_arm_stops_by_itself(renderer):
    cell = build(renderer, [box_spec((0.12, 0.08, 0.05), 0.3)])
    floor = LAYOUT.source.T_base_tote.position
    with pytest.raises(CellStopped, match="protective stop"):
        go(cell, over(floor, 0.02), Tool.PINCH, 1.5)
        go(cell, over(floor, -0.25), Tool.PINCH, 1.5)
    with pytest.raises(CellStopped):
        cell.move(minimum_jerk(cell.state().positions, 0.1, 1.0))
    cell.close()


def test_an_arm_that_was_jammed_goes_on_after_it_has_recovered(renderer):
    cell = build(renderer, [box_spec((0.12, 0.08, 0.05), 0.3)])
    cell.recover()  # nothing has stopped
    assert cell.clock() == pytest.approx(0, abs=0.01)
    floor = LAYOUT.source.T_base_tote.position
    with pytest.raises(ProtectiveStop):
        go(cell, over(floor, 0.02), Tool.PINCH, 1.5)
        go(cell, over(floor, -0.25), Tool.PINCH, 1.5)
    stopped = cell.clock()
    cell.recover()
    assert cell.clock() - stopped > 1.0 and np.abs(cell.state().velocities).max() < 0.01
    go(cell, over(floor, 0.2), Tool.PINCH, 1.5)
    cell.close()


def test_a_cell_that_recovers_from_nothing_breaks_its_promise(renderer, monkeypatch):
    cell = build(renderer, [box_spec((0.12, 0.08, 0.05), 0.3)])
    monkeypatch.setattr(cell, "recover", lambda: cell.wait(1.0))
    with pytest.raises(CellCheckError, match="recover"):
        check_cell(cell)
    cell.close()
