"""Why an item offers no grasp, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from grasping.grasp import Grasp
from grasping.tools import DualTool, Tool
from perception.scene import ItemShape, Scene


def reasons(scene: Scene, grasps: Sequence[Grasp], tool: DualTool, tools: frozenset[Tool]) -> Iterator[str]:
    """A sentence on each item that is offered no grasp, and one where there is no item."""
    if not scene.items:
        yield "nothing stands on the support"
    taken = {grasp.item for grasp in grasps}
    for item in scene.items:
        if item.id not in taken:
            yield f"item {item.id}: " + "; ".join(_why(item, tool, tools))


def _why(item: ItemShape, tool: DualTool, tools: frozenset[Tool]) -> Iterator[str]:
    if Tool.PINCH in tools:
        widest = tool.gripper.opening[1]
        narrow = float(np.sort(item.size)[0])
        if narrow > widest:
            yield f"its least width, {1e3 * narrow:.0f} mm, is more than the fingers open, {1e3 * widest:.0f} mm"
        else:
            yield "no place where both pads touch it squarely and the fingers have room"
    if Tool.SUCTION in tools:
        yield f"no seen, smooth place as wide as the cup, {2e3 * tool.cup.radius:.0f} mm, that faces up"
