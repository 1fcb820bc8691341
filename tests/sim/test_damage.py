"""Impulses, squeeze, books, films and falls against closed forms; the ledger's episodes."""

import dataclasses
from pathlib import Path

import numpy as np
import pybullet as pb
import pytest

from benchmarks import harm
from benchmarks.support.bench import Bench, box_spec
from handpick.layout import standard_layout
from perception.errors import GeometryError
from perception.pose import Pose
from sim.damage.corners import struck_on_rim
from sim.damage.impulse import OTHERS, ImpulseMeter, Parties
from sim.damage.inspector import Hand, Inspector
from sim.damage.ledger import Cause, DamageEvent, Ledger, Severity
from sim.damage.squeeze import PAD_MODULUS, Patch
from sim.damage.verdicts import (
    bend_verdict,
    bow_verdict,
    corner_verdict,
    crease_verdict,
    film_verdict,
    hanging_verdict,
    impact_verdict,
    landing_verdict,
    opening_risk,
    squeeze_verdict,
)
from sim.items.catalog import make_item
from sim.items.damage_classes import BOOK, BOXED, CARD, ELECTRONICS, film
from sim.items.leaves import bowing_loads
from sim.items.limits import NONE, Limit, alike
from sim.items.spec import Fragility
from sim.world import World

LAYOUT = standard_layout()
FLOOR = LAYOUT.source.T_base_tote
IDLE = Hand((), 0.0, 0.0, (), 0.0)
EGG = Fragility("egg", dv=alike(0.8, 1.6))


class Yard:
    """A world with items and an inspector, without an arm that works."""

    def __init__(self, *things, hz=240.0):
        self.bench = Bench(hz)
        self.world = self.bench.world
        self.items = [self.world.spawn(spec, FLOOR @ pose) for spec, pose in things]
        arm = self.bench.arm
        others = {name: tuple((b, None) for b in bodies) for name, bodies in self.world.scenery.items()}
        self.parties = Parties([i.bodies for i in self.items], {**others, "arm": ((arm.body, None),)})
        self.inspector = Inspector(self.world, arm, self.parties)
        self.meter = ImpulseMeter(np.array([i.spec.mass for i in self.items]), self.parties.count, 1 / hz, least=0.02)
        self.pulses = []

    def run(self, seconds, hand=IDLE):
        for _ in range(round(seconds / self.world.dt)):
            self.bench.arm.actuate()
            self.world.step()
            self.bench.arm.read()
            contacts = self.world.contacts()
            forces = self.parties.forces(contacts)
            self.inspector.observe(contacts, forces, hand)
            self.pulses += self.meter.push(self.world.time, forces)
        events = self.inspector.ledger.events
        return events

    def close(self):
        self.bench.close()


@pytest.fixture
def yard():
    made = []

    def make(*things, hz=240.0):
        made.append(Yard(*things, hz=hz))
        return made[-1]

    yield make
    for one in made:
        one.close()


def flat(height, x=0.0, y=0.0):
    return Pose.from_rotation((x, y, height), np.eye(3))


@pytest.mark.parametrize("tilt", [0.0, 0.5])
def test_the_impulse_of_a_fall_does_not_depend_on_the_step(yard, tilt):
    height, size, mass = 0.3, np.array((0.12, 0.10, 0.06)), 0.5
    found = []
    for hz in (240, 1000):
        lowest = size[2] / 2 * np.cos(tilt) + size[1] / 2 * np.sin(tilt)
        fall = yard((box_spec(size, mass), Pose.from_euler((0, 0, height + lowest), (tilt, 0, 0))), hz=hz)
        fall.run(0.6)
        found.append(max(pulse.impulse for pulse in fall.pulses))
    assert found[0] == pytest.approx(found[1], rel=0.03 if tilt == 0 else 0.12)
    if tilt == 0:
        assert found[0] == pytest.approx(mass * np.sqrt(2 * 9.81 * height), rel=0.03)


@pytest.mark.parametrize("hz", [240, 1000])
def test_rest_and_slow_pressing_are_no_impacts(yard, hz):
    lying = yard((box_spec((0.1, 0.1, 0.05), 0.4), flat(0.025)), (box_spec((0.1, 0.1, 0.05), 0.4), flat(0.076)), hz=hz)
    lying.run(0.2)
    lying.pulses.clear()
    for push in np.linspace(0, 60, round(0.4 * hz)):
        pb.applyExternalForce(
            lying.items[1].bodies[0], -1, (0, 0, -push), lying.items[1].pose().position.tolist(), pb.WORLD_FRAME,
            physicsClientId=lying.world.client,
        )  # fmt: skip
        lying.run(1 / hz)
    assert lying.pulses == []
    assert lying.inspector.ledger.events == ()


def test_a_drop_is_a_drop_and_hits_its_neighbour(yard):
    things = (box_spec((0.12, 0.12, 0.05), 0.4, fragility=EGG), flat(0.026)), (
        box_spec((0.08, 0.08, 0.05), 0.4, fragility=EGG), flat(0.35),
    )  # fmt: skip
    events = yard(*things).run(0.8)
    assert {(e.item, e.cause) for e in events} == {(0, Cause.NEIGHBOUR_HIT), (1, Cause.DROP)}
    fall = np.sqrt(2 * 9.81 * 0.275)
    for event in events:
        assert event.practical is Severity.MAJOR
        assert event.figure == pytest.approx(fall, rel=0.25)


def test_a_light_item_under_a_heavy_blow_is_not_thrown(yard):
    things = (box_spec((0.12, 0.12, 0.02), 0.02, fragility=EGG), flat(0.011)), (
        box_spec((0.08, 0.08, 0.06), 0.8), flat(0.15),
    )  # fmt: skip
    events = yard(*things).run(0.6)
    speed = np.sqrt(2 * 9.81 * 0.1)
    assert events and all(e.figure <= 1.05 * speed for e in events)  # not 0.8 / 0.02 times as much


def test_short_falls_do_no_harm(yard):
    assert yard((box_spec((0.1, 0.08, 0.05), 0.3, fragility=BOXED), flat(0.025 + 0.03))).run(0.5) == ()


def test_an_item_beside_the_totes_is_lost(yard):
    outside = FLOOR.inverse() @ Pose.from_rotation((0.75, 0.0, -0.12), np.eye(3))
    events = yard((box_spec((0.05, 0.05, 0.05), 0.1), outside)).run(2.0)
    assert [(e.cause, e.practical) for e in events] == [(Cause.LOST_OUTSIDE, Severity.MAJOR)]


def test_what_is_lost_and_falls_on_does_not_topple_again_and_again(yard):
    outside = FLOOR.inverse() @ Pose.from_rotation((0.75, 0.0, 60.0), np.eye(3))
    bottle = yard((box_spec((0.05, 0.05, 0.16), 0.3, fragility=Fragility("bottle", topples=True)), outside))
    pb.resetBaseVelocity(bottle.items[0].bodies[0], (0, 0, 0), (9.0, 0, 0), physicsClientId=bottle.world.client)
    events = bottle.run(3.0)
    lost = next(e.time for e in events if e.cause is Cause.LOST_OUTSIDE)
    assert not [e for e in events if e.time > lost] and lost < 1.5


def test_what_must_stand_topples(yard):
    spec = box_spec((0.05, 0.05, 0.16), 0.3, fragility=Fragility("bottle", topples=True))
    tower = yard((spec, flat(0.081)))
    assert tower.run(0.3) == ()
    pb.resetBaseVelocity(tower.items[0].bodies[0], (0, -0.72, 0.22), (9.0, 0, 0), physicsClientId=tower.world.client)
    assert [e.cause for e in tower.run(1.0)] == [Cause.TOPPLED]
    laid = yard((spec, flat(0.081)))
    laid.run(0.3)
    pb.resetBaseVelocity(laid.items[0].bodies[0], (0, -0.72, 0.22), (9.0, 0, 0), physicsClientId=laid.world.client)
    assert laid.run(1.0, dataclasses.replace(IDLE, gripped=(0,))) == ()  # the tool lays it down


def grades(verdict):
    """Strict and practical, by name."""
    return tuple(severity and severity.value for severity in (verdict.strict, verdict.practical))


def test_impact_verdicts():
    assert impact_verdict(BOXED, 1.6) is None
    assert grades(impact_verdict(BOXED, 1.8)) == ("minor", None)
    assert grades(impact_verdict(BOXED, 2.5)) == ("minor", "minor")
    assert grades(impact_verdict(BOXED, 3.1)) == ("major", "major")
    assert impact_verdict(BOOK, 1.3) is None
    assert grades(corner_verdict(BOOK, 1.3)) == ("minor", None) and corner_verdict(BOXED, 9.0) is None
    assert grades(corner_verdict(BOOK, 1.8)) == ("minor", "minor")
    shock = impact_verdict(ELECTRONICS, 1.5)
    assert (shock.unit, *grades(shock)) == ("g", "minor", "minor")
    assert shock.figure == pytest.approx(np.pi / 2 * 1.5 / (5e-3 * 9.81))
    assert impact_verdict(ELECTRONICS, 1.5, rebound=0.3).figure == pytest.approx(1.3 * shock.figure)


@pytest.mark.parametrize(
    ("points", "on_rim"),
    [
        ([(0.05, 0.04, 0.03)], True),  # a corner
        ([(0.05, y, 0.03) for y in (-0.04, 0.0, 0.04)], True),  # along an edge
        ([(x, y, 0.03) for x in (-0.05, 0.05) for y in (-0.04, 0.04)], False),  # flat on a face: its four corners
        ([(0.0, 0.01, 0.03)], False),  # something else's corner in the middle of a face
        ([(0.05, 0.0, 0.0)], False),
        ([], False),
    ],
)
def test_corners_and_edges_are_told_by_where_contacts_lie(points, on_rim):
    assert struck_on_rim(np.array(points).reshape(-1, 3), np.array((0.10, 0.08, 0.06))) is on_rim


def test_a_fast_blow_is_found_deeper_inside_and_is_on_the_edge_all_the_same():
    size, struck = np.array((0.16, 0.11, 0.05)), np.array([(0.08 - 0.012, 0.0, 0.025 - 0.012)])
    assert not struck_on_rim(struck, size) and struck_on_rim(struck, size, sunk=3.4 / 240)
    flat = np.array([(x, y, 0.025 - 0.012) for x in (-0.08, 0.08) for y in (-0.055, 0.055)])
    assert not struck_on_rim(flat, size, sunk=3.4 / 240)


@pytest.mark.parametrize("height", [0.12, 0.3, 0.6])
@pytest.mark.parametrize(("tilt", "corner"), [(0.0, False), (1.2, True)])
def test_a_book_dropped_on_an_edge_is_bumped_and_one_that_falls_flat_is_not(yard, tilt, corner, height):
    size = np.array((0.16, 0.11, 0.03))
    lowest = size[2] / 2 * np.cos(tilt) + size[0] / 2 * np.sin(tilt)
    place = Pose.from_euler((0, 0, height + lowest), (0, tilt, 0))
    events = yard((box_spec(size, 0.4, fragility=BOOK), place)).run(0.6)
    assert (Cause.CORNER in {e.cause for e in events}) is corner


def test_a_drop_counts_by_its_speed_whatever_its_rebound(yard):
    figures = []
    for restitution in (0.0, 0.3):
        spec = box_spec((0.12, 0.10, 0.06), 0.5, fragility=EGG, restitution=restitution)
        fall = yard((spec, flat(0.03 + 0.2)))
        figures.append(max(event.figure for event in fall.run(0.3)))
    np.testing.assert_allclose(figures, np.sqrt(2 * 9.81 * 0.2), rtol=0.08)


def test_film_and_bend_verdicts():
    bag = film(50e-6)
    assert film_verdict(bag, 60e3, 0.015) is None  # 9.0 MPa
    assert film_verdict(bag, 70e3, 0.015).practical is Severity.MINOR
    assert film_verdict(film(20e-6), 70e3, 0.015).practical is Severity.MAJOR
    assert film_verdict(BOXED, 80e3, 0.015) is None
    card = box_spec((0.085, 0.054, 0.00076), 0.006, fragility=CARD)
    stiffness = 3e9 * 0.054 * 0.00076**3 / 12
    moment = 1.1 * CARD.bend.practical[0] * stiffness / 0.0425
    assert bend_verdict(card, 0.8 * moment, 3e9) is None
    assert bend_verdict(card, moment, 3e9).figure == pytest.approx(np.rad2deg(1.1 * CARD.bend.practical[0]))


def test_a_book_is_harmed_by_how_it_lands_and_hangs_and_not_by_opening():
    wide = np.deg2rad(130)
    assert grades(opening_risk(BOOK, wide)) == (None, None) and opening_risk(BOOK, np.deg2rad(20)) is None
    assert hanging_verdict(BOOK, wide) is None
    assert grades(hanging_verdict(BOOK, np.deg2rad(200))) == ("minor", "minor")
    assert landing_verdict(BOOK, np.deg2rad(25), 1.0) is None
    assert grades(landing_verdict(BOOK, np.deg2rad(54), 1.0)) == ("minor", "minor")
    assert grades(landing_verdict(BOOK, wide, 0.1)) == ("major", None)  # touches, and may still close
    assert grades(landing_verdict(BOOK, wide, 0.9)) == ("major", "major")


def test_a_cover_is_creased_beyond_the_angle_at_which_its_card_yields():
    assert crease_verdict(BOOK, 0.5, 0.6) is None
    assert grades(crease_verdict(BOOK, 0.7, 0.6)) == ("minor", "minor")
    assert crease_verdict(BOOK, 0.7, 0.6).threshold == pytest.approx(np.rad2deg(0.6))
    assert grades(crease_verdict(BOOK, 1.3, 0.6)) == ("major", "major")


def test_pads_press_like_soft_rubber():
    size, columns, rows = (0.022, 0.030), 44, 30
    x = (np.arange(columns) + 0.5) / columns * size[0] - size[0] / 2
    force = 40.0
    whole = Patch.of_pad(np.zeros((columns, rows)), size, force)
    assert whole.area == pytest.approx(size[0] * size[1])
    for radius in (0.008, 0.035):
        patch = Patch.of_pad(np.tile((x**2 / (2 * radius))[:, None], (1, rows)), size, force)
        sunk = (force / (4 / 3 * PAD_MODULUS * size[1] * np.sqrt(2 * radius))) ** (2 / 3)
        assert patch.area == pytest.approx(2 * np.sqrt(2 * radius * sunk) * size[1], rel=0.12)
    half = np.where(x[:, None] < 0, 0.0, np.inf) * np.ones((1, rows))
    assert Patch.of_pad(half, size, force).area == pytest.approx(whole.area / 2)
    assert Patch.of_pad(np.full((columns, rows), np.inf), size, force) is None


def test_what_befalls_an_item_that_was_taken_away_counts_no_more(yard):
    egg = box_spec((0.05, 0.05, 0.05), 0.2, fragility=EGG)
    one = yard((egg, flat(0.3)), (egg, flat(0.3, x=0.15)))
    one.inspector.forget([0])
    assert {e.item for e in one.run(0.6)} == {1}


def of(fragility, **more):
    return dataclasses.replace(box_spec((0.1, 0.1, 0.1), 0.1, fragility=fragility), **more)


def test_squeeze_verdicts():
    assert squeeze_verdict(of(BOXED), Patch(4e-4, 0.01), 30.0) is None
    assert squeeze_verdict(of(BOXED), Patch(2.5e-4, 0.01), 30.0).strict is Severity.MINOR
    assert squeeze_verdict(of(BOXED), Patch(2.5e-4, 0.01), 30.0).practical is None
    assert squeeze_verdict(of(BOXED), Patch(1.4e-4, 0.01), 30.0).practical is Severity.MINOR
    assert squeeze_verdict(of(CARD), Patch(2e-4, 0.01), 20.0) is None
    assert squeeze_verdict(of(CARD), Patch(2e-4, 0.001), 20.0).threshold == CARD.edge_pressure.strict[0]


def test_boards_bear_more_along_their_plane_and_leaves_bow_there():
    under = Patch(1e-4, 0.01)
    assert squeeze_verdict(of(BOOK), under, 40.0).practical is Severity.MINOR
    assert squeeze_verdict(of(BOOK), under, 40.0, axis=0).practical is None
    assert squeeze_verdict(of(BOOK), under, 600.0, axis=1).practical is Severity.MINOR
    leaves = of(BOOK, bows_at=(10.0, 5.0))
    assert bow_verdict(leaves, 9.0, 0) is None and bow_verdict(leaves, 99.0, 2) is None
    assert bow_verdict(leaves, 11.0, 0).threshold == pytest.approx(10.0)
    assert bow_verdict(leaves, 11.0, 0).practical is None  # they slip out of the pads
    assert bow_verdict(leaves, 16.0, 0).practical is Severity.MINOR
    assert bow_verdict(leaves, 11.0, 1).practical is Severity.MAJOR
    assert bow_verdict(of(BOOK), 99.0, 0) is None


def test_leaves_bow_as_eulers_struts_do():
    across, along = bowing_loads(0.12, 0.18, 0.02, 0.28e-3)
    strut = lambda modulus, thickness, edge, length: np.pi**2 * modulus * edge * thickness**3 / 12 / length**2
    assert across == pytest.approx(200 * strut(2.5e9, 1e-4, 0.18, 0.084) + 2 * strut(3e9, 0.28e-3, 0.18, 0.084))
    assert along == pytest.approx(200 * strut(5e9, 1e-4, 0.12, 0.18) + 2 * strut(3e9, 0.28e-3, 0.12, 0.18))
    assert bowing_loads(0.12, 0.18, 0.04, 0.28e-3)[0] < 2 * across < 2 * bowing_loads(0.11, 0.18, 0.02, 0.28e-3)[0]


@pytest.mark.parametrize(
    ("family", "force", "damaged"), [("paperback", 60.0, True), ("paperback", 10.5, False), ("hardcover", 60.0, False)]
)
def test_a_pinch_by_spine_and_fore_edge_bows_leaves_and_not_boards(family, force, damaged):
    bench, books = Bench(opening=0.205), (make_item(family, np.random.default_rng(seed)) for seed in range(20))
    spec = next(book for book in books if book.bows_at[0] > 13)
    turned = np.arctan2(*bench.arm.T_base_link("tip").rotation[[1, 0], 1])
    item, _ = bench.put(spec, "tip", Pose.from_euler((0, 0, 0.0), (0, 0, turned)))
    parties = Parties([item.bodies], {name: ((bench.arm.body, bench.arm.link[name]),) for name in OTHERS[4:6]})
    inspector, pressed = Inspector(bench.world, bench.arm, parties), []
    bench.fingers.go(0.0, force)

    def look(_):
        contacts = bench.world.contacts()
        forces = parties.forces(contacts)
        inspector.observe(contacts, forces, IDLE)
        pressed.append(forces.max())

    bench.step(1.0, look)
    assert pressed[-1] == pytest.approx(force, rel=0.1)
    found = {e.cause for e in inspector.ledger.events if e.practical is not None}
    assert found == ({Cause.BOW} if damaged else set())
    bench.close()


@pytest.mark.parametrize(("force", "damaged"), [(40.0, False), (78.0, True)])
def test_a_pinch_dents_by_its_pressure(force, damaged):
    bench = Bench(opening=0.08)
    spec = box_spec((0.06, 0.05, 0.06), 0.2, fragility=BOXED)
    turned = np.arctan2(*bench.arm.T_base_link("tip").rotation[[1, 0], 1]) - np.pi / 2
    item, _ = bench.put(spec, "tip", Pose.from_euler((0, 0, 0.005), (0, 0, turned)))
    parties = Parties([item.bodies], {name: ((bench.arm.body, bench.arm.link[name]),) for name in OTHERS[4:6]})
    inspector = Inspector(bench.world, bench.arm, parties)
    bench.fingers.go(0.0, force)

    def look(_):
        contacts = bench.world.contacts()
        inspector.observe(contacts, parties.forces(contacts), IDLE)

    bench.step(0.6, look)
    events = inspector.ledger.events
    assert [e.cause for e in events] == [Cause.SQUEEZE] * damaged
    if damaged:
        assert events[0].figure == pytest.approx(force / (0.022 * 0.030), rel=0.1)
    bench.close()


def test_a_pinch_presses_with_its_pads_even_where_contacts_keep_the_normals_of_before_a_turn():
    bench, spec = Bench(opening=0.10), make_item("bottle", np.random.default_rng(1))
    tip = bench.arm.T_base_link("tip").rotation
    lying = Pose.from_euler((0, 0, 0.012), (0, 0, np.arctan2(tip[1, 0], tip[0, 0]))) @ Pose.from_euler(
        (0, 0, 0), (0, np.pi / 2, 0)
    )
    item, _ = bench.put(spec, "tip", lying)
    parties = Parties([item.bodies], {name: ((bench.arm.body, bench.arm.link[name]),) for name in OTHERS[4:6]})
    inspector = Inspector(bench.world, bench.arm, parties)
    bench.fingers.go(0.0, 12.0)
    along = tuple(bench.arm.T_base_link("finger_left").rotation[:, 0])

    def look(_):
        contacts = bench.world.contacts()
        stale = dataclasses.replace(contacts, normals=np.tile(along, (len(contacts.force), 1)))
        inspector.observe(stale, parties.forces(stale), IDLE)

    bench.step(0.6, look)
    assert not inspector.ledger.events  # 12 N under a bare finger's edge would be 480 kPa
    bench.close()


def event(time, figure, severity=Severity.MINOR, item=3, cause=Cause.SQUEEZE, strict=Severity.MAJOR):
    return DamageEvent(time, item, "carton", cause, figure, 1.0, "Pa", strict, severity)


def test_the_ledger_keeps_the_worst_of_each_episode():
    ledger = Ledger(quiet=0.5)
    for entry in (event(1.0, 2.0), event(1.3, 5.0), event(1.7, 3.0), event(1.8, 1.5, Severity.MAJOR)):
        ledger.record(entry)
    ledger.record(event(1.8, 9.0, item=4))
    ledger.record(event(2.5, 1.2))
    found = [(e.time, e.item, e.figure, e.practical) for e in ledger.events]
    assert found == [
        (1.0, 3, 1.5, Severity.MAJOR),
        (1.8, 4, 9.0, Severity.MINOR),
        (2.5, 3, 1.2, Severity.MINOR),
    ]
    ledger.record(event(4.0, 1.2, None, item=5))
    assert ledger.damaged == (3, 4)
    assert ledger.events[-1].strict is Severity.MAJOR and ledger.events[-1].practical is None


def test_a_world_without_contacts_is_silent():
    world = World(LAYOUT)
    assert len(world.contacts().force) == 0
    world.close()
    world.close()


def test_the_page_on_harm_shows_the_limits_that_the_code_has():
    page = (Path(__file__).parents[2] / "docs" / "harm.md").read_text()
    assert "\n".join(harm.rows()) + "\n" in page
    assert harm.limits() == harm.FIGURES.keys()
    for fragility in harm.CLASSES.values():
        for name in harm.limits():
            limit = getattr(fragility, name)
            assert limit == NONE or limit.source


def test_a_limit_is_stricter_by_the_strict_rules_and_has_a_source():
    with pytest.raises(GeometryError, match="strict <= practical"):
        Limit((2.0, 3.0), (1.0, 3.0), "a book")
    with pytest.raises(GeometryError, match="a source"):
        Limit((1.0, 3.0), (1.0, 3.0))
