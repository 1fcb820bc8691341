"""A book keeps all orders open at once, gives up what fails too often, and always comes to an end."""

from __future__ import annotations

import numpy as np

from handpick.orders.book import LOOKS, PASSES, Book
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


def test_an_order_that_fails_is_given_up_while_others_go_on() -> None:
    book = Book(["tea", "oats"])
    for _ in range(PASSES):
        assert first(book) == "tea"
        book.note(passed(book, Result.MISSED, Cause.NO_HOLD))
    assert [order.item for order in book.waiting()] == ["oats"] and not book.delivered


def test_looks_that_lead_to_nothing_end_soon_and_a_full_destination_is_no_failure() -> None:
    book = Book(["tea", "oats"])
    for _ in range(3 * PASSES):
        book.note(passed(book, Result.NOT_EXECUTED, Cause.NO_PLACE))
    for _ in range(2 * LOOKS - 1):  # what moves in between gives new hope
        book.note(passed(book, Result.NOT_EXECUTED, Cause.NOT_FOUND))
        book.note(passed(book, Result.MOVED, Cause.MOVED_ASIDE))
    assert first(book) == "tea"
    for _ in range(LOOKS):
        assert book.open
        book.note(passed(book, Result.NOT_EXECUTED, Cause.NOT_FOUND))
    assert not book.open and not book.delivered


def test_every_book_ends_whatever_happens() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        names = [f"item {k}" for k in range(int(rng.integers(1, 8)))]
        book, passes = Book(names), 0
        while book.open:
            book.note(passed(book, list(Result)[int(rng.integers(len(Result)))]))
            passes += 1
        assert passes <= PASSES * len(names) + LOOKS
        assert len({order.number for order in book.delivered}) == len(book.delivered)


def test_an_order_may_be_served_before_its_turn() -> None:
    book = Book(["tea", "oats"])
    aim = Aim(1, "oats", "oats", 1.0)
    book.note(PickOutcome(0, Result.PLACED, None, None, 0.0, 1.0, 0.9, {}, 0.0, 0.0, aim=aim))
    assert first(book) == "tea" and book.gone() == {"oats"} and len(book.waiting()) == 1
