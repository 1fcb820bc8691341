"""What is truly so in the simulated cell: the judge of what the watch tells."""

from __future__ import annotations

import numpy as np

from grasping.tools import Tool
from perception.events import Event, EventKind
from perception.pose import Array, Pose
from perception.tote import Box
from perception.watch.hold_sensing import WEAK
from sim.bullet import pb
from sim.cell import SimCell
from sim.items.body import ItemBody
from sim.robot.fingers import FINGERS

from .pick import Pick

MOVED = 0.005  # metres by which an item truly moved, that makes an event true
TRUE_SLIP, TRUE_TURN = 0.010, np.deg2rad(20.0)  # the same of an item in hand
TRUE_OPENING = np.deg2rad(5.0)  # of a book: a centimetre at the edge of its cover
ALONG, ABOUT = 0.05, 0.3  # metres that another item has come along, and edge of the box around the tool that it is in
TOUCHED = 0.2  # newtons at each pad from which something is between the fingers


def item_poses(cell: SimCell) -> Array:
    """Where the first links of all items are, (N, 4, 4), base frame."""
    states = (
        pb.getBasePositionAndOrientation(item.bodies[0], physicsClientId=item.client) for item in cell._world.items
    )
    return np.array([Pose.from_quaternion(*state).matrix for state in states])


def angles(item: ItemBody) -> Array:
    """Of all joints of an item's bodies, rad: how far its covers are open."""
    client = item.client
    joints = ((body, joint) for body in item.bodies for joint in range(pb.getNumJoints(body, physicsClientId=client)))
    return np.array([pb.getJointState(*at, physicsClientId=client)[0] for at in joints])


def is_true(event: Event, cell: SimCell, pick: Pick) -> bool:
    """Whether an event of a calm pick, told just now, is borne out by what is so in the cell."""
    way = np.linalg.norm(item_poses(cell)[:, :3, 3] - pick.truth[0][2][:, :3, 3], axis=1)
    others = lambda least: [i for n, i in enumerate(cell._world.items) if way[n] > least and n != pick.target]
    if event.item is not None:
        return bool(way[pick.body(event.item)] > MOVED)
    if event.kind in (EventKind.ITEM_LOST, EventKind.PUMP_LOST):
        return not holds(cell, pick)
    if event.kind is EventKind.GRASP_WEAK:
        return not holds(cell, pick, WEAK)
    if event.kind is EventKind.ITEM_SLIPPED:
        return slipped(pick)
    if event.kind is EventKind.BOOK_OPENING:
        opened = np.abs(angles(cell._world.items[pick.target]) - pick.joints)
        tool = Box(Pose.from_rotation(pick.truth[-1][1].position, np.eye(3)), np.full(3, ABOUT))
        along = any(overlaps(tool, item) for item in others(ALONG))
        return bool((opened > TRUE_OPENING).any()) or slipped(pick) or along
    if event.kind is EventKind.PATH_BLOCKED and event.box is not None:
        return any(overlaps(event.box, item) for item in others(MOVED))
    return False


def holds(cell: SimCell, pick: Pick, share: float = 0.0) -> bool:
    """Whether the tool truly holds something, with at least this share of its strength."""
    if pick.grasp.tool is Tool.SUCTION:
        return cell._suction.held is not None and cell._suction.vacuum >= share * pick.vacuum
    forces = cell._parties.forces(cell._world.contacts())
    pads = forces[:, [cell._parties.number(name) for name in FINGERS]].sum(axis=0)
    return bool(pads.min() >= TOUCHED and pads.mean() >= share * pick.grasp.force)


def slipped(pick: Pick) -> bool:
    """Whether the item in hand truly moved in it since the first ticks of the carry."""
    last = len(pick.truth) - 1
    start = next(i for i, t in enumerate(pick.truth) if t[0] > pick.clear or i == last)
    tools = [np.linalg.inv(pick.truth[i][1].matrix) @ pick.truth[i][2] for i in (start, last)]
    body = int(np.argmin(np.linalg.norm(tools[0][:, :3, 3], axis=1)))
    change = tools[1][body] @ np.linalg.inv(tools[0][body])
    turn = np.arccos(np.clip((np.trace(change[:3, :3]) - 1) / 2, -1, 1))
    return bool(np.linalg.norm(change[:3, 3]) > TRUE_SLIP or turn > TRUE_TURN)


def overlaps(box: Box, item: ItemBody) -> bool:
    """Whether an item reaches into a box that is upright in the base frame."""
    middle, half = box.T_base_box.position, box.size / 2
    bounds = (
        pb.getAABB(body, link, physicsClientId=item.client)
        for body in item.bodies
        for link in range(-1, pb.getNumJoints(body, physicsClientId=item.client))
    )
    return any((low < middle + half).all() and (high > middle - half).all() for low, high in map(np.array, bounds))
