"""Places for an item: low, flat, near, inside the walls, with room to let go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motion.errors import NoPlace
from perception.arrays import readonly
from perception.pose import Array, Pose
from perception.scene import HeightMap, ItemShape

SQUARE = float(np.cos(np.deg2rad(5)))  # to a wall that is leant on
LEANING_GAP = 0.03  # metres behind an item within which something must stand for it to lean on
UPHELD = 0.5  # share of its height up to which that must reach
FOOT = 0.010  # metres above an item's lowest point up to which it may rest on something


@dataclass(frozen=True)
class Placing:
    """Margins and weights by which places are chosen.

    Attributes:
        drop: height of the item's lowest point over what carries it, metres.
        unknown: what is added to the height where the destination was not seen.
        clearance: from the walls, metres.
        finger_clearance: of the tool's lowest points over what lies in the tote.
        gap: greatest mean gap under the item's foot, metres; where nobody saw what is there, none may be surmised to
            bear it. gap_at_need: the same where no place keeps that.
        stride: of the search, cells of the height map.
        unevenness, distance, turning: metres of height that a metre of mean gap under the item, a metre of way and a
            radian of turning are worth.
    """

    drop: float = 0.006
    unknown: float = 0.004
    clearance: float = 0.010
    finger_clearance: float = 0.008
    gap: float = np.inf
    gap_at_need: float = 0.0
    stride: int = 2
    unevenness: float = 0.5
    distance: float = 0.02
    turning: float = 0.004


@dataclass(frozen=True, eq=False)
class Place:
    """One way to put the item down.

    Attributes:
        T_base_grasp: the grasp's frame at release.
        cost: what speaks against it, lower is better.
        gap: mean gap under the item's foot, metres.
        standing: an item that hangs stays as it does, and is not laid down.
    """

    T_base_grasp: Pose
    cost: float
    gap: float
    standing: bool = False


@dataclass(frozen=True, eq=False)
class Profile:
    """The underside of a body over a grid: cells (K, 2) counted from the grasp's, lowest z (K,) from its origin."""

    cells: NDArray[np.int64]
    low: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "cells", readonly(self.cells, np.int64, (None, 2), "profile cells"))
        object.__setattr__(self, "low", readonly(self.low, np.float64, (len(self.cells),), "profile heights"))

    @staticmethod
    def of(points: Array, cell: float) -> Profile:
        """From points (N, 3), metres, relative to the grasp's origin and in the tote's axes."""
        cells, low = _lowest_by_cell(np.ascontiguousarray(points), cell)
        return Profile(cells, low)

    def lowest(self, height: float) -> Profile:
        """The cells no more than `height` metres above the lowest."""
        chosen = self.low < self.low.min() + height
        return Profile(self.cells[chosen], self.low[chosen])


@njit(cache=True)
def _lowest_by_cell(points, cell):  # type: ignore[no-untyped-def]
    """Cells (K, 2) that hold points (N, 3), and the lowest z in each."""
    keys = np.empty((len(points), 2), np.int64)
    for n in range(len(points)):
        for a in range(2):
            keys[n, a] = int(np.floor(points[n, a] / cell + 0.5))
    first = np.array([keys[:, 0].min(), keys[:, 1].min()])
    lowest = np.full((keys[:, 0].max() - first[0] + 1, keys[:, 1].max() - first[1] + 1), np.inf)
    for n in range(len(points)):
        i, j = keys[n, 0] - first[0], keys[n, 1] - first[1]
        lowest[i, j] = min(lowest[i, j], points[n, 2])
    cells, low, count = np.empty((lowest.size, 2), np.int64), np.empty(lowest.size), 0
    for i in range(lowest.shape[0]):
        for j in range(lowest.shape[1]):
            if lowest[i, j] < np.inf:
                cells[count, 0], cells[count, 1], low[count] = first[0] + i, first[1] + j, lowest[i, j]
                count += 1
    return cells[:count], low[:count]


def places(
    floor: HeightMap,
    item: ItemShape,
    T_base_grasp: Pose,
    tool_points: Array,
    near: Array,
    style: Placing | None = None,
    count: int = 6,
    foot: Array | None = None,
    lean: Array | None = None,
) -> Sequence[Place]:
    """The best ways to put `item` down, best first, at most one for each turn of it.

    The item keeps its attitude to the vertical and turns about it only: so that its sides are parallel to the walls,
    or as the arm carries it around without turning the wrist.

    Args:
        floor: what lies in the destination.
        T_base_grasp: the grasp's frame where the item was grasped.
        tool_points: (N, 3) of the tool as it lets go, in the grasp's frame.
        near: (3,) in the base frame: of places alike, the nearer to it is the better.
        foot: (N, 3) of the item, in the grasp's frame, that is to rest on something; None: all that lies lowest.
        lean: (3,) level direction in the base frame in which the item is to lean on a wall or on what stands there.

    Raises:
        NoPlace: there is no room.
    """
    style = style or Placing()
    held = item.points - T_base_grasp.position
    tool = T_base_grasp.rotate(tool_points)
    found = []
    turns = _turns(floor, item, T_base_grasp)
    for turn, turned in zip(turns, Rotation.from_euler("z", np.array(turns)[:, None]).as_matrix()):
        in_tote = floor.tote.T_base_tote.rotation.T @ turned
        behind = None if lean is None else in_tote @ lean
        if behind is not None and np.abs(behind).max() < SQUARE:
            continue
        whole, passing = Profile.of(held @ in_tote.T, floor.cell), Profile.of(tool @ in_tote.T, floor.cell)
        rests = whole.lowest(FOOT) if foot is None else Profile.of(T_base_grasp.rotate(foot) @ in_tote.T, floor.cell)
        place = _best(floor, whole, passing, rests, near, style, behind)
        if place is not None:
            position, cost, gap = place
            rotation = turned @ T_base_grasp.rotation
            cost += style.turning * abs(turn - turns[0])
            T_base_place = Pose.from_rotation(floor.tote.T_base_tote.apply(position), rotation)
            found.append(Place(T_base_place, cost, gap, standing=lean is not None))
    if not found:
        raise NoPlace(
            f"tote {floor.tote.name} has no room for item {item.id} of {item.size.round(3)} m with the tool that lets "
            "it go; replace the tote"
        )
    even = [place for place in found if place.gap <= style.gap]
    return sorted(even or found, key=lambda place: place.cost)[:count]


def _turns(floor: HeightMap, item: ItemShape, T_base_grasp: Pose) -> list[float]:
    """Turns about the vertical, radians: four that align the item's longest level edge with the tote, one as
    carried."""
    axes = item.T_base_box.rotation * item.size
    level = axes[:, int(np.argmax(np.hypot(axes[0], axes[1])))]
    length = floor.tote.T_base_tote.rotation[:, 0]
    aligned = np.arctan2(length[1], length[0]) - np.arctan2(level[1], level[0])
    centre, grasp = floor.tote.T_base_tote.position, T_base_grasp.position
    carried = np.arctan2(centre[1], centre[0]) - np.arctan2(grasp[1], grasp[0])
    turns = [aligned + quarter * np.pi / 2 for quarter in range(4)] + [carried]
    wrapped = [carried + (turn - carried + np.pi) % (2 * np.pi) - np.pi for turn in turns]
    return sorted(wrapped, key=lambda turn: abs(turn - carried))


def _best(
    floor: HeightMap,
    item: Profile,
    tool: Profile,
    foot: Profile,
    near: Array,
    style: Placing,
    behind: Array | None = None,
) -> tuple[Array, float, float] | None:
    """Position of the grasp's origin in the tote's frame (3,), its cost, and the mean gap under its foot; or None."""
    cell, (nx, ny) = floor.cell, floor.height.shape
    ring = int(max(np.abs(item.cells).max(), np.abs(tool.cells).max())) + 1 + int(np.ceil(LEANING_GAP / cell))
    wall = max(int(np.ceil(style.clearance / cell)), 1)
    inside = slice(ring + wall, ring + nx - wall), slice(ring + wall, ring + ny - wall)
    tops = np.full((nx + 2 * ring, ny + 2 * ring), float(floor.tote.inner[2]) + style.clearance)  # the rim
    tops[inside] = (floor.height + style.unknown * ~floor.known)[wall : nx - wall, wall : ny - wall]
    free = np.full(tops.shape, np.inf)
    free[inside] = tops[inside]
    ground = free.copy()
    if np.isfinite(style.gap):
        ground[inside][~floor.known[wall : nx - wall, wall : ny - wall]] = -np.inf
    props = np.empty((0, 0, 2), np.int64) if behind is None else _props(item, behind, cell)
    profiles = item.cells, item.low, tool.cells, tool.low, foot.cells, foot.low, props
    room = style.drop, style.finger_clearance, style.gap, style.gap_at_need
    worth = style.unevenness, style.distance, floor.tote.T_base_tote.inverse().apply(near)[:2]
    rim = float(floor.tote.inner[2])
    cost, gap, *position = _search(free, tops, ground, rim, *profiles, ring, style.stride, cell, *room, *worth)
    return (np.array(position), cost, gap) if np.isfinite(cost) else None


def _props(item: Profile, behind: Array, cell: float) -> NDArray[np.int64]:
    """Cells (2, G, 2), counted from the grasp's, of which one on either side must hold up an item that leans.

    behind: (3,) in the tote's frame, along one of its sides.
    """
    way = np.rint(behind[:2]).astype(np.int64)
    aside = way[::-1]
    middle, half = int(np.rint((item.cells @ aside).mean())), int(np.ptp(item.cells @ aside) / 3)
    back = int((item.cells @ way).max()) + np.arange(1, int(np.ceil(LEANING_GAP / cell)) + 1)
    return np.stack([back[:, None] * way + (middle + side) * aside for side in (-half, half)])


@njit(cache=True)
def _search(  # type: ignore[no-untyped-def]
    free, tops, ground, rim, item_cells, item_low, tool_cells, tool_low, foot_cells, foot_low, props,
    ring, step, cell, drop, room, most, at_need, unevenness, distance, near,
):  # fmt: skip
    """Least cost of a place, the mean gap under the foot there, metres, and the position of the grasp's origin.

    Gaps of no more than `most` go before all others. The cost is infinite where there is no room.
    """
    nx, ny = free.shape[0] - 2 * ring, free.shape[1] - 2 * ring
    upheld = item_low.min() + UPHELD * (item_low.max() - item_low.min())
    best, level = (np.inf, 0.0, 0.0, 0.0, 0.0), False
    for i in range(0, nx, step):
        for j in range(0, ny, step):
            z = -np.inf
            for k in range(len(item_low)):
                z = max(z, free[i + ring + item_cells[k, 0], j + ring + item_cells[k, 1]] - item_low[k] + drop)
                if z == np.inf:
                    break
            if z == np.inf:
                continue
            for k in range(len(tool_low)):
                z = max(z, tops[i + ring + tool_cells[k, 0], j + ring + tool_cells[k, 1]] - tool_low[k] + room)
            if z + item_low.min() > rim:
                continue  # no wall would keep it in
            total = 0.0
            for k in range(len(foot_low)):
                total += z + foot_low[k] - ground[i + ring + foot_cells[k, 0], j + ring + foot_cells[k, 1]]
            gap = total / len(foot_low)
            x, y = (i + 0.5) * cell - nx * cell / 2, (j + 0.5) * cell - ny * cell / 2
            way = np.sqrt((x - near[0]) ** 2 + (y - near[1]) ** 2)
            cost = z + item_low.min() + unevenness * gap + distance * way
            even = gap <= most
            better = (even and not level) or (cost < best[0] and even == level)
            if better and (even or gap <= at_need) and _propped(tops, props, i + ring, j + ring, z + upheld):
                best, level = (cost, gap, x, y, z), even
    return best


@njit(cache=True)
def _propped(tops, props, i, j, height):  # type: ignore[no-untyped-def]
    """Whether something reaches up to `height` on either side behind an item over cell (i, j)."""
    for side in range(len(props)):
        support = -np.inf
        for k in range(props.shape[1]):
            support = max(support, tops[i + props[side, k, 0], j + props[side, k, 1]])
        if support < height:
            return False
    return True
