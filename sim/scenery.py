"""Puts what the cell consists of into the scene that the cameras see."""

from __future__ import annotations

import numpy as np

from handpick.cell import CellLayout
from perception.pose import Pose
from sim.items.body import ItemBody
from sim.render.scene import SCENERY, VisualScene
from sim.render.shapes import FLOOR_COLOR, PEDESTAL_COLOR, TABLE_COLOR, box_mesh, tote_mesh

FLOOR_Z = -0.95  # below the arm's mounting plane, metres


def show_scenery(scene: VisualScene, layout: CellLayout) -> dict[str, int]:
    """Totes, table and other obstacles, the arm's pedestal, and the floor. Handles of the totes in the scene."""
    totes = {"source": layout.source, "destination": layout.destination}
    handles = {name: scene.add(SCENERY, None, tote_mesh(tote), tote.T_base_tote) for name, tote in totes.items()}
    for box in layout.obstacles:
        scene.add(SCENERY, None, box_mesh(box.size, TABLE_COLOR), box.T_base_box)
    scene.add(SCENERY, None, box_mesh((6, 6, 0.1), FLOOR_COLOR), _at(0, 0, FLOOR_Z - 0.05))
    scene.add(SCENERY, None, box_mesh((0.22, 0.20, -FLOOR_Z), PEDESTAL_COLOR), _at(-0.04, 0, FLOOR_Z / 2))
    return handles


def show_item(scene: VisualScene, item: ItemBody) -> None:
    """Show an item for as long as it is in the world; its pixels carry the PyBullet ids of its bodies."""
    for ref, mesh in item.rigid_visuals():
        scene.add(ref.body, ref.link, mesh)
    if item.spec.skin is not None:
        scene.add_skin(item.bodies[0], item.spec.skin.mesh, lambda: item.mesh()[0])


def _at(x: float, y: float, z: float) -> Pose:
    return Pose.from_rotation((x, y, z), np.eye(3))
