"""The standard cell's planner, and what it is asked: scenes of boxes, and grasps from straight above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.support.scenes import Solid, box, make_scene
from grasping.grasp import Grasp, Load, Odds, WrenchLimits
from grasping.tools import Tool
from handpick.layout import standard_layout
from motion.planner import Planner
from motion.robot.arm import Arm
from perception.pose import Pose
from perception.scene import HeightMap, Scene

LAYOUT = standard_layout()
ARM = Arm()
PLANNER = Planner(ARM, LAYOUT.source, LAYOUT.destination, LAYOUT.obstacles, LAYOUT.cameras)
BOXES = PLANNER.workspace.staging.boxes
FIRM = WrenchLimits(np.vstack([np.eye(6), -np.eye(6)]), np.array((20, 20, 20, 1, 1, 1) * 2))


def height_map(height: float = 0.0) -> HeightMap:
    """A destination that is filled evenly."""
    shape = tuple(round(n / 0.01) for n in LAYOUT.destination.inner[:2])
    return HeightMap(LAYOUT.destination, 0.01, np.full(shape, height, np.float32), np.ones(shape, bool))


def scene_of(solids: Sequence[Solid], height: float = 0.0) -> Scene:
    return replace(make_scene(solids, tote=LAYOUT.source, spacing=0.006), destination=height_map(height))


def top_grasp(scene: Scene, item_id: int, tool: Tool, mass: float = 0.3, limits: WrenchLimits = FIRM) -> Grasp:
    """From straight above: the cup on the middle of the top, or the fingers across the shorter level edge."""
    item = scene.item(item_id)
    axes, size = item.T_base_box.rotation, item.size
    close = axes[:, int(np.argmin(size[:2]))]
    down = np.array((0, 0, -1.0))
    close = close - (close @ down) * down
    close /= np.linalg.norm(close)
    top = item.points[:, 2].max()
    depth = 0.0 if tool is Tool.SUCTION else min(0.03, 0.6 * size[2])
    position = np.array((*item.T_base_box.position[:2], top - depth))
    pose = Pose.from_rotation(position, np.column_stack([np.cross(close, down), close, down]))
    width = float(size[:2].min()) if tool is Tool.PINCH else 0.0
    opening = min(width + 0.02, 0.14) if tool is Tool.PINCH else ARM.tool.cup.fingers_open
    load = Load(mass, np.array((0, 0, size[2] / 2 - depth)), 1e-3 * np.eye(3), (0.7 * mass, 1.3 * mass))
    return Grasp(tool, item_id, pose, opening, width, 40.0 * (width > 0), Odds(0.9, 0.9, 0.1), limits, load)


ONE = scene_of([box((0.05, 0.02, 0.0305), (0.12, 0.08, 0.06), (0, 0, 0.5))])
