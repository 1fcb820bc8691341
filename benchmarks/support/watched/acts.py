"""What may be done to the simulated cell while it is looked on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grasping.tools import DualTool
from motion.robot.arm import Arm
from perception.pose import Array, Pose
from sim.bullet import pb
from sim.cell import SimCell
from sim.items.body import ItemBody
from sim.render.scene import SCENERY
from sim.render.shapes import box_mesh
from sim.robot.seal import Break
from sim.robot.vacuum import Pump

from .pick import Act, Pick

ARM = Arm(DualTool())
DESTINATION = 1  # handle of the destination tote in the visual scene: totes are shown first


def item_at(cell: SimCell, place: Array) -> ItemBody:
    """The item whose centre of mass is nearest to a place of the base frame."""
    return min(cell._world.items, key=lambda item: float(np.linalg.norm(item.centre_of_mass() - place)))


def target(cell: SimCell, pick: Pick) -> ItemBody:
    return item_at(cell, pick.scene.item(pick.grasp.item).T_base_box.position)


def held(cell: SimCell, pick: Pick) -> ItemBody:
    """The item in hand."""
    if cell._suction.held is not None and cell._suction.held.item is not None:
        return cell._suction.held.item
    return item_at(cell, ARM.T_base_tool(cell.state().positions, pick.grasp.tool).position)


def put_off(item: ItemBody, offset: Array, turn: float = 0.0) -> None:
    """Lift all bodies of an item a little and let them fall back `offset` beside, turned about the vertical."""
    centre = item.centre_of_mass()
    about = Pose.from_euler((0, 0, 0), (0, 0, turn))
    for body in item.bodies:
        position, quaternion = pb.getBasePositionAndOrientation(body, physicsClientId=item.client)
        pose = about @ Pose.from_quaternion(np.array(position) - centre, quaternion)
        placed = pose.position + centre + offset
        velocity = pb.getBaseVelocity(body, physicsClientId=item.client)
        pb.resetBasePositionAndOrientation(body, placed, pose.quaternion, physicsClientId=item.client)
        pb.resetBaseVelocity(body, *velocity, physicsClientId=item.client)


def nudge_target(cell: SimCell, pick: Pick) -> None:
    """The target lies 3 cm beside where it lay, towards the middle of the tote."""
    item = target(cell, pick)
    put_off(item, _inwards(cell, item) * 0.03 + (0, 0, 0.02), 0.3)


def topple_neighbour(cell: SimCell, pick: Pick) -> None:
    """The item next to the target falls off it."""
    place = pick.scene.item(pick.grasp.item).T_base_box.position
    own = target(cell, pick)
    others = [item for item in cell._world.items if item is not own]
    nearest = min(others, key=lambda item: float(np.linalg.norm(item.centre_of_mass() - place)))
    put_off(nearest, _inwards(cell, nearest) * 0.03 + (0, 0, 0.03), 0.5)


def block_path(cell: SimCell, pick: Pick) -> None:
    """A box of 8 cm hangs on the way that is left: where the tool will be at half of the time."""
    _, began, motion = pick.motions[-1]
    done = (cell.clock() - began) / motion.duration
    place = ARM.T_base_tool(motion.sample((0.5 + 0.5 * done) * motion.duration)[0], pick.grasp.tool).position
    mesh = box_mesh(np.array((0.08, 0.08, 0.08)), np.array((0.8, 0.1, 0.1)))
    cell._scene.add(SCENERY, None, mesh, Pose.from_rotation(place, np.eye(3)))


def shift_destination(cell: SimCell, pick: Pick) -> None:
    """The destination tote stands 5 cm further along its length."""
    move_tote(cell, cell.layout.destination.T_base_tote.rotate((0.05, 0.0, 0.0)))


def move_tote(cell: SimCell, offset: Array) -> None:
    """Move the destination tote, without what lies in it."""
    shown = cell._scene.shown[DESTINATION]
    shown.T_base_link = shown.T_base_link.copy()
    shown.T_base_link[:3, 3] += offset
    client = cell._world.client
    for body in cell._world.scenery["destination"]:
        position, quaternion = pb.getBasePositionAndOrientation(body, physicsClientId=client)
        pb.resetBasePositionAndOrientation(body, np.array(position) + offset, quaternion, physicsClientId=client)


def lose_pump(cell: SimCell, pick: Pick) -> None:
    """The pump draws no air any more."""
    cell._suction.pump = Pump(flow=1e-9)


def tear_off(cell: SimCell, pick: Pick) -> None:
    """The cup's seal fails."""
    for cup in cell._suction.holding:
        cup.let_go(Break.PEEL)


def drop(cell: SimCell, pick: Pick) -> None:
    """The fingers open."""
    cell._fingers.go(0.14, 10.0)


def knock(cell: SimCell, pick: Pick) -> None:
    """What is held sits 25 mm further along the cup's face or the pads, and is held there."""
    along = ARM.T_base_tool(cell.state().positions, pick.grasp.tool).rotate((0.025, 0.0, 0.0))
    cup = cell._suction.cups[0]
    touch = cup.held
    for joint in cup._joints:
        pb.removeConstraint(joint, physicsClientId=cell._world.client)
    put_off(held(cell, pick), along)
    cup._joints = () if touch is None else (cup._join(touch, pb.JOINT_FIXED),)


def lose_cameras(names: Sequence[str]) -> Act:
    """These cameras die."""

    def act(cell: SimCell, pick: Pick) -> None:
        for name in names:
            cell.cameras.fail(name)

    return act


def _inwards(cell: SimCell, item: ItemBody) -> Array:
    """Horizontal unit vector from an item to the middle of the source tote."""
    way = cell.layout.source.T_base_tote.position - item.centre_of_mass()
    way[2] = 0.0
    return np.asarray(way / max(float(np.linalg.norm(way)), 1e-6))
