"""After a stop in flight: put the item down at the nearest safe place, wherever that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from grasping.grasp import Grasp, in_grasp
from motion.errors import NoPlace, PlanError
from motion.paths.arches import UP, timed
from motion.plan import Plan
from motion.planning.constraints import Setting
from motion.planning.placing import Place, Placing, places
from motion.planning.planning_scene import Leg
from motion.planning.source_heights import source_heights
from motion.planning.step import Landing, Released, Step
from motion.planning.task import CLEAR, CONTACT_SPEED, CONTACT_WAY
from motion.planning.workspace import Workspace
from motion.timing.time_optimal import retime
from perception.pose import Array, Pose
from perception.scene import HeightMap, ItemShape, Scene
from perception.tote import Box
from perception.watch.intent import Phase

NEAREST = Placing(distance=0.3)  # ten centimetres of way are worth three of height
TRIES = 4  # places, the best first
HAND = 0.11  # metres: half the width of the hand that comes down on a place
LANDS = 0.35  # seconds before the end of a motion from which the item may touch what it is set down on


def set_down(
    room: Workspace, grasp: Grasp, scene: Scene, setting: Setting, positions: Array, delivered: bool = True
) -> Plan:
    """To the nearest free place in the source or the destination, from joint positions (J,) at rest.

    Args:
        grasp, scene: as the pick was planned. setting: of the motion that was stopped, with all that was noticed since:
            what stands in the way, how the item has slipped, what strength the hold has left.
        delivered: whether the item may come to lie in the destination.

    Raises:
        PlanError: why there is none; the item can only be held, or given up where it is.
    """
    setting = setting.standing(positions)
    T_last_grasp = setting.stage.T_last_grasp
    tool = setting.stage.tool_positions(positions[None])[0]
    item = _slipped(in_grasp(scene, grasp), grasp, setting.slip)
    points = room.staging.letting_go(grasp, T_last_grasp)
    failure: PlanError = NoPlace("neither tote has room to set the item down; replace one of them")
    found: list[Place] = []
    floors = source_heights(scene, grasp.item), _moved(scene.destination, setting)
    for floor in floors if delivered else floors[:1]:
        try:
            found += places(floor, item, grasp.T_base_tool, points, tool, NEAREST)
        except NoPlace as error:
            failure = error
    for place in sorted(found, key=lambda place: (_beneath(place, setting.added), place.cost))[:TRIES]:
        try:
            return _carried(room, setting, positions, item, grasp, place)
        except PlanError as error:
            failure = error
    raise failure


def _carried(room: Workspace, setting: Setting, start: Array, item: ItemShape, grasp: Grasp, place: Place) -> Plan:
    stage = setting.stage
    end = room.router.inverse.best(place.T_base_grasp @ stage.T_last_grasp.inverse(), start)
    hang = float(grasp.T_base_tool.position[2] - item.points[:, 2].min())
    over = room.rim + CLEAR + max(hang, 0.0)
    heights = stage.tool_positions(np.stack([start, end]))[:, 2]
    out, into = (Leg(UP, 0.0, max(over - height, 0.02)) for height in heights)
    path, *contact = stage.way(start, end, over, out, into)
    way = timed(room.arm, path, stage.T_last_grasp, 0.0, CONTACT_WAY, CONTACT_SPEED)
    motion = retime(setting.loaded, way, setting.hold, room.staging.pace)
    ends = stage.tool_positions(motion.positions[[0, -1]])
    reach = contact[0], contact[1]
    new = replace(setting, ends=ends, contact=reach, into=contact[1] * UP, shift=Pose.identity())
    new.check(motion.positions[::10])
    step = Step(Phase.SET_DOWN, Landing(LANDS), motion, new)
    return Plan((step, Step(Phase.RELEASE, Released())))


def _beneath(place: Place, boxes: Sequence[Box]) -> bool:
    """Whether the hand would meet a box on its way down to a place."""
    x, y, _ = place.T_base_grasp.position
    for box in boxes:
        beneath = box.T_base_box.inverse().apply(np.array((x, y, box.T_base_box.position[2])))
        if (np.abs(beneath) < box.size / 2 + HAND).all():
            return True
    return False


def _moved(floor: HeightMap, setting: Setting) -> HeightMap:
    """The destination where it stands now."""
    return floor if setting.destination is None else replace(floor, tote=setting.destination)


def _slipped(item: ItemShape, grasp: Grasp, slip: Pose) -> ItemShape:
    """The item as it would lie where it was grasped, had it slipped there."""
    motion = grasp.T_base_tool @ slip @ grasp.T_base_tool.inverse()
    return replace(item, points=motion.apply(item.points), T_base_box=motion @ item.T_base_box)
