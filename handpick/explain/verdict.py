"""Verdicts: what became of each grasp that a look offers, and why, in plain words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from grasping.attempts import Attempts, repeats
from grasping.choose import choose
from grasping.grasp import Grasp
from grasping.quality.trust import trust
from grasping.quality.worth import LEAST
from handpick.picking.decide import Look
from handpick.picking.planning import Refused


class Verdict(str, Enum):
    """What became of a grasp, from the one that was taken to those farthest from it."""

    CHOSEN = "chosen"
    REFUSED = "no plan"
    OUTRANKED = "outranked"
    NOT_REACHED = "not reached"
    NOT_RANKED = "not ranked"
    OUT_OF_REACH = "out of reach"
    FAILED_BEFORE = "failed before"
    HARMFUL = "harm outweighs gain"


@dataclass(frozen=True, eq=False)
class Considered:
    """A grasp with what it promised and what became of it.

    Attributes:
        rank: its place in the ranking, from 0; None where it was not worth a try.
        gain: expected units of one try. trust: what failures on its item leave of that, 0..1. seconds: of such a pick.
        why: the verdict's reason, a sentence or two.
    """

    grasp: Grasp
    verdict: Verdict
    why: str
    gain: float
    trust: float
    seconds: float
    rank: int | None

    @property
    def rate(self) -> float:
        """Expected units per second."""
        return self.gain * self.trust / self.seconds


def considered(look: Look, duration: Callable[[Grasp], float]) -> tuple[Considered, ...]:
    """Every option of a look and every move aside that it tried, each with its verdict.

    Args:
        duration: seconds that a pick with a grasp takes, as the choice was made with.
    """
    judge = _Judge(look, duration)
    tried = [refused.grasp for refused in look.refused] + ([look.grasp] if look.grasp else [])
    moves = [grasp for grasp in tried if not _among(grasp, look.options)]
    return tuple(judge.judged(grasp) for grasp in (*look.options, *moves))


class _Judge:
    """The choice of one look, made once more to see what became of each option."""

    def __init__(self, look: Look, duration: Callable[[Grasp], float]) -> None:
        self.look, self.duration, self.past = look, duration, look.past or Attempts()
        ranked = choose(look.options, duration, self.past, look.stakes)
        self.ranks = {id(grasp): rank for rank, grasp in enumerate(ranked)}
        self.refused = {id(refused.grasp): refused for refused in look.refused}
        self.taken = self._promise(look.grasp) if look.grasp else None

    def judged(self, grasp: Grasp) -> Considered:
        """A grasp with its verdict."""
        found = self._promise(grasp)
        verdict, why = self._verdict(found)
        return replace(found, verdict=verdict, why=why)

    def _promise(self, grasp: Grasp) -> Considered:
        stakes, rank = self.look.stakes, self.ranks.get(id(grasp))
        worth, left = stakes.gain(grasp), trust(self.past, grasp, stakes)
        return Considered(grasp, Verdict.NOT_RANKED, "", worth, left, self.duration(grasp), rank)

    def _verdict(self, found: Considered) -> tuple[Verdict, str]:
        if found.grasp is self.look.grasp:
            return Verdict.CHOSEN, self._chosen(found)
        if refused := self.refused.get(id(found.grasp)):
            return Verdict.REFUSED, _refusal(refused, found)
        if found.rank is not None:
            return self._ranked(found, found.rank)
        if found.gain <= LEAST:
            return Verdict.HARMFUL, _harm(found)
        if found.gain * found.trust <= LEAST:
            return Verdict.FAILED_BEFORE, memory(self.past, found.grasp)
        if not np.isfinite(found.seconds):
            return Verdict.OUT_OF_REACH, "The arm cannot be put there."
        return Verdict.NOT_RANKED, "Better grasps of this item and of others filled the ranking."

    def _chosen(self, taken: Considered) -> str:
        before = len(self.look.refused)
        planless = f", after {before} that had no plan" if before else ""
        if not taken.grasp.skill.leaves_tote:
            return f"Nothing was worth lifting{planless}: this moves aside what covers or crowds others."
        if taken.rank is None:
            return f"Nothing safer was left{planless}: what stays keeps others from being picked, so more is risked."
        return f"It promised most{planless}: {_rate(taken)}."

    def _ranked(self, found: Considered, rank: int) -> tuple[Verdict, str]:
        taken, place = self.taken, f"Number {rank + 1} of {len(self.ranks)} in the ranking"
        if taken is None or taken.rank is None or rank < taken.rank:
            return Verdict.NOT_REACHED, f"{place}, and the look's plans ended before its turn."
        if found.rate < taken.rate:
            return Verdict.OUTRANKED, f"{place}: it promised {_rate(found)}, what was chosen {_rate(taken)}."
        return Verdict.OUTRANKED, f"{place}: each further grasp of one item counts less, so that the next best differs."


def memory(past: Attempts, grasp: Grasp) -> str:
    """What is remembered of failed tries on the item of a grasp."""
    tries = [attempt for attempt in past.failed if past.same_item(attempt, grasp)]
    planless = past.unplanned(grasp)
    if planless:
        return f"Much the same grasp had no plan before ({planless}), and nothing has changed around it since."
    told = []
    for attempt in tries:
        near = attempt.tool is grasp.tool and repeats(grasp, attempt.T_base_tool, past.near_site)
        told.append(f"{attempt.tool.value}{' at this very site' if near else ''}: {attempt.failure.value}")
    times = "once" if len(told) == 1 else f"{len(told)} times"
    return f"It failed {times} before ({'; '.join(dict.fromkeys(told))}), and what is left is not worth a try."


def summary(found: Sequence[Considered]) -> list[str]:
    """Why an item with these options was not taken, or was: nearest verdict first."""
    told = []
    for verdict in Verdict:
        alike = sorted((one for one in found if one.verdict is verdict), key=_nearness)
        if alike:
            count = f", the best of {len(alike)}" if len(alike) > 1 else ""
            told.append(f"{verdict.value.capitalize()}{count}: {alike[0].why}")
    return told


def nearest(found: Sequence[Considered]) -> Considered:
    """Of some options the one that came nearest to being taken."""
    return min(found, key=lambda one: (list(Verdict).index(one.verdict), *_nearness(one)))


def _nearness(one: Considered) -> tuple[float, float]:
    return (np.inf if one.rank is None else one.rank, -one.gain * max(one.trust, 1e-3))


def _harm(found: Considered) -> str:
    odds = found.grasp.odds
    risks = f"{odds.damage:.0%} odds of damage, {odds.acquire:.0%} of a hold, {odds.hold:.0%} that it lasts"
    if found.gain > 0:
        return f"A try brings {found.gain:.2f} units, less than its time is worth ({risks})."
    return f"A try is expected to cost {-found.gain:.2f} units more than it brings ({risks})."


def _refusal(refused: Refused, found: Considered) -> str:
    aside = "" if found.grasp.skill.leaves_tote else "Tried as a move aside. "
    risked = "Tried though it may do harm, since nothing safer was left. " if found.rank is None and not aside else ""
    return f"{aside}{risked}{sentence(refused.cause.explanation)} {sentence(refused.words)}"


def _rate(found: Considered) -> str:
    per_hour = 3600 * found.rate
    return f"{found.gain * found.trust:.2f} units in {found.seconds:.1f} s ({per_hour:.0f} an hour)"


def sentence(words: str) -> str:
    """Words with a capital first and a full stop last."""
    words = words.strip()
    return words[:1].upper() + words[1:] + ("" if words.endswith((".", "!", "?")) else ".")


def _among(grasp: Grasp, options: Sequence[Grasp]) -> bool:
    return any(grasp is other for other in options)
