"""`handpick view`: show looks in the browser, of files or of a bin that is simulated meanwhile."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from perception.errors import HandpickError

if TYPE_CHECKING:
    from viser import ViserServer

    from handpick.outcome import PickOutcome
    from handpick.picking.decide import Look, Thought
    from handpick.viewer.page import Page
    from handpick.viewer.solids import Solid
    from handpick.viewer.stored import Choice
    from motion.robot.description import ArmDescription
    from sim.cell import SimCell
    from sim.one_bin import OneBin


class NothingShown(HandpickError):
    """A recording without a look that can be shown."""


def run(options: argparse.Namespace) -> int:
    """Serve until it is interrupted."""
    from handpick.viewer.server import serve

    server = serve(options.host, options.port)  # first: what is missing is said at once
    print(f"\n  http://{server.get_host()}:{server.get_port()}   (Ctrl-C ends it)\n", flush=True)

    if options.path is None:
        live(server, options)
    else:
        recorded(server, options)
    while True:
        time.sleep(1.0)


def live(server: ViserServer, options: argparse.Namespace) -> None:
    """Pick a simulated bin, and show each look as soon as it is decided."""
    from handpick.viewer.page import Page
    from sim.cell import SimCell
    from sim.one_bin import one_bin
    from sim.plan import SimPlan

    plan = SimPlan(options.suite, options.orders, seed=options.seed, arm=options.arm or "panda")
    with one_bin(plan, SimCell) as bin_:
        follow(Page(server, meshes_of(plan.robot), follow=True), bin_, options.skip)


def recorded(server: ViserServer, options: argparse.Namespace) -> None:
    """Show the looks of a recording, each as soon as it is thought out."""
    from handpick.viewer.page import Page
    from handpick.viewer.stored import stored

    page: Page | None = None
    for shown in stored(options.path, choice_of(options), left_out):
        page = page or Page(server, meshes_of(shown.arm.description) if shown.arm else None)
        page.add(shown)
    if page is None:
        raise NothingShown(f"{options.path}: expected a look that can be shown, got none; --skip and --picks say which")


def choice_of(options: argparse.Namespace) -> Choice:
    """Which looks of a recording are meant."""
    from handpick.viewer.stored import Choice

    corners = options.region
    region = None if corners is None else (corners[:3], corners[3:])
    return Choice(options.skip, options.picks, options.arm, options.tool, region)


def left_out(why: str) -> None:
    """Say why a look of a recording is left out."""
    print(f"handpick: left out: {why}", file=sys.stderr)


def follow(page: Page, bin_: OneBin[SimCell], skip: int) -> None:
    """Show each look of a bin while it is picked, after the first ones, and tell how each pick ended."""
    from handpick.viewer.shown import ending, of_thought

    looks: list[Look] = []

    def on_thought(thought: Thought) -> None:
        looks.append(thought.look)
        if len(looks) > skip:
            page.add(of_thought(thought, bin_.stack.arm, bin_.stack.planner.time, bin_.plan.layout.obstacles))

    def on_pick(outcome: PickOutcome, look: Look | None) -> None:
        number = next(i for i, one in enumerate(looks) if one is look) - skip
        if number >= 0:
            page.tell(number, ending(outcome))

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
