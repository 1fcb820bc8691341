"""How hard to pinch: firm enough for the load, gentle enough for the item."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from grasping.beliefs.slip import Slip
from grasping.candidates.table import Candidates
from grasping.contact.friction import real_wedge
from grasping.contact.pad import pressed
from grasping.contact.wrench_limits import MOTION_SAFETY, OCTAGON, WEAK, pinch_asked
from grasping.quality.bowing import after_slips, pinch_friction
from grasping.quality.contact_quality import Quality
from grasping.quality.worth import Stakes
from grasping.tools import Gripper
from perception.pose import Array
from perception.scene import Scene

STEPS = (
    np.arange(9) / 8
) ** 1.5  # forces tried, from the gripper's least to its greatest: denser where they are gentle
GENTLE = 3e-4  # gain per newton that a lesser force is worth where nothing else decides
ANGLE_ERROR = np.deg2rad(0.7)  # expected between a pad and the surface once the item has yielded to the fingers


def with_force(
    scene: Scene,
    candidates: Candidates,
    quality: Quality,
    gripper: Gripper,
    stakes: Stakes | None = None,
    slips: Sequence[tuple[Slip, ...]] = (),
) -> tuple[Candidates, Array]:
    """Pinch candidates with the force that promises most, and their odds, shape (C, 4).

    Of the forces that bear the item at rest with what motion asks for besides: no plan moves it by less. Where none
    does, the odds are nought.

    slips: what lost pinches say of the item of each candidate, (C,); empty: nothing.
    """
    stakes = stakes or Stakes()
    chosen = at_force(candidates, gripper.force[0], gripper)
    odds: Array = np.zeros((len(candidates), 4))
    best: Array = np.full(len(candidates), -np.inf)
    least, greatest = gripper.force
    for force in least * (greatest / least) ** STEPS:
        tried = at_force(candidates, float(force), gripper)
        firm = bears(tried, gripper)
        if not firm.any():
            continue
        found, gain = np.zeros_like(odds), np.full(len(candidates), -np.inf)
        found[firm] = quality(scene, tried.only(firm))
        found = after_slips(found, tried.features, slips)
        gain[firm] = stakes.gains(found[firm]) - GENTLE * force
        better = gain > best
        best = np.where(better, gain, best)
        odds = np.where(better[:, None], found, odds)
        columns = {
            name: np.where(better, tried.features[name], chosen.features[name])
            for name in ("force", "patch_radius", "pressure")
        }
        chosen = chosen.described(**columns)
    return chosen, odds


def bears(candidates: Candidates, gripper: Gripper) -> NDArray[np.bool_]:
    """Whether motion may lift what each of the pinches is believed to hold, (C,): see `grasping.quality.select`."""
    f = candidates.features
    down = np.stack([f["down_x"], f["down_y"], f["down_z"]], axis=1)
    centre = np.stack([f["centre_x"] - f["patch_x"], f["centre_y"], f["centre_z"] - f["patch_z"]], axis=1)
    friction = pinch_friction(f, gripper.friction)
    asked = pinch_asked(f["mass"], centre, down, 0.0, friction, f["width"], f["patch_radius"]) / OCTAGON
    return np.asarray(MOTION_SAFETY * asked <= WEAK * f["force"])


def at_force(candidates: Candidates, force: float, gripper: Gripper) -> Candidates:
    """Candidates pinched at `force` newtons: what the pads then touch, and how hard they press.

    The item turns until its two sides lie evenly between the pads, so a tilt of both does not count.
    """
    f = candidates.features
    angle = np.hypot(real_wedge(f) * f["wedge"], ANGLE_ERROR)
    forces = np.full(len(f), force)
    area, radius = pressed(forces, f["patch_area"], f["curve_x"], f["curve_z"], angle, gripper)
    return candidates.described(force=forces, patch_radius=radius, pressure=force / area)
