"""Drag: the cup on top of an item that cannot be lifted, and a way along which it slides off what it covers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from grasping.beliefs.overlap import Tops
from grasping.grasp import Grasp
from grasping.skill import Lift, Skill
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
STEPS = np.array((0.25, 0.5, 0.75, 1.0))  # of a way at which it is looked at
LOWEST, BLUR = 10, 2  # percent of an item's cells, and cells of height, that noise may put too low
UNCOVERED = 0.0015  # m^2 that a drag must uncover at least


@dataclass(frozen=True, eq=False)
class Drag(Skill):
    """An item slides `along` (3,) metres in the base frame, which uncovers an area, m^2."""

    name: ClassVar[str] = "drag"
    leaves_tote: ClassVar[bool] = False

    along: Array
    uncovered: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "along", readonly(self.along, np.float64, (3,), "way"))

    @property
    def way(self) -> Array:
        return self.along


def drags(scene: Scene, options: Sequence[Grasp]) -> tuple[Grasp, ...]:
    """Grasps that drag, the one that uncovers most first: of each item by the cup nearest its middle."""
    tops = Tops.of(scene.occupancy)
    found: list[tuple[float, Grasp]] = []
    for grasp in _middle(scene, options):
        for way, uncovered in slides(scene, tops, scene.item(grasp.item), -grasp.T_base_tool.rotation[:, 2]):
            found.append((uncovered, replace(grasp, skill=Drag(way, uncovered))))
    return tuple(grasp for _, grasp in sorted(found, key=lambda entry: -entry[0]))


def _middle(scene: Scene, options: Sequence[Grasp]) -> list[Grasp]:
    """Of each item the upright, likely seal that is nearest its middle."""
    best: dict[int, tuple[float, Grasp]] = {}
    for grasp in options:
        upright = -grasp.T_base_tool.rotation[2, 2] > LEVEL
        plain = isinstance(grasp.skill, Lift)
        if grasp.tool is Tool.SUCTION and plain and upright and grasp.odds.acquire > SEALED:
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
    thickness = float(item.size.min()) / float(normal[2]) / grid.voxel
    cells = np.ascontiguousarray(np.column_stack([np.argwhere(own), tops.level[own]]))
    floor = -float((T_tote_base @ grid.T_base_grid).position[2]) / grid.voxel
    sizes = thickness, floor, BENEATH / grid.voxel
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
            steps = np.rint(STEPS[:, None] * far * along / grid.voxel).astype(np.int64)
            left = _left(tops.level, own, cells, steps, *sizes)
            if left * grid.voxel**2 > UNCOVERED:
                yield far * np.append(heading[:2], slope), left * grid.voxel**2
                break


@njit(cache=True)
def _left(
    level: NDArray[np.int32],
    own: NDArray[np.bool_],
    cells: NDArray[np.int64],
    steps: NDArray[np.int64],
    thickness: float,
    floor: float,
    beneath: float,
) -> int:
    """Cells that an item leaves which moves by `steps` (S, 3) from where it is; 0 where it cannot go or stay.

    level: of the highest voxel over each cell, shape (X, Y). own: cells that the item fills there, and `cells` (K, 3)
    the same with their levels. thickness, floor, beneath: of the item, of the tote, and as BENEATH, cells of height.
    """
    ends, ahead, borne, still, inside = np.empty(len(cells)), 0, 0, 0, 0
    for step in range(len(steps)):
        (over, across, up), ahead, borne, still, inside = steps[step], 0, 0, 0, 0
        for n in range(len(cells)):
            i, j, top = cells[n, 0] + over, cells[n, 1] + across, cells[n, 2] + up
            if not (0 <= i < level.shape[0] and 0 <= j < level.shape[1]):
                continue  # what leaves the grid is lost
            ends[inside] = top
            inside += 1
            still += own[i, j]
            ahead += not own[i, j] and level[i, j] > top - (1 - PUSHED) * thickness
            borne += own[i, j] or level[i, j] > top - thickness - beneath
        if ahead > NOISE * len(cells):
            return 0
    if inside == 0 or np.percentile(ends[:inside], LOWEST) - thickness < floor - BLUR:
        return 0
    return len(cells) - still if borne > BORNE * inside else 0
