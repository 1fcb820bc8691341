"""A canary: a share of the picks is decided by new weights, until these are found to be worse; then none is."""

from __future__ import annotations

from numpy.random import Generator

from grasping.quality.contact_quality import Quality
from handpick.outcome import Cause, PickOutcome, Result
from handpick.picking.evidence import Evidence
from perception.errors import HandpickError


class CanaryError(HandpickError):
    """A share of picks that new weights cannot be tried by."""


class Canary:
    """New weights on trial in a running cell.

    Args:
        quality: the new odds. evidence: what is known so far, and the share of the picks that they decide.
        rng: draws which ones.
    """

    def __init__(self, quality: Quality, evidence: Evidence, rng: Generator) -> None:
        self.quality, self.evidence, self._rng = quality, evidence, rng

    def draw(self) -> bool:
        """Whether the new weights decide the next pick."""
        return bool(self._rng.random() < self.evidence.share) and not self.evidence.worse

    def record(self, outcome: PickOutcome) -> None:
        """Learn how a pick ended; from the one on by which the new weights are found to be worse, none is theirs."""
        counted = told(outcome)
        if counted is not None:
            self.evidence = self.evidence.after_all([counted])


def told(outcome: PickOutcome) -> tuple[bool, bool] | None:
    """Whether the new weights decided a pick, and whether it placed an item; None: it tells nothing of weights.

    All that either might have done otherwise counts, a look that led to no pick, too: else weights that refuse what
    they should take would look as good. Only where nothing was seen is there nothing to decide. A robot feels no
    damage: what is broken but placed counts as placed.
    """
    if outcome.trial is None or outcome.cause is Cause.NOTHING_SEEN:
        return None
    return outcome.trial, outcome.result is Result.PLACED


def share_of(text: str) -> float:
    """A share of the picks. Raises CanaryError: it is none that both sides could have picks of."""
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.01 <= share <= 0.9:
        raise CanaryError(f"--share: expected a share of the picks from 0.01 to 0.9, got {text}")
    return share
