"""What may be hidden of an item: a belief about that item alone, and what it does to its load."""

from __future__ import annotations

import pytest

from benchmarks.support.scenes import TOTE, box, make_scene, turned
from grasping.beliefs.belief import Belief, believe
from grasping.beliefs.extent import FREE
from grasping.beliefs.looks import looks
from grasping.beliefs.overlap import Tops
from grasping.candidates.features import describe
from grasping.candidates.suction import suction_candidates
from grasping.propose import propose
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.worth import Stakes
from grasping.tools import DualTool, Tool
from perception.scene import Scene

CORNER = box((0, 0, 0.015), (0.09, 0.08, 0.03), color=(230, 228, 220))  # of a book, the rest of which lies under ...
COVER = box((0.105, 0, 0.045), (0.14, 0.14, 0.03))


def belief_of_first(scene: Scene) -> Belief:
    return believe(scene, scene.items[0], Tops.of(scene.occupancy))


def test_what_lies_free_is_as_large_as_it_looks() -> None:
    scene = make_scene([CORNER])
    believed, told = belief_of_first(scene), looks(scene.items[0], FREE)
    assert (believed.load.mass, believed.mass_spread, believed.load.centre_radius) == (told.mass, told.spread, told.off)


@pytest.mark.parametrize("angle", [0.0, 1.2])
def test_what_goes_on_under_others_is_heavier_and_its_middle_elsewhere(angle: float) -> None:
    tote = turned(TOTE, angle)
    free, hidden = (belief_of_first(make_scene(solids, tote)) for solids in ([CORNER], [CORNER, COVER]))
    assert hidden.load.mass > free.load.mass
    assert hidden.load.centre_radius > 1.2 * free.load.centre_radius
    moved = tote.T_base_tote.rotation.T @ (hidden.load.centre - free.load.centre)
    assert moved[0] > 0.005 and abs(moved[1]) < moved[0] / 2  # towards what lies on it


def test_the_more_is_hidden_the_less_is_known() -> None:
    radii = [
        belief_of_first(make_scene([CORNER, box((0.105, y, 0.045), (0.14, 0.14, 0.03))])).load.centre_radius
        for y in (0.0, 0.07, 0.09)
    ]
    assert radii[0] > radii[1] > radii[2] > 0


def test_a_flat_corner_under_others_may_be_a_book_s() -> None:
    free, hidden = (belief_of_first(make_scene(solids)).bookish for solids in ([CORNER], [CORNER, COVER]))
    assert free < hidden - 0.1 and hidden < 0.8


def test_an_item_is_believed_the_same_among_whatever_else_the_bin_holds() -> None:
    bar = box((0.12, 0, 0.0205), (0.05, 0.16, 0.04))
    books = [box((x, 0, 0.0155), (0.10, 0.21, 0.03), color=(230, 228, 220)) for x in (-0.22, -0.08)]
    alone, among = make_scene([bar]), make_scene([bar, *books])
    first, second = (
        [g for g in propose(s, DualTool(), frozenset({Tool.SUCTION})) if g.item == 0] for s in (alone, among)
    )
    assert first and [g.odds for g in first] == [g.odds for g in second]
    assert max(Stakes().gain(g) for g in second) > 0.5  # a bar that lies free is lifted, though all else are books


def test_a_cup_holds_less_surely_what_is_hidden_in_part_and_least_on_the_side_that_is_not() -> None:
    block = box((0, 0, 0.02), (0.10, 0.08, 0.04))
    scene, covered = make_scene([block]), make_scene([block, box((0.115, 0, 0.055), (0.14, 0.10, 0.03))])
    candidates = suction_candidates(scene, DualTool())
    holds = []
    for seen in (scene, covered):
        belief = believe(seen, seen.items[0], Tops.of(seen.occupancy))
        holds.append(ContactQuality().suction(describe(candidates, [belief]).features)[1])
    along = scene.source.T_base_tote.inverse().apply(candidates.T_base_tool[:, :3, 3])[:, 0]
    lost = holds[0] - holds[1]
    free, middle, hidden = (lost[(along > low) & (along < low + 0.02)].mean() for low in (-0.035, -0.01, 0.015))
    assert free > middle + 0.05 > hidden + 0.1 > 0.1
