"""Trust: what is left of a grasp's odds after the failures on its item."""

from __future__ import annotations

from grasping.attempts import Attempts, Failure, repeats
from grasping.grasp import Grasp
from grasping.quality.rates import NO_SEAL_LIMP, OTHER_TOOL, PROBED_IN_VAIN, SAME_SITE, SAME_TOOL

IN_VAIN = frozenset((Failure.OPENED, Failure.WEIGHED))


def trust(past: Attempts, grasp: Grasp) -> float:
    """What is left of a grasp's worth after the failures on its item, 0..1.

    A failed pick takes a quarter from every grasp of the item, well over half where the tool is the same, and most of
    the rest at the same site: that is worth another try where nothing else is. Where no cup sealed on something limp,
    hardly any will: it has fur. What a probe set down is not probed again, but what it felt is believed now. A failed
    plan leaves nothing of the same site.
    """
    left = 1.0
    for attempt in past.failed:
        if not past.same_item(attempt, grasp):
            continue
        same_tool = attempt.tool is grasp.tool
        repeated = same_tool and repeats(grasp, attempt.T_base_tool, past.near_site)
        if attempt.failure.executed:
            # What was weighed is believed to weigh so, and may be held elsewhere, where it was not felt in vain.
            weighed = attempt.failure is Failure.WEIGHED
            unsealed = grasp.limp and same_tool and attempt.failure is Failure.NO_HOLD
            left *= NO_SEAL_LIMP if unsealed else 1.0 if weighed else SAME_TOOL if same_tool else OTHER_TOOL
            left *= SAME_SITE if repeated else 1.0
            left *= PROBED_IN_VAIN if attempt.failure in IN_VAIN and grasp.probe else 1.0
        elif repeated:
            return 0.0
    return left
