"""The simulated tool and arm against closed forms."""

from dataclasses import replace

import numpy as np
import pybullet as pb
import pytest
from scipy.integrate import solve_ivp
from scipy.spatial.transform import Rotation

from benchmarks.support.bench import Bench, box_spec
from grasping.tool_solids import bearing_solids
from grasping.tools import DualTool
from motion.robot.load import load_arm
from motion.trajectory import Trajectory, TrajectoryError
from perception.pose import Pose
from perception.tote import Box
from sim.items.catalog import make_item
from sim.robot.seal import LIP_POINTS, Break, Lip, Seal
from sim.robot.vacuum import AIR_DENSITY, ATMOSPHERE, Pump

RADIUS, MU, MASS = 0.015, 0.6, 0.5
AREA = np.pi * RADIUS**2
LAID = Pose.from_rotation((0, 0, -0.026), np.eye(3))  # a 60 mm box whose top the extended cup presses by 4 mm


@pytest.fixture
def bench():
    made = Bench()
    yield made
    made.close()


def exact(pump, gap, conductance, start, times):
    def rate(_, p):
        orifice = 0.6 * gap * np.sqrt(2 * max(p[0], 0) / AIR_DENSITY)
        return [ATMOSPHERE / pump.volume * (pump.flow * (1 - p[0] / pump.pressure) - orifice - conductance * p[0])]

    return solve_ivp(rate, (0, times[-1]), [start], t_eval=times, rtol=1e-9, atol=1e-3).y[0]


@pytest.mark.parametrize(("gap", "conductance"), [(0.0, 0.0), (1e-6, 0.0), (3e-6, 0.0), (0.0, 3e-8), (1e-6, 2e-9)])
def test_vacuum_follows_the_leak_equation(gap, conductance):
    pump, vacuum, dt = Pump(), 50.0, 1 / 240
    times = dt * np.arange(1, 60)
    found = []
    for _ in times:
        vacuum = pump.advance(vacuum, True, gap, conductance, dt)
        found.append(vacuum)
    np.testing.assert_allclose(found, exact(pump, gap, conductance, 50.0, times), rtol=0.02)
    assert found[-1] == pytest.approx(pump.steady(gap, conductance), rel=0.02)


def test_vacuum_of_known_leaks():
    pump = Pump()
    for gap, conductance, expected in (
        (0, 0, 80e3), (1e-6, 0, 64e3), (3e-6, 0, 42e3), (1e-5, 0, 12e3), (0, 2e-9, 69e3), (0, 3e-8, 24e3)
    ):  # fmt: skip
        assert pump.steady(gap, conductance) == pytest.approx(expected, rel=0.05)


def test_vacuum_never_leaves_its_bounds():
    pump = Pump()
    for gap in (0.0, 1e-6, 1e-4, 1e-2):
        vacuum = 60e3
        for on in (True, False):
            for _ in range(200):
                vacuum = pump.advance(vacuum, on, gap, 0.0, 1 / 240)
                assert 0 <= vacuum <= pump.pressure
        assert vacuum < 10


def test_seal_rule():
    seal, vacuum = Seal(RADIUS, MU), 60e3
    hold = vacuum * AREA
    load = lambda k, value: np.eye(6)[k] * value
    for k, limit, failure in (
        (2, -hold, Break.PULL), (0, MU * hold, Break.SHEAR), (1, -MU * hold, Break.SHEAR),
        (5, MU * hold * RADIUS, Break.SHEAR), (3, hold * RADIUS / 2, Break.PEEL), (4, -hold * RADIUS / 2, Break.PEEL),
    ):  # fmt: skip
        assert seal.broken(load(k, 0.99 * limit), vacuum) is None
        assert seal.broken(load(k, 1.01 * limit), vacuum) is failure
    assert seal.broken(load(2, 5.0) + load(0, MU * (hold + 4)), vacuum) is None  # pushing on helps


def test_gap_under_the_lip():
    lip = Lip(RADIUS, conform=1e-3)
    angle = 2 * np.pi * np.arange(LIP_POINTS) / LIP_POINTS
    assert lip.gap_area(np.full(LIP_POINTS, 2e-3)) == 0.0  # flat: the cup comes to it
    assert lip.gap_area(3e-4 * np.cos(angle)) == 0.0  # the lip bends
    tilted = lip.gap_area(RADIUS * np.tan(0.1) * (1 + np.cos(angle)))
    assert 0 < tilted < lip.gap_area(RADIUS * np.tan(0.2) * (1 + np.cos(angle)))
    half = np.where(np.cos(angle) > 0, 0.0, np.inf)
    assert lip.gap_area(half) == pytest.approx(np.pi * RADIUS * (lip.reach - lip.conform), rel=0.15)
    assert lip.gap_area(np.full(LIP_POINTS, np.inf)) > 2 * np.pi * RADIUS * lip.conform


def sealed(bench, **options):
    """A box hanging on the cup."""
    item, pillar = bench.put(box_spec((0.10, 0.08, 0.06), MASS, MU, **options), "cup", LAID)
    bench.suction.on = True
    bench.slide.go(True)
    bench.step(0.5)
    bench.free(pillar)
    bench.step(0.8)
    return item


def test_the_seal_feels_the_weight(bench):
    sealed(bench)
    assert bench.cup.held is not None
    np.testing.assert_allclose(bench.cup.wrench, [0, 0, -MASS * 9.81, 0, 0, 0], atol=0.01)


@pytest.mark.parametrize("kind", ["pull", "shear", "peel", "twist"])
def test_seal_breaks_where_the_formula_says(bench, kind):
    item = sealed(bench)
    hold = bench.cup.vacuum * AREA - MASS * 9.81
    limit = {"pull": hold, "shear": MU * hold, "peel": hold * RADIUS / 2, "twist": MU * hold * RADIUS}[kind]
    seen, rate = [0.0], limit / 2.0  # reaches the limit after two seconds

    def push(t):
        lip, wrench = bench.arm.T_base_link("cup_lip"), bench.cup.wrench
        seen.append(float(np.hypot(*wrench[3:5]) if kind == "peel" else rate * t))
        if kind in ("pull", "shear"):
            bench.force(item, lip.rotate((1, 0, 0) if kind == "shear" else (0, 0, 1)) * rate * t, lip.position)
        else:
            bench.torque(item, lip.rotate((1, 0, 0) if kind == "peel" else (0, 0, 1)) * rate * t)

    assert bench.step(3.0, push, until=lambda: bench.cup.held is None)
    assert max(seen) == pytest.approx(limit, rel=0.05)
    assert bench.cup.broke is {"shear": Break.SHEAR, "twist": Break.SHEAR, "peel": Break.PEEL}.get(
        kind, bench.cup.broke
    )
    bench.step(0.2)
    assert bench.cup.held is None and bench.cup.vacuum < 500
    assert item.pose().position[2] < bench.arm.T_base_link("cup_lip").position[2] - 0.1  # it fell


def test_a_jolt_is_too_short_to_open_a_seal_and_an_overload_is_not(bench):
    item = sealed(bench)
    limit = (bench.cup.vacuum * AREA - MASS * 9.81) * RADIUS / 2
    axis = bench.arm.T_base_link("cup_lip").rotate((1, 0, 0))
    jolt, overload = 4 * limit * axis, 3 * limit * axis
    bench.step(0.5, lambda t: bench.torque(item, jolt) if t == 0 else None)
    assert bench.cup.held is not None
    assert bench.step(0.1, lambda t: bench.torque(item, overload), until=lambda: bench.cup.held is None)
    assert bench.cup.broke is Break.PEEL


@pytest.mark.parametrize("depth", [0.002, 0.0045, 0.006])
def test_a_ruler_that_dips_into_the_lip_falls_off_it(bench, depth):
    """As one does that hung askew on a seal that failed: it must not be caught between lip and bellows."""
    bench.slide.go(True)
    bench.step(0.5)
    ruler = box_spec((0.30, 0.03, 0.003), 0.022)
    lip = bench.arm.T_base_link("cup_lip")
    item = bench.world.spawn(ruler, Pose.from_rotation(lip.position + np.array((0.07, 0, depth - 0.0015)), np.eye(3)))
    bench.step(0.5)
    assert item.pose().position[2] < lip.position[2] - 0.1


@pytest.mark.parametrize("family", ["shirt", "granule_bag"])
def test_a_limp_bag_hangs_on_the_lip_as_on_a_point(bench, family):
    bag = make_item(family, np.random.default_rng(3))
    aside = 0.3 * bag.size[0]
    _, pillar = bench.put(bag, "cup", Pose.from_rotation((aside, 0, 0.005 - bag.size[2] / 2), np.eye(3)))
    bench.suction.on = True
    bench.slide.go(True)
    bench.step(0.5)
    assert bench.cup.held is not None
    bench.free(pillar)
    loads, moments = [], []
    bench.step(1.5, lambda t: (loads.append(bench.cup.wrench[2]), moments.append(bench.cup.moment)))
    assert bench.cup.held is not None
    assert np.mean(loads[-120:]) == pytest.approx(-bag.mass * 9.81, rel=0.05)
    assert max(moments) < 0.05 < bag.mass * 9.81 * aside  # which a rigid plate would load the lip with


def test_a_cup_seals_when_a_little_tilted_and_not_when_much():
    held = []
    for degrees in (0, 5, 14):
        bench = Bench()
        bench.put(
            box_spec((0.10, 0.08, 0.06), MASS), "cup", LAID @ Pose.from_euler((0, 0, 0), (np.deg2rad(degrees), 0, 0))
        )
        bench.suction.on = True
        bench.slide.go(True)
        bench.step(0.5)
        held.append(bench.cup.held is not None)
        bench.close()
    assert held == [True, True, False]


@pytest.mark.parametrize(("thick", "tilt"), [(0.0008, 0.0), (0.0012, 0.02), (0.0010, 0.06)])
def test_a_card_is_not_pressed_into_what_it_lies_on(thick, tilt):
    """6 g between a lip that presses and a floor: both stay on their sides of it, and the cup holds the card."""
    bench = Bench(opening=0.0)
    bench.slide.go(True)
    bench.step(0.5)
    face = bench.arm.T_base_link("cup").position + np.array((0, 0, 0.0065))
    bench.slide.go(False)
    bench.step(0.5)
    turned = Rotation.from_rotvec((tilt, 0, 0)).as_matrix()
    card = bench.world.spawn(
        box_spec((0.0856, 0.054, thick), 0.006), Pose.from_rotation(face - thick / 2 * turned[:, 2], turned)
    )
    bench.world.fixed(Box(Pose.from_rotation(face - (thick + 0.05) * turned[:, 2], turned), np.array((0.1, 0.1, 0.1))))
    centre = bench.world.T_base_com(card.bodies[0], -1).position
    bench.slide.go(True)
    bench.suction.on = True
    assert bench.step(1.0, until=lambda: bool(bench.suction.holding)) is not None
    bench.step(0.2)
    sunk = (centre - bench.world.T_base_com(card.bodies[0], -1).position) @ turned[:, 2]
    assert sunk < thick / 4 and bench.suction.held.item is card
    bench.close()


def test_a_porous_item_holds_with_less_vacuum_and_release_lets_go(bench):
    item = sealed(bench, leak_conductance=2e-8)
    assert bench.cup.vacuum == pytest.approx(Pump().steady(0.0, 2e-8), rel=0.05)
    bench.suction.on = False
    assert bench.step(0.3, until=lambda: bench.cup.held is None) is not None
    bench.step(0.2)
    assert item.pose().position[2] < bench.arm.T_base_link("cup_lip").position[2] - 0.1


@pytest.mark.parametrize("force", [10.0, 20.0, 40.0])
def test_a_pinch_slips_at_twice_mu_times_force(force):
    bench, mass, mu = Bench(opening=0.08), 0.3, 0.5
    item, pillar = bench.put(
        box_spec((0.05, 0.05, 0.06), mass, mu), "tip", Pose.from_euler((0, 0, 0.015), (0, 0, np.pi / 4))
    )
    bench.fingers.go(0.0, force)
    bench.step(0.4)
    assert bench.fingers.gap == pytest.approx(0.05, abs=5e-4)
    bench.free(pillar)
    bench.step(0.2)
    depth = lambda: bench.arm.T_base_link("tip").inverse().apply(item.pose().position)[2]
    start, limit, load = depth(), 2 * mu * force, [0.0]

    def push(t):
        load[0] = mass * 9.81 + limit / 4 * t
        bench.force(item, (0, 0, -limit / 4 * t), item.pose().position)

    assert bench.step(6.0, push, until=lambda: depth() > start + 0.003)
    assert load[0] == pytest.approx(limit, rel=0.10)
    bench.close()


@pytest.mark.parametrize(
    ("family", "force", "slips"), [("paperback", 9.5, False), ("paperback", 14.0, True), ("hardcover", 17.0, False)]
)
def test_leaves_that_bow_slip_out_of_the_pads(family, force, slips):
    bench, books = Bench(opening=0.205), (make_item(family, np.random.default_rng(seed)) for seed in range(20))
    spec = next(book for book in books if book.mass < 0.35 and book.bows_at[0] > 10)
    turned = np.arctan2(*bench.arm.T_base_link("tip").rotation[[1, 0], 1])
    item, pillar = bench.put(spec, "tip", Pose.from_euler((0, 0, 0.005), (0, 0, turned)))
    bench.fingers.go(0.0, force)
    bench.step(1.0)
    assert bench.fingers.slips is slips
    bench.free(pillar)
    before = item.pose().position[2]
    bench.step(0.5)
    assert bool(before - item.pose().position[2] > 0.1) is slips
    bench.close()


def test_half_of_an_open_paperback_does_not_bow_between_its_cover_and_its_leaves():
    """Though the other half lies so that these pads would press along its leaves."""
    bench, books = Bench(opening=0.08), (make_item("paperback", np.random.default_rng(seed)) for seed in range(20))
    spec = next(book for book in books if book.bows_at[0] < 12)
    turned = np.arctan2(*bench.arm.T_base_link("tip").rotation[[1, 0], 1])
    width = spec.size[0]
    upside_down = Pose.from_euler(np.zeros(3), (np.pi, 0, turned))
    spine_at_tip = upside_down.apply(np.array([width / 2, 0, 0]))
    item, _ = bench.put(spec, "tip", Pose.from_rotation(spine_at_tip - (0, 0, width - 0.02), upside_down.rotation))
    pb.resetJointState(item.bodies[0], 1, np.pi / 2, physicsClientId=bench.world.client)  # half of it stands up
    bench.fingers.go(0.0, 20.0)
    bench.step(0.5)
    assert bench.fingers.gap == pytest.approx(spec.size[2] / 2, abs=1.5e-3)
    assert not bench.fingers.slips
    bench.close()


def test_pads_are_as_they_were_once_what_slipped_is_gone():
    """Be the next opening narrower than the book was wide."""
    bench, books = Bench(opening=0.205), (make_item("paperback", np.random.default_rng(seed)) for seed in range(20))
    spec = next(book for book in books if book.mass < 0.35 and book.bows_at[0] > 10)
    turned = np.arctan2(*bench.arm.T_base_link("tip").rotation[[1, 0], 1])
    _, pillar = bench.put(spec, "tip", Pose.from_euler((0, 0, 0.005), (0, 0, turned)))
    bench.fingers.go(0.0, 14.0)
    bench.step(1.0)
    assert bench.fingers.slips
    bench.free(pillar)
    bench.fingers.go(0.06, 14.0)
    assert bench.fingers.slips
    bench.step(1.0)
    assert not bench.fingers.slips
    bench.close()


def test_pads_that_lose_their_friction_lose_what_they_hold(bench):
    """Also a contact that sticks."""
    bench.fingers.go(0.08, 20)
    bench.step(0.3)
    item, pillar = bench.put(
        box_spec((0.05, 0.05, 0.06), 0.3), "tip", Pose.from_euler((0, 0, 0.015), (0, 0, np.pi / 4))
    )
    bench.fingers.go(0.0, 20)
    bench.step(0.4)
    bench.free(pillar)
    bench.step(0.2)
    before = item.pose().position[2]
    bench.fingers.rub(0.1)
    bench.step(0.3)
    assert item.pose().position[2] < before - 0.1


def test_a_pinched_box_does_not_turn(bench):
    bench.fingers.go(0.08, 20)
    bench.step(0.3)
    spec = box_spec((0.05, 0.16, 0.06), 0.4)
    item, pillar = bench.put(spec, "tip", Pose.from_euler((0, 0, 0.015), (0, 0, np.pi / 4)))
    bench.fingers.go(0.0, 30)
    bench.step(0.4)
    bench.free(pillar)
    bench.step(0.3)
    before = item.pose()
    bench.step(2.0)
    turned = (before.inverse() @ item.pose()).rotation
    assert np.arccos(min(1.0, (np.trace(turned) - 1) / 2)) < np.deg2rad(1.5)


@pytest.mark.parametrize("seed", [0, 2, 5, 7])
def test_a_cup_on_a_thin_cover_holds_the_cover_and_not_the_pages_that_back_it(bench, seed):
    rng = np.random.default_rng(seed)
    book, down = make_item("paperback", rng), seed % 2
    press = (0.003, 0.005, 0.007)[seed % 3]
    place = rng.uniform(-0.03, 0.03), rng.uniform(-0.05, 0.05), press - book.size[2] / 2
    item, _ = bench.put(book, "cup", Pose.from_euler(place, (np.pi * down, 0, 0)))
    bench.suction.on = True
    bench.slide.go(True)
    bench.step(0.8)
    assert bench.cup.held is not None and bench.cup.vacuum > 65e3  # paper leaks
    assert item.link_spec(bench.cup.held.body, bench.cup.held.link).name == ("front", "back")[down]


def test_a_book_opens_by_one_cover_and_not_by_two(bench):
    book = make_item("hardcover", np.random.default_rng(3))
    laid = Pose.from_rotation((0, 0, 0.004 - book.size[2] / 2), np.eye(3))
    item, pillar = bench.put(book, "cup", laid)
    bench.suction.on = True
    bench.slide.go(True)
    bench.step(0.5)
    assert bench.cup.held is not None
    bench.free(pillar)
    widest = [0.0]
    bench.step(0.6, lambda t: widest.append(item.opening()))
    assert max(widest) > np.deg2rad(45)

    bench.suction.on = False
    bench.slide.go(False)
    bench.fingers.go(book.size[2] + 0.02, 20)
    bench.step(0.6)
    standing = Pose.from_euler((0, 0, 0.035 - book.size[0] / 2), (0, np.pi / 2, np.pi / 4))
    other, pillar = bench.put(book, "tip", standing)
    bench.fingers.go(0.0, 40)
    bench.step(0.5)
    bench.free(pillar)
    widest = [0.0]
    bench.step(1.0, lambda t: widest.append(other.opening()))
    assert max(widest) < np.deg2rad(5)
    assert other.pose().position[2] > bench.arm.T_base_link("tip").position[2] - 0.15


PANDA = load_arm("panda")


def swing(share):
    """A smooth motion of all joints at a share of the Panda's speed and acceleration, which bind together."""
    start = PANDA.home
    way = np.array([1.5, 0.5, 0.3, 0.5, -0.4, -0.6, 1.0])
    speed = PANDA.limits.velocity
    duration = max(
        (1.875 * abs(way) / speed / share).max(), np.sqrt(5.774 * abs(way) / PANDA.limits.acceleration / share).max()
    )
    t = np.linspace(0, duration, 400)
    u = (t / duration)[:, None]
    return Trajectory(
        t,
        start + (10 * u**3 - 15 * u**4 + 6 * u**5) * way,
        (30 * u**2 - 60 * u**3 + 30 * u**4) / duration * way,
        (60 * u - 180 * u**2 + 120 * u**3) / duration**2 * way,
    )


def reach(bench, positions):
    """Where the tip would be at given joint positions."""
    now = bench.arm.positions.copy()
    for k in range(7):
        pb.resetJointState(bench.arm.body, k, positions[k], physicsClientId=bench.world.client)
    place = bench.arm.T_base_link("tip").position.copy()
    for k in range(7):
        pb.resetJointState(bench.arm.body, k, now[k], bench.arm.velocities[k], physicsClientId=bench.world.client)
    return place


def test_the_arm_tracks_within_its_torques(bench):
    trajectory = swing(0.9)
    bench.arm.follow(trajectory)
    off, effort = [], []

    def look(t):
        off.append(np.abs(bench.arm.positions - trajectory.sample(t)[0]).max())
        effort.append(np.abs(bench.arm.effort) / PANDA.limits.torque)

    bench.step(trajectory.duration + 0.3, look)
    assert max(off) < 0.006  # rad
    assert np.max(effort) < 1.0
    missed = bench.arm.T_base_link("tip").position - reach(bench, trajectory.positions[-1])
    assert np.linalg.norm(missed) < 2e-4


def test_braking_stays_on_the_path(bench):
    trajectory = swing(0.8)
    bench.arm.follow(trajectory)
    bench.step(0.5 * trajectory.duration)
    bench.arm.stop()
    bench.step(0.5)
    assert np.abs(bench.arm.velocities).max() < 1e-3
    way = trajectory.positions[-1] - trajectory.positions[0]
    done = (bench.arm.positions - trajectory.positions[0]) / way
    assert 0.5 < done.mean() < 0.9
    assert np.ptp(done) < 0.01


def test_the_arm_refuses_what_it_cannot_follow(bench):
    still = np.zeros((2, 7))
    with pytest.raises(TrajectoryError, match=r"begins 0\.300 rad off"):
        bench.arm.follow(Trajectory(np.array([0.0, 1.0]), np.array([PANDA.home, PANDA.home]) + 0.3, still, still))
    with pytest.raises(TrajectoryError, match="7 joints"):
        bench.arm.follow(Trajectory(np.array([0.0, 1.0]), still[:, :6], still[:, :6], still[:, :6]))


def test_the_relief_valve_keeps_the_vacuum_that_was_asked_for(bench):
    bench.suction.relief = 45e3
    item = sealed(bench)
    assert bench.cup.held is not None and bench.cup.held.item is item
    assert bench.cup.vacuum == pytest.approx(45e3)


def mean_distance(width, length):
    """Of the places of a rectangle from its middle: the integral of sqrt(x^2 + z^2) over it, by its area."""
    p, q = width / 2, length / 2
    return float((2 * p * q * np.hypot(p, q) + p**3 * np.arcsinh(q / p) + q**3 * np.arcsinh(p / q)) / (6 * p * q))


@pytest.mark.parametrize(
    "size", [(0.05, 0.05, 0.06), (0.05, 0.05, 0.16), (0.05, 0.10, 0.045), (0.05, 0.10, 0.03), (0.05, 0.10, 0.02)]
)
@pytest.mark.parametrize("force", [10.0, 40.0])
def test_what_is_pinched_turns_when_evenly_pressed_pads_would_let_it(size, force):
    """An evenly pressed pad resists twist by the mean distance from its middle of what is pressed, however high the
    item is, or low: of the lowest only 5 mm are between the pads."""
    bench, mu = Bench(opening=0.08), 0.5
    item, pillar = bench.put(
        box_spec(size, 0.1, mu), "tip", Pose.from_euler((0, 0, size[2] / 2 - 0.015), (0, 0, np.pi / 4))
    )
    bench.fingers.go(0.0, force)
    bench.step(0.4)
    bench.free(pillar)
    bench.step(0.2)
    across, before, load = bench.arm.T_base_link("tip").rotation[:, 1], item.pose().rotation, [0.0]
    gripper = DualTool().gripper
    limit = 2 * mu * force * mean_distance(gripper.pad_width, min(gripper.pad_length, size[2] - 0.015))

    def twist(t):
        load[0] = limit / 2 * t
        bench.torque(item, load[0] * across)

    angle = lambda: np.arccos(np.clip((np.trace(before.T @ item.pose().rotation) - 1) / 2, -1, 1))
    assert bench.step(4.0, twist, until=lambda: angle() > np.deg2rad(3)) is not None
    assert load[0] == pytest.approx(limit, rel=0.25)
    bench.close()


def test_pads_hold_down_to_the_very_tips():
    """A lower board that only their last millimetres touch comes along with what lies on it."""
    bench = Bench(opening=0.08)
    turned = lambda height: Pose.from_euler((0, 0, height), (0, 0, np.pi / 4))
    board, pillar = bench.put(box_spec((0.05, 0.10, 0.004), 0.02, 0.5), "tip", turned(0.003))
    book = bench.world.spawn(
        box_spec((0.05, 0.10, 0.024), 0.2, 0.5), board.pose() @ Pose.from_rotation((0, 0, 0.014), np.eye(3))
    )
    bench.fingers.go(0.0, 40.0)
    bench.step(0.4)
    before = [item.pose().position for item in (board, book)]
    bench.free(pillar)
    bench.step(0.6)
    for item, place in zip((board, book), before):
        assert np.linalg.norm(item.pose().position - place) < 2e-3
    bench.close()


def test_the_finest_fingers_still_have_pads():
    """Be they thinner than pads stand proud, and smaller than what a place of a pad resists twist by."""
    fine = replace(DualTool().gripper, pad_width=0.003, pad_length=0.003, finger_thickness=0.001)
    for tool in (DualTool(), replace(DualTool(), gripper=fine)):
        blocks = [solid for solid in bearing_solids(tool) if solid.link.startswith("finger")]
        assert len(blocks) == 2 * (1 + 4) and all((block.size > 0).all() for block in blocks)
