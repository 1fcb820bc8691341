"""A picture of a plan: every camera's view with the items found, and the best grasps on them."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from grasping.draw import draw_grasp
from grasping.tools import DualTool
from handpick.grasp_plan.result import GraspPlan
from perception.camera import CameraFrame
from perception.draw import draw_items, item_color

MOST_GRASPS = 4  # that are drawn, the best of different items
WIDEST = 1600  # pixels
LINE = 26  # pixels between lines of text
GREY_SPREAD = 3  # levels of colour up to which a picture shows nothing


def picture(plan: GraspPlan, tool: DualTool) -> NDArray[np.uint8]:
    """RGB, shape (height, width, 3): each view beside the same with items and grasps, and the ranking below."""
    rows = [np.hstack([_shown(frame), _drawn(frame, plan, tool)]) for frame in plan.frames]
    width = min(WIDEST, max(row.shape[1] for row in rows))
    scaled = [cv2.resize(row, (width, round(row.shape[0] * width / row.shape[1]))) for row in rows]
    return np.vstack([*scaled, _ranking(plan, width)])


def _shown(frame: CameraFrame) -> NDArray[np.uint8]:
    """The colour, or the depth where there is none."""
    if frame.color.std() > GREY_SPREAD:
        return frame.color
    known = np.isfinite(frame.depth)
    near, far = np.percentile(frame.depth[known], (1, 99))
    level = np.clip(255 * (far - np.nan_to_num(frame.depth, nan=far)) / max(far - near, 1e-3), 0, 255).astype(np.uint8)
    return np.asarray(cv2.cvtColor(cv2.applyColorMap(level, cv2.COLORMAP_VIRIDIS), cv2.COLOR_BGR2RGB), np.uint8)


def _drawn(frame: CameraFrame, plan: GraspPlan, tool: DualTool) -> NDArray[np.uint8]:
    image = draw_items(replace(frame, color=_shown(frame)), plan.scene)
    shown: set[int] = set()
    for grasp in plan.grasps:
        if grasp.item not in shown and len(shown) < MOST_GRASPS:
            shown.add(grasp.item)
            image = draw_grasp(image, frame.camera, grasp, tool)
    return image


def _ranking(plan: GraspPlan, width: int) -> NDArray[np.uint8]:
    """The best grasps as lines of text, each with its item's colour."""
    best = plan.grasps[:MOST_GRASPS] or ()
    panel = np.full((LINE * (max(len(best), 1) + 1), width, 3), 250, np.uint8)
    words = [
        f"{rank + 1}. {grasp.tool.value} on item {grasp.item}: placed undamaged {grasp.odds.placed_undamaged:.0%} "
        f"(acquire {grasp.odds.acquire:.0%}, hold {grasp.odds.hold:.0%}, damage {grasp.odds.damage:.0%})"
        for rank, grasp in enumerate(best)
    ]
    for row, line in enumerate(words or ["no grasp"]):
        at = LINE * (row + 1)
        color = item_color(best[row].item) if best else (90, 90, 90)
        cv2.rectangle(panel, (12, at - 14), (26, at), color, -1)
        cv2.putText(panel, line, (36, at - 1), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (30, 30, 30), 1, cv2.LINE_AA)
    return panel
