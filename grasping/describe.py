"""What is believed of the items, and what it adds to the candidates' features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grasping.candidates import Candidates
from grasping.grasp import Load
from grasping.load import DensityPrior, load
from grasping.overlap import Tops, overlapped
from grasping.surroundings import book_part, bookish, boxlike, burden, wedged
from grasping.tools import Tool
from perception.pose import Array
from perception.scene import ItemShape, Scene

HINGE_ERROR = 0.01  # metres by which the place is believed wrong where a book hangs on its spine


@dataclass(frozen=True, eq=False)
class Belief:
    """What is believed of one item, whatever the grasp.

    Attributes:
        load: in the base frame. mass_spread: standard deviation of the logarithm of its mass.
        burden: share of the item that lies under others, seen (`burden`) or surmised (`overlapped`).
        wedged, boxlike, bookish, book_part: as in `grasping.surroundings`.
        flatness: thinnest over middle edge of its box. girth: that middle edge, metres. fill: share of the box filled.
        thin: the box's thinnest axis in the base frame, shape (3,).
        appearance: its mean colour, shape (3,), RGB from 0 to 255.
    """

    load: Load
    mass_spread: float
    burden: float
    wedged: float
    boxlike: float
    bookish: float
    book_part: float
    flatness: float
    girth: float
    fill: float
    thin: Array
    appearance: Array


def believe(scene: Scene, item: ItemShape, tops: Tops, prior: DensityPrior, books: float = 0.0) -> Belief:
    """What `item` is believed to be in its `scene`, of which `tops` is the view from above.

    books: share of the bin's items that passes for books.
    """
    thinnest, middle, _ = np.argsort(item.size, kind="stable")
    matter = prior.of(item)
    return Belief(
        load=load(item, prior, matter),
        mass_spread=matter.spread,
        burden=max(burden(scene, item), overlapped(tops, item)),
        wedged=wedged(scene, item),
        boxlike=boxlike(item),
        bookish=bookish(item),
        book_part=book_part(item, books),
        flatness=float(item.size[thinnest] / max(item.size[middle], 1e-6)),
        girth=float(item.size[middle]),
        fill=item.volume / max(float(np.prod(item.size)), 1e-9),
        thin=item.T_base_box.rotation[:, thinnest],
        appearance=item.colors.mean(axis=0),
    )


def describe(candidates: Candidates, beliefs: list[Belief]) -> Candidates:
    """Candidates with what is believed of their items; beliefs[i] is that of scene.items[i]."""
    T, of = candidates.T_base_tool, [beliefs[i] for i in candidates.item]
    offset = np.array([b.load.centre for b in of]).reshape(-1, 3) - T[:, :3, 3]
    centre = (T[:, :3, :3].transpose(0, 2, 1) @ offset[..., None])[..., 0]
    normal = T[:, :3, 2] if candidates.tool is Tool.SUCTION else T[:, :3, 1]
    thin = np.array([b.thin for b in of]).reshape(-1, 3)
    hinge = candidates.features["hinge"]
    centre[hinge != 0] *= (0, 1, 0)  # as in `grasping.load.hung`
    return candidates.described(
        mass=[b.load.mass for b in of],
        mass_spread=[b.mass_spread for b in of],
        centre_x=centre[:, 0] + hinge / 2,
        centre_y=centre[:, 1],
        centre_z=centre[:, 2],
        centre_radius=np.where(hinge == 0, [b.load.centre_radius for b in of], HINGE_ERROR),
        down_x=-T[:, 2, 0],
        down_y=-T[:, 2, 1],
        down_z=-T[:, 2, 2],
        burden=[b.burden for b in of],
        wedged=[b.wedged for b in of],
        boxlike=[b.boxlike for b in of],
        bookish=[b.bookish for b in of],
        book_part=[b.book_part for b in of],
        flatness=[b.flatness for b in of],
        girth=[b.girth for b in of],
        fill=[b.fill for b in of],
        across_covers=np.abs((normal * thin).sum(axis=1)),
    )
