"""Clearance: the whole tool, swept along its approach, against items, unseen space and the tote."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from grasping.candidates.table import Candidates
from grasping.tool_solids import extent, tool_offsets, tool_solids
from grasping.tools import DualTool, Tool
from perception.pose import Array
from perception.scene import Scene, Space

MARGIN = 2.0e-3  # by which every part is thickened, but tips onward: cameras and arm are off by a millimetre or two
FREE, UNSEEN, OCCUPIED = int(Space.FREE), int(Space.UNSEEN), int(Space.OCCUPIED)
# How much wider than the item, on each side, fingers open where they have no room for more, metres.
NARROWER = 8.0e-3, 4.0e-3
RETREAT = 0.10  # length of the straight approach, metres
COARSE = 3  # voxels between samples of the palm
BLOCK = 4  # columns of the grid, along each side of those that are looked over together
AXIS_Y = np.array((0.0, 1.0, 0.0))


def clear(scene: Scene, tool: DualTool, candidates: Candidates, most_hit: float = 1.5e-6) -> Candidates:
    """The candidates whose swept tool stays inside the tote and out of items, with what it still touches.

    A tool that enters more than `most_hit` m^3 of other items, any of the tote, or the item itself with its palm or
    its open fingers is dropped; unseen space counts as a risk (feature `unseen_volume`). Fingers that have no room
    so wide open are tried less open.
    """
    found, fits = _swept(scene, tool, candidates, most_hit)
    if candidates.tool is Tool.SUCTION or not tool.gripper.adjustable:
        return found.only(fits)
    parts, left = [found.only(fits)], candidates.only(~fits)
    for room in NARROWER:
        opening = left.features["width"] + 2 * room
        less = opening < left.opening - 1e-3
        closer = replace(left.only(less), opening=opening[less])
        found, fits = _swept(scene, tool, closer, most_hit)
        parts.append(found.only(fits))
        left = Candidates.join(Tool.PINCH, [left.only(~less), closer.only(~fits)])
    return Candidates.join(Tool.PINCH, parts)


def _swept(
    scene: Scene, tool: DualTool, candidates: Candidates, most_hit: float
) -> tuple[Candidates, NDArray[np.bool_]]:
    """Candidates with what their swept tool touches, and which of them have room."""
    if len(candidates) == 0:
        return candidates, np.zeros(0, bool)
    boxes = tool_boxes(tool, candidates)
    grid, tote = scene.occupancy, scene.source
    to_grid, to_tote = grid.T_base_grid.inverse().matrix, tote.T_base_tote.inverse().matrix
    ids = np.array([item.id for item in scene.items])[candidates.item]
    volumes = swept_volumes(
        to_grid @ candidates.T_base_tool,
        to_tote @ candidates.T_base_tool,
        boxes,
        ids,
        grid.state,
        grid.item,
        grid.voxel,
        tote.inner,
        most_hit,
    )
    fits = (volumes[:, 0] <= most_hit) & (volumes[:, 2] <= most_hit) & (volumes[:, 3] == 0)
    floor_gap = tips_over_floor(scene, tool, candidates) if candidates.tool is Tool.PINCH else np.full(len(fits), 0.1)
    found = candidates.described(
        hit_volume=volumes[:, 0], unseen_volume=volumes[:, 1], floor_gap=np.minimum(floor_gap, 0.1)
    )
    return found, fits & (floor_gap > 0.5e-3)


def tool_boxes(tool: DualTool, candidates: Candidates) -> Array:
    """The tool's solids as boxes of the tool frame, shape (C, B, 8): least and greatest corner, whether the part may
    touch the picked item and the floor (1) or not (0), and how many voxels apart it is sampled. The palm is lengthened
    backwards by the approach; a cup presses on, so that all but its bellows goes further.
    """
    kind, cup = candidates.tool, tool.cup
    travel, press = (1.0, cup.press) if kind is Tool.SUCTION else (0.0, 0.0)
    offsets, origin = tool_offsets(tool, 0.0, travel), tool.T_flange_tool(kind).position
    boxes = list[Array]()
    for solid in tool_solids(tool):
        if kind is Tool.PINCH and solid.link.startswith("cup"):
            continue  # retracted into the palm
        if kind is Tool.SUCTION and tool.apart and solid.link.startswith("finger"):
            continue  # elsewhere
        low, high = (corner + offsets[solid.link] - origin for corner in extent(solid))
        aside = {"finger_left": 0.5, "finger_right": -0.5}.get(solid.link, 0.0) * candidates.opening[:, None] * AXIS_Y
        box = np.zeros((len(candidates), 8))
        box[:, :3], box[:, 3:6] = low + aside - MARGIN, high + aside + MARGIN
        box[:, 5] += press - MARGIN * solid.link.startswith("finger")  # whose tips stop where they touch
        box[:, 2] -= RETREAT * (solid.link == "palm")
        box[:, 6], box[:, 7] = solid.link.startswith("cup"), COARSE if solid.link == "palm" else 1
        box[:, 5] = np.where(box[:, 6] > 0, np.minimum(box[:, 5], -cup.bellows_stroke), box[:, 5])
        boxes.append(box)
    if kind is Tool.PINCH:
        boxes.append(_between(tool, candidates))
    return np.stack(boxes, axis=1)


def _between(tool: DualTool, candidates: Candidates) -> Array:
    """The space that the fingers close through, (C, 8): it holds nothing but the item."""
    box = np.zeros((len(candidates), 8))
    box[:, [0, 3]] = np.array((-0.5, 0.5)) * tool.gripper.pad_width
    box[:, 1], box[:, 4] = -candidates.opening / 2, candidates.opening / 2
    box[:, 2], box[:, 6], box[:, 7] = -2 * tool.gripper.pad_length, 1, 2
    return box


def tips_over_floor(scene: Scene, tool: DualTool, candidates: Candidates) -> Array:
    """Height of the lowest corner of the open fingertips over the tote's floor, shape (C,), metres."""
    signs = np.array([(1, 1), (1, -1), (-1, 1), (-1, -1)], dtype=np.float64)
    corners = np.zeros((len(candidates), 4, 3))
    corners[..., 0] = signs[:, 0] * tool.gripper.pad_width / 2
    corners[..., 1] = signs[:, 1] * (candidates.opening[:, None] / 2 + tool.gripper.finger_thickness)
    lowest = (corners @ candidates.T_base_tool[:, 2, :3, None]).min(axis=(1, 2))
    return np.asarray(lowest + candidates.T_base_tool[:, 2, 3] - scene.source.T_base_tote.position[2])


@njit(cache=True)
def swept_volumes(
    T_grid_tool: Array,
    T_tote_tool: Array,
    boxes: Array,
    ids: NDArray[np.int64],
    state: NDArray[np.uint8],
    item: NDArray[np.int16],
    voxel: float,
    inner: Array,
    most_hit: float,
) -> Array:
    """Volumes in m^3 of each candidate's boxes inside other items, unseen space, and the item itself (only parts that
    may not touch it); last 1 where a box meets the tote. Shape (C, 4). Counting stops where a candidate is lost.
    """
    volumes, corners, tops = np.zeros((len(T_grid_tool), 4)), np.empty((8, 3)), filled_layers(state)
    for c in range(len(T_grid_tool)):
        for b in range(boxes.shape[1]):
            if _leaves(T_tote_tool[c], boxes[c, b], inner, corners):
                volumes[c, 3] = 1.0
            else:
                _sweep(T_grid_tool[c], boxes[c, b], ids[c], state, item, tops, voxel, most_hit, volumes[c])
            if volumes[c, 0] > most_hit or volumes[c, 2] > most_hit or volumes[c, 3] > 0:
                break
    return volumes


@njit(cache=True)
def _leaves(T_tote: Array, box: Array, inner: Array, corners: Array) -> bool:
    """Whether a box meets walls or floor: some part of it below the rim lies outside. Exact, by corners and edges.

    corners: room for them, (8, 3).
    """
    for n in range(8):
        x, y, z = box[3 * (n & 1)], box[1 + 3 * (n >> 1 & 1)], box[2 + 3 * (n >> 2 & 1)]
        for a in range(3):
            corners[n, a] = _along(T_tote, a, x, y, z)
        if corners[n, 2] < 0 and box[6] == 0:
            return True
    for n in range(8):
        for bit in (1, 2, 4):
            a, b = corners[n], corners[n ^ bit]
            if a[2] >= inner[2]:
                continue
            t = min(1.0, (inner[2] - a[2]) / (b[2] - a[2])) if b[2] > a[2] else 0.0
            for k in range(2):
                if abs(a[k]) > inner[k] / 2 or abs(a[k] + t * (b[k] - a[k])) > inner[k] / 2:
                    return True
    return False


@njit(cache=True)
def filled_layers(state: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Layers from the bottom up to the highest that is not free, for each BLOCK x BLOCK columns of a grid."""
    nx, ny, nz = state.shape
    layers = np.zeros(((nx - 1) // BLOCK + 1, (ny - 1) // BLOCK + 1), np.int64)
    for u in range(nx):
        for v in range(ny):
            count = nz
            while count > layers[u // BLOCK, v // BLOCK] and state[u, v, count - 1] == FREE:
                count -= 1
            layers[u // BLOCK, v // BLOCK] = max(layers[u // BLOCK, v // BLOCK], count)
    return layers


@njit(cache=True)
def _layers_under(T_grid: Array, box: Array, tops: NDArray[np.int64], voxel: float) -> int:
    """Layers that may be filled where a box is, seen from above: the most of the blocks of columns that it is over."""
    least, most = np.full(2, np.inf), np.full(2, -np.inf)
    for n in range(8):
        x, y, z = box[3 * (n & 1)], box[1 + 3 * (n >> 1 & 1)], box[2 + 3 * (n >> 2 & 1)]
        for a in range(2):
            place = _along(T_grid, a, x, y, z) / voxel + 0.5
            least[a], most[a] = min(least[a], place), max(most[a], place)
    layers = 0
    for i in range(max(int(least[0]) // BLOCK, 0), min(int(np.floor(most[0])) // BLOCK + 1, tops.shape[0])):
        for j in range(max(int(least[1]) // BLOCK, 0), min(int(np.floor(most[1])) // BLOCK + 1, tops.shape[1])):
            layers = max(layers, tops[i, j])
    return layers


@njit(cache=True)
def _sweep(
    T_grid: Array,
    box: Array,
    own: int,
    state: NDArray[np.uint8],
    item: NDArray[np.int16],
    tops: NDArray[np.int64],
    voxel: float,
    most_hit: float,
    volume: Array,
) -> None:
    """Add one box to the volumes, until the candidate is lost."""
    n, step = np.empty(3, np.int64), np.empty(3)
    for k in range(3):
        n[k] = max(1, int(np.ceil((box[3 + k] - box[k]) / (box[7] * voxel))))
        step[k] = (box[3 + k] - box[k]) / n[k]
    cell = step[0] * step[1] * step[2]
    layers = _layers_under(T_grid, box, tops, voxel)
    lowest_x = box[0] if T_grid[2, 0] > 0 else box[3]
    lowest_y = box[1] if T_grid[2, 1] > 0 else box[4]
    for k in range(n[2] - 1, -1, -1):
        z = box[2] + (k + 0.5) * step[2]
        if _along(T_grid, 2, lowest_x, lowest_y, z) / voxel + 0.5 >= layers:
            continue
        if volume[0] > most_hit or volume[2] > most_hit:
            return
        for i in range(n[0]):
            x = box[0] + (i + 0.5) * step[0]
            for j in range(n[1]):
                y = box[1] + (j + 0.5) * step[1]
                u = int(np.floor(_along(T_grid, 0, x, y, z) / voxel + 0.5))
                v = int(np.floor(_along(T_grid, 1, x, y, z) / voxel + 0.5))
                w = int(np.floor(_along(T_grid, 2, x, y, z) / voxel + 0.5))
                if not (0 <= u < state.shape[0] and 0 <= v < state.shape[1] and 0 <= w < layers):
                    continue
                space = state[u, v, w]
                if space == UNSEEN:
                    volume[1] += cell
                elif space == OCCUPIED:
                    if item[u, v, w] != own:
                        volume[0] += cell
                    elif box[6] == 0:
                        volume[2] += cell


@njit(cache=True)
def _along(T: Array, axis: int, x: float, y: float, z: float) -> float:
    """One coordinate of a point in the frame that T (4, 4) leads to."""
    return T[axis, 0] * x + T[axis, 1] * y + T[axis, 2] * z + T[axis, 3]
