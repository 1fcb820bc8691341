"""Hidden extent of an item in hand: it may hang or reach deeper than believed, or fall over once put down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation

from grasping.contact.wrench_limits import rest_share
from grasping.felt_grip import firmness, on_book
from grasping.grasp import Grasp
from grasping.tools import Tool
from perception.pose import Array
from perception.scene import ItemShape, Occupancy, Scene, Space

UNDERSIDE = 0.010  # metres over its lowest point that belong to an item's underside
SLIM = 1.2  # times its width by which what stands free is higher and may fall over
MOST = 0.045  # metres of hidden depth that are minded: what is deeper yet is felt at speed
STIFF = 0.03  # metres around the cup's axis in which a limp item does not hang down
TURNS = 1 / 3, 2 / 3, 1.0  # shares of the way to where it hangs at which an item that turns is minded
DROOP = 0.5  # metres by which it hangs down per metre beyond: shirts and bags are up to 0.12 lower than they lay


def hidden_depth(scene: Scene, item: ItemShape) -> float:
    """Metres by which `item` may reach further down than believed.

    Cameras over a full tote do not see the foot of what stands in it. The item ends at the latest where free space or
    something else was seen under most of its underside, or at the tote's floor.
    """
    grid, lowest = scene.occupancy, float(item.points[:, 2].min())
    floor = float(scene.source.T_base_tote.position[2])
    under = item.points[item.points[:, 2] < lowest + UNDERSIDE].copy()
    depth = 0.0
    while depth < min(MOST, lowest - floor):
        under[:, 2] = lowest - depth - 1.5 * grid.voxel  # its own lowest voxels are blurred
        if under[0, 2] > floor and _unseen(grid, under) < 0.5:
            break
        depth += grid.voxel
    return min(depth, MOST, max(lowest - floor, 0.0))


def hung_down(grasp: Grasp, points: Array) -> Array | None:
    """Where points (N, 3) of an item in hand may hang, both in the grasp's frame; None: nowhere but where they are."""
    if grasp.tool is Tool.PINCH:
        return turned(grasp, points) if may_turn(grasp) else None
    if not grasp.limp:
        return None
    beyond = np.maximum(np.linalg.norm(points[:, :2], axis=1) - STIFF, 0.0)
    return np.asarray(points - DROOP * beyond[:, None] * grasp.T_base_tool.rotation[2])


def hung_depth(grasp: Grasp, item: ItemShape) -> float:
    """Metres by which an item that turned between the pads reaches further down, up to MOST."""
    if grasp.tool is not Tool.PINCH or not may_turn(grasp):
        return 0.0
    points = grasp.T_base_tool.inverse().apply(item.points)
    deeper = points @ grasp.T_base_tool.rotation[2], turned(grasp, points) @ grasp.T_base_tool.rotation[2]
    return min(float(deeper[0].min() - deeper[1].min()), MOST)


def may_turn(grasp: Grasp) -> bool:
    """Whether what may be a book turns between the pads by its weight, at most as heavy as is plausible: what else is
    pinched is held as evenly as believed.
    """
    if not on_book(grasp):
        return False
    load = replace(grasp.load, mass=grasp.load.mass_range[1])
    return rest_share(load, firmness(grasp), grasp.T_base_tool) > 1


def turned(grasp: Grasp, points: Array) -> Array:
    """Points (N, 3) of the grasp's frame as they are, and on their way (M, 3) to where the middle hangs below the
    pads, about which they turn.
    """
    f, up = grasp.features, grasp.T_base_tool.rotation[2]
    assert f is not None
    pads = np.array([f["patch_x"], 0.0, f["patch_z"]])
    lever = grasp.load.centre - pads
    angle = np.arctan2(-up[0], -up[2]) - np.arctan2(lever[0], lever[2])
    angle = (angle + np.pi) % (2 * np.pi) - np.pi
    ways = Rotation.from_rotvec(np.outer(np.array(TURNS) * angle, (0.0, 1.0, 0.0)))
    return np.concatenate([points, *(way.apply(points - pads) + pads for way in ways)])


def fallen(points: Array) -> Array:
    """Where else an item put down at surface points (N, 3) may come to lie: over either side of its foot.

    Shape (M, 3) with M = 0 where it stands too broad to fall, else 2 N.
    """
    low, middle = points.min(axis=0)[2], points[:, :2].mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((points[:, :2] - middle).T))
    narrow, along = axes[:, 0], axes[:, 1]
    across, height = (points[:, :2] - middle) @ narrow, points[:, 2] - low
    if np.ptp(height) < SLIM * np.ptp(across):
        return np.zeros((0, 3))
    beside = middle + np.outer((points[:, :2] - middle) @ along, along)
    sides = []
    for side in (1, -1):
        edge = (side * across).max()
        flat = beside + np.outer(side * (edge + height), narrow)
        sides.append(np.column_stack([flat, low + edge - side * across]))
    return np.concatenate(sides)


def _unseen(grid: Occupancy, points: Array) -> float:
    """Share of points (N, 3) of the base frame that no camera saw to be free or filled."""
    inside, at = grid.voxels(points)
    return float((inside & (grid.state[at] == Space.UNSEEN)).mean())
