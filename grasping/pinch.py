"""Antipodal pinches: both pads on opposite surfaces of the completed shape."""

from __future__ import annotations

import numpy as np
from numba import njit

from grasping.candidates import FEATURES, Candidates, frames
from grasping.samples import Surface, spread, surface
from grasping.tools import DualTool, Gripper, Tool
from perception.pose import Array
from perception.scene import ItemShape, Scene
from perception.tote import Tote

LEANS = tuple(np.deg2rad((0.0, 20.0, -20.0, 35.0, -35.0)))  # about the closing axis, from the most downward approach
STEEPEST = np.deg2rad(35.0)  # of the approach from vertical
PAD_GIVE = 2.0e-3  # what pad and item yield: surface this close to the outermost point is touched, metres
FLOOR_GAP = 4.0e-3  # kept between fingertips and floor
THIN_FLOOR_GAP = 1.5e-3  # for items that lie too flat for that
LEAST_GRIP = 4.0e-3  # least length of pad over the item, metres
ROOM = 8.0e-3  # how much wider than the item the fingers open on each side, metres


def pinch_candidates(scene: Scene, tool: DualTool, rng: np.random.Generator, most: int = 14) -> Candidates:
    """Pinches of every item about `most` sampled closing lines and its box's axes, with their pads' features."""
    parts = []
    for index, item in enumerate(scene.items):
        patch = surface(item, rng)
        lines = closing_lines(item, patch, most)
        if len(lines) == 0:
            continue
        T = tool_frames(lines, patch, scene.source, tool.gripper)
        parts.append(pads(index, T, patch, tool.gripper))
    return Candidates.join(Tool.PINCH, parts)


def closing_lines(item: ItemShape, patch: Surface, most: int) -> Array:
    """Lines to close along, rows (point, unit direction), shape (L, 6).

    From surface points spread over the sides along their inward normals, and through the box's middle and along its
    edges. Lines too steep for an approach from above are left out.
    """
    level = np.abs(patch.normals[:, 2]) < np.sin(STEEPEST)
    lines = [np.zeros((0, 6))]
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
    return np.vstack(lines)


def tool_frames(lines: Array, patch: Surface, tote: Tote, gripper: Gripper) -> Array:
    """Tip frames, shape (C, 4, 4): each line approached at several leans, each lean to up to three depths."""
    closing = lines[:, 3:]
    down = np.array([0.0, 0.0, -1.0])
    plumb = down - (closing @ down)[:, None] * closing
    plumb /= np.linalg.norm(plumb, axis=1, keepdims=True)
    aside = np.cross(closing, plumb)
    found = []
    for lean in LEANS:
        approach = np.cos(lean) * plumb + np.sin(lean) * aside
        steep = -approach[:, 2] < np.cos(STEEPEST) - 1e-9
        T = frames(lines[~steep, :3], closing[~steep], approach[~steep])
        for wanted in (0.4, 1.0, 2.0) if lean == 0 else (1.0,):
            found.append(_lowered(T, wanted * gripper.pad_length, patch, tote, gripper))
    return np.concatenate(found)


def _lowered(T: Array, wanted: float, patch: Surface, tote: Tote, gripper: Gripper) -> Array:
    """Frames moved along their approach until the tips are `wanted` below the item's top there, or as far as may be."""
    top = tops(patch.points, T, gripper.pad_width / 2, gripper.opening[1])
    finite = np.isfinite(top)
    T, top = T[finite], top[finite]
    down = -T[:, 2, 2]
    side = np.sqrt(np.maximum(1 - down**2, 0)) * (gripper.opening[1] / 4)  # the lower corner of a leaning tip
    height = T[:, 2, 3] - tote.T_base_tote.position[2] - side
    to_floor = (height - FLOOR_GAP) / down
    to_thin = (height - THIN_FLOOR_GAP) / down
    palm = top + gripper.finger_length - 0.008  # the item must not reach the palm
    depth = np.minimum(np.minimum(top + wanted, palm), to_floor)
    depth = np.maximum(depth, np.minimum(top + LEAST_GRIP, to_thin))
    origin = T[:, :3, 3] + depth[:, None] * T[:, :3, 2]
    keep = depth > top + 0.5 * LEAST_GRIP
    T = T[keep].copy()
    T[:, :3, 3] = origin[keep]
    return T


def pads(index: int, T: Array, patch: Surface, gripper: Gripper) -> Candidates:
    """Candidates from tip frames: centred between the pads, described, and only where the opening suffices."""
    rows = touch_pads(patch.points, patch.normals, patch.seen, patch.confidence, T, _shape(gripper))
    middle, width = rows[:, 0], rows[:, 1]
    area = rows[:, 2] * patch.area
    fits = (width > 0) & (width + 0.5 * ROOM < gripper.opening[1]) & (rows[:, 3] < np.deg2rad(40)) & (area > 5e-6)
    T, rows, area = T[fits].copy(), rows[fits], area[fits]
    T[:, :3, 3] += middle[fits, None] * T[:, :3, 1]
    features = np.zeros(len(T), FEATURES)
    features["width"], features["pad_angle"] = rows[:, 1], rows[:, 3]
    features["patch_area"], features["patch_radius"] = area, np.sqrt(area / np.pi)
    features["patch_x"], features["patch_z"] = rows[:, 4], rows[:, 5]
    features["seen"], features["confidence"] = rows[:, 6], rows[:, 7]
    opening = np.minimum(rows[:, 1] + 2 * ROOM, gripper.opening[1])
    return Candidates(Tool.PINCH, np.full(len(T), index), T, opening, features)


def _shape(gripper: Gripper) -> Array:
    return np.array([gripper.pad_width / 2, gripper.pad_length, gripper.finger_length])


@njit(cache=True)
def tops(points: Array, T: Array, half_width: float, opening: float) -> Array:
    """Where along each approach the item begins between the fingers, shape (C,), inf where there is nothing."""
    found = np.full(len(T), np.inf)
    for c in range(len(T)):
        R, o = T[c, :3, :3], T[c, :3, 3]
        for i in range(len(points)):
            dx, dy, dz = points[i, 0] - o[0], points[i, 1] - o[1], points[i, 2] - o[2]
            x = dx * R[0, 0] + dy * R[1, 0] + dz * R[2, 0]
            if abs(x) < half_width:
                y = dx * R[0, 1] + dy * R[1, 1] + dz * R[2, 1]
                z = dx * R[0, 2] + dy * R[1, 2] + dz * R[2, 2]
                if abs(y) < opening and z < found[c]:
                    found[c] = z
    return found


@njit(cache=True)
def touch_pads(points: Array, normals: Array, seen: Array, confidence: Array, T: Array, shape: Array) -> Array:
    """What two closing fingers meet, rows of 8:

    0 middle along y, 1 width (0: nothing between the fingers), 2 points under the pad that touches fewer, 3 worst
    angle between pad and surface, 4 and 5 x and z of the touched middle, 6 fraction seen, 7 mean confidence.
    shape: half pad width, pad length, finger length. The fingers close on the widest place along their whole length.
    """
    half_width, pad_length, finger_length = shape
    rows = np.zeros((len(T), 8))
    for c in range(len(T)):
        R, o = T[c, :3, :3], T[c, :3, 3]
        least, most = np.inf, -np.inf
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
        if most - least <= 0 or most - least > 0.3:
            continue
        _touched(points, normals, seen, confidence, R, o, half_width, pad_length, least, most, rows[c])
    return rows


@njit(cache=True)
def _touched(
    points: Array,
    normals: Array,
    seen: Array,
    confidence: Array,
    R: Array,
    o: Array,
    half_width: float,
    pad_length: float,
    least: float,
    most: float,
    row: Array,
) -> None:
    count, n = np.zeros(2), np.zeros((2, 3))
    sums = np.zeros(4)
    for i in range(len(points)):
        d = points[i] - o
        x = d[0] * R[0, 0] + d[1] * R[1, 0] + d[2] * R[2, 0]
        z = d[0] * R[0, 2] + d[1] * R[1, 2] + d[2] * R[2, 2]
        if abs(x) > half_width or z > 0 or z < -pad_length:
            continue
        y = d[0] * R[0, 1] + d[1] * R[1, 1] + d[2] * R[2, 1]
        facing = normals[i, 0] * R[0, 1] + normals[i, 1] * R[1, 1] + normals[i, 2] * R[2, 1]
        side = 0 if facing < 0 else 1
        depth = y - least if side == 0 else most - y
        if depth > PAD_GIVE or abs(facing) < 0.5:
            continue
        count[side] += 1
        n[side] += normals[i]
        sums += np.array([x, z, seen[i], confidence[i]])
    if count.min() == 0:
        return
    worst = 1.0
    for side in range(2):
        facing = n[side, 0] * R[0, 1] + n[side, 1] * R[1, 1] + n[side, 2] * R[2, 1]
        worst = min(worst, abs(facing) / np.sqrt(np.sum(n[side] ** 2)))
    row[0], row[1], row[2], row[3] = (least + most) / 2, most - least, count.min(), np.arccos(min(worst, 1.0))
    row[4:] = sums / count.sum()
