"""`handpick plan`: depth images of a folder in, ranked grasps out."""

from __future__ import annotations

import argparse
import json

import numpy as np


def run(options: argparse.Namespace) -> int:
    """Print the best grasps, and write plan.json and plan.png where a folder is named."""
    from grasping.tools import DualTool
    from handpick.grasp_plan.export import export
    from handpick.grasp_plan.picture import picture
    from handpick.grasp_plan.plan import BOTH, plan
    from handpick.grasp_plan.read_tool import read_tool
    from handpick.grasp_plan.read_tote import read_tote
    from handpick.recording.folder import read_look, replace_file
    from perception.completion.complete import complete
    from perception.completion.learned import shipped as shipped_completion
    from perception.draw import png
    from perception.pose import Pose
    from perception.segmentation.find_items import by_geometry
    from perception.segmentation.learned import shipped as shipped_segmentation

    tool, tools = read_tool(options.tool) if options.tool else (DualTool(), BOTH)
    region = None if options.region is None else (options.region[:3], options.region[3:])
    support = None if options.height is None else Pose.from_rotation((0, 0, options.height), np.eye(3))
    tote = read_tote(options.tote) if options.tote else None
    where = tool, tools, region, tote, support
    completion = shipped_completion() if options.completion == "learned" else complete
    segmentation = shipped_segmentation() if options.segmentation == "learned" else by_geometry
    found = plan(
        read_look(options.path), *where, options.damage,
        policy=options.policy, completion=completion, segmentation=segmentation,
    )  # fmt: skip
    for note in found.notes:
        print(note)
    for rank, grasp in enumerate(found.grasps[: options.show], start=1):
        x, y, z = found.T_base_tool(grasp).position
        print(
            f"{rank:3d}. {grasp.tool.value:7s} item {grasp.item:2d} at ({x:.3f}, {y:.3f}, {z:.3f}) m: placed undamaged "
            f"{grasp.odds.placed_undamaged:.2f} (acquire {grasp.odds.acquire:.2f}, hold {grasp.odds.hold:.2f}, damage "
            f"{grasp.odds.damage:.2f})"
        )
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        replace_file(options.out / "plan.json", json.dumps(found.to_json(tool), indent=1).encode())
        print(f"\n  {replace_file(options.out / 'plan.png', png(picture(found, tool)))}")
    if options.export:
        print(f"  {export(found, options.export)}")
    return 0
