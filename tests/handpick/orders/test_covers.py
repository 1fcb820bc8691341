"""What lies on an item, beside it, or hides space, by a scene's voxels."""

from __future__ import annotations

from handpick.orders.covers import beside, hiding, on_top
from tests.support.blocks import scene

LOW = scene(
    (slice(5, 20), slice(5, 20), slice(0, 3)),
    (slice(10, 15), slice(5, 20), slice(3, 5)),  # on the first
    (slice(12, 14), slice(6, 12), slice(5, 8)),  # on the second
    (slice(22, 30), slice(5, 20), slice(0, 3)),  # beside the first
)


def test_what_lies_on_an_item_is_told_with_what_is_free_first() -> None:
    assert on_top(LOW, 0) == [2, 1] and on_top(LOW, 1) == [2]
    assert on_top(LOW, 2) == [] and on_top(LOW, 3) == []


def test_what_stands_close_beside_is_told() -> None:
    assert beside(LOW, 3) == [0] and 3 in beside(LOW, 0)


def test_the_most_unseen_space_is_told_first() -> None:
    unseen = slice(5, 30), slice(5, 20), slice(0, 5)
    found = hiding(
        scene((slice(5, 20), slice(5, 20), slice(5, 7)), (slice(22, 30), slice(5, 20), slice(5, 7)), unseen=unseen)
    )
    assert found == [0, 1] and hiding(LOW) == []
