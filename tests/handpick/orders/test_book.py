"""A book serves one order after the other, lets others go first where one fails, and always comes to an end."""

from __future__ import annotations

import numpy as np

from handpick.orders.book import LOOKS, PASSES, ROUNDS, Book
from handpick.outcome import Aim, Cause, PickOutcome, Result


def passed(book: Book, result: Result, cause: Cause | None = None) -> PickOutcome:
    order = next(iter(book.waiting()), None)
    aim = Aim(order.number, order.item, order.item, 1.0) if order else None
    return PickOutcome(0, result, None, cause, 0.0, 1.0, None, {}, 0.0, 0.0, aim=aim)


def first(book: Book, carried: int | None = None) -> str:
    return book.waiting(carried)[0].item


def test_what_is_delivered_leaves_the_tote_and_the_next_one_is_wanted() -> None:
    book = Book(["tea", "oats"])
    assert first(book) == "tea" and first(book, carried=0) == "oats"
    assert book.gone(carried=0) == {"tea"} and book.gone(carried=1) == {"oats"} and not book.gone()
    book.note(passed(book, Result.PLACED))
    assert first(book) == "oats" and book.gone() == {"tea"} and not book.waiting(carried=1)
    book.note(passed(book, Result.PLACED))
    assert not book.open


def test_an_order_that_fails_lets_others_go_first_and_comes_again() -> None:
    book = Book(["tea", "oats"])
    for _ in range(PASSES):
        assert first(book) == "tea"
        book.note(passed(book, Result.MISSED, Cause.NO_HOLD))
    assert first(book) == "oats"
    book.note(passed(book, Result.PLACED))
    assert first(book) == "tea"


def test_looks_that_lead_to_nothing_end_soon_and_a_full_destination_is_no_failure() -> None:
    book = Book(["tea", "oats"])
    for _ in range(3 * PASSES):
        book.note(passed(book, Result.NOT_EXECUTED, Cause.NO_PLACE))
    assert first(book) == "tea"
    for _ in range(LOOKS):
        book.note(passed(book, Result.NOT_EXECUTED, Cause.NOT_FOUND))
    assert first(book) == "oats"


def test_every_book_ends_whatever_happens() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        names = [f"item {k}" for k in range(int(rng.integers(1, 8)))]
        book, passes = Book(names), 0
        while book.open:
            book.note(passed(book, list(Result)[int(rng.integers(len(Result)))]))
            passes += 1
        assert passes <= PASSES * ROUNDS * len(names)
        assert len({order.number for order in book.delivered}) == len(book.delivered)


def test_an_order_may_be_served_before_its_turn() -> None:
    book = Book(["tea", "oats"])
    aim = Aim(1, "oats", "oats", 1.0)
    book.note(PickOutcome(0, Result.PLACED, None, None, 0.0, 1.0, 0.9, {}, 0.0, 0.0, aim=aim))
    assert first(book) == "tea" and book.gone() == {"oats"} and len(book.waiting()) == 1
