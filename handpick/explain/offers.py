"""Why an item has no grasp at all: what each tool found on it, and at which test that fell."""

from __future__ import annotations

from collections.abc import Collection

from grasping.beliefs.belief import believe_all
from grasping.candidates.table import Candidates
from grasping.propose import judged
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.select import LEAST_ODDS
from grasping.skills.table import CANDIDATES
from grasping.tools import Tool
from handpick.picking.stack import Stack
from perception.scene import Scene

NO_SITE = {
    Tool.SUCTION: "no face was seen that is even and wide enough for the cup",
    Tool.PINCH: "no two opposite faces were found that the fingers could span",
}


def graspless(scene: Scene, items: Collection[int], stack: Stack) -> dict[int, list[str]]:
    """For each id of `items`, none of which has a grasp, a sentence a tool on why, of candidates made once more."""
    told: dict[int, list[str]] = {item: [] for item in items}
    if not told:
        return told
    beliefs = believe_all(scene)
    for tool in (tool for tool in Tool if tool in stack.tools):
        sites = Candidates.join(tool, [offer(scene, stack.tool) for offer in CANDIDATES[tool]])
        quality = stack.quality or ContactQuality(stack.tool)
        found, odds = judged(tool, scene, stack.tool, beliefs, quality, stakes=stack.stakes)
        for row, item in enumerate(scene.items):
            if item.id in told:
                lasting = (odds[:, 0] * odds[:, 1])[found.item == row]
                told[item.id].append(_sentence(tool, int((sites.item == row).sum()), lasting.tolist()))
    return told


def _sentence(tool: Tool, sites: int, lasting: list[float]) -> str:
    """lasting: odds of a hold to the end, of each site where the tool has room."""
    name = tool.value.capitalize()
    if not sites:
        return f"{name}: {NO_SITE[tool]}."
    if not lasting:
        return f"{name}: {sites} sites, at none of which the tool has room among walls, neighbours and unseen space."
    best = max(lasting)
    if best <= LEAST_ODDS:
        return f"{name}: room at {len(lasting)} of {sites} sites, but at best {best:.1%} odds of a hold that lasts."
    return f"{name}: room at {len(lasting)} of {sites} sites, but no hold there could bear the item even at rest."
