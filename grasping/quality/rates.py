"""Rates: every counted or judged probability that the odds of a grasp are made of, and where it comes from.

Counted rates are of picks in simulated bins as they went when they were counted; the command that is named writes the
`picks.csv` and `ledger.csv` of such runs, to count them again. What no count backs is judged, and says why.
"""

from __future__ import annotations

from dataclasses import dataclass

from grasping.quality.item_effects import Effects
from perception.errors import HandpickError


class RateError(HandpickError):
    """A rate that is no share of its tries, or no probability."""


@dataclass(frozen=True)
class Rate:
    """What happened `successes` times in `tries`, counted in what such a `command` writes."""

    successes: int
    tries: int
    command: str

    def __post_init__(self) -> None:
        if not 0 <= self.successes <= self.tries:
            raise RateError(f"rate: expected 0 <= successes <= tries, got {self.successes} of {self.tries}")

    @property
    def probability(self) -> float:
        """Of the next try: the rule of succession, by which what never happened in few tries still may."""
        return (self.successes + 1) / (self.tries + 2)


def judged(probability: float, reason: str) -> float:
    """A probability that nobody counted.

    Raises:
        RateError: it is none, or no reason is given.
    """
    if not 0 <= probability <= 1 or not reason:
        raise RateError(f"rate: expected a probability in 0..1 and a reason, got {probability} and {reason!r}")
    return probability


BOOKS = "handpick sim --suite books --orders 100"
PROBES = "handpick sim --suite mixed --orders 60 --explain"
BOOK_TRIES = "handpick generate --suite books --picks 5000"
TRIES = "handpick generate --suite mixed,boxes,books,bags,unseen --picks 30000"
REFERENCE = "handpick sim --suite books --tools suction --orders 40"

# An item that the cup tips before the fingers go round it: that this succeeds, and that fingertips mark one that was
# not tipped.
TIPPED = Rate(11, 14, BOOKS).probability
STRUCK = Rate(2, 14, BOOKS).probability

# A book that is pinched by its narrow sides where it lies flat, a third of it or more below the fingertips, falls open
# and is folded as it is put down; of others 3 of 43 were.
FALLEN_OPEN = Rate(10, 34, "handpick record --suite books --orders 30, of seeds 41 and 42, and mixed ones").probability

# A book that is swung up by its spine stays closed, where it lies level and where it lies askew.
SWUNG_CLOSED = judged(0.9, f"24 of 28 in {BOOKS}, some of which were swung by the wrong side, which is believed apart")
SWUNG_ASKEW = judged(0.5, f"3 of 8 in {BOOKS}, as above")

# That it is harmed all the same: a cover of card creases beside the spine, leaves fold. Nobody tells card from board.
SWUNG_HARMED = Rate(141, 495, TRIES).probability

# A cup away from the spine on what surely is a book: that the book opens, that a probing lift feels it in time, that
# what is opened is harmed (card creases, leaves fold as it lands), and that one cup, or several, lose it.
COVER_OPENS = Rate(24, 24, PROBES).probability
OPENING_FELT = Rate(13, 22, PROBES).probability
OPENED_HARMED = Rate(91, 166, TRIES).probability
OPENED_LOST = Rate(111, 166, TRIES).probability
OPENED_LOST_BY_SEVERAL = Rate(5, 10, REFERENCE).probability
# A cup seals on a narrow side of a book, of what its flatness promises: covers stand out over the pages, and books seem
# thicker than they are.
EDGE_SEALS = Rate(0, 17, BOOKS).probability
PAPER_COVERS = judged(0.5, "of books, those whose covers are card: nobody tells card from board by sight")
# Fingers that close step by step feel that leaves bow, and stay before these slip.
BOWING_FELT = Rate(56, 62, BOOK_TRIES).probability

LIMP = judged(0.6, "of soft things, those that flow out from between the pads")
LIMP_TOY = judged(0.2, "of soft toys, which are stuffed, the same")
FUR = judged(0.8, "of toys, those with fur, on which no cup seals")

DRAWN = judged(0.15, "what is not soft, where it is pulled at under a burden; of bags, cloth and toys none was")
DRAWN_SLOWLY = judged(0.03, "the same, where the pull is slow and ends once it grows")
WEDGED_LOST = judged(0.5, "an item with neighbours close on all sides is stripped off the tool")
DAMAGED_LOST = judged(0.5, "what a contact damages is also lost")
STRUCK_HARD = judged(0.55, "by a tool that surely meets something on its way in: books are marked at a few newtons")
FLOOR_JAMS = judged(0.2, "fingertips that go down to the very floor of a tote jam on it")

# What is not seen may be elsewhere: that a cup and pads find it all the same, and that they miss what is unsure.
CUP_BLIND, PADS_BLIND = judged(0.5, "a completed surface"), judged(0.75, "pads close until they meet something")
UNSURE_MISSED = judged(0.3, "a surface on whose place the cameras disagree")

# How alike tries of one item end, as `handpick train` prints it of outcomes of all suites.
ACQUIRE_EFFECTS = Effects(item=3.36, way=3.92, site=2.86)
HOLD_EFFECTS = Effects(item=6.11, way=3.11, site=1.12)

# After a failed try, what is left of the odds of much the same grasp besides: no outcomes repeat a site.
SAME_SITE = judged(0.2, "a repetition, but what moved or trembled may not do so again")
