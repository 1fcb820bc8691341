"""What weights would have chosen before an update is kept, unless the new ones promise enough more.

New weights differ from old ones everywhere by a little, and each time that another grasp is chosen for it, something
that worked may not work any more. So among the same grasps the oldest weights choose first, and each later ones keep
that choice unless theirs is likelier to be placed undamaged, or worth more, by a margin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from grasping.candidates.table import FEATURES, Candidates
from grasping.grasp import Grasp, Odds
from grasping.quality.bowing import after_slips
from grasping.quality.contact_quality import Quality
from grasping.quality.learned import LearnedQuality, whole_odds
from grasping.tools import Tool
from perception.pose import Array
from perception.scene import Scene

LIKELIER = 0.25  # logits of being placed undamaged, from which the newer choice is taken
MORE = 0.4  # units, from which it is taken even so: what harms less is worth more
SURE = 1e-3  # nothing is believed to be less likely than this, or more likely than 1 less it
SKILLS = ("lift", "swing")  # whose odds are learned


def kept(odds: Array, values: Array) -> int:
    """The number of the grasp that is chosen of C.

    Args:
        odds: by each of K weights, the oldest first, (K, C, 4). values: by which each of them chooses, units, (K, C).
    """
    acquire, hold, damage, _ = np.moveaxis(odds, -1, 0)
    likely = np.clip(acquire * hold * (1 - damage), SURE, 1 - SURE)
    margin = np.log(likely / (1 - likely))
    best = values.argmax(axis=1)
    choice = int(best[0])
    for new, log_odds, value in zip(best[1:], margin[1:], values[1:]):
        if log_odds[new] > log_odds[choice] + LIKELIER or value[new] > value[choice] + MORE:
            choice = int(new)
    return choice


def remembered(scene: Scene, options: Sequence[Grasp], quality: Quality) -> tuple[Grasp, ...]:
    """The same grasps with the odds that weights of before would have told; as they are where there are none."""
    if not isinstance(quality, LearnedQuality) or not quality.weights.before:
        return tuple(options)
    count = len(quality.weights.before)
    found = [replace(grasp, before=(grasp.odds,) * count) for grasp in options]
    for tool in Tool:
        rows = [i for i, grasp in enumerate(options) if _learned(grasp) and grasp.tool is tool]
        if rows:
            told = _before(scene, tool, [options[i] for i in rows], quality)
            for i, odds in zip(rows, told.swapaxes(0, 1)):
                found[i] = replace(options[i], before=tuple(Odds(*map(float, each)) for each in odds))
    return tuple(found)


def _learned(grasp: Grasp) -> bool:
    return grasp.features is not None and grasp.skill.name in SKILLS


def _before(scene: Scene, tool: Tool, grasps: Sequence[Grasp], quality: LearnedQuality) -> Array:
    """Odds (K, C, 4) of C grasps by K weights from before."""
    features = np.array([grasp.features for grasp in grasps], FEATURES)
    T = np.array([grasp.T_base_tool.matrix for grasp in grasps])
    opening = np.array([grasp.opening for grasp in grasps])
    believed = quality.contact.odds(Candidates(tool, np.zeros(len(grasps), np.int64), T, opening, features))
    views = np.full(len(grasps), len(scene.cameras))
    told = [whole_odds(old, tool, features, views, believed) for old in quality.weights.before]
    return np.array([after_slips(odds, features, [grasp.slips for grasp in grasps]) for odds in told])
