"""Writes the beliefs about items into the features of the candidates on them."""

from __future__ import annotations

import numpy as np

from grasping.beliefs.belief import Belief
from grasping.candidates.table import Candidates
from grasping.tools import Tool

SPINE_ERROR = 0.01  # metres by which the place is believed wrong where a book hangs on its spine


def describe(candidates: Candidates, beliefs: list[Belief]) -> Candidates:
    """Candidates with what is believed of their items; beliefs[i] is that of scene.items[i]."""
    T, of = candidates.T_base_tool, [beliefs[i] for i in candidates.item]
    offset = np.array([b.load.centre for b in of]).reshape(-1, 3) - T[:, :3, 3]
    centre = (T[:, :3, :3].transpose(0, 2, 1) @ offset[..., None])[..., 0]
    normal = T[:, :3, 2] if candidates.tool is Tool.SUCTION else T[:, :3, 1]
    thin = np.array([b.thin for b in of]).reshape(-1, 3)
    spine = candidates.features["spine_at"]
    centre[spine != 0] *= (0, 1, 0)  # as in `grasping.skills.swing.Swing.carried`
    return candidates.described(
        mass=[b.load.mass for b in of],
        mass_spread=[b.mass_spread for b in of],
        centre_x=centre[:, 0] + spine / 2,
        centre_y=centre[:, 1],
        centre_z=centre[:, 2],
        centre_radius=np.where(spine == 0, [b.load.centre_radius for b in of], SPINE_ERROR),
        down_x=-T[:, 2, 0],
        down_y=-T[:, 2, 1],
        down_z=-T[:, 2, 2],
        burden=[b.burden for b in of],
        wedged=[b.wedged for b in of],
        boxlike=[b.boxlike for b in of],
        bookish=[b.bookish for b in of],
        flatness=[b.flatness for b in of],
        girth=[b.girth for b in of],
        fill=[b.fill for b in of],
        across_covers=np.abs((normal * thin).sum(axis=1)),
    )
