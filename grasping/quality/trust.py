"""Trust: what is left of a grasp's odds after the failures on its item."""

from __future__ import annotations

from grasping.attempts import Attempts, Failure, repeats
from grasping.grasp import Grasp
from grasping.quality.rates import NO_SEAL_LIMP, OPENED_BEFORE, OTHER_TOOL, SAME_SITE, SAME_TOOL


def trust(past: Attempts, grasp: Grasp) -> float:
    """What is left of a grasp's worth after the failures on its item, 0..1.

    A failed pick takes a quarter from every grasp of the item, well over half where the tool is the same, and most of
    the rest at the same site: that is worth another try where nothing else is. Where no cup sealed on something limp,
    hardly any will: it has fur. Where a cover opened, it opens again. A failed plan leaves nothing of the same site.
    """
    left = 1.0
    for attempt in past.failed:
        if not past.same_item(attempt, grasp):
            continue
        same_tool = attempt.tool is grasp.tool
        repeated = same_tool and repeats(grasp, attempt.T_base_tool, past.near_site)
        if attempt.failure.executed:
            unsealed = grasp.limp and same_tool and attempt.failure is Failure.NO_HOLD
            left *= NO_SEAL_LIMP if unsealed else SAME_TOOL if same_tool else OTHER_TOOL
            left *= SAME_SITE if repeated else 1.0
            left *= OPENED_BEFORE if attempt.failure is Failure.OPENED and grasp.probe else 1.0
        elif repeated:
            return 0.0
    return left
