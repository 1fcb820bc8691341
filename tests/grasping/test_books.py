"""What is believed to be a book: from what is seen, for what is hidden, and learned from looks."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.support.scenes import box, cylinder, make_scene
from grasping.beliefs.books import CLUES, clues, covers, read, shipped, write
from perception.errors import HandpickError

PAGES = 230, 228, 220  # the colour of leaves


def lying(*size, **options):
    return make_scene([box((0, 0, size[2] / 2 + 0.0005), size, **options)], noise=0.0005).items[0]


def test_a_book_is_believed_one_and_a_carton_a_can_and_a_brick_are_not():
    book, carton = lying(0.21, 0.14, 0.025, color=PAGES), lying(0.16, 0.12, 0.09)
    can = make_scene([cylinder((0, 0, 0.0505), 0.033, 0.10)], noise=0.0005).items[0]
    assert covers(book) > 0.9 > 0.15 > max(covers(carton), covers(can))


def test_clues_are_numbers_in_any_order_of_points_and_of_what_nothing_was_seen_of():
    item = lying(0.21, 0.14, 0.025)
    order = np.random.default_rng(0).permutation(len(item.points))
    names = ("points", "normals", "colors", "confidence", "seen")
    mixed = replace(item, **{name: getattr(item, name)[order] for name in names})
    np.testing.assert_allclose(clues(mixed, 0.3), clues(item, 0.3), atol=1e-12)
    unseen = replace(item, seen=np.zeros_like(item.seen))
    for one in (item, unseen):
        assert clues(one, 1.0).shape == (len(CLUES),) and np.isfinite(clues(one, 1.0)).all() and 0 < covers(one) < 1


def test_what_is_shipped_comes_back_as_it_was_written_and_a_damaged_file_is_named(tmp_path):
    file = tmp_path / "books.safetensors"
    write(shipped(), file)
    x = np.random.default_rng(0).uniform(0, 1, (50, len(CLUES)))
    np.testing.assert_array_equal(read(file).probability(x), shipped().probability(x))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(HandpickError, match=r"books\.safetensors: expected a whole file"):
        read(file)


def test_looks_teach_it_and_suites_are_in_all_parts_of_them():
    pytest.importorskip("sklearn")
    from benchmarks.support.book_looks import ROW
    from benchmarks.train_books import trained

    rng = np.random.default_rng(0)
    rows = np.zeros(1500, ROW)
    rows["clues"], rows["bin"] = rng.uniform(0, 1, (1500, len(CLUES))), np.arange(1500) // 10
    rows["family"] = np.where(rows["clues"][:, 0] > 0.6, b"hardcover", b"carton")
    rows["family"][rows["bin"] % 5 == 4] = b"hammer"
    rows["before"], rows["views"] = 0.5, np.where(rng.random(1500) < 0.5, 1, 5)
    trees, card = trained(rows)
    assert card["judged"]["other bins"]["now"]["nats"] < 0.2 < card["judged"]["other bins"]["before"]["nats"]
    assert card["items"] == 1200 and set(card["judged"]) >= {"never seen", "other bins, one view"}
    assert trees.probability(np.full((1, len(CLUES)), 0.9))[0] > 0.9
