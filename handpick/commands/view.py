"""`handpick view`: show looks in the browser, of files or of a bin that is simulated meanwhile."""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handpick.outcome import PickOutcome
    from handpick.picking.decide import Look, Thought
    from handpick.viewer.page import Page
    from handpick.viewer.solids import Solid
    from motion.robot.description import ArmDescription
    from sim.cell import SimCell
    from sim.one_bin import OneBin
    from sim.plan import SimPlan


def run(options: argparse.Namespace) -> int:
    """Serve until it is interrupted."""
    from handpick.viewer.server import serve

    server = serve(options.host, options.port)  # first: what is missing is said at once
    print(f"\n  http://{server.get_host()}:{server.get_port()}   (Ctrl-C ends it)\n", flush=True)

    from handpick.viewer.page import Page

    if options.path is None:
        from sim.plan import SimPlan

        plan = SimPlan(options.suite, options.orders, seed=options.seed, arm=options.arm)
        plan.check()
        live(Page(server, meshes_of(plan.robot), follow=True), plan)
    else:
        from handpick.viewer.stored import stored

        page, corners = Page(server), options.region
        region = None if corners is None else (corners[:3], corners[3:])
        for shown in stored(options.path, options.tool, region):
            page.add(shown)
    while True:
        time.sleep(1.0)


def live(page: Page, plan: SimPlan) -> None:
    """Pick a simulated bin, and show each look as soon as it is decided."""
    from sim.cell import SimCell
    from sim.one_bin import one_bin

    with one_bin(plan, SimCell) as bin_:
        follow(page, bin_)


def follow(page: Page, bin_: OneBin[SimCell]) -> None:
    """Show each look of a bin while it is picked, and tell how each pick ended."""
    from handpick.viewer.shown import ending, of_thought

    looks: list[Look] = []

    def on_thought(thought: Thought) -> None:
        looks.append(thought.look)
        page.add(of_thought(thought, bin_.stack.arm, bin_.stack.planner.time, bin_.plan.layout.obstacles))

    def on_pick(outcome: PickOutcome, look: Look | None) -> None:
        page.tell(next(i for i, one in enumerate(looks) if one is look), ending(outcome))

    bin_.pick(on_thought, on_pick)


def meshes_of(arm: ArmDescription) -> Mapping[str, Sequence[Solid]]:
    """How an arm looks, by link."""
    from grasping.tools import DualTool
    from handpick.viewer.solids import Solid
    from sim.robot.visual import arm_visuals

    return {
        name: [Solid(mesh.vertices, mesh.triangles, tuple((255 * mesh.color).astype(int).tolist())) for mesh in meshes]
        for name, meshes in arm_visuals(arm, DualTool()).items()
    }
