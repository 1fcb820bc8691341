"""Which inputs carried a choice by learned odds: those that add most, beside the mean of the look's candidates."""

from __future__ import annotations

from typing import Any

import numpy as np

from grasping.candidates.table import Candidates
from grasping.grasp import Grasp
from grasping.propose import believed, judged
from grasping.quality.learned import INPUTS, LearnedQuality
from handpick.explain.words import WORDS, told
from handpick.picking.decide import Look
from handpick.picking.stack import Stack

MOST, LEAST = 4, 0.05  # inputs that are told of each of the odds, and logits that one must add
SAME = 1e-6  # metres, and of a cosine, between a grasp and the candidate that it was built from

Json = dict[str, Any]


def contributions(look: Look, stack: Stack) -> list[Json]:
    """For acquire, hold and damage, what the choice's log odds are, and what adds most to them beside the mean over the
    look's candidates of the same tool, which are made once more. None where odds are not learned, or where the choice
    comes from no candidate: what is tipped first, both tools at once, moves aside.
    """
    if look.grasp is None or not isinstance(stack.quality, LearnedQuality):
        return []
    beliefs = believed(look.scene, look.past)
    candidates, _ = judged(look.grasp.tool, look.scene, stack.tool, beliefs, stack.quality, stakes=look.stakes)
    row = row_of(look.grasp, candidates, [item.id for item in look.scene.items])
    if row is None:
        return []
    x = stack.quality.inputs(look.scene, candidates)
    heads = {head: stack.quality.trees(candidates.tool, head) for head in ("acquire", "hold", "damage")}
    return [
        {
            "odds": head,
            "margin": round(float(trees.margin(x)[row]), 3),
            "mean": round(float(trees.margin(x).mean()), 3),
            "inputs": largest(trees.contributions(x, row), x, row),
        }
        for head, trees in heads.items()
    ]


def row_of(grasp: Grasp, candidates: Candidates, ids: list[int]) -> int | None:
    """The candidate that a grasp was built from."""
    off = np.abs(candidates.T_base_tool - grasp.T_base_tool.matrix).max(axis=(1, 2))
    same = (off < SAME) & np.isin(candidates.item, [row for row, id_ in enumerate(ids) if id_ == grasp.item])
    same &= (candidates.features["probe"] > 0) == grasp.probe
    same &= np.abs(candidates.features["force"] - grasp.force) < SAME
    found = np.flatnonzero(same)
    return int(found[0]) if len(found) else None


def largest(adds: np.ndarray, x: np.ndarray, row: int) -> list[Json]:
    """The inputs that add most or take most, from the contributions (F,) to one row of x (C, F)."""
    order = [i for i in np.argsort(-np.abs(adds), kind="stable")[:MOST] if abs(adds[i]) >= LEAST]
    return [
        {
            "input": INPUTS[i],
            "what": WORDS[INPUTS[i]].what,
            "value": told(INPUTS[i], float(x[row, i])),
            "mean": told(INPUTS[i], float(x[:, i].mean())),
            "adds": round(float(adds[i]), 3),
        }
        for i in order
    ]
