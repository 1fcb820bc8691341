"""Which wanted item goes first, and what is moved for those that cannot be lifted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from handpick.orders.book import Order
from handpick.orders.chooser import LEAST_SURE, ByOrder, in_the_way
from handpick.outcome import Aim
from tests.support.blocks import ROOM, scene

ORDERS = Order(0, "tea"), Order(1, "oats")


def aim(order: int, sure: float = 0.9) -> Aim:
    return Aim(order, ORDERS[order].item, "", sure)


PILE = scene(
    (slice(5, 20), slice(5, 20), slice(0, 3)),  # under two
    (slice(6, 9), slice(6, 12), slice(3, 6)),
    (slice(12, 15), slice(6, 12), slice(3, 6)),
    (slice(22, 30), slice(5, 20), slice(0, 3)),  # under one
    (slice(24, 27), slice(6, 12), slice(3, 6)),
)


def test_what_is_under_fewest_is_freed_first_and_then_what_stands_beside_is_moved() -> None:
    first, second, *later = in_the_way(PILE, {0: aim(0), 3: aim(1)}, ORDERS[0])
    assert set(first) == {4} and first[4].wanted == "oats"
    assert set(second) == {1, 2} and {each.wanted for each in second.values()} == {"tea"}
    assert [set(each) for each in later] == [{0, 3}, {0, 3}]


def test_where_nothing_that_is_wanted_is_seen_what_hides_most_is_moved_for_the_first_order() -> None:
    large, small = (slice(5, 20), slice(5, 20), slice(5, 7)), (slice(22, 30), slice(5, 20), slice(5, 7))
    hiding = scene(large, small, unseen=(slice(ROOM[0]), slice(ROOM[1]), slice(ROOM[2])))
    first, *_ = in_the_way(hiding, {}, ORDERS[1])
    assert list(first) == [0, 1] and {each.order for each in first.values()} == {1}


def test_an_item_is_for_the_order_that_it_is_likeliest_for_unless_it_was_in_hand_for_that() -> None:
    chances = {(0, "tea"): 0.6, (0, "oats"): 0.3, (1, "tea"): LEAST_SURE / 2}
    named = SimpleNamespace(scene=PILE, chance=lambda item, name: chances.get((item, name), 0.0), best=lambda item: "")
    for refused, expected in (set(), {0: 0}), ({0}, {0: 1}), ({0, 1}, {}):
        naming = SimpleNamespace(refused=lambda item, order: item.id == 0 and order in refused)  # noqa: B023
        chooser = ByOrder(cast(Any, None), cast(Any, naming), cast(Any, None), cast(Any, None))
        assert {item: each.order for item, each in chooser.aims(cast(Any, named), ORDERS).items()} == expected
