"""Pressure on an item under pads that hold it, and under tips that press on it, for long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grasping.tools import Gripper
from perception.pose import Array, Pose
from sim.bullet import pb

EDGE = 3e-3  # m: a patch narrower than this lies on an edge
PAD_MODULUS = 5e8  # Pa/m: 3 mm of rubber of 1.5 MPa
COLUMNS, ROWS = 22, 15  # of the grid of points on a pad


@dataclass(frozen=True)
class Patch:
    """Where two things press on each other. area: m^2; short: its lesser extent, metres."""

    area: float
    short: float

    @staticmethod
    def of_points(points: Array, normals: Array, least: float = 5e-3) -> Patch:
        """Under something hard, from contact points (N, 3), metres, with normals (N, 3): no narrower than `least`."""
        normal = normals.mean(axis=0)
        normal /= max(float(np.linalg.norm(normal)), 1e-9)
        flat = points - points.mean(axis=0)
        flat = flat - np.outer(flat @ normal, normal)
        axes = np.linalg.svd(flat)[2]
        long, short = (float(np.ptp(flat @ axis)) for axis in axes[:2])
        return Patch(max(long, least) * max(short, least), max(short, least))

    @staticmethod
    def of_lips(radius: float, cups: int = 1, width: float = 3e-3) -> Patch:
        """Under the soft lips of cups, metres."""
        return Patch(cups * 2 * np.pi * radius * width, 2 * radius)

    @staticmethod
    def of_pad(distance: Array, size: tuple[float, float], force: float) -> Patch | None:
        """Under a soft pad of `size`, metres, pressed on by `force`, newtons; None where the pad meets nothing.

        Winkler's foundation: each cell of the pad carries its depth of sinking in times PAD_MODULUS (Johnson,
        Contact Mechanics, section 4.3).

        Args:
            distance: from the undeformed pad to the item at a grid over the pad, shape (A, B), metres; infinite
                where there is nothing.
        """
        near = np.sort(distance[np.isfinite(distance)])
        if len(near) == 0:
            return None
        cell = size[0] * size[1] / distance.size
        count = np.arange(1, len(near) + 1)
        sunk = (force / (PAD_MODULUS * cell) + np.cumsum(near)) / count  # if just the nearest `count` cells touch
        touching = near < sunk
        pressed = distance < sunk[touching.sum() - 1]
        across = (float(pressed.any(axis=1 - k).sum()) * size[k] / distance.shape[k] for k in (0, 1))
        return Patch(float(pressed.sum()) * cell, min(across))

    @property
    def on_edge(self) -> bool:
        return self.short < EDGE


def pad_distance(
    client: int, T_base_finger: Pose, side: float, gripper: Gripper, item: tuple[int, ...], mask: int
) -> Array:
    """From a pad to the item before it, at a grid of points, shape (COLUMNS, ROWS), metres; infinite: none there.

    Args:
        T_base_finger: of a finger's link: origin at the fingertip's pad face.
        side: +1 where the item lies toward -y of the finger, -1 where toward +y.
        item: PyBullet body ids.
        mask: collision groups that rays see.
    """
    behind, reach = 4e-3, 8e-3
    x = (np.arange(COLUMNS) + 0.5) / COLUMNS * gripper.pad_width - gripper.pad_width / 2
    z = -(np.arange(ROWS) + 0.5) / ROWS * gripper.pad_length
    face = np.stack([*np.meshgrid(x, [0.0], z, indexing="ij")], axis=-1).reshape(-1, 3)
    starts = T_base_finger.apply(face + np.array((0, side * behind, 0)))
    ends = T_base_finger.apply(face - np.array((0, side * reach, 0)))
    hits = pb.rayTestBatch(starts.tolist(), ends.tolist(), collisionFilterMask=mask, physicsClientId=client)
    depth = np.array([hit[2] * (behind + reach) - behind if hit[0] in item else np.inf for hit in hits])
    return depth.reshape(COLUMNS, ROWS)
