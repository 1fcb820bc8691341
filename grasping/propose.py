"""The grasps that a scene offers: candidates of both tools, with their odds and what their hold can carry."""

from __future__ import annotations

from collections.abc import Sequence

from grasping.attempts import Attempts
from grasping.beliefs.belief import Belief, believe_all
from grasping.beliefs.load import DensityPrior
from grasping.build import build
from grasping.candidates.again import again, nearest
from grasping.candidates.clearance import clear
from grasping.candidates.features import describe
from grasping.candidates.table import Candidates
from grasping.grasp import Grasp
from grasping.quality.contact_quality import ContactQuality, Quality
from grasping.quality.keep import remembered
from grasping.quality.learned import of_tips
from grasping.quality.pinch_force import with_force
from grasping.quality.probing import with_probe
from grasping.quality.select import distinct
from grasping.quality.worth import Stakes
from grasping.refine import Refinement
from grasping.skill import Lift
from grasping.skills.table import CANDIDATES, COMBINED, skill_of
from grasping.tools import DualTool, Tool
from perception.pose import Array
from perception.scene import Scene


def propose(
    scene: Scene,
    tool: DualTool,
    tools: frozenset[Tool],
    quality: Quality | None = None,
    most: int = 5,
    prior: DensityPrior | None = None,
    past: Attempts | None = None,
    combined: bool = True,
    stakes: Stakes | None = None,
    refinement: Refinement | None = None,
) -> tuple[Grasp, ...]:
    """Up to `most` good, different grasps of every item with every allowed tool, in no particular order.

    Args:
        past: what was felt of items in earlier tries, and which of them slipped.
        combined: whether both tools may work on one item at once.
        stakes: by which forces, probes and the best of an item are selected.
        refinement: moves the best lifts to where the odds promise more; None: they stay where they were found.
    """
    stakes = stakes or Stakes()
    quality = quality or ContactQuality(tool)
    beliefs = believed(scene, past, prior)
    options: list[Grasp] = []
    for kind in (Tool.SUCTION, Tool.PINCH):
        if kind in tools and scene.items:
            candidates, odds = judged(kind, scene, tool, beliefs, quality, stakes=stakes)
            if refinement is not None:
                judge = lambda sites, kind=kind: judged(kind, scene, tool, beliefs, quality, sites, stakes)
                candidates, odds = refinement(scene, tool, candidates, odds, judge, stakes)
            described = lambda i, c=candidates, o=odds: build(c, i, o[i], scene, tool, beliefs, skill_of(c.features[i]))
            options += distinct(candidates, odds, most, described, stakes=stakes)
    if combined and tools >= frozenset(Tool):
        for offer in COMBINED:
            for index in range(len(scene.items)):
                options += offer(scene, index, tool, beliefs, of_tips(quality), stakes)
    return remembered(scene, options, quality)


def reconsider(
    scene: Scene,
    tool: DualTool,
    grasps: Sequence[Grasp],
    quality: Quality | None = None,
    apart: float = 0.012,
    stakes: Stakes | None = None,
) -> tuple[Grasp | None, ...]:
    """Plain lifts of an earlier scene, judged anew in this one where each was; None where it is not to be had any more.

    apart: metres by which the new grasp may be off the old one. stakes: as in `propose`.
    """
    quality = quality or ContactQuality(tool)
    beliefs = believe_all(scene)
    found: list[Grasp | None] = [None] * len(grasps)
    for kind in Tool:
        rows = [i for i, grasp in enumerate(grasps) if grasp.tool is kind]
        if not rows or not scene.items:
            continue
        sites = again(scene, tool, [grasps[i] for i in rows])
        candidates, odds = judged(kind, scene, tool, beliefs, quality, sites, stakes)
        for i in rows:
            near = nearest(candidates.T_base_tool, grasps[i].T_base_tool.matrix, apart)
            if near is not None:
                found[i] = build(candidates, near, odds[near], scene, tool, beliefs, Lift())
    return tuple(found)


def believed(scene: Scene, past: Attempts | None = None, prior: DensityPrior | None = None) -> list[Belief]:
    """What every item of a scene is believed to be, in their order, after earlier tries."""
    beliefs = believe_all(scene, prior)
    return beliefs if past is None else [past.told(belief) for belief in beliefs]


def judged(
    kind: Tool,
    scene: Scene,
    tool: DualTool,
    beliefs: list[Belief],
    quality: Quality,
    sites: list[Candidates] | None = None,
    stakes: Stakes | None = None,
) -> tuple[Candidates, Array]:
    """Every candidate of one tool that the tool has room for, with all its features, and its odds, shape (C, 4).

    sites: what is judged; None: whatever the skills offer. stakes: by which forces and probes are selected.
    """
    if sites is None:
        sites = [offer(scene, tool) for offer in CANDIDATES[kind]]
    candidates = describe(clear(scene, tool, Candidates.join(kind, sites)), beliefs)
    if kind is Tool.SUCTION:
        return with_probe(scene, candidates, quality, stakes)
    slips = [beliefs[item].slips for item in candidates.item]
    return with_force(scene, candidates, quality, tool.gripper, stakes, slips)
