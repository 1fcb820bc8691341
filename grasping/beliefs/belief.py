"""Beliefs about an item (kind, load, neighbours, overlap), gathered for the features of its candidates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grasping.beliefs.extent import Extent
from grasping.beliefs.kinds import boxlike
from grasping.beliefs.load import load
from grasping.beliefs.looks import looks
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
        load: in the base frame. mass_spread: standard deviation of the logarithm of its mass.
        burden: share of the item that lies under others, seen (`burden`) or surmised (`grasping.beliefs.overlap`).
        wedged, boxlike: as in `grasping.beliefs.neighbours` and `grasping.beliefs.kinds`.
        bookish: that it has two covers that open. card: that those are of card, not of board, if it has any.
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
    card: float
    flatness: float
    girth: float
    fill: float
    thin: Array
    appearance: Array
    slips: tuple[Slip, ...] = ()


def believe_all(scene: Scene) -> list[Belief]:
    """What every item of a scene is believed to be, in their order."""
    tops = Tops.of(scene.occupancy)
    return [believe(scene, item, tops) for item in scene.items]


def believe(scene: Scene, item: ItemShape, tops: Tops) -> Belief:
    """What `item` is believed to be in its `scene`, of which `tops` is the view from above."""
    thinnest, middle, _ = np.argsort(item.size, kind="stable")
    outline = rim(tops, item)
    extent = Extent.of(scene, item, outline)
    told = looks(item, extent)
    return Belief(
        load=load(item, told, extent),
        mass_spread=told.spread,
        burden=max(burden(scene, item), outline.share),
        wedged=wedged(scene, item),
        boxlike=boxlike(item),
        bookish=told.opens,
        card=told.card,
        flatness=float(item.size[thinnest] / max(item.size[middle], 1e-6)),
        girth=float(item.size[middle]),
        fill=item.volume / max(float(np.prod(item.size)), 1e-9),
        thin=item.T_base_box.rotation[:, thinnest],
        appearance=item.colors.mean(axis=0),
    )
