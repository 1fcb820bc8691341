"""Gradient boosting on the features, on top of what contact mechanics or other weights believe: plain arrays for each
tool and head."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from grasping.quality.bowing import with_bowing
from grasping.quality.learned import BELIEVED, HEADS, Weights, inputs
from grasping.tools import Tool
from grasping.trees import Trees
from perception.pose import Array
from sim.damage.ledger import Cause
from training.errors import TrainingError
from training.outcomes import mask
from training.split import Mask, Split

FEWEST = 12  # outcomes of each kind, below which a head is a constant
FEWEST_TIPS = 300  # outcomes of what is tipped first, below which nothing is learned of them
SHRINK = 3.0  # weight that keeps a calibration near what was grown, and a line near what is believed
TREES, DEPTH, RATE = 150, 3, 0.05  # at most, where outcomes are many
EACH = 3  # outcomes of the rarer kind that a tree takes
KEPT = (0.0, 0.25, 0.5, 1.0)  # shares of the trees grown
SHARE, INPUT_SHARE = 0.7, 0.3  # of outcomes that a tree is grown on, of inputs that a branching chooses from
BOWED = np.uint16(mask([Cause.BOW]))
TIP = b"tip"  # the skill by which a cup tips first what the fingers then take

Group = Tool | bytes  # a tool, or TIP


def fit(outcomes: NDArray[np.void], parts: Split, seed: int, on: Weights | None = None) -> tuple[Weights, Array]:
    """Weights from outcomes, and odds (N, 4) of all known outcomes by weights that were grown without their bins.

    Each head is grown on all known bins, and calibrated on its margins for those folds that it had not seen. The same
    outcomes and seed give the same weights.

    Args:
        on: weights to grow on, which know none of these bins; on contact mechanics if None.

    Raises:
        TrainingError: scikit-learn is missing.
    """
    x = inputs(outcomes["features"], outcomes["views"], outcomes["believed"])
    trees: dict[tuple[Group, str], Trees] = {}
    checked = dict(zip(HEADS, outcomes["believed"].T.copy()))
    for group, own in groups(outcomes).items():
        for number, head in enumerate(HEADS):
            label, counts = labels(outcomes, head)
            old = _older(on, group, head)
            grow = partial(grown, head=number, seed=seed, old=old)
            first = 0 if old is None else len(old.roots)
            whole, apart = _crossed(x, label, own & counts, own, parts, grow, first)
            rows = own & counts & parts.known
            trees[group, head] = _calibrated(whole, apart[rows], label[rows])
            checked[head][own] = _probability(trees[group, head], apart[own])
    tips = {head: trees[TIP, head] for head in HEADS if (TIP, head) in trees}
    tools = {(tool, head): trees[tool, head] for tool in Tool for head in HEADS}
    weights = Weights(tools, tips=tips or ({} if on is None else on.tips))
    return weights, odds_from(outcomes, np.column_stack([checked[head] for head in HEADS]))


def groups(outcomes: NDArray[np.void]) -> dict[Group, Mask]:
    """Outcomes whose odds are learned apart: masks (N,) of each tool's, and of what is tipped first, which is judged
    ahead of that; by contact mechanics alone where there are too few."""
    tips = outcomes["skill"] == TIP
    tools = {tool: (outcomes["tool"] == tool.value.encode()) & ~tips for tool in Tool}
    return tools | ({TIP: tips} if tips.sum() >= FEWEST_TIPS else {})


def _older(weights: Weights | None, group: Group, head: str) -> Trees | None:
    """Trees to grow on; None: on contact mechanics."""
    if weights is None:
        return None
    return weights.trees[group, head] if isinstance(group, Tool) else weights.tips.get(head)


def _crossed(
    x: Array, label: Mask, counts: Mask, own: Mask, parts: Split, grow: Callable[[Array, Mask], Trees], first: int
) -> tuple[Trees, Array]:
    """What is grown on all known outcomes that count, and margins (N,) by what was grown without each one's fold.

    Of what is grown after the `first` trees that share is kept which leaves the other bins least surprised: outcomes of
    a bin are alike, so that few bins teach less than their outcomes let it seem.
    """
    apart = [(check & own, grow(x[some & counts], label[some & counts])) for some, check in parts.folds()]
    rows = counts & parts.known
    margins = {share: np.zeros(len(x)) for share in KEPT}
    for share, told in margins.items():
        for check, trees in apart:
            told[check] = cut(trees, first, share).raw(x[check])
    sign = np.where(label, -1.0, 1.0)[rows]
    best = min(KEPT, key=lambda share: float(np.logaddexp(0, sign * margins[share][rows]).sum()))
    return cut(grow(x[rows], label[rows]), first, best), margins[best]


def cut(trees: Trees, first: int, share: float) -> Trees:
    """The first trees, and a share of those after them, from the first of these on."""
    count = first + round(share * (len(trees.roots) - first))
    nodes = int(trees.roots[count]) if count < len(trees.roots) else len(trees.feature)
    arrays = {name: getattr(trees, name)[:nodes] for name in ("feature", "threshold", "left", "right", "value")}
    return replace(trees, **arrays, roots=trees.roots[:count])


def boosted(outcomes: NDArray[np.void], rows: Mask, seed: int, on: Weights | None = None) -> Array:
    """Margins (N, 4) of all outcomes by what was grown on some rows (N,), before calibration.

    on: as of `fit`.
    """
    x = inputs(outcomes["features"], outcomes["views"], outcomes["believed"])
    margins = x[:, -len(BELIEVED) :].copy()
    for group, own in groups(outcomes).items():
        for number, head in enumerate(HEADS):
            label, counts = labels(outcomes, head)
            some, old = rows & own & counts, _older(on, group, head)
            margins[own, number] = grown(x[some], label[some], number, seed, old).raw(x[own])
    return margins


def odds_from(outcomes: NDArray[np.void], probability: Array) -> Array:
    """Odds (N, 4) as `grasping.quality.learned.whole_odds` makes them of the heads' probabilities (N, 4)."""
    acquire, hold, damage, returned = probability.T
    returned = returned * (outcomes["features"]["probe"] > 0)
    hold = hold * np.minimum(1.0, 1 / np.maximum(hold + returned, 1e-9))
    odds = np.column_stack([acquire, hold, np.minimum(1.0, damage / np.maximum(acquire, 1e-3)), returned])
    pinch = outcomes["tool"] == Tool.PINCH.value.encode()
    odds[pinch] = with_bowing(odds[pinch], Tool.PINCH, outcomes["features"][pinch])
    return odds


def labels(outcomes: NDArray[np.void], head: str) -> tuple[Mask, Mask]:
    """Whether the head's event came true, (N,), and for which outcomes that is asked, (N,).

    Leaves that bowed, as the strict rules tell, are no event of these, and what slipped then, or was let be, says
    nothing of a hold:
    `grasping.quality.bowing` tells of them beside what is learned.
    """
    acquired, every = outcomes["acquired"], np.ones(len(outcomes), bool)
    stiff = (outcomes["strict_damage"] & BOWED) == 0
    events = {
        "acquire": (acquired, acquired | stiff),
        "hold": (outcomes["held"], acquired & stiff),
        "damage": (((outcomes["damage"] | outcomes["harm"]) & ~BOWED) > 0, every),
        "return": (outcomes["returned"], acquired & (outcomes["features"]["probe"] > 0)),
    }
    return events[head]


def grown(x: Array, label: Mask, head: int, seed: int, old: Trees | None = None) -> Trees:
    """Trees on top of a margin to start from (Friedman, Stochastic gradient boosting, 2002): the log odds that are
    believed, in a line, or those of older trees.

    head: number of what is believed of the same event.
    """
    if min(label.sum(), (~label).sum()) < FEWEST:
        return constant(label) if old is None else moved(old, 1.0, 0.0)
    return added(line(x, label, head) if old is None else refitted(old, x, label), x, label, seed)


def added(start: Trees, x: Array, label: Mask, seed: int) -> Trees:
    """Those trees, and more on top of them. Raises TrainingError: scikit-learn is missing."""
    try:
        from sklearn.ensemble import GradientBoostingClassifier
    except ImportError as error:
        raise TrainingError("training needs scikit-learn: pip install 'handpick[learn]'") from error
    rarer = int(min(label.sum(), (~label).sum()))
    model = GradientBoostingClassifier(
        init=Start(start),
        n_estimators=min(TREES, rarer // EACH),
        learning_rate=RATE,
        max_depth=DEPTH,
        min_samples_leaf=max(8, len(x) // 150),
        subsample=SHARE,
        max_features=INPUT_SHARE,
        random_state=seed,
    )
    model.fit(x.astype(np.float32), label)
    return exported(model, start)


class Start:
    """A margin to start from, as scikit-learn wants what boosting begins with."""

    def __init__(self, trees: Trees) -> None:
        self.trees = trees
        self.classes_ = np.array([False, True])

    def fit(self, x: Array, label: Mask, sample_weight: Array | None = None) -> Start:
        return self

    def predict_proba(self, x: Array) -> Array:
        p = self.trees.probability(x)
        return np.column_stack([1 - p, p])


def line(x: Array, label: Mask, head: int) -> Trees:
    """Logistic regression on the log odds that are believed: no trees yet."""
    believed, count = x[:, -len(BELIEVED) :], len(BELIEVED)
    best = shrunk(believed, label, np.eye(count + 1)[head])
    none = np.zeros(0)
    return Trees(none, none, none, none, none, none, float(best[count]), best[:count])


def refitted(old: Trees, x: Array, label: Mask) -> Trees:
    """Older trees, their margin scaled and shifted so that it fits other outcomes."""
    scale, shift = shrunk(old.margin(x)[:, None], label, np.array([1.0, 0.0]))
    return moved(old, float(scale), float(shift))


def moved(old: Trees, scale: float, shift: float) -> Trees:
    """Trees whose sum is scale * (the calibrated margin of `old`) + shift."""
    times = scale * old.scale
    base = times * old.base + scale * old.shift + shift
    return replace(old, value=times * old.value, base=base, line=times * old.line, scale=1.0, shift=0.0)


def shrunk(columns: Array, label: Mask, start: Array) -> Array:
    """Weights of columns (N, K) and a shift, (K + 1,), by maximum likelihood, shrunk towards `start`."""

    def loss(p: Array) -> float:
        z = columns @ p[:-1] + p[-1]
        return float(np.logaddexp(0, z).sum() - z[label].sum() + SHRINK * ((p - start) ** 2).sum())

    return np.asarray(minimize(loss, start, method="BFGS").x)


def exported(model: Any, start: Trees) -> Trees:
    """The trees that a GradientBoostingClassifier of two classes began with, and after them those that it has grown."""
    trees = [stage[0].tree_ for stage in model.estimators_]
    sizes = [tree.node_count for tree in trees]
    first = len(start.feature) + np.concatenate([[0], np.cumsum(sizes)])
    offset = np.repeat(first[:-1], sizes)
    leaf = np.concatenate([tree.children_left for tree in trees]) < 0
    feature = np.where(leaf, -1, np.concatenate([tree.feature for tree in trees]))
    left, right = (
        np.where(leaf, 0, np.concatenate([getattr(tree, side) for tree in trees]) + offset)
        for side in ("children_left", "children_right")
    )
    threshold = np.where(leaf, 0.0, np.concatenate([tree.threshold for tree in trees]))
    value = model.learning_rate * np.concatenate([tree.value[:, 0, 0] for tree in trees])
    nodes = {"feature": feature, "threshold": threshold, "left": left, "right": right, "value": value}
    joined: dict[str, Any] = {name: np.concatenate([getattr(start, name), grown]) for name, grown in nodes.items()}
    return replace(start, **joined, roots=np.concatenate([start.roots, first[:-1]]))


def constant(label: Mask) -> Trees:
    """No trees, and the log odds of an event by the rule of succession."""
    share = (label.sum() + 1) / (len(label) + 2)
    none = np.zeros(0)
    return Trees(none, none, none, none, none, none, float(np.log(share / (1 - share))))


def _calibrated(trees: Trees, margin: Array, label: Mask) -> Trees:
    """The same trees, calibrated on other outcomes than they were grown on."""
    (scale,), shift = calibration(margin[None], label)
    return replace(trees, scale=float(scale), shift=shift)


def calibration(margins: Array, label: Mask) -> tuple[Array, float]:
    """Weights (K,) and shift of K kinds of margins (K, N) by maximum likelihood (Platt 1999), shrunk towards
    their mean.

    For a single kind these are its scale and shift. With too few outcomes the mean is left as it is.
    """
    start = np.r_[np.full(len(margins), 1 / len(margins)), 0.0]
    if min(label.sum(), (~label).sum()) < FEWEST:
        return start[:-1], 0.0
    best = shrunk(margins.T, label, start)
    return best[:-1], float(best[-1])


def _probability(trees: Trees, margin: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-(trees.scale * margin + trees.shift))))
