"""Paper bows where it is pressed along its plane: fingers press books there no harder than they must."""

import numpy as np
import pytest

from grasping.candidates.table import FEATURES
from grasping.contact.leaves import bowing_load
from grasping.quality.bowing import SLIPS_AT, SPREAD, after_slips, bowed, fallen_open, slip_of, slipped, with_bowing
from grasping.quality.rates import BOWING_FELT, FALLEN_OPEN, PAPER_COVERS
from grasping.tools import Tool
from sim.items.catalog import make_item


@pytest.mark.parametrize("axis", [0, 1])
def test_the_load_is_about_that_of_drawn_paperbacks(axis):
    """Of books whose leaves, covers and proportions are drawn apart from it."""
    books = [make_item("paperback", np.random.default_rng(seed)) for seed in range(100)]
    sizes, truly = np.array([book.size for book in books]), np.array([book.bows_at[axis] for book in books])
    ratio = bowing_load(sizes[:, 2], sizes[:, 0], sizes[:, axis]) / truly
    assert 0.85 < np.median(ratio) < 1.3 and np.ptp(np.log(ratio)) < 0.8


HEAVY = {"mass": 50.0}  # kg: whatever bows does not bear it
THICK = 0.17 * 0.125
BOOK = {
    "bookish": 1.0, "mass": 0.3, "flatness": 0.17, "girth": 0.125, "width": 0.125, "across_covers": 0.0,
    "centre_z": -THICK / 2,
}  # fmt: skip


def row(**changes):
    features = np.zeros(1, FEATURES)
    for name, value in (BOOK | changes).items():
        features[name] = value
    return features


def odds(**changes):
    return float(bowed(row(**changes))[0]) / (PAPER_COVERS * (1 - BOWING_FELT))


def test_leaves_bow_by_force_and_only_where_pads_close_on_a_books_narrow_sides():
    found = [odds(force=force) for force in (3.0, 10.0, 20.0, 80.0)]
    assert found == sorted(found) and found[0] < 0.01 and found[-1] > 0.99
    assert odds(force=80.0, across_covers=1.0) == odds(force=80.0, bookish=0.0) == 0
    assert odds(force=6.0, width=0.18) > 0.5 > odds(force=6.0)  # head and tail are further apart


def test_bowing_stands_beside_what_is_learned_and_only_of_pinches():
    features = row(force=80.0)
    learned = np.array([[0.9, 0.8, 0.1, 0.0]])
    np.testing.assert_array_equal(with_bowing(learned, Tool.SUCTION, features), learned)
    told = with_bowing(learned, Tool.PINCH, features)
    unfelt = PAPER_COVERS * (1 - BOWING_FELT)
    assert told[0, 2] == pytest.approx(1 - 0.9 * (1 - unfelt), abs=0.01)
    assert told[0, 1] == pytest.approx(0.8 * (1 - unfelt), abs=0.02)  # what bows is held by what it bears
    heavy = with_bowing(learned, Tool.PINCH, row(force=80.0, **HEAVY))
    assert heavy[0, 1] == pytest.approx(0.8 * (1 - PAPER_COVERS), abs=0.01)  # or slips
    np.testing.assert_array_equal(told[:, [0, 3]], learned[:, [0, 3]])


def test_a_flat_book_falls_open_where_the_tips_do_not_reach_under_it():
    """By as much as lies below them; neither between its covers, nor what stands, nor what is no book."""
    below = lambda share, **changes: float(fallen_open(row(centre_z=(share - 0.5) * THICK, **changes))[0])
    found = [below(share) for share in (-0.2, 0.0, 0.3, 0.5, 0.7)]
    assert found == sorted(found) and found[1] == 0 and found[-1] == pytest.approx(FALLEN_OPEN)
    assert below(0.5, across_covers=1.0) == below(0.5, bookish=0.0) == below(2.5) == 0
    learned = np.array([[0.9, 0.8, 0.1, 0.0]])
    told = with_bowing(learned, Tool.PINCH, row(centre_z=0.0, force=1.0))
    assert told[0, 2] == pytest.approx(1 - 0.9 * (1 - FALLEN_OPEN), abs=1e-3)


@pytest.mark.parametrize(("before", "now"), [(14.0, 14.0), (14.0, 9.0), (14.0, 30.0), (9.0, 14.0)])
def test_what_a_lost_pinch_says_of_leaves_is_what_draws_of_books_say(before, now):
    """Books of card with loads as believed, and others; a pinch that was not felt to give way is lost by slipping, or
    otherwise by 0.1."""
    rng, count, other = np.random.default_rng(4), 400_000, 0.1
    books = np.where(rng.random(count) < PAPER_COVERS, 1.0, np.inf)
    bears = SLIPS_AT * float(bowing_load(BOOK["flatness"] * BOOK["girth"], BOOK["girth"], BOOK["width"]))
    bears = books * bears * np.exp(SPREAD * rng.standard_normal(count))
    slips, felt = before > bears, rng.random(count) < BOWING_FELT
    unfelt = slips & ~felt
    lost = unfelt | (~slips & (rng.random(count) < other))
    first, second = row(force=before, **HEAVY), row(force=now, **HEAVY)
    slip = slip_of(first[0], float((1 - slipped(first)[0]) * (1 - other)), ())
    assert slip.odds == pytest.approx(np.mean(unfelt) / np.mean(lost), abs=0.01)
    drawn = slip.odds * np.mean(now > bears[before > bears]) + (1 - slip.odds) * np.mean(now > bears)
    assert slipped(second, [slip])[0] == pytest.approx(drawn, abs=0.01)


def test_a_book_that_slipped_is_pinched_more_gently_or_not_there():
    hard = row(force=16.0, **HEAVY)
    known = (slip_of(hard[0], 0.6, (), felt=True),)
    odds = with_bowing(np.array([[0.9, 0.8, 0.1, 0.0]]), Tool.PINCH, hard)
    after = after_slips(odds, hard, [known])
    assert after[0, 1] < 0.7 * odds[0, 1] and after[0, 2] > odds[0, 2]
    for elsewhere in (row(force=16.0, across_covers=1.0), row(force=2.0)):
        odds = with_bowing(np.array([[0.9, 0.8, 0.1, 0.0]]), Tool.PINCH, elsewhere)
        np.testing.assert_allclose(after_slips(odds, elsewhere, [known]), odds, atol=1e-3)
    once = (slip_of(hard[0], 0.6, ()),)
    twice = (*once, slip_of(hard[0], 0.6, once))
    assert after_slips(odds, hard, [twice])[0, 1] < after_slips(odds, hard, [once])[0, 1] < odds[0, 1]
