from dataclasses import replace

import numpy as np
import pytest

from benchmarks.support.scenes import TOTE, box, clutter, cylinder, make_scene, turned
from grasping.beliefs.belief import believe, believe_all
from grasping.beliefs.load import DensityPrior, Matter, centroid
from grasping.beliefs.overlap import Tops
from grasping.build import build
from grasping.candidates.features import describe
from grasping.candidates.pinch import pinch_candidates
from grasping.candidates.suction import suction_candidates
from grasping.candidates.table import FEATURES
from grasping.contact.wrench_limits import WEAK, rest_share
from grasping.propose import judged, propose
from grasping.quality.contact_quality import ContactQuality, drawn_out
from grasping.quality.pinch_force import at_force, with_force
from grasping.quality.worth import Stakes
from grasping.skill import Lift
from grasping.tools import DualTool, Gripper, Tool
from perception.pose import Pose
from perception.scene import Scene

TOOL, BOTH = DualTool(), frozenset(Tool)
STANDING_BOOK = box((0, 0, 0.12), (0.03, 0.17, 0.24), (0, 0, 0.4))


def proposals(scene, tools=BOTH, tool=TOOL):
    return propose(scene, tool, tools)


def best(options, tool):
    return max((g for g in options if g.tool is tool), key=Stakes().gain)


@pytest.fixture(scope="module")
def crowd():
    solids = clutter(np.random.default_rng(1))
    scene = make_scene(solids, noise=0.0004)
    return solids, scene, proposals(scene)


def in_tote(grasp, points):
    return TOTE.T_base_tote.inverse().apply(grasp.T_base_tool.apply(np.asarray(points, dtype=float)))


def finger_points(grasp, gripper=TOOL.gripper):
    """Points on both open fingers, tip frame."""
    y = np.array([0.0, 0.5, 1.0]) * gripper.finger_thickness + grasp.opening / 2
    grid = np.meshgrid(
        np.linspace(-1, 1, 5) * gripper.pad_width / 2,
        np.concatenate([-y, y]),
        -np.linspace(0, 1, 20) * gripper.finger_length,
    )
    return np.stack(grid, axis=-1).reshape(-1, 3)


def palm_points(root, gripper=TOOL.gripper):
    grid = np.meshgrid(*(np.linspace(-0.5, 0.5, n) * s for n, s in zip((5, 9, 5), gripper.palm)))
    return np.stack(grid, axis=-1).reshape(-1, 3) + np.array([0, 0, root - gripper.palm[2] / 2])


def test_every_item_of_a_loose_crowd_can_be_picked(crowd):
    solids, _, options = crowd
    assert {g.item for g in options} == set(range(len(solids)))
    assert {g.tool for g in options} == set(Tool)
    assert all(0 <= p <= 1 for g in options for p in (g.odds.acquire, g.odds.hold, g.odds.damage))


def test_tool_stays_out_of_items_walls_and_floor(crowd):
    touch = 0.0015  # less than half a voxel
    solids = [replace(solid, size=tuple(np.array(solid.size) - 2 * touch)) for solid in crowd[0]]
    _, _, options = crowd
    for grasp in options:
        if grasp.tool is Tool.PINCH:
            fingers, palm = (
                in_tote(grasp, finger_points(grasp)),
                in_tote(grasp, palm_points(-TOOL.gripper.finger_length)),
            )
            assert fingers[:, 2].min() > 0
            assert not any(solid.contains(fingers).any() for solid in solids)
        else:
            root = -TOOL.cup.extension - TOOL.gripper.finger_length
            palm = in_tote(grasp, palm_points(root))
            rod = in_tote(grasp, [(0, 0, -z) for z in np.linspace(0.008, 0.2, 30)])
            assert not any(solid.contains(rod).any() for solid in solids)
        assert not any(solid.contains(palm).any() for solid in solids)
        below = palm[palm[:, 2] < TOTE.inner[2]]
        assert (np.abs(below[:, :2]) <= TOTE.inner[:2] / 2 + 1e-3).all()


def test_pinches_respect_opening_force_and_the_item(crowd):
    solids, _, options = crowd
    for grasp in (g for g in options if g.tool is Tool.PINCH):
        low, high = TOOL.gripper.opening
        assert low < grasp.width < grasp.opening <= high
        assert TOOL.gripper.force[0] <= grasp.force <= TOOL.gripper.force[1]
        solid = solids[grasp.item]
        across = np.linspace(-0.5, 0.5, 41) * grasp.opening
        between = in_tote(grasp, [(x, y, -0.003) for x in (-0.008, 0, 0.008) for y in across])
        assert solid.contains(between).any()
        outside = in_tote(grasp, [(0, s * (grasp.width / 2 + 0.003), -0.003) for s in (-1, 1)])
        assert not solid.contains(outside).any()


def test_the_whole_ring_of_a_cup_lies_on_its_item(crowd):
    solids, _, options = crowd
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    for grasp in (g for g in options if g.tool is Tool.SUCTION and g.odds.acquire > 0.9):
        for depth, within in ((0.005, True), (-0.006, False)):
            ring = np.stack([0.015 * np.cos(angles), 0.015 * np.sin(angles), np.full(24, depth)], axis=1)
            assert (solids[grasp.item].contains(in_tote(grasp, ring)) == within).all()


def test_no_seal_on_a_sharp_curve_or_a_patch_smaller_than_the_cup():
    assert not proposals(make_scene([cylinder((0, 0, 0.02), 0.02, 0.15, (np.pi / 2, 0, 0))]), {Tool.SUCTION})
    assert not proposals(make_scene([box((0, 0, 0.05), (0.024, 0.024, 0.10))]), {Tool.SUCTION})


def test_no_cup_is_put_down_where_something_joined_with_the_item_stands_in_its_way():
    solids = [box((0, 0, 0.002), (0.16, 0.12, 0.004)), box((0, 0, 0.024), (0.15, 0.006, 0.040))]
    scene = make_scene(solids)
    sheet, pen = scene.items
    columns = ("points", "normals", "colors", "confidence", "seen")
    joined = {name: np.concatenate([getattr(sheet, name), getattr(pen, name)]) for name in columns}
    found = proposals(replace(scene, items=(replace(sheet, **joined),)), {Tool.SUCTION})
    assert found and all(abs(in_tote(grasp, [(0, 0, 0)])[0, 1]) > TOOL.cup.radius + 0.004 for grasp in found)


def test_a_static_hold_lies_within_the_limits_that_motion_gets(crowd):
    _, _, options = crowd
    for grasp in (g for g in options if g.odds.hold > 0.95):
        down = grasp.T_base_tool.rotation.T @ (0, 0, -1.0)
        force = -9.81 * grasp.load.mass * down
        assert grasp.limits.margin(np.concatenate([force, np.cross(grasp.load.centre, force)])) > 0


def test_grasps_turn_with_the_scene():
    solids, angle = clutter(np.random.default_rng(6))[:4], 0.7  # nothing of which is on the edge of a voxel
    turn = Pose.from_euler((0, 0, 0), (0, 0, angle))
    before, after = (proposals(make_scene(solids, tote)) for tote in (TOTE, turned(TOTE, angle)))
    assert len(before) == len(after) > 8
    for a, b in zip(before, after):
        assert (a.tool, a.item) == (b.tool, b.item)
        assert np.abs((turn @ a.T_base_tool).matrix - b.T_base_tool.matrix).max() < 1e-6
        assert a.odds.placed_undamaged == pytest.approx(b.odds.placed_undamaged, abs=1e-6)


def test_same_scene_same_grasps(crowd):
    _, scene, options = crowd
    again = proposals(scene)
    assert len(again) == len(options)
    for a, b in zip(options, again):
        assert a.T_base_tool.matrix.tobytes() == b.T_base_tool.matrix.tobytes() and a.odds == b.odds


def test_nothing_to_pick_no_grasps_and_only_the_allowed_tool(crowd):
    _, scene, _ = crowd
    empty = make_scene([])
    assert proposals(empty) == ()
    assert proposals(scene, frozenset()) == ()
    for tool in Tool:
        assert {g.tool for g in proposals(scene, frozenset({tool}))} == {tool}


def test_a_standing_book_is_pinched_over_both_covers_and_a_pen_lying_flat_near_the_floor():
    narrow = DualTool(replace(TOOL.gripper, opening=(0.0, 0.14)))  # else its spine and fore edge are as good
    book = best(proposals(make_scene([STANDING_BOOK]), tool=narrow), Tool.PINCH)
    assert book.width == pytest.approx(0.03, abs=0.002) and book.odds.placed_undamaged > 0.65
    pen = best(proposals(make_scene([cylinder((0, 0, 0.005), 0.005, 0.14, (np.pi / 2, 0, 0.3))])), Tool.PINCH)
    height = in_tote(pen, [(0, 0, 0)])[0, 2]
    assert 0.001 < height < 0.007 and pen.odds.placed_undamaged > 0.5


@pytest.mark.parametrize("radius", [0.005, 0.006, 0.008])
def test_fingertips_reach_past_the_middle_of_a_pen_that_lies_on_the_floor(radius):
    """Pads that close on its upper half squeeze it out from under them."""
    scene = make_scene([cylinder((0, 0, radius), radius, 0.14, (np.pi / 2, 0, 0.3))])
    pinches = [grasp for grasp in proposals(scene) if grasp.tool is Tool.PINCH]
    assert pinches and all(in_tote(grasp, [(0, 0, 0)])[0, 2] < radius - 0.002 for grasp in pinches)


def test_an_item_under_another_is_worth_less_than_when_it_is_bare():
    lower, upper = box((0, 0, 0.03), (0.16, 0.12, 0.06)), box((0.05, 0, 0.085), (0.06, 0.08, 0.05))
    bare = [g for g in proposals(make_scene([lower])) if g.item == 0]
    under = [g for g in proposals(make_scene([lower, upper])) if g.item == 0]
    gain = Stakes().gain
    assert max(map(gain, under), default=0.0) < 0.4 * max(map(gain, bare))


def test_narrower_fingers_take_only_narrower_items():
    scene = make_scene([box((0, 0, 0.05), (0.09, 0.12, 0.10))])
    assert proposals(scene, {Tool.PINCH})
    assert not proposals(scene, {Tool.PINCH}, tool=DualTool(gripper=Gripper(opening=(0.0, 0.08))))


def test_a_pale_edged_book_lying_flat_is_a_worse_suction_target_than_a_dark_carton_of_its_size():
    size = (0.22, 0.15, 0.03)
    odds = [
        best(proposals(make_scene([box((0, 0, 0.015), size, color=color)])), Tool.SUCTION).odds.placed_undamaged
        for color in ((235, 228, 210), (120, 60, 30))
    ]
    assert odds[0] < 0.4 < odds[1]


@pytest.mark.parametrize(
    ("kind", "better", "change"),
    [
        (Tool.SUCTION, "mass", 0.5),
        (Tool.PINCH, "mass", 0.5),
        (Tool.PINCH, "force", 1.5),
        (Tool.PINCH, "patch_radius", 1.5),
        (Tool.PINCH, "pad_angle", 0.5),
        (Tool.SUCTION, "bend", 0.5),
        (Tool.SUCTION, "gap", 0.5),
        (Tool.SUCTION, "ring_margin", 1.5),
        (Tool.SUCTION, "unseen_volume", 0.5),
        (Tool.PINCH, "burden", 0.5),
    ],
)
def test_a_better_contact_never_lowers_the_odds(kind, better, change):
    scene = make_scene([STANDING_BOOK, box((0.15, 0, 0.03), (0.1, 0.1, 0.06))], noise=0.0005)
    beliefs = [believe(scene, item, Tops.of(scene.occupancy), DensityPrior()) for item in scene.items]
    candidates, _ = judged(kind, scene, TOOL, beliefs, ContactQuality(TOOL))
    rng = np.random.default_rng(1)
    doubts = {
        "bend": rng.uniform(0, 3e-3, len(candidates)),
        "gap": rng.uniform(0, 6e-5, len(candidates)),
        "unseen_volume": rng.uniform(0, 9e-6, len(candidates)),
        "burden": rng.uniform(0, 0.5, len(candidates)),
        "ring_margin": rng.uniform(0, 4e-3, len(candidates)),
        "pad_angle": rng.uniform(0, 0.6, len(candidates)),
    }
    candidates = candidates.described(**doubts)
    odds = ContactQuality(TOOL)(scene, candidates)
    improved = ContactQuality(TOOL)(scene, candidates.described(**{better: change * candidates.features[better]}))
    held, held_better = odds[:, 0] * odds[:, 1], improved[:, 0] * improved[:, 1]
    assert (held_better >= held - 1e-9).all() if better != "force" else (improved[:, 1] >= odds[:, 1] - 0.2).all()
    assert (held_better > held).any() or better in ("force", "patch_radius")


@pytest.mark.parametrize(("kind", "part"), [(Tool.SUCTION, "cup"), (Tool.PINCH, "gripper")])
def test_more_friction_never_lowers_the_hold(kind, part):
    slope = box((0.15, 0, 0.06), (0.1, 0.1, 0.04), (0.6, 0, 0))
    scene = make_scene([STANDING_BOOK, slope], noise=0.0005)
    beliefs = [believe(scene, item, Tops.of(scene.occupancy), DensityPrior()) for item in scene.items]
    candidates, _ = judged(kind, scene, TOOL, beliefs, ContactQuality(TOOL))
    held = []
    for friction in (0.2, 0.4, 0.6, 0.9):
        tool = DualTool(**{part: type(getattr(TOOL, part))(friction=friction)})
        held.append(ContactQuality(tool)(scene, candidates)[:, 1])
    assert (np.diff(held, axis=0) >= -1e-9).all() and (held[-1] > held[0]).any()


def test_force_grows_with_the_load_and_spares_curved_surfaces():
    scene = make_scene([STANDING_BOOK])
    quality = ContactQuality(TOOL)
    forces = []
    for density in (15.0, 60.0, 480.0):
        prior = DensityPrior(*[Matter(density, 0.6)] * 4)
        beliefs = [believe(scene, item, Tops.of(scene.occupancy), prior) for item in scene.items]
        if not forces:
            candidates, _ = judged(Tool.PINCH, scene, TOOL, beliefs, quality)
        chosen, odds = with_force(scene, describe(candidates, beliefs), quality, TOOL.gripper)
        forces.append(chosen.features["force"])
    holding = odds[:, 1] > 0.5  # what will not be held is not squeezed for it
    light, medium, heavy = (force[holding].mean() for force in forces)
    assert light < medium <= heavy
    round_, _ = with_force(scene, chosen.described(curve_z=np.full(len(chosen), 60.0)), quality, TOOL.gripper)
    assert np.mean(round_.features["force"]) < np.mean(forces[2])


def test_a_tilt_of_the_pads_does_not_press_harder_but_a_wedge_between_the_sides_does():
    scene = make_scene([STANDING_BOOK])
    lines = pinch_candidates(scene, TOOL)
    pressures = [
        at_force(lines.described(**{name: np.full(len(lines), 0.2)}), 20.0, TOOL.gripper).features["pressure"]
        for name in ("pad_angle", "wedge")
    ]
    plain = at_force(lines.described(wedge=np.zeros(len(lines))), 20.0, TOOL.gripper).features["pressure"]
    assert pressures[0] == pytest.approx(at_force(lines, 20.0, TOOL.gripper).features["pressure"])
    assert (pressures[1] >= plain).all() and (pressures[1] > 1.2 * plain).any()


def test_parallel_sides_of_a_box_are_no_wedge_and_those_of_a_cylinder_over_its_middle_are():
    box_lines = pinch_candidates(make_scene([STANDING_BOOK]), TOOL)
    across = np.abs(box_lines.features["width"] - 0.03) < 0.002
    assert np.rad2deg(np.median(box_lines.features["wedge"][across])) < 1.0
    lying = make_scene([cylinder((0, 0, 0.02), 0.02, 0.10, (np.pi / 2, 0, 0.3))])
    low = pinch_candidates(lying, TOOL).features
    above = low["width"] < 0.038  # tips over the equator: both sides lean outward
    assert (np.rad2deg(low["wedge"][above]) > 20.0).all() and above.any()


def test_fingers_draw_an_item_out_from_under_more_than_a_cup_does():
    burden = np.linspace(0, 0.6, 13)
    cup, fingers = (drawn_out(burden, tool) for tool in (Tool.SUCTION, Tool.PINCH))
    assert cup[0] == fingers[0] == 1.0 and (fingers >= cup).all() and fingers[4] > cup[4]
    assert (np.diff(cup) <= 0).all() and (np.diff(fingers) <= 0).all()


def test_no_two_pinches_are_the_same():
    flat = pinch_candidates(make_scene([box((0, 0, 0.006), (0.10, 0.06, 0.012))]), TOOL)
    rounded = np.unique(flat.T_base_tool.reshape(len(flat), -1).round(5), axis=0)
    assert len(rounded) > 0.9 * len(flat)


def test_centroid_of_a_turned_box_and_of_nothing():
    solid = box((0.1, -0.05, 0.07), (0.1, 0.06, 0.04), (0.3, 0.2, 0.5))
    item = make_scene([solid]).items[0]
    assert TOTE.T_base_tote.inverse().apply(centroid(item.vertices, item.triangles)) == pytest.approx(
        solid.T_tote_solid.position
    )
    assert centroid(item.vertices, item.triangles[:2]) is None


def test_candidates_survive_items_of_a_handful_of_points():
    whole = make_scene([box((0, 0, 0.03), (0.06, 0.06, 0.06))])
    item = whole.items[0]
    few = type(item)(
        **{
            **{name: getattr(item, name) for name in item.__dataclass_fields__},
            **{name: getattr(item, name)[:3] for name in ("points", "normals", "colors", "confidence", "seen")},
        }
    )
    scene = Scene(0.0, whole.source, (few,), whole.occupancy, whole.destination)
    for find in (suction_candidates, pinch_candidates):
        assert len(find(scene, TOOL)) == 0
    assert proposals(scene) == ()


@pytest.mark.parametrize("aside", [0.0, 0.01, 0.03])
def test_a_cup_is_believed_to_bear_twice_the_weight_that_it_lifts_off(aside):
    """Suddenly loaded, a spring is stretched twice as far as by the same load at rest: F = 2 m g (1 + 2 d / r)."""
    needed = 2 * 0.3 * 9.81 * (1 + 2 * aside / TOOL.cup.radius)
    features = np.zeros(2, FEATURES)
    features["boxlike"], features["mass"], features["centre_x"], features["down_z"] = 1.0, 0.3, aside, 1.0
    features["vacuum"] = np.array((0.9, 1.1)) * needed / TOOL.cup.area
    _, hold = ContactQuality(TOOL, acceleration=0.5, least_vacuum=2e3).suction(features)
    assert hold[0] < 0.2 and hold[1] > 0.8


def test_dear_damage_pinches_more_gently(crowd):
    """The force of a pinch weighs what slips against what is dented, by the price of the run."""
    _, scene, _ = crowd
    firm, gentle = (propose(scene, TOOL, frozenset({Tool.PINCH}), stakes=Stakes(damage=d)) for d in (0.0, 60.0))
    assert np.mean([g.force for g in gentle]) < np.mean([g.force for g in firm])
    assert np.mean([g.odds.damage for g in gentle]) < np.mean([g.odds.damage for g in firm])


def test_every_pinch_that_has_odds_is_firm_enough_to_be_moved(crowd):
    """By a policy that sees no use in force, too: the planner would refuse what the choice left too loose."""
    _, scene, _ = crowd
    beliefs = [heavier(belief) for belief in believe_all(scene)]
    careless = lambda scene, candidates: np.tile((0.9, 0.9, 0.0, 0.0), (len(candidates), 1))
    candidates, odds = judged(Tool.PINCH, scene, TOOL, beliefs, careless)
    built = [build(candidates, i, odds[i], scene, TOOL, beliefs, Lift()) for i in range(len(candidates))]
    shares = np.array([rest_share(grasp.load, grasp.limits, grasp.T_base_tool) for grasp in built])
    likely, force = odds[:, 0] > 0, np.array([grasp.force for grasp in built])
    assert likely.any() and (shares[likely] <= WEAK + 1e-6).all()
    assert (force[likely] > TOOL.gripper.force[0]).any()


def heavier(belief):
    return replace(belief, load=replace(belief.load, mass=0.8))
