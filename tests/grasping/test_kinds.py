"""What an item may be, by its shape: books and bars, boxes and bags, and what they weigh."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.support.scenes import box, cylinder, make_scene
from grasping.beliefs.kinds import bookish, boxlike
from grasping.beliefs.load import DensityPrior, load
from grasping.candidates.pinch import pinch_candidates
from grasping.candidates.suction import suction_candidates
from grasping.candidates.table import FEATURES
from grasping.quality.contact_quality import ContactQuality, toy
from grasping.quality.pinch_force import at_force
from grasping.tools import DualTool
from sim.damage.verdicts import film_verdict
from sim.items.damage_classes import film

TOOL = DualTool()
PAGES = 230, 228, 220  # the colour of leaves
SOFT = {"girth": 0.12, "flatness": 0.7, "boxlike": 0.0, "mass": 0.15, "mass_spread": 0.3, "down_z": 1.0}


def lying(*size, **options):
    return make_scene([box((0, 0, size[2] / 2 + 0.0005), size, **options)], noise=0.0005)


def rumpled(scene, index):
    """The scene with waves of 6 mm on top of an item, as folded cloth has them."""
    item = scene.items[index]
    wave = 0.006 * np.sin(item.points[:, 0] / 0.015) * np.cos(item.points[:, 1] / 0.02) * (item.normals[:, 2] > 0.5)
    item = replace(item, points=item.points + np.outer(wave, (0, 0, 1)))
    return replace(scene, items=(*scene.items[:index], item, *scene.items[index + 1 :]))


def test_a_bar_of_chocolate_is_no_book_and_a_thin_book_is_one():
    bar, book = lying(0.192, 0.095, 0.013).items[0], lying(0.170, 0.105, 0.013, color=PAGES).items[0]
    assert bookish(bar) < 0.2 < 0.5 < bookish(book)


@pytest.mark.parametrize(
    ("solid", "density"),
    [
        (box((0, 0, 0.0405), (0.16, 0.12, 0.08)), (200, 450)),  # a carton
        (box((0, 0, 0.0055), (0.15, 0.07, 0.010)), (600, 1300)),  # a bar
        (cylinder((0, 0, 0.0505), 0.033, 0.10), (900, 1100)),  # a can
        (cylinder((0, 0, 0.0505), 0.050, 0.13, (np.pi / 2, 0, 0)), (400, 900)),  # a fat bag
    ],
)
def test_goods_weigh_what_their_kind_weighs(solid, density):
    item = make_scene([solid], noise=0.0005).items[0]
    believed = load(item, DensityPrior(), DensityPrior().of(item))
    low, high = (item.volume * d for d in density)
    assert low < believed.mass < high
    assert believed.mass_range[0] < believed.mass < believed.mass_range[1]


@pytest.mark.parametrize("height", [0.02, 0.04])
def test_what_may_be_a_bag_is_held_gently(height):
    """No film of 25 um is marked, whatever the pump could do; a plain box gets all of it."""
    solids = [
        box((-0.2, 0, 0.03), (0.14, 0.10, 0.06)),
        cylinder((-0.07, 0, 0.051), 0.05, 0.15, (np.pi / 2, 0, 0)),
        box((0.12, 0, height / 2 + 0.0005), (0.25, 0.19, height)),  # as a folded shirt
    ]
    scene = rumpled(make_scene(solids, noise=0.0005), 2)
    assert boxlike(scene.items[0]) > 0.9 and boxlike(scene.items[1]) < 0.3
    found = suction_candidates(scene, TOOL)
    plain, round_, flat = (found.features["vacuum"][found.item == i] for i in range(3))
    assert len(plain) and (plain == TOOL.cup.pressure_full).all()
    for vacuum in (round_, flat):
        assert len(vacuum) and all(film_verdict(film(25e-6), float(v), TOOL.cup.radius) is None for v in vacuum)


def test_an_even_cover_is_a_book_s_and_a_rumpled_one_is_not():
    scene = lying(0.24, 0.17, 0.03, color=PAGES)
    book, shirt = scene.items[0], rumpled(scene, 0).items[0]
    assert bookish(book) > 0.9 and bookish(shirt) < 0.5
    found = suction_candidates(scene, TOOL).features["vacuum"]
    assert len(found) and (found == TOOL.cup.pressure_full).all()


def test_what_a_hand_reaches_around_is_no_bag():
    scene = make_scene([cylinder((0, 0, 0.051), 0.035, 0.10)], noise=0.0005)
    found = suction_candidates(scene, TOOL).features["vacuum"]
    assert len(found) and (found == TOOL.cup.pressure_full).all()


def believed(**values):
    """One candidate's features."""
    features = np.zeros(1, FEATURES)
    for name, value in values.items():
        features[name] = value
    return features


def test_rounded_walls_that_a_hand_reaches_around_seal_more_surely_than_soft_ones():
    quality, ring = ContactQuality(TOOL), {"ring_margin": 0.01, "vacuum": 80e3, "mass": 0.2, "down_z": 1.0}
    box_, bottle, bag = (
        float(quality.suction(believed(**ring, boxlike=b, girth=g, flatness=0.4, fill=0.8))[0][0])
        for b, g in ((1.0, 0.12), (0.0, 0.06), (0.0, 0.12))
    )
    assert box_ > bottle > bag + 0.1


def test_pads_dent_bars_before_books_and_rounded_sides_that_were_not_seen_before_seen_ones():
    quality, pads = ContactQuality(TOOL), {"pressure": 110e3, "seen": 1.0}
    bar, book = (
        float(quality.squeeze_damage(believed(**pads, boxlike=1.0, flatness=0.15, girth=girth))[0])
        for girth in (0.07, 0.15)
    )
    assert bar > 0.5 > book
    for boxlike_, harder in ((0.0, True), (1.0, False)):
        shape = {"pressure": 90e3, "boxlike": boxlike_, "flatness": 0.7, "girth": 0.06}
        seen, unseen = (float(quality.squeeze_damage(believed(**shape, seen=s))[0]) for s in (1.0, 0.2))
        assert (unseen > seen + 0.2) == harder


def test_a_rounded_side_that_seems_flat_enough_seals_less_surely_than_a_box():
    quality, ring = (
        ContactQuality(TOOL),
        {"ring_margin": 0.01, "vacuum": 80e3, "mass": 0.2, "down_z": 1.0, "girth": 0.06},
    )
    seals = [
        [
            float(quality.suction(believed(**ring, bend=bend, boxlike=b))[0][0])
            for bend in (0.0, 0.8e-3, 1.2e-3, 1.65e-3)
        ]
        for b in (0.0, 1.0)
    ]
    assert np.array(seals[0]) == pytest.approx([0.95, 0.8, 0.67, 0.5], abs=0.12)  # as executed picks ended
    assert all(box_ > rounded for rounded, box_ in zip(seals[0][1:3], seals[1][1:3]))


def test_sides_that_widen_below_the_pads_squeeze_an_item_out():
    """Two pads at F hold a weight of 2 F (friction - slope) along their approach."""
    quality = ContactQuality(TOOL, friction_spread=1e-6, brisk=1e-6, acceleration=1e-6)
    friction, force = TOOL.gripper.friction, 6.0
    grip = {"force": force, "width": 0.07, "patch_radius": 0.01, "down_z": 1.0, "girth": 0.07}
    for slope, borne in ((-0.25, 2 * force * friction), (0.25, 2 * force * (friction - 0.25))):
        held = [
            float(quality.pinch(believed(**grip, slope=slope, mass=share * borne / 9.81))[1][0])
            for share in (0.8, 1.25)
        ]
        assert held[0] > 0.95 and held[1] < 0.05


def test_a_lying_cylinder_widens_below_tips_that_stay_over_its_middle():
    radius = 0.036
    scene = make_scene([cylinder((0, 0, radius), radius, 0.10, (np.pi / 2, 0, 0.3))])
    pinches = pinch_candidates(scene, TOOL)
    T = pinches.T_base_tool
    across = (np.abs(T[:, 2, 1]) < 0.05) & (pinches.features["width"] < 2.1 * radius)
    over = T[:, 2, 3] - scene.source.T_base_tote.position[2] - radius
    assert (pinches.features["slope"][across & (over > 0.004)] > 0.15).all() and (across & (over > 0.004)).any()
    assert (np.abs(pinches.features["slope"][across & (over < -0.015)]) < 0.12).all()


def test_a_toy_weighs_less_than_a_bag_and_a_shirt_something_in_between():
    prior, item = DensityPrior(), make_scene([cylinder((0, 0, 0.0505), 0.050, 0.13, (np.pi / 2, 0, 0))]).items[0]
    bag = prior.of(item)
    limbs = replace(item, size=np.array((0.12, 0.13, 0.16)))  # it fills 0.4 of this box
    shirt = replace(item, size=np.array((0.19, 0.25, 0.045)))
    toys, cloth = prior.of(limbs).median, prior.of(shirt).median
    assert toys < 0.8 * cloth < 0.5 * bag.median


def toy_like(flatness, fill):
    features = np.zeros(1, FEATURES)
    features["girth"], features["flatness"], features["fill"] = 0.12, flatness, fill
    return float(toy(features)[0])


def test_a_toy_is_thick_and_has_limbs():
    """Proportions as perceived of toys, of bags that lie flat and of bags on a pile, of folded shirts."""
    assert min(toy_like(0.67, 0.60), toy_like(0.73, 0.41), toy_like(0.64, 0.52)) > 0.9
    assert max(toy_like(0.27, 0.62), toy_like(0.60, 0.77), toy_like(0.33, 0.53)) < 0.05


def test_toys_are_pinched_rather_than_sucked():
    scene = make_scene([cylinder((0, 0, 0.061), 0.06, 0.15, (np.pi / 2, 0, 0))], noise=0.0005)
    pinches = at_force(pinch_candidates(scene, TOOL), 50.0, TOOL.gripper)
    found = suction_candidates(scene, TOOL), pinches
    for candidates, better in zip(found, (False, True)):
        kinds = [candidates.described(**SOFT | {"fill": np.full(len(candidates), fill)}) for fill in (0.8, 0.5)]
        bag, toys = (ContactQuality(TOOL)(scene, kind) for kind in kinds)
        held_bag, held_toy = bag[:, 0] * bag[:, 1], toys[:, 0] * toys[:, 1]
        assert ((held_toy >= held_bag) == better).all() and held_bag.max() > 0


def test_a_lump_on_something_is_not_pinched_and_alone_it_is():
    size = (0.028, 0.026, 0.026)
    cap = box((0, 0, 0.063), size)
    for solids, taken in (([box((0, 0, 0.013), size)], {0}), ([box((0, 0, 0.025), (0.12, 0.05, 0.05)), cap], {0})):
        assert set(pinch_candidates(make_scene(solids), TOOL).item.tolist()) == taken


def test_a_lump_is_a_part_of_something():
    """A cap of 3 cm is believed to weigh what hangs on it, with its middle elsewhere; a thin card is what it seems."""
    cap, card = (lying(*size).items[0] for size in ((0.028, 0.026, 0.026), (0.085, 0.054, 0.002)))
    prior = DensityPrior()
    part, whole = (load(item, prior, prior.of(item)) for item in (cap, card))
    assert part.mass == prior.glimpse and part.centre_radius > 0.05
    assert whole.mass < 0.03 and whole.centre_radius < 0.02
