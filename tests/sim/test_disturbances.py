"""Disturbances: drawn by seed, real in physics, put back when the pick is over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pybullet as pb
import pytest

from benchmarks.support.bench import box_spec
from grasping.tools import GripCommand, Tool
from handpick.cell import CellStopped
from handpick.check_cell import minimum_jerk
from sim.cell import Disturbed, SimCell
from sim.disturbances import around, obstacle, shoves, tool, tote
from sim.disturbances.effect import Bench, Effect
from sim.disturbances.kinds import MOMENTS, SHARE, Kind, Moment, UnknownDisturbanceError, draw, named
from sim.judge import Place
from sim.render.base import Renderer
from sim.render.renderer import make_renderer
from tests.support.cell_moves import LAYOUT, TOOL, go, lift, over

CARTON = (0.12, 0.08, 0.05)


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    made = make_renderer()
    yield made
    made.close()


def cell_of(renderer: Renderer, *sizes: tuple[float, float, float], kinds: tuple[Kind, ...] = ()) -> SimCell:
    specs = [box_spec(size, 0.3) for size in sizes or (CARTON,)]
    rng = np.random.default_rng(0)
    return SimCell.build(LAYOUT, TOOL, specs, renderer, rng, disturbed=Disturbed(kinds, (0,)))


def bench_of(cell: SimCell) -> Bench:
    assert cell._disturber is not None
    return cell._disturber._bench


def run(cell: SimCell, effect: Effect | None, seconds: float) -> None:
    """Let an effect work for some time."""
    assert cell._disturber is not None and effect is not None
    cell._disturber._effect = effect
    cell.wait(seconds)
    cell._disturber._effect = None


def place(cell: SimCell, number: int, position: tuple[float, float, float]) -> None:
    """Put an item somewhere upright, at rest."""
    (body,) = cell._world.items[number].bodies
    pb.resetBasePositionAndOrientation(body, position, (0, 0, 0, 1), physicsClientId=cell._world.client)
    pb.resetBaseVelocity(body, (0, 0, 0), (0, 0, 0), physicsClientId=cell._world.client)


def centre(cell: SimCell, number: int = 0) -> np.ndarray:
    return cell._world.items[number].centre_of_mass()


def speed(cell: SimCell, number: int = 0) -> np.ndarray:
    (body,) = cell._world.items[number].bodies
    return np.array(pb.getBaseVelocity(body, physicsClientId=cell._world.client)[0])


def test_names() -> None:
    assert named("none") == () and named("all") == tuple(Kind)
    assert named("obstacle, pump_lost") == (Kind.PUMP_LOST, Kind.OBSTACLE)
    with pytest.raises(UnknownDisturbanceError, match=r"earthquake.*none, all.*target_nudged.*person_stop"):
        named("obstacle,earthquake")


def test_what_hits_a_pick_depends_on_the_seed_and_its_number_alone() -> None:
    planned = [draw(tuple(Kind), np.random.default_rng([4, pick])) for pick in range(2000)]
    assert planned == [draw(tuple(Kind), np.random.default_rng([4, pick])) for pick in range(2000)]
    hit = [p for p in planned if p is not None]
    assert len(hit) / 2000 == pytest.approx(SHARE, abs=0.04)
    counts = Counter(p.kind for p in hit)
    assert set(counts) == set(Kind) and min(counts.values()) > 0.6 * len(hit) / len(Kind)
    assert all(p.moment in MOMENTS[p.kind] and 0 < p.share < 1 for p in hit)
    assert draw((), np.random.default_rng(0)) is None
    more = [draw(tuple(Kind), np.random.default_rng([4, pick]), 0.9) for pick in range(2000)]
    assert all(m == p for m, p in zip(more, planned) if p is not None) and sum(m is not None for m in more) > 1700


def test_a_nudged_item_slides_as_far_as_friction_lets_it(renderer: Renderer) -> None:
    cell = cell_of(renderer)
    place(cell, 0, tuple(LAYOUT.source.T_base_tote.apply(np.array((0.0, 0.0, 0.026)))))
    cell.wait(0.2)
    before = centre(cell)
    run(cell, shoves.Shove(bench_of(cell), 0, np.array((0.0, 0.5, 0.0))), 0.6)
    slid = centre(cell) - before
    stops = 0.5**2 / (2 * 0.36 * 9.81)  # v^2 / (2 mu g), friction 0.6 on 0.6
    assert 0.5 * stops < slid[1] < 1.2 * stops and abs(slid[0]) < 0.005 and abs(slid[2]) < 0.003
    assert np.linalg.norm(speed(cell)) < 0.01
    cell.close()


def test_a_slender_neighbour_is_pushed_over(renderer: Renderer) -> None:
    cell = cell_of(renderer, CARTON, (0.05, 0.05, 0.16))
    heights = [item.spec.size[2] for item in cell._world.items]
    flat, slender = int(np.argmin(heights)), int(np.argmax(heights))
    frame = LAYOUT.source.T_base_tote
    place(cell, flat, tuple(frame.apply(np.array((0.0, 0.0, 0.026)))))
    place(cell, slender, tuple(frame.apply(np.array((0.17, 0.0, 0.081)))))
    cell.wait(0.3)
    bench = bench_of(cell)
    go(cell, over(centre(cell, flat), 0.03), Tool.PINCH, 1.5)
    assert bench.target() == flat
    assert cell._world.items[slender].pose().rotation[2, 2] > 0.99
    run(cell, shoves.topple(bench, np.random.default_rng(0)), 1.5)
    assert abs(cell._world.items[slender].pose().rotation[2, 2]) < 0.5
    cell.close()


@pytest.mark.parametrize(("dv", "holds"), [(0.4, True), (4.0, False)])
def test_a_knock_shakes_the_item_in_the_hand(renderer: Renderer, dv: float, holds: bool) -> None:
    cell = cell_of(renderer)
    lift(cell)
    bench = bench_of(cell)
    assert bench.judge.carried == (0,)
    before = centre(cell)
    effect = shoves.Shove(bench, 0, np.array((dv, 0.0, 0.0)))
    run(cell, effect, 0.04)
    assert np.linalg.norm(centre(cell) - before) > 5e-4
    cell.wait(0.8)
    assert (bench.judge.carried == (0,)) is holds
    cell.close()


def test_a_weak_grasp_has_less_vacuum_and_less_friction(renderer: Renderer) -> None:
    cell = cell_of(renderer)
    lift(cell)
    bench = bench_of(cell)
    strong, friction = cell.state().vacuum, bench.cup.friction
    effect = tool.WeakGrasp(bench, 0.4)
    run(cell, effect, 1.0)
    assert cell.state().vacuum == pytest.approx(0.4 * strong, rel=0.1)
    assert bench.cup.friction == pytest.approx(0.4 * friction)
    pads = lambda: pb.getDynamicsInfo(bench.arm.body, bench.arm.link["finger_left"], physicsClientId=bench.world.client)
    assert pads()[1] == pytest.approx(0.4)
    effect.undo()
    cell.wait(1.0)
    assert cell.state().vacuum == pytest.approx(strong, rel=0.02) and pads()[1] == pytest.approx(1.0)
    cell.close()


def test_without_its_pump_the_cup_lets_go_in_time(renderer: Renderer) -> None:
    cell = cell_of(renderer)
    lift(cell)
    readings = [cell.state().vacuum]
    effect = tool.PumpLost(bench_of(cell))
    for _ in range(60):
        run(cell, effect, 0.05)
        readings.append(cell.state().vacuum)
    assert (np.diff(readings) < 800).all() and readings[1] > 0.5 * readings[0]  # through leaks, not at once
    assert readings[-1] < 2e3
    assert cell.truth().items[0].place is Place.SOURCE and cell.truth().items[0].dropped
    effect.undo()
    assert bench_of(cell).cup.pump.flow > 0
    cell.close()


def test_the_destination_moves_with_what_is_in_it_and_the_robot_is_not_told(renderer: Renderer) -> None:
    cell = cell_of(renderer, CARTON, CARTON)
    frame = LAYOUT.destination.T_base_tote
    place(cell, 0, tuple(frame.apply(np.array((0.05, 0.0, 0.026)))))
    cell.wait(0.5)
    inside, outside = centre(cell, 0), centre(cell, 1)
    pictured = {f.camera.name: f.depth for f in cell.capture()}["destination"]
    offset = np.array((0.03, 0.04, 0.0))
    effect = tote.Shift(bench_of(cell), offset, 0.5)
    run(cell, effect, 0.25)
    assert np.linalg.norm(centre(cell, 0) - inside - offset / 2) < 0.003
    run(cell, effect, 0.75)
    assert np.linalg.norm(centre(cell, 0) - inside - offset) < 0.003
    assert np.linalg.norm(centre(cell, 1) - outside) < 0.001
    for body, box in zip(cell._world.scenery["destination"], LAYOUT.destination.boxes()):
        at = pb.getBasePositionAndOrientation(body, physicsClientId=cell._world.client)[0]
        assert np.allclose(at, box.T_base_box.position + offset, atol=1e-9)
    assert cell.layout is LAYOUT
    seen = {f.camera.name: f.depth for f in cell.capture()}["destination"]
    assert np.nanmean(np.abs(seen - pictured) > 0.03) > 0.01
    effect.undo()
    cell.wait(0.5)
    assert np.linalg.norm(centre(cell, 0) - inside) < 0.004
    assert not cell.truth().events
    cell.close()


@pytest.mark.parametrize("angle", np.linspace(0, 6, 5))
def test_the_destination_never_moves_into_the_source(renderer: Renderer, angle: float) -> None:
    cell = cell_of(renderer)
    effect = tote.shift(bench_of(cell), np.random.default_rng(int(10 * angle)))
    assert isinstance(effect, tote.Shift)
    away = LAYOUT.destination.T_base_tote.position - LAYOUT.source.T_base_tote.position
    assert np.linalg.norm(effect._offset) == pytest.approx(0.05) and effect._offset @ away >= -1e-9
    cell.close()


def test_an_obstacle_stands_on_the_path_and_a_blind_arm_runs_into_it(renderer: Renderer) -> None:
    cell = cell_of(renderer)
    bench = bench_of(cell)
    cell.move(minimum_jerk(cell.state().positions, 1.2, 1.5))
    cell.wait(0.2)
    assert bench.arm.remaining == pytest.approx(1.3, abs=0.02)
    effect = obstacle.obstruct(bench, np.random.default_rng(0))
    assert effect is not None and obstacle.is_clear(bench)
    with pytest.raises(CellStopped, match="protective stop"):
        cell.wait(2.0)
    hits = cell.truth().collisions
    assert hits and {hit.other for hit in hits} == {"obstacle"}
    effect.undo()
    assert cell.reset()
    assert len(cell.truth().collisions) == len(hits)
    cell.move(minimum_jerk(cell.state().positions, -0.2, 1.0))
    cell.wait(1.2)
    cell.close()


def test_a_calm_motion_collides_with_nothing_and_a_wall_is_a_collision(renderer: Renderer) -> None:
    cell = cell_of(renderer)
    cell.grip(GripCommand(0.05))
    lift(cell)
    assert cell.truth().collisions == ()
    wall = LAYOUT.source.T_base_tote.apply(np.array((0.306, 0.0, 0.20)))
    with pytest.raises(CellStopped):
        go(cell, over(wall, 0.35), Tool.PINCH, 1.5)
        go(cell, over(wall, -0.30), Tool.PINCH, 1.5)
    assert {hit.other for hit in cell.truth().collisions} <= {"source", "table"}
    cell.close()


def test_lost_cameras_come_back(renderer: Renderer) -> None:
    cell = cell_of(renderer)
    lost = []
    for seed in range(12):
        effect = around.lose_cameras(bench_of(cell), np.random.default_rng(seed))
        lost.append(len(LAYOUT.cameras) - len(cell.capture()))
        effect.undo()
        assert len(cell.capture()) == len(LAYOUT.cameras)
    assert set(lost) == {1, 2, 3}
    cell.close()


def test_a_latency_spike_prolongs_one_wait_while_the_arm_goes_on(renderer: Renderer) -> None:
    cell = cell_of(renderer)
    began, start = cell.clock(), cell.state().positions
    cell.move(minimum_jerk(start, 0.3, 0.4))
    around.spike(bench_of(cell), np.random.default_rng(0))
    cell.wait(0.1)
    assert 0.5 <= cell.clock() - began <= 1.1 + 1e-6
    assert cell.state().positions[0] - start[0] == pytest.approx(0.3, abs=0.01)
    began = cell.clock()
    cell.wait(0.1)
    assert cell.clock() - began == pytest.approx(0.1, abs=0.005)
    cell.close()


def test_a_persons_stop_rests_the_arm_until_the_cell_is_reset(renderer: Renderer) -> None:
    cell = cell_of(renderer)
    assert not cell.reset()  # nothing to reset
    cell.move(minimum_jerk(cell.state().positions, 0.5, 1.0))
    cell.wait(0.4)
    around.press_stop(bench_of(cell), np.random.default_rng(0))
    with pytest.raises(CellStopped, match="person"):
        cell.wait(0.1)
    with pytest.raises(CellStopped):
        cell.move(minimum_jerk(cell.state().positions, 0.1, 1.0))
    stopped = cell.clock()
    assert cell.reset(seconds=2.0)
    assert cell.clock() - stopped >= 2.0 - 1e-6
    rest = cell.state()
    assert np.abs(rest.velocities).max() < 0.01
    cell.move(minimum_jerk(rest.positions, 0.1, 1.0))
    cell.wait(1.2)
    assert cell.state().positions[0] - rest.positions[0] == pytest.approx(0.1, abs=0.01)
    cell.close()


def test_somebody_comes_where_the_robot_sees_no_way_past_what_disturbs_it(renderer: Renderer) -> None:
    cell = cell_of(renderer, kinds=(Kind.OBSTACLE,))
    bench = bench_of(cell)
    cell.move(minimum_jerk(cell.state().positions, 1.2, 1.5))
    cell.wait(0.2)
    assert cell._disturber is not None and not cell.reset()
    cell._disturber._effect = obstacle.obstruct(bench, np.random.default_rng(0))
    cell.stop()
    cell.wait(0.5)
    assert cell.reset(seconds=1.0) and not cell.truth().collisions
    assert pb.getBasePositionAndOrientation(bench.obstacle, physicsClientId=bench.world.client)[0][2] < -1
    assert cell.truth().disturbances[-1].stopped
    cell.close()


def test_a_pick_meets_one_disturbance_at_most_and_the_next_finds_all_in_order(renderer: Renderer) -> None:
    cell = cell_of(renderer, kinds=(Kind.CAMERAS_LOST,))
    assert cell._disturber is not None
    lost: list[int] = []
    for pick in range(12):
        for _ in range(3):  # whoever looks again meets the same
            lost.append(len(LAYOUT.cameras) - len(cell.capture()))
            cell.move(minimum_jerk(cell.state().positions, 0.05 * (-1) ** pick, 0.3))
            cell.wait(0.32)
        cell.begin_pick(pick + 1)
    records = [record for record in cell.truth().disturbances if record.kind is Kind.CAMERAS_LOST]
    assert 2 <= len(records) < 12 and len({record.pick for record in records}) == len(records)
    calm = [pick for pick in range(12) if pick not in [record.pick for record in records]]
    assert all(lost[3 * pick : 3 * pick + 3] == [0, 0, 0] for pick in calm)
    assert all(record.ended > record.time for record in records)
    cell.close()


def test_what_is_still_in_the_hand_from_the_pick_before_is_not_knocked(renderer: Renderer) -> None:
    kinds = (Kind.ITEM_KNOCKED,)
    cell = cell_of(renderer, kinds=kinds)
    lift(cell)
    pick = next(pick for pick in range(1, 20) if draw(kinds, np.random.default_rng([0, pick])) is not None)
    cell.begin_pick(pick)
    knocks = lambda: [r.pick for r in cell.truth().disturbances if r.kind is Kind.ITEM_KNOCKED]
    before = knocks()
    go(cell, over(centre(cell), 0.10), Tool.SUCTION, 1.0)
    assert knocks() == before
    cell.grip(GripCommand(0.05, cup_extended=True, vacuum=0.0))
    cell.wait(1.0)
    lift(cell)
    assert knocks() == [*before, pick]
    cell.close()


def test_an_obstacle_waits_for_a_place_on_the_path(renderer: Renderer) -> None:
    kinds = (Kind.OBSTACLE,)
    cell = cell_of(renderer, kinds=kinds)
    approach = lambda plan: plan is not None and plan.moment is Moment.APPROACH
    pick = next(pick for pick in range(1, 40) if approach(draw(kinds, np.random.default_rng([0, pick]))))
    cell.begin_pick(pick)
    cell.move(minimum_jerk(cell.state().positions, 0.01, 0.5))  # too short to hold anything into it
    cell.wait(0.6)
    assert not [r for r in cell.truth().disturbances if r.kind]
    cell.move(minimum_jerk(cell.state().positions, 1.2, 1.5))
    with pytest.raises(CellStopped, match="protective stop"):
        cell.wait(1.6)
    assert [(r.pick, r.kind) for r in cell.truth().disturbances] == [(pick, Kind.OBSTACLE)]
    cell.close()
