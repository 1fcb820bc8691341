"""What may be tried in a scene: all candidates of every skill and both tools, and a drawing of some with known odds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from grasping.beliefs.belief import Belief, believe_all
from grasping.build import build
from grasping.candidates.table import Candidates
from grasping.contact.wrench_limits import WEAK, rest_share
from grasping.grasp import Grasp
from grasping.propose import judged
from grasping.quality.contact_quality import Quality
from grasping.quality.learned import of_tips
from grasping.quality.pinch_force import STEPS, at_force
from grasping.quality.worth import Stakes
from grasping.skills.table import skill_of
from grasping.skills.tip import Tipped, tipped, tips
from grasping.tools import DualTool, Tool
from perception.pose import Array
from perception.scene import Scene

EVEN = 0.4  # share of the draws that go evenly over items and over what there is of each; the rest follow the belief
SHARP = 0.15  # units of worth by which a candidate is drawn e times as often
OTHER_FORCE, OTHER_PROBE = 0.5, 0.2  # share of pinches at another force, of cups that are probed against belief


@dataclass(frozen=True, eq=False)
class Stratum:
    """The candidates of one tool and skill, their odds (C, 4), and how one of them becomes a Grasp.

    make: from a single candidate as it was varied, its odds (4,), and its number; None where it has no such grasp.
    judge: odds (1, 4) of a single candidate.
    """

    skill: str
    candidates: Candidates
    odds: Array
    make: Callable[[Candidates, Array, int], Grasp | None]
    judge: Callable[[Candidates], Array]


@dataclass(frozen=True, eq=False)
class Drawn:
    """A candidate that was drawn: its grasp, features, odds (4,) by belief, and the probability of being drawn so."""

    grasp: Grasp
    features: np.void
    item: int
    odds: Array
    propensity: float


def strata(scene: Scene, tool: DualTool, quality: Quality) -> list[Stratum]:
    """All that a scene offers, by tool and skill."""
    beliefs = believe_all(scene)
    found: list[Stratum] = []
    for kind in Tool if scene.items else ():
        candidates, odds = judged(kind, scene, tool, beliefs, quality)
        names = np.array([skill_of(f).name for f in candidates.features])
        for name in sorted(set(names)):
            rows = np.flatnonzero(names == name)
            make = _lifted(scene, tool, beliefs)
            judge = lambda one: quality(scene, one)
            found.append(Stratum(name, candidates.only(rows), odds[rows], make, judge))
    tip_odds = of_tips(quality)
    ways = [
        tipped(scene, index, tip, tool, beliefs, tip_odds)
        for index, item in enumerate(scene.items)
        for tip in tips(scene, item, tool)
    ]
    return found + [_tip_stratum(way, tip_odds) for way in ways if len(way.candidates)]


def draw(offers: list[Stratum], count: int, tool: DualTool, rng: Generator) -> list[Drawn]:
    """About `count` different candidates, by systematic sampling: each comes with a known probability.

    Tips of all items together count as much as one other stratum. Grasps that no arm could move are left out.
    """
    offers = [offer for offer in offers if len(offer.candidates)]
    if not offers:
        return []
    tip_count = sum(offer.skill == "tip" for offer in offers)
    share = np.array([1 / tip_count if offer.skill == "tip" else 1.0 for offer in offers])
    chance = np.concatenate([w * _chances(offer) for w, offer in zip(share / share.sum(), offers)])
    expected = np.minimum(count * chance, 1.0)
    rows = np.searchsorted(np.cumsum(expected), rng.random() + np.arange(int(np.ceil(expected.sum()))))
    of = np.repeat(np.arange(len(offers)), [len(offer.candidates) for offer in offers])
    first = np.concatenate([[0], np.cumsum([len(offer.candidates) for offer in offers])])
    drawn = []
    for row in rows[rows < len(expected)]:
        offer = offers[of[row]]
        one = _varied(offer, int(row - first[of[row]]), float(expected[row]), tool, rng)
        if one is not None and rest_share(one.grasp.load, one.grasp.limits, one.grasp.T_base_tool) <= WEAK:
            drawn.append(one)
    return drawn


def _chances(offer: Stratum) -> Array:
    """Probability (C,) of each candidate of a stratum to be the one that is drawn."""
    items, counts = np.unique(offer.candidates.item, return_counts=True)
    even = 1 / (len(items) * counts[np.searchsorted(items, offer.candidates.item)])
    gain = Stakes().gains(offer.odds) / SHARP
    keen = np.exp(gain - gain.max())
    return np.asarray(EVEN * even + (1 - EVEN) * keen / keen.sum())


def _varied(offer: Stratum, i: int, chance: float, tool: DualTool, rng: Generator) -> Drawn | None:
    """A candidate as it is, or with another force or start of its lift than it is believed to be best with."""
    one, odds, other = offer.candidates.only(np.array([i])), offer.odds[i], rng.random()
    if one.tool is Tool.PINCH:
        forces = tool.gripper.force[0] * (tool.gripper.force[1] / tool.gripper.force[0]) ** STEPS
        force, best = float(forces[rng.integers(len(forces))]), float(one.features["force"][0])
        force = force if other < OTHER_FORCE else best
        chance *= OTHER_FORCE / len(forces) + (1 - OTHER_FORCE) * bool(np.isclose(force, best))
        if force != best:
            one = at_force(one, force, tool.gripper)
            odds = offer.judge(one)[0]
    elif offer.skill == "lift":
        chance *= OTHER_PROBE if other < OTHER_PROBE else 1 - OTHER_PROBE
        if other < OTHER_PROBE:
            one = one.described(probe=1 - one.features["probe"])
            odds = offer.judge(one)[0]
    grasp = offer.make(one, odds, i)
    return None if grasp is None else Drawn(grasp, one.features[0], int(one.item[0]), odds, chance)


def _lifted(scene: Scene, tool: DualTool, beliefs: list[Belief]) -> Callable[[Candidates, Array, int], Grasp | None]:
    return lambda one, odds, i: build(one, 0, odds, scene, tool, beliefs, skill_of(one.features[0]))


def _tip_stratum(way: Tipped, quality: Quality) -> Stratum:
    make = lambda one, odds, i: way.sited(build(one, 0, odds, way.ahead, way.tool, way.beliefs, way.tip))
    judge = lambda one: quality(way.ahead, one)
    return Stratum("tip", way.candidates, way.odds, make, judge)
