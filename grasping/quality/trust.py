"""Trust: the odds of a grasp after the failures on its item."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from grasping.attempts import Attempt, Attempts, Failure, repeats
from grasping.grasp import Grasp, Odds
from grasping.quality.item_effects import Effects, Tried
from grasping.quality.rates import ACQUIRE_EFFECTS, HOLD_EFFECTS, SAME_SITE
from grasping.quality.worth import Stakes

# Whether the tool acquired the item, and whether it then held it. What was weighed is believed to weigh so from then
# on, which explains that failure; of others nobody knows why the tool got nothing.
ACQUIRED = {
    Failure.NO_HOLD: False,
    Failure.OTHER: False,
    Failure.LOST: True,
    Failure.GAVE_WAY: True,
    Failure.OPENED: True,
    Failure.WEIGHED: True,
}
HELD = {Failure.LOST: False, Failure.GAVE_WAY: False, Failure.OPENED: False}
NONE = Odds(0.0, 0.0, 0.0)


def trusted(past: Attempts, grasp: Grasp) -> Odds:
    """The odds of a grasp given what failed on its item, by likelihood: each failure tells of the item, of what this
    tool and skill can do with it, and of the site. A failed plan leaves nothing of the same site.
    """
    failed = [attempt for attempt in past.failed if past.same_item(attempt, grasp)]
    repeated = [a for a in failed if a.tool is grasp.tool and repeats(grasp, a.T_base_tool, past.near_site)]
    if any(not attempt.failure.executed for attempt in repeated):
        return NONE
    tried = [attempt for attempt in failed if attempt.failure.executed]
    if not tried:
        return grasp.odds
    odds = grasp.odds
    acquire = _updated(ACQUIRE_EFFECTS, grasp, odds.acquire, tried, ACQUIRED, "acquire")
    held = HELD | ({Failure.WEIGHED: False} if grasp.probe else {})  # a probe there would feel the same
    hold = _updated(HOLD_EFFECTS, grasp, odds.hold, tried, held, "hold")
    bowed = math.prod(attempt.slip.odds if attempt.slip else 0.0 for attempt in tried if attempt.failure in held)
    hold += bowed * (odds.hold - hold)  # where leaves slipped, a try says no more of another hold than `odds` know
    lost = (1 - hold) / max(1 - odds.hold, 1e-9)
    still = [attempt for attempt in repeated if attempt.failure is not Failure.LOST]  # what fell lies differently now
    acquire *= SAME_SITE ** len(still)
    return replace(odds, acquire=acquire, hold=hold, returned=min(odds.returned * lost, 1 - hold))


def _updated(
    effects: Effects, grasp: Grasp, odds: float, tried: Sequence[Attempt], ended: dict[Failure, bool], event: str
) -> float:
    """The probability of an event, after tries of the same item of which some tell how it `ended`."""
    told = [attempt for attempt in tried if attempt.failure in ended]
    ways = np.array([f"{attempt.tool.value} {attempt.skill}" for attempt in told])
    places = np.array([attempt.T_base_tool[:3, 3] for attempt in told]).reshape(-1, 3)
    believed = np.array([getattr(attempt.odds, event) for attempt in told])
    outcomes = np.array([ended[attempt.failure] for attempt in told], bool)
    way = f"{grasp.tool.value} {grasp.skill.name}"
    return effects.updated(odds, way, grasp.T_base_tool.position, Tried(believed, ways, places, outcomes))


def trust(past: Attempts, grasp: Grasp, stakes: Stakes | None = None) -> float:
    """What failures on its item leave of a grasp's worth, a share of it."""
    stakes = stakes or Stakes()
    worth = stakes.gain(grasp)
    return max(0.0, stakes.worth(trusted(past, grasp)) / worth) if worth > 0 else 1.0
