"""What looks tell of items: whether they open, what they weigh, where their middle is, and how that is learned."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.support.scenes import box, cylinder, make_scene
from grasping.beliefs.clues import ASIDE, CLUES, SHAPE, clues
from grasping.beliefs.extent import FREE, Extent
from grasping.beliefs.looks import HEAVIEST, LIGHTEST, Looks, looks, read, shipped, write
from grasping.beliefs.spine_side import SIDE_CLUES
from perception.errors import HandpickError

PAGES = 230, 228, 220  # the colour of leaves


def lying(*size, **options):
    return make_scene([box((0, 0, size[2] / 2 + 0.0005), size, **options)], noise=0.0005).items[0]


def test_a_book_is_believed_one_and_a_carton_a_can_and_a_brick_are_not():
    book, carton = lying(0.21, 0.14, 0.025, color=PAGES), lying(0.16, 0.12, 0.09)
    can = make_scene([cylinder((0, 0, 0.0505), 0.033, 0.10)], noise=0.0005).items[0]
    assert looks(book).opens > 0.9 > 0.15 > max(looks(carton).opens, looks(can).opens)


@pytest.mark.parametrize(
    ("solid", "density"),
    [
        (box((0, 0, 0.0405), (0.16, 0.12, 0.08)), (200, 450)),  # a carton
        (box((0, 0, 0.0155), (0.21, 0.14, 0.03), color=PAGES), (550, 1000)),  # a book
        (box((0, 0, 0.0055), (0.15, 0.07, 0.010)), (600, 1500)),  # a bar
        (cylinder((0, 0, 0.0505), 0.033, 0.10), (400, 1200)),  # a can
        (cylinder((0, 0, 0.0505), 0.050, 0.13, (np.pi / 2, 0, 0)), (250, 900)),  # a fat bag
    ],
)
def test_goods_weigh_what_their_kind_weighs(solid, density):
    item = make_scene([solid], noise=0.0005).items[0]
    told = looks(item)
    low, high = (item.volume * d for d in density)
    assert low < told.mass < high and LIGHTEST <= told.heavier(-1.6) < told.mass < told.heavier(1.6) <= HEAVIEST


def test_what_goes_on_under_others_is_heavier_than_it_looks_less_surely_and_has_its_middle_elsewhere():
    corner = lying(0.10, 0.14, 0.025, color=PAGES)
    free, hidden = looks(corner), looks(corner, Extent(0.4, 0.045, 2.8, (0.09, 0.0, 0.0)))
    assert hidden.mass > free.mass and hidden.spread > free.spread and hidden.off > 1.5 * free.off
    assert 0.02 < hidden.aside < 0.09 and free.aside == 0


def test_what_is_told_is_bounded_whatever_the_clues():
    rng = np.random.default_rng(0)
    for x in rng.normal(0, 10, (200, len(CLUES))):
        told = Looks.of(x, shipped())
        assert (
            0 <= told.opens <= 1
            and 0 <= told.card <= 1
            and LIGHTEST <= told.mass <= HEAVIEST
            and told.spread > 0
            and told.off > 0
        )


def test_clues_are_numbers_in_any_order_of_points_and_of_what_nothing_was_seen_of():
    item = lying(0.21, 0.14, 0.025)
    order = np.random.default_rng(0).permutation(len(item.points))
    names = ("points", "normals", "colors", "confidence", "seen")
    mixed = replace(item, **{name: getattr(item, name)[order] for name in names})
    np.testing.assert_allclose(clues(mixed), clues(item), atol=1e-12)
    unseen = replace(item, seen=np.zeros_like(item.seen))
    for one in (item, unseen):
        for extent in (FREE, Extent(1.0, 0.1, 40.0, (0.0, -0.1, 0.1))):
            assert clues(one, extent).shape == (len(CLUES),) and np.isfinite(clues(one, extent)).all()


def test_what_is_shipped_comes_back_as_it_was_written_and_a_damaged_file_is_named(tmp_path):
    file = tmp_path / "looks.safetensors"
    write(shipped(), file)
    for x in np.random.default_rng(0).uniform(0, 1, (50, len(CLUES))):
        assert Looks.of(x, read(file)) == Looks.of(x, shipped())
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(HandpickError, match=r"looks\.safetensors: expected a whole file"):
        read(file)


def test_seen_items_teach_it_and_suites_are_in_all_parts_of_them():
    """Odds, masses with how sure they are, and distances follow what made them, in bins and families never seen."""
    pytest.importorskip("sklearn")
    from benchmarks.support.item_looks import ROW
    from benchmarks.train_looks import trained

    rng = np.random.default_rng(0)
    rows = np.zeros(3000, ROW)
    x = rows["clues"]
    x[:], rows["bin"] = rng.uniform(0, 1, x.shape), np.arange(3000) // 10
    books = np.where(x[:, 2] > 0.5, b"hardcover", b"paperback")
    rows["family"] = np.where(x[:, 0] > 0.6, books, b"carton")
    rows["family"][rows["bin"] % 5 == 4] = b"hammer"
    spread = np.where(x[:, 1] > 0.5, 0.6, 0.2)
    rows["mass"] = np.exp(x[:, SHAPE - 1] - 3 + spread * rng.standard_normal(3000))
    turn = rng.uniform(0, 2 * np.pi, 3000)
    rows["way"], across = (1, 0, 0), np.column_stack([0 * turn, np.cos(turn), np.sin(turn)])
    rows["off"] = 0.4 * x[:, ASIDE : ASIDE + 1] * rows["way"] + 0.05 * x[:, 2:3] * across
    rows["views"] = np.where(rng.random(3000) < 0.5, 1, 5)
    rows["sides"], rows["lies"] = rng.uniform(0, 1, rows["sides"].shape), True
    printed = SIDE_CLUES.index("saturation")
    rows["sides"][:, :, printed] /= 2
    rows["sides"][np.arange(3000), rng.integers(0, 4, 3000), printed] += 0.5
    rows["spine"] = (rows["sides"][:, :, printed] > 0.5) & (x[:, :1] > 0.6)
    heads, card = trained(rows)
    for judged in (card["judged"]["other bins"], card["judged"]["never seen"]):
        assert judged["mass"]["rms"] < 0.5 and judged["mass"]["beyond"] < 0.1
        assert judged["off"]["told"] == pytest.approx(judged["off"]["true"], abs=2e-3)
    assert card["judged"]["other bins"]["opens"]["nats"] < 0.2 and card["judged"]["books"]["card"]["nats"] < 0.25
    assert card["judged"]["other bins"]["items"] == 2400
    assert card["judged"]["books"]["spine"]["right"] > 0.9 and card["judged"]["books"]["spine"]["tried"] > 900
    one = np.full(len(CLUES), 0.5)
    one[0], one[SHAPE - 1] = 0.9, 1.0
    sure, unsure = (Looks.of(np.r_[one[0], middle, one[2:]], heads) for middle in (0.2, 0.8))
    large, small = (Looks.of(np.r_[one[:2], long, one[3:]], heads) for long in (0.9, 0.1))
    assert large.card < 0.2 and small.card > 0.8
    assert sure.opens > 0.9 and sure.mass == pytest.approx(np.exp(-2), rel=0.2)
    assert sure.spread < 0.3 < 0.5 < unsure.spread and sure.off == pytest.approx(0.025, rel=0.2)
    assert sure.aside == pytest.approx(0.2, rel=0.05)
