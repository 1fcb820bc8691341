"""Inspections: what an item is looked at for while it is carried."""

from __future__ import annotations

from handpick.cell import CellState
from handpick.outcome import Cause
from handpick.picking.follow import Underway
from motion.planning.step import Step


class Inspection:
    """The plain inspection: whatever is in hand is fine.

    Attributes:
        refused: why what is in hand must not be delivered; None while nothing speaks against it.
        told: what it was found to be, in words; empty where nobody looked.
    """

    refused: Cause | None = None
    told: str = ""

    def begin(self, step: Step) -> None:
        """A step begins with an item in hand."""

    def fine(self, state: CellState, way: Underway) -> bool:
        """Whether the step may go on, at a reading of the cell on its way; asked again and again."""
        return True

    def end(self) -> None:
        """The step has come to its end, and the item is about to be let go: what is not known yet is waited for."""

    def put_back(self, here: bool) -> None:
        """What was in hand is out of it again; here: it lies in the source, where the arm is."""


PASSED = Inspection()
