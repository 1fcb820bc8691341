"""What a plan of grasps holds, and how it is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from grasping.grasp import Grasp
from grasping.tools import DualTool
from perception.camera import CameraFrame
from perception.pose import Pose
from perception.scene import ItemShape, Scene

Json = dict[str, Any]


@dataclass(frozen=True, eq=False)
class GraspPlan:
    """Items and the grasps that they offer, best first.

    Attributes:
        scene: what was perceived, in the support's frame (z is the support's normal, the origin lies on it).
        grasps: in the support's frame too, best first.
        worth: expected undamaged units per try of each grasp, in the same order.
        T_base_support: from the support's frame to that of the cameras' poses.
        frames: the rectified frames that were looked at, their poses in the support's frame.
        notes: what was assumed or left out, in words, such as why an item offers no grasp.
    """

    scene: Scene
    grasps: tuple[Grasp, ...]
    worth: tuple[float, ...]
    T_base_support: Pose
    frames: tuple[CameraFrame, ...]
    notes: tuple[str, ...] = ()

    @property
    def items(self) -> tuple[ItemShape, ...]:
        """Items with their shapes, in the frame of the cameras' poses (base)."""
        return tuple(item.moved(self.T_base_support) for item in self.scene.items)

    def T_base_tool(self, grasp: Grasp) -> Pose:
        """Where the tool takes a grasp, in the frame of the cameras' poses (base)."""
        return self.T_base_support @ grasp.T_base_tool

    def to_json(self, tool: DualTool) -> Json:
        """Plain data: metres, newtons, 4x4 poses in the frame of the cameras' poses (base). tool: that it is for."""
        return {
            "T_base_support": _rounded(self.T_base_support.matrix),
            "items": [_item(item) for item in self.items],
            "grasps": [self._grasp(grasp, worth, tool) for grasp, worth in zip(self.grasps, self.worth)],
            "notes": list(self.notes),
        }

    def _grasp(self, grasp: Grasp, worth: float, tool: DualTool) -> Json:
        odds = grasp.odds
        return {
            "tool": grasp.tool.value,
            "item": grasp.item,
            "skill": grasp.skill.name,
            "T_base_tool": _rounded(self.T_base_tool(grasp).matrix),
            "T_base_flange": _rounded((self.T_base_tool(grasp) @ tool.T_flange_tool(grasp.tool).inverse()).matrix),
            "opening": round(grasp.opening, 4),
            "width": round(grasp.width, 4),
            "force": round(grasp.force, 2),
            "vacuum": round(grasp.vacuum),
            "cups": list(grasp.cups),
            "odds": {
                "placed_undamaged": round(odds.placed_undamaged, 4),
                "acquire": round(odds.acquire, 4),
                "hold": round(odds.hold, 4),
                "damage": round(odds.damage, 4),
            },
            "worth": round(worth, 4),
        }


def _item(item: ItemShape) -> Json:
    return {
        "id": item.id,
        "size": _rounded(item.size),
        "T_base_item": _rounded(item.T_base_box.matrix),
        "confidence": round(float(item.confidence.mean()), 3),
        "whole": round(item.whole, 3),
        "seen": round(float(item.seen.mean()), 3),
        "volume": round(item.volume, 7),
        "color": [int(value) for value in item.colors.mean(axis=0)],
    }


def _rounded(values: Any) -> Any:
    return np.round(np.asarray(values, np.float64), 5).tolist()
