"""What may be hidden of an item: a belief about that item alone, and what it does to its load."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.support.scenes import TOTE, box, make_scene, turned
from grasping.beliefs.belief import Belief, believe
from grasping.beliefs.load import DensityPrior, load
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
    return believe(scene, scene.items[0], Tops.of(scene.occupancy), DensityPrior())


def test_what_lies_free_is_as_large_as_it_looks() -> None:
    scene = make_scene([CORNER])
    item, prior = scene.items[0], DensityPrior()
    believed, known = belief_of_first(scene), load(item, prior, prior.of(item))
    assert believed.load.mass == known.mass and believed.load.centre_radius == known.centre_radius
    assert (believed.load.centre == known.centre).all() and believed.mass_spread == prior.of(item).spread


@pytest.mark.parametrize("angle", [0.0, 1.2])
def test_what_goes_on_under_others_may_be_heavier_and_its_middle_elsewhere(angle: float) -> None:
    tote = turned(TOTE, angle)
    free, hidden = (belief_of_first(make_scene(solids, tote)) for solids in ([CORNER], [CORNER, COVER]))
    assert hidden.load.mass == pytest.approx(free.load.mass, rel=0.2)  # the completed shape already guesses the middle
    assert hidden.load.mass_range[1] > 1.5 * free.load.mass_range[1] and hidden.mass_spread > free.mass_spread
    assert hidden.load.centre_radius > 2 * free.load.centre_radius


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


def test_a_cup_holds_less_surely_what_is_hidden_in_part_and_less_the_further_from_its_middle() -> None:
    block = box((0, 0, 0.02), (0.10, 0.08, 0.04))
    scene, covered = make_scene([block]), make_scene([block, box((0.115, 0, 0.055), (0.14, 0.10, 0.03))])
    candidates = suction_candidates(scene, DualTool())
    holds = []
    for seen in (scene, covered):
        belief = believe(seen, seen.items[0], Tops.of(seen.occupancy), DensityPrior())
        holds.append(ContactQuality().suction(describe(candidates, [belief]).features)[1])
    position = scene.source.T_base_tote.inverse().apply(candidates.T_base_tool[:, :3, 3])
    far = np.linalg.norm(position[:, :2], axis=1) > 0.025
    lost = holds[0] - holds[1]
    assert far.any() and (lost >= -1e-9).all() and lost[far].mean() > lost[~far].mean() > 0
