"""Fills in what a candidate's features say of load, neighbours and pinch force."""

from __future__ import annotations

import numpy as np

from grasping.candidates import Candidates
from grasping.contact import carried, pinch_needed
from grasping.grasp import Load
from grasping.load import DensityPrior, load
from grasping.surroundings import bookish, burden, wedged
from grasping.tools import Gripper, Tool
from perception.pose import Array
from perception.scene import Scene

SAFETY = 1.5  # pinch force over the force needed by a heavy, slippery item
ACCELERATION = 4.0  # m/s^2 that a chosen pinch force allows for
SQUEEZE = 90e3  # pad pressure in pascals that the force keeps below where the load allows


def describe(scene: Scene, candidates: Candidates, loads: list[Load]) -> Candidates:
    """Candidates with their load, neighbourhood and bookishness; loads[i] is that of scene.items[i], base frame."""
    item, T = candidates.item, candidates.T_base_tool
    R_tool_base = T[:, :3, :3].transpose(0, 2, 1)
    centre = (R_tool_base @ (np.array([l.centre for l in loads])[item] - T[:, :3, 3])[..., None])[..., 0]
    about = np.array([surroundings(scene, i) for i in range(len(scene.items))])[item]
    normal = T[:, :3, 2] if candidates.tool is Tool.SUCTION else T[:, :3, 1]
    return candidates.described(
        mass=np.array([l.mass for l in loads])[item],
        centre_x=centre[:, 0],
        centre_y=centre[:, 1],
        centre_z=centre[:, 2],
        centre_radius=np.array([l.centre_radius for l in loads])[item],
        down_x=-T[:, 2, 0],
        down_y=-T[:, 2, 1],
        down_z=-T[:, 2, 2],
        burden=about[:, 0],
        wedged=about[:, 1],
        bookish=about[:, 2],
        flatness=about[:, 3],
        across_covers=np.abs((normal * about[:, 4:]).sum(axis=1)),
    )


def surroundings(scene: Scene, index: int) -> Array:
    """burden, wedged, bookish, flatness and the thinnest axis (base frame) of scene.items[index], shape (7,)."""
    item = scene.items[index]
    thin, middle, _ = np.sort(item.size)
    axis = item.T_base_box.rotation[:, int(np.argmin(item.size))]
    return np.array([burden(scene, item), wedged(scene, item), bookish(item), thin / max(middle, 1e-6), *axis])


def believed_loads(scene: Scene, prior: DensityPrior) -> list[Load]:
    """One load per item, in the base frame."""
    return [load(item, prior) for item in scene.items]


def with_force(candidates: Candidates, loads: list[Load], gripper: Gripper) -> Candidates:
    """Pinch candidates with the force to use: enough for a heavy, slippery item, but not so much as to dent it."""
    f = candidates.features
    centre = np.stack([f["centre_x"] - f["patch_x"], f["centre_y"], f["centre_z"] - f["patch_z"]], axis=1)
    heavy = np.array([l.mass_range[1] for l in loads])[candidates.item]
    down = np.stack([f["down_x"], f["down_y"], f["down_z"]], axis=1)
    wrenches = carried(heavy, centre, down, ACCELERATION)
    friction = np.float64(0.8 * gripper.friction)
    needed = pinch_needed(wrenches, friction, f["width"][:, None], f["patch_radius"][:, None]).max(axis=1)
    gentle = np.maximum(SQUEEZE * f["patch_area"], needed)
    return candidates.described(force=np.clip(np.minimum(SAFETY * needed, gentle), *gripper.force))
