"""The grasps that a scene offers: candidates of both tools, with their odds and what their hold can carry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from grasping.beliefs.belief import Belief, believe
from grasping.beliefs.load import DensityPrior, hung, in_tool, moved_load
from grasping.beliefs.overlap import Tops
from grasping.candidates.clearance import clear
from grasping.candidates.features import describe
from grasping.candidates.pinch import pinch_candidates
from grasping.candidates.suction import suction_candidates
from grasping.candidates.table import Candidates
from grasping.contact.friction import friction_left
from grasping.contact.wrench_limits import lip_leak, moved, pinch_limits, seal_limits, seal_vacuum
from grasping.grasp import Grasp, Odds, WrenchLimits
from grasping.quality.contact_quality import ContactQuality, Quality
from grasping.quality.pinch_force import with_force
from grasping.quality.select import distinct
from grasping.quality.skill_odds import once_tipped
from grasping.skills.spine import hinge, spine_candidates
from grasping.skills.tip import ahead_of, tip_candidates, tippings, with_site
from grasping.skills.tipping import Tipping
from grasping.tools import DualTool, Tool
from perception.pose import Array, Pose
from perception.scene import Scene

MOTION_SAFETY = 1.5  # what a hold is believed to carry, over what motion may ask of it


def propose(
    scene: Scene,
    tool: DualTool,
    tools: frozenset[Tool],
    quality: Quality | None = None,
    most: int = 5,
    prior: DensityPrior | None = None,
) -> tuple[Grasp, ...]:
    """Up to `most` good, different grasps of every item with every allowed tool, in no particular order."""
    quality = quality or ContactQuality(tool)
    tops = Tops.of(scene.occupancy)
    beliefs = [believe(scene, item, tops, prior or DensityPrior()) for item in scene.items]
    options: list[Grasp] = []
    for kind in (Tool.SUCTION, Tool.PINCH):
        if kind in tools and scene.items:
            candidates, odds = judged(kind, scene, tool, beliefs, quality)
            described = lambda i, c=candidates, o=odds: grasp(c, i, o[i], scene, tool, beliefs)
            options += distinct(candidates, odds, most, described)
    if tools >= frozenset(Tool):
        for index, item in enumerate(scene.items):
            for tipping in tippings(scene, item, tool):
                options += combined(scene, index, tipping, tool, beliefs, quality)
    return tuple(options)


def combined(
    scene: Scene,
    index: int,
    tipping: Tipping,
    tool: DualTool,
    beliefs: list[Belief],
    quality: Quality,
) -> list[Grasp]:
    """Good pinches of item `index` once the cup has tipped it."""
    ahead, move = ahead_of(scene, scene.items[index], tipping), tipping.whole
    believed = [*beliefs]
    before = beliefs[index]
    believed[index] = replace(before, load=moved_load(before.load, move), thin=move.rotate(before.thin), wedged=0.0)
    candidates = describe(clear(ahead, tool, tip_candidates(ahead, index, tool)), believed)
    candidates, odds = with_force(ahead, candidates, quality, tool.gripper)
    odds = once_tipped(odds)
    found = []
    for option in distinct(candidates, odds, 2, lambda i: grasp(candidates, i, odds[i], ahead, tool, believed)):
        sited = with_site(ahead, tipping, ahead.items[index], option.T_base_tool.matrix, tool.cup.radius)
        if sited is not None:
            found.append(replace(option, tipping=sited))
    return found


def judged(
    kind: Tool, scene: Scene, tool: DualTool, beliefs: list[Belief], quality: Quality
) -> tuple[Candidates, Array]:
    """Every candidate of one tool that the tool has room for, with all its features, and its odds, shape (C, 3)."""
    if kind is Tool.SUCTION:
        sites = [suction_candidates(scene, tool), spine_candidates(scene, tool)]
        candidates = describe(clear(scene, tool, Candidates.join(kind, sites)), beliefs)
        return candidates, quality(scene, candidates)
    candidates = describe(clear(scene, tool, pinch_candidates(scene, tool)), beliefs)
    return with_force(scene, candidates, quality, tool.gripper)


def grasp(candidates: Candidates, i: int, odds: Array, scene: Scene, tool: DualTool, beliefs: list[Belief]) -> Grasp:
    """Candidate `i` as a Grasp."""
    f, T, index = candidates.features[i], candidates.T_base_tool[i], int(candidates.item[i])
    turning, load = hinge(f), in_tool(beliefs[index].load, T)
    if turning is not None:
        load = hung(load, float(f["hinge"]))
    return Grasp(
        tool=candidates.tool,
        item=scene.items[index].id,
        T_base_tool=Pose(T),
        opening=float(candidates.opening[i]),
        width=float(f["width"]),
        force=float(f["force"]),
        odds=Odds(*(float(p) for p in odds)),
        limits=limits(candidates.tool, f, tool),
        load=load,
        appearance=beliefs[index].appearance,
        vacuum=float(f["vacuum"]),
        limp=candidates.tool is Tool.SUCTION and bool(f["vacuum"] < tool.cup.pressure_full),
        hinge=turning,
    )


def limits(kind: Tool, f: np.void, tool: DualTool) -> WrenchLimits:
    """What motion may ask of the hold: the believed limits over MOTION_SAFETY, in the tool frame."""
    if kind is Tool.SUCTION:
        leak = lip_leak(f["gap"], f["bend"], tool.cup)
        vacuum = min(float(seal_vacuum(leak, np.asarray(0.0), tool.cup)), float(f["vacuum"]))
        return seal_limits(vacuum, MOTION_SAFETY, tool.cup)
    friction = float(friction_left(f, tool.gripper.friction))
    held = pinch_limits(float(f["force"]) / MOTION_SAFETY, friction, float(f["width"]), float(f["patch_radius"]))
    return moved(held, Pose.from_rotation((f["patch_x"], 0, f["patch_z"]), np.eye(3)))
