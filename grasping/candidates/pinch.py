"""Antipodal pinches: both pads on opposite surfaces of the completed shape."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from grasping.beliefs.kinds import is_lump
from grasping.beliefs.neighbours import touching
from grasping.beliefs.surface_samples import Surface, spread, surface
from grasping.candidates.table import FEATURES, Candidates, frames
from grasping.contact.pad import PAD_GIVE
from grasping.tools import DualTool, Gripper, Tool
from perception.arrays import cross
from perception.pose import Array
from perception.scene import ItemShape, Scene
from perception.tote import Tote

LEANS = tuple(np.deg2rad((0.0, 20.0, -20.0, 35.0, -35.0)))  # about the closing axis, from the most downward approach
DEPTHS, LEANING_DEPTH = (0.4, 1.0, 2.0), 1.0  # of the tips below the item's top, in lengths of a pad
STEEPEST = np.deg2rad(65.0)  # of the approach from vertical: on a pile, a tilted book's raised edge is reached
TIP_GAP = 1.0e-3  # metres kept between fingertips and the item's underside, or the floor: they close where they touch
LEAST_GRIP = 4.0e-3  # least length of pad over the item, metres
LEVEL = np.sin(np.deg2rad(6.0))  # of closing lines that count as level
LOW = 0.025  # metres over the floor below which the tips must reach that far past the item's middle
LEAST_AREA = 15e-6  # least area that each pad touches, m^2
PART = 0.10  # share of a lump's surface at which something else is, from which on it may be a part of that
ROOM = 8.0e-3  # how much wider than the item the fingers open on each side, metres
UNSEEN_ROOM = 12.0e-3  # and how much more where no camera saw its sides: twice what completed surfaces are off


def pinch_candidates(scene: Scene, tool: DualTool, most: int = 14) -> Candidates:
    """Pinches of every item about `most` sampled closing lines and its box's axes, with their pads' features.

    Lumps on or at other things are left: what pads hold of a bottle's cap or of a corner dents, and does not bear the
    rest.
    """
    parts = []
    for index, item in enumerate(scene.items):
        if is_lump(item) and touching(scene, item) > PART:
            continue
        patch = surface(item)
        lines = closing_lines(item, patch, most)
        if len(lines) == 0:
            continue
        T = tool_frames(lines, patch, scene.source, tool)
        parts.append(pads(index, T, patch, tool.gripper))
    return Candidates.join(Tool.PINCH, parts)


def closing_lines(item: ItemShape, patch: Surface, most: int) -> Array:
    """Lines to close along, rows (point, unit direction), shape (L, 6).

    From surface points spread over the sides along their inward normals, and through the box's middle and along its
    edges. Lines too steep for an approach from above are left out, and nearly level ones levelled: both tips then
    reach as low, and the item yields to pads that are tilted by so little.
    """
    level = np.abs(patch.normals[:, 2]) < np.sin(STEEPEST)
    lines: list[Array] = [np.zeros((0, 6))]
    if level.any():
        start = int(np.argmax(np.where(level, patch.points[:, 2], -np.inf)))
        chosen = spread(patch.points, level, start, most, 0.008)
        lines.append(np.hstack([patch.points[chosen], -patch.normals[chosen]]))
    R, centre = item.T_base_box.rotation, item.T_base_box.position
    for closing in range(3):
        for along in range(3):
            if along != closing and abs(R[2, closing]) < np.sin(STEEPEST):
                steps = (-0.6, -0.3, 0.0, 0.3, 0.6) if item.size[along] > 0.08 else (0.0,)
                points = centre + np.outer(np.array(steps) * item.size[along] / 2, R[:, along])
                lines.append(np.hstack([points, np.tile(R[:, closing], (len(steps), 1))]))
    found = np.vstack(lines)
    found[np.abs(found[:, 5]) < LEVEL, 5] = 0.0
    found[:, 3:] /= np.linalg.norm(found[:, 3:], axis=1, keepdims=True)
    return found


def tool_frames(lines: Array, patch: Surface, tote: Tote, tool: DualTool) -> Array:
    """Tip frames, shape (C, 4, 4): each line approached at several leans, each lean to several depths."""
    closing = lines[:, 3:]
    down = np.array([0.0, 0.0, -1.0])
    plumb = down - (closing @ down)[:, None] * closing
    plumb /= np.linalg.norm(plumb, axis=1, keepdims=True)
    aside = cross(closing, plumb)
    lean = np.repeat(LEANS, len(lines))
    lines, plumb, aside = (np.tile(rows, (len(LEANS), 1)) for rows in (lines, plumb, aside))
    approach = np.cos(lean)[:, None] * plumb + np.sin(lean)[:, None] * aside
    downward = -approach[:, 2] > np.cos(STEEPEST) - 1e-9
    T = frames(lines[downward, :3], lines[downward, 3:], approach[downward])
    wanted = np.where(lean[downward] == 0, np.array(DEPTHS)[:, None], LEANING_DEPTH)
    return _lowered(T, wanted * tool.gripper.pad_length, patch, tote, tool)


def _lowered(T: Array, wanted: Array, patch: Surface, tote: Tote, tool: DualTool) -> Array:
    """Frames (F, 4, 4) moved along their approach until the tips are below the item's top there by each of `wanted`
    (D, F), ascending, in metres, or as far as may be; what is equally deep is taken once. Further down than the item
    reaches, they would meet what it lies on.
    """
    gripper = tool.gripper
    top, bottom = ends(patch.points, T, gripper.pad_width / 2, gripper.opening[1])
    finite = np.isfinite(top)
    T, top, bottom, wanted = T[finite], top[finite], bottom[finite], wanted[:, finite]
    down = -T[:, 2, 2]
    half_open = gripper.opening[1] / 4 + gripper.finger_thickness  # of a middling item
    side = np.abs(T[:, 2, 1]) * half_open + np.abs(T[:, 2, 0]) * gripper.pad_width / 2  # a leaning tip's lower corner
    height = T[:, 2, 3] - tote.T_base_tote.position[2] - side
    lowest = np.minimum((height - TIP_GAP) / down, bottom - TIP_GAP)
    palm = top + tool.depth - 0.008  # the item must not reach the palm
    depth = np.minimum(top + wanted, np.minimum(palm, lowest))
    thickness = height / down - top  # if it lies on the floor; what lies low is widest halfway
    least = top + LEAST_GRIP + np.where(thickness < LOW, thickness / 2, 0.0)
    depth = np.maximum(depth, np.minimum(least, lowest))
    keep = depth > top + 0.25 * LEAST_GRIP
    keep[1:] &= depth[1:] > depth[:-1] + 1e-3
    lowered = np.repeat(T[None], len(wanted), axis=0)
    lowered[..., :3, 3] += depth[..., None] * T[:, :3, 2]
    return np.asarray(lowered[keep])


def pads(index: int, T: Array, patch: Surface, gripper: Gripper) -> Candidates:
    """Candidates from tip frames: centred between the pads, described, and only where the opening suffices."""
    rows = touch_pads(patch.points, patch.normals, patch.seen, patch.confidence, T, _shape(gripper))
    middle, width = rows[:, 0], rows[:, 1]
    area = rows[:, 2] * patch.area
    fits = (
        (width > 0)
        & (width + 0.5 * ROOM < gripper.opening[1])
        & (rows[:, 3] < np.deg2rad(40))
        & (area > LEAST_AREA)
        & (rows[:, 2] >= 2)
    )
    T, rows, area = T[fits].copy(), rows[fits], area[fits]
    T[:, :3, 3] += middle[fits, None] * T[:, :3, 1]
    features = np.zeros(len(T), FEATURES)
    features["width"], features["pad_angle"], features["wedge"] = rows[:, 1], rows[:, 3], rows[:, 10]
    features["slope"] = rows[:, 11]
    features["patch_area"] = np.minimum(area, gripper.pad_width * gripper.pad_length)
    for name, values in zip(("patch_x", "patch_z", "seen", "confidence", "curve_x", "curve_z"), rows[:, 4:10].T):
        features[name] = values
    return Candidates(Tool.PINCH, np.full(len(T), index), T, openings(features, gripper), features)


def openings(features: NDArray[np.void], gripper: Gripper) -> Array:
    """How far the fingers open on each approach, shape (C,), metres, if there is room: wider for what was not seen."""
    if not gripper.adjustable:
        return np.full(len(features), gripper.opening[1])
    room = ROOM + UNSEEN_ROOM * (1 - features["seen"])
    return np.asarray(np.minimum(features["width"] + 2 * room, gripper.opening[1]))


def _shape(gripper: Gripper) -> Array:
    return np.array([gripper.pad_width / 2, gripper.pad_length, gripper.finger_length])


def tops(points: Array, T: Array, half_width: float, opening: float) -> Array:
    """Where along each approach the item begins between the fingers, shape (C,), inf where there is nothing."""
    return np.asarray(ends(points, T, half_width, opening)[0])


@njit(cache=True)
def ends(points: Array, T: Array, half_width: float, opening: float) -> Array:
    """Where along each approach the item begins and ends between the fingers, shape (2, C); inf and -inf where there is
    nothing.
    """
    found = np.full((2, len(T)), np.inf)
    found[1] = -np.inf
    for c in range(len(T)):
        R, o = T[c, :3, :3], T[c, :3, 3]
        for i in range(len(points)):
            dx, dy, dz = points[i, 0] - o[0], points[i, 1] - o[1], points[i, 2] - o[2]
            x = dx * R[0, 0] + dy * R[1, 0] + dz * R[2, 0]
            if abs(x) < half_width:
                y = dx * R[0, 1] + dy * R[1, 1] + dz * R[2, 1]
                z = dx * R[0, 2] + dy * R[1, 2] + dz * R[2, 2]
                if abs(y) < opening:
                    found[0, c], found[1, c] = min(found[0, c], z), max(found[1, c], z)
    return found


@njit(cache=True)
def touch_pads(points: Array, normals: Array, seen: Array, confidence: Array, T: Array, shape: Array) -> Array:
    """What two closing fingers meet, rows of 12:

    0 middle along y, 1 width (0: nothing between the fingers), 2 points under the pad that touches fewer, 3 worst
    angle between pad and surface, 4 and 5 x and z of the touched middle, 6 fraction seen, 7 mean confidence, 8 and 9
    curvature along x and z, of the pad that lies on the more curved surface (1/m, 0 where hollow), 10 half the angle
    between the two surfaces, 11 slope by which the item widens from there on along z (tangent of the mean angle).
    shape: half pad width, pad length, finger length. The fingers close on the widest place along their whole length.
    """
    half_width, pad_length, finger_length = shape
    rows = np.zeros((len(T), 12))
    local, which = np.empty((len(points), 3)), np.empty(len(points), np.int64)
    for c in range(len(T)):
        R, o = T[c, :3, :3], T[c, :3, 3]
        least, most, count = np.inf, -np.inf, 0
        for i in range(len(points)):
            dx, dy, dz = points[i, 0] - o[0], points[i, 1] - o[1], points[i, 2] - o[2]
            x = dx * R[0, 0] + dy * R[1, 0] + dz * R[2, 0]
            if abs(x) > half_width:
                continue
            z = dx * R[0, 2] + dy * R[1, 2] + dz * R[2, 2]
            if z > 0 or z < -finger_length:
                continue
            y = dx * R[0, 1] + dy * R[1, 1] + dz * R[2, 1]
            least, most = min(least, y), max(most, y)
            if z >= -pad_length:
                local[count, 0], local[count, 1], local[count, 2], which[count] = x, y, z, i
                count += 1
        if 0 < most - least < 0.3:
            _touched(local[:count], which, normals, seen, confidence, R, least, most, rows[c])
    return rows


@njit(cache=True)
def _touched(
    local: Array,
    which: NDArray[np.int64],
    normals: Array,
    seen: Array,
    confidence: Array,
    R: Array,
    least: float,
    most: float,
    row: Array,
) -> None:
    """Fill a row of `touch_pads` from the points before the pads, given in the tool frame."""
    count, n, sums = np.zeros(2), np.zeros((2, 3)), np.zeros(4)
    moments = np.zeros((2, 2, 4))  # by side and axis (x, z): sums of place, normal, place^2, place * normal
    local_normal = np.empty(3)
    for k in range(len(local)):
        i = which[k]
        for a in range(3):
            local_normal[a] = normals[i, 0] * R[0, a] + normals[i, 1] * R[1, a] + normals[i, 2] * R[2, a]
        side = 0 if local_normal[1] < 0 else 1
        depth = local[k, 1] - least if side == 0 else most - local[k, 1]
        if depth > PAD_GIVE or abs(local_normal[1]) < 0.5:
            continue
        count[side] += 1
        n[side] += local_normal
        for m in range(2):
            place, slope = local[k, 2 * m], local_normal[2 * m]
            moments[side, m, 0] += place
            moments[side, m, 1] += slope
            moments[side, m, 2] += place * place
            moments[side, m, 3] += place * slope
        sums[0] += local[k, 0]
        sums[1] += local[k, 2]
        sums[2] += seen[i]
        sums[3] += confidence[i]
    if count.min() == 0:
        return
    worst = 1.0
    for side in range(2):
        n[side] /= np.sqrt(np.sum(n[side] ** 2))
        worst = min(worst, abs(n[side, 1]))
        for m in range(2):
            place, slope, square, product = moments[side, m] / count[side]
            variance = square - place * place
            if variance > 1e-6:  # a millimetre: less tells no curvature
                row[8 + m] = max(row[8 + m], (product - place * slope) / variance)
    row[0], row[1], row[2], row[3] = (least + most) / 2, most - least, count.min(), np.arccos(min(worst, 1.0))
    row[4:8] = sums / count.sum()
    row[10] = np.arccos(min(max(-np.sum(n[0] * n[1]), -1.0), 1.0)) / 2
    row[11] = -(n[0, 2] + n[1, 2]) / (abs(n[0, 1]) + abs(n[1, 1]))
