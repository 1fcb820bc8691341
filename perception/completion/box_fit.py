"""The oriented box around an item's visible surface."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from perception.arrays import cross
from perception.pose import Array

TAIL = 0.005  # share of points beyond each end of an axis that is taken for noise
THINNEST = 0.001  # metres
ENOUGH = 500  # points by which the directions are chosen
ALIGNED = 0.96  # cosine between a normal and an axis of the box from which on the surface is one of its faces
FACE_DEPTH = 0.008  # metres from a box's end within which surfels may be of a flat face there
FACE_FLAT = 0.0025  # metres between the quartiles of a flat face's surfels
SQUARE = 0.35  # strength of the fourfold symmetry of side normals from which they give the box's direction


@dataclass(frozen=True, eq=False)
class Frame:
    """Axes in the columns of `rotation`, the range of the points along them: low and high, shape (3,)."""

    rotation: Array
    low: Array
    high: Array

    @property
    def size(self) -> Array:
        return np.maximum(self.high - self.low, THINNEST)

    @property
    def center(self) -> Array:
        """In the base frame."""
        return np.asarray(self.rotation @ ((self.low + self.high) / 2))


def fit_box(points: Array, normals: Array) -> Frame:
    """The smallest of a few boxes: about the main face's normal, upright, and about the principal axes; one whose faces
    the surface does not follow counts as twice as large: two faces of a box fit into a slanting slab.

    points, normals: shape (N, 3), N >= 1. The first axis is the one about which the box was fitted.
    """
    few = slice(None, None, 1 + len(points) // ENOUGH)
    frames = [_box_about(axis, points[few], normals[few]) for axis in _axes(points[few], normals[few])]
    aligned = [float((np.abs(normals[few] @ f.rotation).max(axis=1) > ALIGNED).mean()) for f in frames]
    volumes = [float(np.prod(np.maximum(f.size, 0.004))) * (2 - share) for f, share in zip(frames, aligned)]
    rotation = frames[int(np.argmin(volumes))].rotation
    return _on_faces(Frame(rotation, *_range(points @ rotation)), points, normals)


def most_upright_last(frame: Frame) -> Frame:
    """The same box, right-handed, with its most upright axis as z, pointing up."""
    upright = int(np.argmax(np.abs(frame.rotation[2])))
    order = [(upright + 1) % 3, (upright + 2) % 3, upright]
    rotation, low, high = frame.rotation[:, order].copy(), frame.low[order].copy(), frame.high[order].copy()
    if rotation[2, 2] < 0:
        rotation[:, 1:] *= -1
        low[1:], high[1:] = -high[1:], -low[1:].copy()
    return Frame(rotation, low, high)


def _axes(points: Array, normals: Array) -> list[Array]:
    centered = points - points.mean(axis=0)
    principal = np.linalg.eigh(centered.T @ centered)[1]
    return [_main_normal(normals), np.array([0.0, 0, 1]), principal[:, 0], principal[:, 2]]


def _main_normal(normals: Array) -> Array:
    """Mean of the largest set of normals within 15 degrees of one of them."""
    some = normals[:: max(1, len(normals) // 64)]
    agree = normals @ some.T > np.cos(np.deg2rad(15))
    inside = agree[:, int(np.argmax(agree.sum(axis=0)))]
    mean = normals[inside].mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


def _box_about(axis: Array, points: Array, normals: Array) -> Frame:
    """The box with one face across `axis`, turned about it by the side faces' normals or by the outline."""
    side = np.eye(3)[int(np.argmin(np.abs(axis)))]
    u = cross(axis, side)
    u /= np.linalg.norm(u)
    v = cross(axis, u)
    flat = np.column_stack([points @ u, points @ v]).astype(np.float32)
    angles = [np.deg2rad(cv2.minAreaRect(flat)[2])]
    sides = np.abs(normals @ axis) < 0.3
    if sides.sum() > 20:
        around = np.arctan2(normals[sides] @ v, normals[sides] @ u)
        fourfold = np.exp(4j * around).mean()
        if abs(fourfold) > SQUARE:
            angles.append(float(np.angle(fourfold)) / 4)
    frames = []
    for angle in angles:
        first = np.cos(angle) * u + np.sin(angle) * v
        rotation = np.column_stack([first, np.cos(angle) * v - np.sin(angle) * u, axis])
        frames.append(Frame(rotation, *_range(points @ rotation)))
    return frames[int(np.argmin([frame.size[0] * frame.size[1] for frame in frames]))]


def _range(values: Array) -> tuple[Array, Array]:
    """Each column's TAIL and 1 - TAIL quantiles, rounded to the next value."""
    tail = int(TAIL * len(values))
    part = np.partition(values, (tail, len(values) - 1 - tail), axis=0)
    return part[tail], part[len(values) - 1 - tail]


def _on_faces(frame: Frame, points: Array, normals: Array) -> Frame:
    """Each end of the box moved onto the flat face seen there: noise makes the outermost points lie before it."""
    local, turned = points @ frame.rotation, normals @ frame.rotation
    ends = [frame.low.copy(), frame.high.copy()]
    for end, sign in zip(ends, (-1, 1)):
        for axis in range(3):
            face = (sign * turned[:, axis] > 0.85) & (np.abs(local[:, axis] - end[axis]) < FACE_DEPTH)
            if face.sum() >= max(12, 0.04 * len(points)):
                levels = np.sort(local[face, axis])
                low, level, high = levels[[len(levels) // 4, len(levels) // 2, 3 * len(levels) // 4]]
                end[axis] = level if high - low < FACE_FLAT else end[axis]
    return Frame(frame.rotation, ends[0], np.maximum(ends[1], ends[0] + THINNEST))
