"""How far answers can be trusted, from the gallery itself: each picture left out in turn, worn as a bin wears it.

Some items are left out whole: then the item is right never, and its family or kind if others of them are left.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product, zip_longest

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from perception.identity import logistic
from perception.identity.answer import INPUTS, MOST_VIEWS, TOLD, Calibration, Level, Told, groups, inputs
from perception.identity.belief import Belief, Scale, Weight, believe, measured, weighed
from perception.identity.gallery import NOWHERE, Gallery
from perception.identity.readings import learned_spelling, readings
from perception.identity.spelling import VIEWS_POWER, Spelling
from perception.pose import Array

CASES = 2400  # at most
ABSENT = 0.25  # share of the cases whose item is left out whole
EXPECTED = 0.1  # share of what is seen that the catalogue lacks: those cases weigh as much
MANIFEST = 12  # items that a made-up manifest lists
SCALES = (0.002, 0.08)  # kg: errors of a scale, and of an arm with torque sensors in its joints
MANIFEST_RIGHT = 0.95  # how often it lists the item in question
SHARPNESSES, CROWDINGS = np.geomspace(4, 120, 24), (0.0, 0.01, 0.02, 0.03, 0.05)  # tried
GUESSED = Scale(30.0, 0.02)  # where the gallery is too small to learn it
FEWEST = 20  # cases that teach anything
# Weights of INPUTS and of a constant where the gallery is too small to learn them.
UNTAUGHT = (0.5, 4.0, 4.0, 0.3, 0.0, 0.0, -4.0)


@dataclass(frozen=True, eq=False)
class Case:
    """Views of an item as they would be if some pictures were not in the gallery.

    Attributes:
        item: that it is. views: pictures that show it. left_out: pictures not to be used. nearest: shape (V, I).
    """

    item: int
    views: NDArray[np.int64]
    left_out: NDArray[np.int64]
    nearest: NDArray[np.float32]

    @property
    def present(self) -> bool:
        """Whether any picture of the item is left."""
        return bool(self.nearest[0, self.item] > NOWHERE)


def calibrate(gallery: Gallery, rng: Generator) -> Calibration:
    """Learn from cases of the gallery; where it is too small for that, careful values."""
    made = cases(gallery, rng)
    present = [case for case in made if case.present]
    scale = _scale(gallery, present) if len(present) >= FEWEST else GUESSED
    read = readings(gallery, made)
    spelling = learned_spelling(read) if sum(one.present for one in read) >= FEWEST else Spelling()
    texts = [one.likelihood(spelling) for one in read]
    weights: dict[tuple[Level, Told], Array] = {}
    for told in TOLD:
        if told.text and not texts:  # nobody has read anything
            weights |= {(level, told): weights[level, told._replace(text=False)] for level in Level}
            continue
        some = made[: len(texts)] if told.text else made
        beliefs = [_belief(gallery, case, scale, told, text, rng) for case, text in zip_longest(some, texts)]
        weights |= {(level, told): _weights(some, beliefs, groups(gallery, level)) for level in Level}
    return Calibration(scale, spelling, weights)


def _belief(gallery: Gallery, case: Case, scale: Scale, told: Told, text: Array | None, rng: Generator) -> Belief:
    """What is believed in a case of which some things are told, drawn as they would be."""
    listed = _manifest(gallery, case, rng) if told.manifest else None
    size = _measured(gallery, case, rng) if told.size else None
    weight = _weighed(gallery, case, rng) if told.weight else None
    return believe(gallery, case.nearest, scale, listed, size, weight, text if told.text else None)


def cases(gallery: Gallery, rng: Generator) -> list[Case]:
    """Items drawn alike, however many pictures they have, each seen in up to MOST_VIEWS of them."""
    counts = gallery.counts
    chosen = rng.choice(len(counts), min(CASES, 2 * len(gallery.item)))
    made = []
    for item in chosen:
        own = gallery.starts[item] + rng.permutation(counts[item])
        absent = counts[item] == 1 or rng.random() < ABSENT
        if counts[item] == 1 and rng.random() > 2 * ABSENT:
            continue  # else most of what is left out whole would be items of one picture
        most = min(MOST_VIEWS, counts[item] - (not absent))
        views = own[: rng.integers(1, most + 1)]
        left_out = own if absent else views
        made.append(Case(int(item), views, left_out, gallery.nearest(gallery.worn[views], left_out)))
    return made


def _scale(gallery: Gallery, present: list[Case]) -> Scale:
    """That under which the right items surprise least."""
    alike = np.array([case.nearest.mean(axis=0) for case in present], np.float64)
    views = np.array([len(case.nearest) for case in present])[:, None] ** VIEWS_POWER
    right = np.array([case.item for case in present])

    def surprise(scale: Scale) -> float:
        log = scale.sharpness * views * (alike - scale.crowding * np.log(gallery.counts))
        log -= log.max(axis=1, keepdims=True)
        return float((np.log(np.exp(log).sum(axis=1)) - log[np.arange(len(right)), right]).sum())

    return min((Scale(float(s), c) for s, c in product(SHARPNESSES, CROWDINGS)), key=surprise)


def _manifest(gallery: Gallery, case: Case, rng: Generator) -> NDArray[np.bool_]:
    listed = np.zeros(len(gallery.items), bool)
    listed[rng.integers(len(listed), size=MANIFEST - 1)] = True
    listed[case.item] = rng.random() < MANIFEST_RIGHT
    return listed


def _measured(gallery: Gallery, case: Case, rng: Generator) -> Array | None:
    """The item's size as it would be measured in a bin; None where nobody told it."""
    size = gallery.items[case.item].size
    return None if size is None else measured(size, rng)


def _weighed(gallery: Gallery, case: Case, rng: Generator) -> Weight | None:
    """The item's mass by a scale or by an arm that holds it; None where nobody told it."""
    mass = gallery.items[case.item].mass
    return None if mass is None else weighed(mass, float(np.exp(rng.uniform(*np.log(SCALES)))), rng)


def _weights(made: list[Case], beliefs: list[Belief], of: NDArray[np.int64]) -> Array:
    found = [inputs(belief, of) for belief in beliefs]
    right = np.array([group == of[case.item] for case, (group, _) in zip(made, found)], np.float64)
    x = np.array([values for _, values in found]).reshape(-1, len(INPUTS))
    if len(right) < FEWEST or right.min() == right.max():
        return np.array(UNTAUGHT)
    present = np.array([case.present for case in made])
    share = np.where(present, (1 - EXPECTED) / max(1, present.sum()), EXPECTED / max(1, (~present).sum())) * len(made)
    return logistic.fit(x, right, share)
