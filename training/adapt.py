"""Weights adapted to a site by its own picks, if that is better in bins that they were not adapted to: by a line, and
by trees on top of it where picks are many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grasping.quality.learned import HEADS, INPUTS, Weights, inputs
from grasping.tools import Tool
from grasping.trees import Trees
from perception.pose import Array
from training.correction import NONE, Correction, Width, average, corrected, deviance, toward
from training.errors import PicksError
from training.growth import can_grow, enough, grown_on
from training.metrics import interval
from training.picks import asked
from training.split import Mask

FEWEST_BINS, FOLDS = 5, 8  # bins that are asked for; parts of them at most, each checked by what the others taught
PARTS = 4  # of the same, by which the prior is chosen
FEWEST = 4  # picks whose event came true, and whose did not, below which a head stays
FEW = 60  # picks below which margins are shifted and scaled at most
WIDTHS = (Width(), Width(1.0), Width(1.5, 0.1), Width(1.5, 0.3))
WRONG = (0.0, 0.1, 0.2)  # share of labels that may be wrong
LEAST = 1e-3  # of the odds of damage
DOUBT = 2.0  # nats by which held-back picks must be likelier before labels are taken for wrong
SURE = 0.9  # of the interval of what is gained: by chance one in twenty ends above nothing
MOST = 3  # inputs that are told of a head

Key = tuple[Tool, str]


@dataclass(frozen=True, eq=False)
class Head:
    """The picks that tell of one head of one tool.

    Attributes:
        rows: of all picks, (N,). margin: (N,) before, x: (N, len(INPUTS)), label: whether it came true, (N,).
    """

    rows: NDArray[np.int64]
    margin: Array
    x: Array
    label: Mask

    def only(self, mask: Mask) -> Head:
        """Those under a mask over all picks."""
        return self.told(mask[self.rows])

    def told(self, some: Mask) -> Head:
        """Those under a mask over its own picks."""
        return Head(self.rows[some], self.margin[some], self.x[some], self.label[some])

    def widths(self) -> Sequence[Width]:
        """From which the prior's is chosen: with few picks only shift and scale move, with very few nothing does."""
        if min(self.label.sum(), (~self.label).sum()) < FEWEST:
            return WIDTHS[:1]
        return WIDTHS if len(self.rows) >= FEW else tuple(width for width in WIDTHS if not width.inputs)

    def fitted(self, width: Width, wrong: float) -> Correction:
        return corrected(self.margin, self.x, self.label, width, wrong)

    def surprise(self, correction: Correction, wrong: float) -> Array:
        """Deviance (N,) by a correction, nats."""
        return deviance(correction(self.margin, self.x), self.label, wrong)


@dataclass(frozen=True, eq=False)
class Fitted:
    """Corrections by head, the trees that they make of the head's, with what was grown on top, and the share of wrong
    labels by which they were found; the same share where none is corrected.
    """

    corrections: Mapping[Key, Correction]
    trees: Mapping[Key, Trees]
    wrong: float
    before_wrong: float


@dataclass(frozen=True, eq=False)
class HeadReport:
    """One head in bins that it was not adapted to.

    Attributes:
        picks: that tell of it. happened: share in which its event came true. before, adapted: mean of what was said
            of that, by weights as they were and as adapted. gain: nats a pick by which they are surprised less.
        changed: whether the adapted weights differ in it. shift: mean by which they do, logits, of these picks.
        most: the inputs that they are moved most by in a line, and how much, logits per standard deviation of these
            picks. trees: how many were grown on top of that.
    """

    picks: int
    happened: float
    before: float
    adapted: float
    gain: float
    changed: bool
    shift: float
    most: tuple[tuple[str, float], ...]
    trees: int


@dataclass(frozen=True, eq=False)
class Adapted:
    """What became of weights by a site's picks.

    Attributes:
        weights: to be used only where they are `better`.
        gain: nats a pick, over all heads, by which they are surprised less in bins that they were not adapted to: mean,
            and an interval of 90% over bins.
        wrong: share of labels that seem to be wrong. heads: of those with picks.
    """

    weights: Weights
    gain: tuple[float, float, float]
    wrong: float
    heads: Mapping[Key, HeadReport]

    @property
    def better(self) -> bool:
        """Whether that is beyond chance."""
        return self.gain[1] > 0 and any(head.changed for head in self.heads.values())


def adapted(weights: Weights, picks: NDArray[np.void], seed: int) -> Adapted:
    """Weights with a correction of each head, and whether other bins confirm them.

    picks: of `training.picks.PICK`, shape (N,).

    Raises:
        PicksError: picks of too few bins.
    """
    heads = heads_of(weights, picks)
    fold = folds(picks["bin"], seed)
    told, gains = _apart(weights, heads, fold, seed)
    final = fitted(weights, heads, fold, seed)
    moved = {key: one for key, one in final.trees.items() if one is not weights.trees[key]}
    moved |= _damage(weights, heads, moved)
    reports = {key: _report(head, weights.trees[key], key, final, told[key], gains[key]) for key, head in heads.items()}
    total = np.zeros(len(picks))
    for key, head in heads.items():
        total[head.rows] += gains[key]
    sure = interval(total, picks["bin"], seed, SURE)
    return Adapted(Weights({**weights.trees, **moved}, tips=weights.tips), sure, final.wrong, reports)


def _damage(weights: Weights, heads: Mapping[Key, Head], moved: Mapping[Key, Trees]) -> dict[Key, Trees]:
    """Damage that nobody felt, corrected: of an acquired item it stays as it was, while its head tells of any try.
    What is acquired less often would else be believed to break the more.
    """
    found: dict[Key, Trees] = {}
    for tool in Tool:
        acquire, key = (tool, "acquire"), (tool, "damage")
        if key not in heads and acquire in moved:
            head = heads[acquire]
            ratio = moved[acquire].probability(head.x) / _odds(head.margin)
            margin = weights.trees[key].margin(head.x)
            any_try = np.clip(_odds(margin) * ratio, LEAST, 1 - LEAST)
            found[key] = toward(margin, head.x, np.log(any_try / (1 - any_try))).of(weights.trees[key])
    return found


def _apart(
    weights: Weights, heads: Mapping[Key, Head], fold: NDArray[np.int64], seed: int
) -> tuple[dict[Key, Array], dict[Key, Array]]:
    """Of each head, margins (N,) by what was adapted without each pick's fold, and nats (N,) gained by them."""
    told = {key: head.margin.copy() for key, head in heads.items()}
    gains = {key: np.zeros(len(head.rows)) for key, head in heads.items()}
    for number in np.unique(fold):
        found = fitted(weights, {key: head.only(fold != number) for key, head in heads.items()}, fold, seed)
        for key, head in heads.items():
            check, here = head.only(fold == number), fold[head.rows] == number
            told[key][here] = found.trees[key].margin(check.x)
            gains[key][here] = gain(check, told[key][here], found)
    return told, gains


def _report(head: Head, before: Trees, key: Key, final: Fitted, told: Array, gains: Array) -> HeadReport:
    now = final.trees[key]
    by = final.corrections[key].weights * head.x.std(axis=0)
    most = sorted(range(len(by)), key=lambda i: -abs(by[i]))[:MOST]
    return HeadReport(
        picks=len(head.rows),
        happened=float(head.label.mean()),
        before=float(_odds(head.margin).mean()),
        adapted=float(_odds(told).mean()),
        gain=float(gains.mean()),
        changed=now is not before,
        shift=float((now.margin(head.x) - head.margin).mean()),
        most=tuple((INPUTS[i], float(by[i])) for i in most if by[i]),
        trees=len(now.roots) - len(before.roots),
    )


def heads_of(weights: Weights, picks: NDArray[np.void]) -> dict[Key, Head]:
    """The picks that tell of each head, without heads of which none does."""
    x, found = inputs(picks["features"], picks["views"], picks["believed"]), {}
    for tool in Tool:
        for head in HEADS:
            known, happened = asked(picks, tool, head)
            if known.any():
                margin = weights.trees[tool, head].margin(x[known])
                found[tool, head] = Head(np.flatnonzero(known), margin, x[known], happened[known])
    return found


def folds(bins: NDArray[np.int32], seed: int) -> NDArray[np.int64]:
    """The part of each pick, 0 .. FOLDS - 1 at most, (N,), by its bin. Raises PicksError: too few bins."""
    names, of = np.unique(bins, return_inverse=True)
    if len(names) < FEWEST_BINS:
        raise PicksError(f"expected picks of {FEWEST_BINS} bins at least, got {len(names)}; record more")
    return np.asarray((np.random.default_rng(seed).permutation(len(names)) % FOLDS)[of])


def fitted(weights: Weights, heads: Mapping[Key, Head], fold: NDArray[np.int64], seed: int) -> Fitted:
    """Corrections by the prior widths, and the share of wrong labels, that surprise the least in parts held back; and
    as many trees on top of them.

    Corrections by several widths are averaged, each weighed by the likelihood of what was held back: that is steadier
    than one of them is.
    """
    checked = {wrong: {key: _checked(head, fold, wrong) for key, head in heads.items()} for wrong in WRONG}
    plain = {wrong: sum(losses[0] for losses in checked[wrong].values()) for wrong in WRONG}
    best = {wrong: sum(losses.min() for losses in checked[wrong].values()) for wrong in WRONG}
    wrong = min(WRONG, key=lambda w: best[w] + DOUBT * (w > 0))
    corrections = {key: _blended(head, checked[wrong][key], wrong) for key, head in heads.items()}
    trees = {
        key: _grown(head, weights.trees[key], checked[wrong][key], fold, wrong, seed)
        if can_grow() and enough(head.label)
        else corrections[key].of(weights.trees[key])
        for key, head in heads.items()
    }
    return Fitted(corrections, trees, wrong, min(WRONG, key=lambda w: plain[w]))


def _grown(head: Head, before: Trees, losses: Array, fold: NDArray[np.int64], wrong: float, seed: int) -> Trees:
    """The trees of a head, corrected, and more on top of them where parts held back are better told so."""
    parts = fold[head.rows] % PARTS
    start = lambda some: _blended(head.told(some), losses, wrong).of(before)
    return grown_on(head.x, head.label, start, [parts == part for part in np.unique(parts)], wrong, seed)


def _blended(head: Head, losses: Array, wrong: float) -> Correction:
    widths = head.widths()  # of some of the picks only the first of them, perhaps
    share = np.exp(losses.min() - losses[: len(widths)])
    return average([head.fitted(width, wrong) for width in widths], share / share.sum())


def _checked(head: Head, fold: NDArray[np.int64], wrong: float) -> Array:
    """Deviance in parts held back, nats, by each of the widths that may be chosen; the first is none."""
    losses, parts = np.zeros(len(head.widths())), fold % PARTS
    for part in np.unique(parts[head.rows]):
        grow, check = head.only(parts != part), head.only(parts == part)
        for number, width in enumerate(head.widths()):
            losses[number] += float(check.surprise(grow.fitted(width, wrong), wrong).sum())
    return losses


def gain(check: Head, margin: Array, found: Fitted) -> Array:
    """Nats (N,) by which margins (N,) are surprised less than those before, each by its own share of wrong labels."""
    return check.surprise(NONE, found.before_wrong) - deviance(margin, check.label, found.wrong)


def _odds(margin: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-margin)))
