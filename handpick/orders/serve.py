"""A stack that serves orders by name in place of emptying a tote."""

from __future__ import annotations

from dataclasses import replace

from handpick.orders.book import LOOKS, PASSES, Book
from handpick.orders.chooser import ByOrder
from handpick.orders.naming import Naming
from handpick.picking.stack import Stack

NAMING = 0.4  # seconds that naming what is seen adds to the planning of each look; `declared` of a run has them


def by_order(stack: Stack, book: Book, naming: Naming) -> Stack:
    """The same stack, which takes what is ordered. A tote is given up by the book alone, order by order."""
    most = PASSES * max(1, len(book.orders)) + LOOKS
    patience = replace(stack.patience, failures=most, empty_looks=most)
    return replace(stack, chooser=ByOrder(book, naming, stack.arm, stack.thinker), patience=patience)
