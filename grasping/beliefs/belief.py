"""Beliefs about an item (kind, load, neighbours, overlap), gathered for the features of its candidates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grasping.beliefs.extent import Extent
from grasping.beliefs.kinds import bookish, boxlike
from grasping.beliefs.load import DensityPrior, load
from grasping.beliefs.neighbours import burden, wedged
from grasping.beliefs.overlap import Tops, rim
from grasping.beliefs.slip import Slip
from grasping.grasp import Load
from perception.pose import Array
from perception.scene import ItemShape, Scene


@dataclass(frozen=True, eq=False)
class Belief:
    """Beliefs about one item, the same for all grasps of it.

    Attributes:
        load: in the base frame, with what may be hidden of it. mass_spread: standard deviation of the logarithm of its
            mass.
        burden: share of the item that lies under others, seen (`burden`) or surmised (`grasping.beliefs.overlap`).
        wedged, boxlike, bookish: as in `grasping.beliefs.neighbours` and `grasping.beliefs.kinds`.
        flatness: thinnest over middle edge of its box. girth: that middle edge, metres. fill: share of the box filled.
        thin: the box's thinnest axis in the base frame, shape (3,).
        appearance: its mean colour, shape (3,), RGB from 0 to 255.
        slips: what lost pinches of it say of its leaves.
    """

    load: Load
    mass_spread: float
    burden: float
    wedged: float
    boxlike: float
    bookish: float
    flatness: float
    girth: float
    fill: float
    thin: Array
    appearance: Array
    slips: tuple[Slip, ...] = ()


def believe_all(scene: Scene, prior: DensityPrior | None = None) -> list[Belief]:
    """What every item of a scene is believed to be, in their order."""
    tops, prior = Tops.of(scene.occupancy), prior or DensityPrior()
    return [believe(scene, item, tops, prior) for item in scene.items]


def believe(scene: Scene, item: ItemShape, tops: Tops, prior: DensityPrior) -> Belief:
    """What `item` is believed to be in its `scene`, of which `tops` is the view from above."""
    thinnest, middle, _ = np.argsort(item.size, kind="stable")
    matter, outline = prior.of(item), rim(tops, item)
    extent = Extent.of(scene, item, outline)
    return Belief(
        load=extent.loaded(load(item, prior, matter), prior),
        mass_spread=extent.spread(matter.spread),
        burden=max(burden(scene, item), outline.share),
        wedged=wedged(scene, item),
        boxlike=boxlike(item),
        bookish=bookish(item, outline.share),
        flatness=float(item.size[thinnest] / max(item.size[middle], 1e-6)),
        girth=float(item.size[middle]),
        fill=item.volume / max(float(np.prod(item.size)), 1e-9),
        thin=item.T_base_box.rotation[:, thinnest],
        appearance=item.colors.mean(axis=0),
    )
