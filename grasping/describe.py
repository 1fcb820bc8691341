"""What is believed of the items, and what it adds to the candidates' features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grasping.candidates import Candidates
from grasping.contact import carried, pinch_needed, pressed_area
from grasping.grasp import Load
from grasping.load import DensityPrior, load
from grasping.surroundings import bookish, burden, wedged
from grasping.tools import Gripper, Tool
from perception.pose import Array
from perception.scene import ItemShape, Scene

FORCES = 9  # steps between the least and the greatest pinch force
SLIPPERY = 0.8  # of the believed friction, that the force allows for
ANGLE_ERROR = np.deg2rad(1.2)  # expected between a pad and the surface once the item has yielded to the fingers
SAFETY = 1.2  # pinch force over the force needed by a heavy, slippery item
ACCELERATION = 3.0  # m/s^2 that a chosen pinch force allows for
SQUEEZE = 90e3  # pad pressure in pascals that the force keeps below where the load allows


@dataclass(frozen=True, eq=False)
class Belief:
    """What is believed of one item, whatever the grasp.

    Attributes:
        load: in the base frame.
        burden, wedged, bookish: as in `grasping.surroundings`.
        flatness: thinnest over middle edge of its box. girth: that middle edge, metres.
        thin: the box's thinnest axis in the base frame, shape (3,).
    """

    load: Load
    burden: float
    wedged: float
    bookish: float
    flatness: float
    girth: float
    thin: Array


def believe(scene: Scene, item: ItemShape, prior: DensityPrior) -> Belief:
    """What `item` is believed to be in its `scene`."""
    thinnest, middle, _ = np.argsort(item.size, kind="stable")
    return Belief(
        load=load(item, prior),
        burden=burden(scene, item),
        wedged=wedged(scene, item),
        bookish=bookish(item),
        flatness=float(item.size[thinnest] / max(item.size[middle], 1e-6)),
        girth=float(item.size[middle]),
        thin=item.T_base_box.rotation[:, thinnest],
    )


def describe(candidates: Candidates, beliefs: list[Belief]) -> Candidates:
    """Candidates with what is believed of their items; beliefs[i] is that of scene.items[i]."""
    T, of = candidates.T_base_tool, [beliefs[i] for i in candidates.item]
    offset = np.array([b.load.centre for b in of]).reshape(-1, 3) - T[:, :3, 3]
    centre = (T[:, :3, :3].transpose(0, 2, 1) @ offset[..., None])[..., 0]
    normal = T[:, :3, 2] if candidates.tool is Tool.SUCTION else T[:, :3, 1]
    thin = np.array([b.thin for b in of]).reshape(-1, 3)
    return candidates.described(
        mass=[b.load.mass for b in of],
        centre_x=centre[:, 0],
        centre_y=centre[:, 1],
        centre_z=centre[:, 2],
        centre_radius=[b.load.centre_radius for b in of],
        down_x=-T[:, 2, 0],
        down_y=-T[:, 2, 1],
        down_z=-T[:, 2, 2],
        burden=[b.burden for b in of],
        wedged=[b.wedged for b in of],
        bookish=[b.bookish for b in of],
        flatness=[b.flatness for b in of],
        girth=[b.girth for b in of],
        across_covers=np.abs((normal * thin).sum(axis=1)),
    )


def with_force(candidates: Candidates, beliefs: list[Belief], gripper: Gripper) -> Candidates:
    """Pinch candidates with the force to use: enough for a heavy, slippery item, but not so much as to dent it.

    More force presses the pads on a larger area, so each step of FORCES is tried and the least that suffices is taken.
    """
    f = candidates.features
    centre = np.stack([f["centre_x"] - f["patch_x"], f["centre_y"], f["centre_z"] - f["patch_z"]], axis=1)
    heavy = np.array([beliefs[i].load.mass_range[1] for i in candidates.item])
    down = np.stack([f["down_x"], f["down_y"], f["down_z"]], axis=1)
    wrenches = carried(heavy, centre, down, ACCELERATION)
    friction = np.float64(SLIPPERY * gripper.friction)
    angle = np.hypot(f["pad_angle"], ANGLE_ERROR)
    best: Array | None = None
    for step in np.geomspace(*gripper.force, FORCES):
        force = np.full(len(f), step)
        area = pressed_area(force, f["patch_area"], f["curve_x"], f["curve_z"], angle, gripper)
        radius = np.sqrt(area / np.pi)
        needed = pinch_needed(wrenches, friction, f["width"][:, None], radius[:, None]).max(axis=1, initial=0)
        row = np.stack([force, radius, force / area, needed])
        if best is None:
            best = row
            continue
        stronger = (best[0] < best[3]) | ((best[0] < SAFETY * best[3]) & (row[2] < SQUEEZE))
        best = np.where(stronger, row, best)
    assert best is not None
    return candidates.described(force=best[0], patch_radius=best[1], pressure=best[2])
