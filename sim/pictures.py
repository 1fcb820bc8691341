"""Pictures of a pick for the report: what a camera saw, the fused items, the chosen grasp."""

from __future__ import annotations

from grasping.draw import draw_grasp
from grasping.tools import DualTool
from handpick.picking.decide import Look
from handpick.record import PickRecord, SamplePick
from perception.draw import draw_items, jpeg


def sample_pick(pick: PickRecord, look: Look, tool: DualTool) -> SamplePick:
    """Draw one pick from the first camera that sees the source."""
    frame = look.frames[0]
    outcome = pick.outcome
    fused = draw_items(frame, look.scene)
    chosen = frame.color.copy()
    if look.grasp is not None:
        chosen = draw_grasp(chosen, frame.camera, look.grasp, tool)
    what = f"{outcome.tool.value}, {pick.family or 'no item'}" if outcome.tool else "no pick"
    caption = f"Bin {pick.bin}, pick {outcome.index}: {what}, {outcome.result.value} {outcome.cause or ''}".strip()
    pictures = (
        (f"camera {frame.camera.name}", jpeg(frame.color)),
        (f"{len(look.scene.items)} fused items", jpeg(fused)),
        ("chosen grasp", jpeg(chosen)),
    )
    return SamplePick(pick.bin, outcome.index, caption, pictures)
