"""Two sets of rules by which harm is counted, side by side in every report."""

from __future__ import annotations

from enum import Enum


class RuleSet(str, Enum):
    """Who judges: an inspector who sends back whatever might show, or a buyer who keeps what is as good as new.

    Whatever the practical rules count, the strict ones count too.
    """

    STRICT = "strict"
    PRACTICAL = "practical"


HEADLINE = RuleSet.PRACTICAL  # that figures without the name of a set are counted under
