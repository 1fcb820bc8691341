"""Fits the rule that merges patches, and calibrates what it makes of them.

The rule learns on the states that it gets itself into: each round merges by the rule so far, and keeps every pair that
it had to judge beside the truth (DAgger: Ross, Gordon and Bagnell, AISTATS 2011). It begins as the rule that goes by
shape and colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from perception.fusion.surface import Surface
from perception.identity.logistic import fit
from perception.pose import Array
from perception.segmentation.learned import CLUES, SegmentationWeights, decided, widened
from perception.segmentation.merge import MODELS, THRESHOLD, Graph
from perception.segmentation.merge_features import FEATURES
from perception.segmentation.partition import Partition
from perception.segmentation.segments import patches
from perception.segmentation.surfel_network import Layers
from perception.segmentation.told_features import TOLD
from perception.tote import Tote
from training.segmentation.looks import Look
from training.segmentation.merge_rule import Examples, Rule, copied, examples, log_odds, refitted
from training.segmentation.score import FOUND, WHOLE, Found, compared

UNITS, ROUNDS, EXAMPLES, STEPS = 24, 4, 80_000, 100
THRESHOLDS = (-1.0, -0.5, 0.0, 0.5, 1.0, 1.5)


@dataclass(frozen=True, eq=False)
class Case:
    """Patches of a look, and how many surfels of each item every patch has: (P, 1 + items), the first for none.

    labels: patch of each surfel that may be an item's.
    """

    look: Look
    labels: NDArray[np.int32]
    sums: Graph
    counts: Array


def greyed(look: Look) -> Look:
    """A look as a camera without colour gives it."""
    grey = np.full_like(look.surface.lab, 50.0) * np.array((1, 0, 0), np.float32)
    return replace(look, surface=replace(look.surface, lab=grey), color=False)


def both_ways(looks: Sequence[Look]) -> Iterator[Look]:
    """Looks, and those at tables without colour too; of bins there are such looks already."""
    for look in looks:
        yield look
        if look.place == "table" and look.color:
            yield greyed(look)


def case_of(layers: Layers, look: Look) -> Case | None:
    """Patches of what may be an item's; None where nothing is."""
    content = look.surface.select(look.foreground)
    if not len(content.points):
        return None
    labels, true = patches(content), look.truth[look.foreground]
    counts = np.zeros((labels.max() + 1, 2 + int(true.max(initial=-1))))
    np.add.at(counts, (labels, 1 + true), 1)
    return Case(look, labels, widened(layers, content, labels, look.voxel, look.tote), counts)


def fitted_rule(layers: Layers, looks: Sequence[Look], seed: int, show: Callable[[str], None]) -> Rule:
    """The rule's hidden and output layer."""
    rng = np.random.default_rng(seed)
    cases = [case for look in both_ways(looks) if (case := case_of(layers, look))]
    rule = _first(rng)
    seen: list[Examples] = []
    for number in range(ROUNDS):
        threshold = THRESHOLD if number == 0 else float(number % 2)
        seen += [examples(case.sums, case.counts, rule, threshold) for case in cases]
        x, same, weight = (np.concatenate(column) for column in zip(*seen))
        some = rng.permutation(len(x))[:EXAMPLES]
        rule = refitted(x[some], same[some], weight[some], rule, STEPS)
        right = ((log_odds(rule, x) > 0) == same).mean()
        show(f"round {number + 1}: {len(x)} pairs of {len(cases)} looks, {right:.1%} right")
    return rule


def judged_pairs(weights: SegmentationWeights, look: Look) -> tuple[Array, NDArray[np.bool_]]:
    """Odds that pairs of patches are one item, of all that were judged while merging, and whether they are, (E,)."""
    case, rule = case_of(weights.layers, look), (weights.hidden, weights.output)
    if case is None:
        return np.zeros(0), np.zeros(0, bool)
    x, same, _ = examples(case.sums, case.counts, rule, weights.threshold)
    return expit(log_odds(rule, x)), same


def calibrated(
    layers: Layers, rule: Rule, looks: Sequence[Look], show: Callable[[str], None]
) -> SegmentationWeights:  # fmt: skip
    """Weights whose threshold finds most items for what it invents, and whose odds of being whole come true."""
    cases = [case for look in both_ways(looks) if (case := case_of(layers, look))]
    best, told = -np.inf, SegmentationWeights(layers, *rule, 0.0, np.zeros(CLUES))
    for threshold in THRESHOLDS:
        weights = replace(told, threshold=threshold)
        found = [partition for partition, _ in map(partial(_judged, weights), cases)]
        true, hits = sum(len(one.iou) for one in found), sum(int((one.iou > FOUND).sum()) for one in found)
        false = sum(int((~one.hit).sum()) for one in found)
        quality = 2 * hits / (hits + true + false)
        show(f"threshold {threshold}: recall {hits / true:.3f}, {false / true:.3f} false, quality {quality:.4f}")
        if quality > best:
            best, told = quality, weights
    judged = [_judged(told, case) for case in cases]
    clues, right = np.concatenate([c for _, c in judged]), np.concatenate([one.overlap > WHOLE for one, _ in judged])
    return replace(told, whole=fit(clues[:, :-1], right))


def _judged(weights: SegmentationWeights, case: Case) -> tuple[Found, Array]:
    """What is found of a look, and the clues on whether each found item is whole."""
    look = case.look
    labels, clues = decided(weights, case.labels, copied(case.sums), look.surface.points, look.foreground)
    return compared(look, Partition(labels, np.ones(len(clues)))), clues


def asked(look: Look) -> tuple[Surface, NDArray[np.bool_], float, Tote]:
    """What a segmentation is asked of a look."""
    return look.surface, look.foreground, look.voxel, look.tote


def _first(rng: np.random.Generator) -> Rule:
    """The analytic rule with units that say nothing yet."""
    hidden, output = MODELS["color"]
    wide = np.zeros((UNITS, len(FEATURES) + len(TOLD)))
    wide[: len(hidden), : len(FEATURES)] = hidden
    wide[:, len(FEATURES) :] = rng.normal(0, 0.1, (UNITS, len(TOLD)))
    wide[len(hidden) :] = rng.normal(0, 0.3, (UNITS - len(hidden), wide.shape[1]))
    return wide, np.concatenate([output[:-1], np.zeros(UNITS - len(hidden)), output[-1:]])
