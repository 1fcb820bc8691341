"""Dragging aside what covers others and cannot be lifted: a cup on top, and a way along which it slides off them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from grasping.grasp import Grasp
from grasping.overlap import Tops
from grasping.tools import Tool
from perception.arrays import readonly
from perception.pose import Array
from perception.scene import ItemShape, Scene

LEVEL = np.cos(np.deg2rad(45))  # of a cup that drags, from upright: on piles things lie askew
SEALED = 0.5  # least odds of a seal
WAYS = 0.14, 0.10, 0.06, 0.04  # metres
DIRECTIONS = 12
UPHILL = 0.4  # slope up which nothing is dragged
PUSHED = 0.7  # of the thickness: what stands higher than so much over the underside would be pushed along
NOISE = 0.01  # share of the item's outline seen from above, in which that is not minded
BENEATH = 0.030  # metres under the item within which something must lie to bear it
BORNE = 0.7  # share of the item that must be borne where it comes to lie
WALL = 0.006  # metres that it keeps from walls
NOTHING = -1000  # level where nothing lies
LOWEST, BLUR = 10, 2  # percent of an item's cells, and cells of height, that noise may put too low
UNCOVERED = 0.0015  # m^2 that a drag must uncover at least


@dataclass(frozen=True, eq=False)
class Drag:
    """A grasp, the way (3,) in the base frame that its item is to slide, and the area that this uncovers, m^2."""

    grasp: Grasp
    way: Array
    uncovered: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "way", readonly(self.way, np.float64, (3,), "way"))


def drags(scene: Scene, options: Sequence[Grasp]) -> tuple[Drag, ...]:
    """Drags that uncover something, the most first: of each item by the cup nearest its middle."""
    tops = Tops.of(scene.occupancy)
    found = []
    for grasp in _middle(scene, options):
        for way, uncovered in slides(scene, tops, scene.item(grasp.item), -grasp.T_base_tool.rotation[:, 2]):
            found.append(Drag(grasp, way, uncovered))
    return tuple(sorted(found, key=lambda drag: -drag.uncovered))


def _middle(scene: Scene, options: Sequence[Grasp]) -> list[Grasp]:
    """Of each item the upright, likely seal that is nearest its middle."""
    best: dict[int, tuple[float, Grasp]] = {}
    for grasp in options:
        upright = -grasp.T_base_tool.rotation[2, 2] > LEVEL
        if grasp.tool is Tool.SUCTION and grasp.hinge is None and upright and grasp.odds.acquire > SEALED:
            off = float(np.linalg.norm((grasp.T_base_tool.position - scene.item(grasp.item).T_base_box.position)[:2]))
            if grasp.item not in best or off < best[grasp.item][0]:
                best[grasp.item] = off, grasp
    return [grasp for _, grasp in best.values()]


def slides(scene: Scene, tops: Tops, item: ItemShape, normal: Array) -> Iterator[tuple[Array, float]]:
    """Ways (3,) in the base frame along which an item slides freely and stays borne, and the area they uncover, m^2.

    normal: of the face on which the cup sits, shape (3,): the item slides along its plane, and not steeply uphill.
    """
    grid = scene.occupancy
    own = tops.item == item.id
    if not own.any():
        return
    T_tote_base = scene.source.T_base_tote.inverse()
    room = scene.source.inner[:2] / 2 - WALL
    outline = T_tote_base.apply(item.points)[:, :2]
    thickness, levels = float(item.size.min()) / float(normal[2]) / grid.voxel, np.where(own, tops.level, NOTHING)
    floor = -float((T_tote_base @ grid.T_base_grid).position[2]) / grid.voxel
    for angle in np.arange(DIRECTIONS) * (2 * np.pi / DIRECTIONS):
        across = np.array((np.cos(angle), np.sin(angle)))
        heading = scene.source.T_base_tote.rotate((*across, 0.0))
        slope = -float(normal @ heading) / float(normal[2])
        if slope > UPHILL:
            continue
        along = np.append(grid.T_base_grid.inverse().rotate(heading)[:2], slope)
        for far in WAYS:
            if (np.abs(outline + far * across) > room).any():
                continue
            steps = [np.rint(part * far * along / grid.voxel).astype(int) for part in (0.25, 0.5, 0.75, 1.0)]
            left = _left(tops, own, [_shifted(levels, step) for step in steps], thickness, floor)
            if left * grid.voxel**2 > UNCOVERED:
                yield far * np.append(heading[:2], slope), left * grid.voxel**2
                break


def _left(tops: Tops, own: NDArray[np.bool_], path: list[NDArray[np.int32]], thickness: float, floor: float) -> float:
    """Cells that an item leaves which is at the levels `path`, one after the other; 0 where it cannot go or stay.

    own: cells that it fills now. thickness: of it, and floor: of the tote, both in cells of height.
    """
    ahead = [(top > NOTHING) & ~own & (tops.level > top - (1 - PUSHED) * thickness) for top in path]
    if max(cells.sum() for cells in ahead) > NOISE * own.sum():
        return 0.0
    end = path[-1]
    there = end > NOTHING
    borne = own | (tops.level > end - thickness - BENEATH / tops.grid.voxel)
    sunk = not there.any() or np.percentile(end[there], LOWEST) - thickness < floor - BLUR
    if sunk or not borne[there].mean() > BORNE:
        return 0.0
    return float((own & ~there).sum())


def _shifted(levels: NDArray[np.int32], by: NDArray[np.int64]) -> NDArray[np.int32]:
    """Levels over a grid moved by whole cells (3,), NOTHING where nothing lies then; what leaves the grid is lost."""
    moved = np.full_like(levels, NOTHING)
    from_i, from_j = np.nonzero(levels > NOTHING)
    i, j = from_i + by[0], from_j + by[1]
    inside = (i >= 0) & (j >= 0) & (i < levels.shape[0]) & (j < levels.shape[1])
    moved[i[inside], j[inside]] = levels[from_i[inside], from_j[inside]] + by[2]
    return moved
