"""The grammar of the commands for images and recordings: plan, replay, calibrate, view, film."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from handpick.grammar.arguments import (
    DEFAULT,
    add_command,
    add_damage,
    add_policy,
    add_region,
    amount,
    natural,
    positive,
    size,
    suite,
)
from sim.suites import SUITES


def add_plan(commands: Any) -> None:
    """The grammar of `handpick plan`."""
    plan = add_command(
        commands,
        "plan",
        "ranked grasps of what depth images show, without arm or simulator",
        "PATH has a cameras.json, as docs/plan.md tells",
        "handpick plan table/ --tool my_gripper.json --out out/plan",
    )
    plan.add_argument("path", type=Path, metavar="PATH", help="folder with cameras.json and depth images")
    plan.add_argument("--tool", type=Path, help="JSON file of your gripper, cup or both (default: Handpick's own)")
    add_region(plan)
    plan.add_argument("--tote", type=Path, help="JSON file of the tote that the items lie in (default: it is found)")
    plan.add_argument("--height", type=float, help="z in base of the support, m, where it is known: corrects depth")
    add_damage(plan)
    add_policy(plan)
    plan.add_argument(
        "--completion",
        choices=("analytic", "learned"),
        default="analytic",
        help=f"whose full shapes: solids put through what was seen, or a network's from one view {DEFAULT}",
    )
    plan.add_argument(
        "--segmentation",
        choices=("geometry", "learned"),
        default="geometry",
        help=f"what tells items apart: bends, steps and colours at borders, or a network {DEFAULT}",
    )
    plan.add_argument("--show", type=natural, default=5, help=f"grasps to print {DEFAULT}")
    plan.add_argument("--out", type=Path, help="folder for plan.json and plan.png")
    plan.add_argument("--export", type=Path, metavar="FILE", help="the items as .glb, .ply, .obj or .pcd")


def add_replay(commands: Any) -> None:
    """The grammar of `handpick replay`."""
    replay = add_command(
        commands,
        "replay",
        "perceive and plan over a recording, and compare with what was decided then",
        "recordings are bags (mcap, sqlite3), BOP scenes, and folders with cameras.json (docs/replay.md)",
        "handpick replay out/record/bin-000 --until 10",
    )
    replay.add_argument("path", type=Path, metavar="PATH", help="the recording: a bag or a folder")
    replay.add_argument("--from", type=amount, dest="start", metavar="S", help="seconds after its beginning")
    replay.add_argument("--until", type=amount, metavar="S", help="seconds after its beginning")
    replay.add_argument("--speed", type=amount, metavar="X", help="times real time (default: as fast as it goes)")
    replay.add_argument("--step", action="store_true", help="wait for Enter before each look")
    replay.add_argument("--arm", help="its name or folder (default: the one that was recorded)")
    replay.add_argument("--ros", action="store_true", help="tell images and decisions on topics, in recorded time")
    replay.add_argument("--out", type=Path, default=Path("out/replay"), help=f"folder of the report {DEFAULT}")


def add_calibrate(commands: Any) -> None:
    """The grammar of `handpick calibrate`."""
    calibrate = add_command(
        commands,
        "calibrate",
        "where a camera is, in the hand or at the base, from images of a ChArUco board and the arm's poses",
        "FOLDER has a poses.json, as docs/calibrate.md tells",
        "handpick calibrate looks/ --out my_cell/cameras.json",
    )
    calibrate.add_argument("folder", type=Path, metavar="FOLDER", help="folder with poses.json and images")
    calibrate.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="a new file, or a cell's cameras.json in which to replace the pose (default: FOLDER/calibration.json)",
    )


def add_view(commands: Any) -> None:
    """The grammar of `handpick view`."""
    view = add_command(
        commands,
        "view",
        "show looks in the browser: points, items, grasps with their odds, and the planned motion",
        "without PATH, a bin is simulated and each look shown as it is made",
        "handpick view --suite boxes --orders 5",
    )
    add_looks(view, orders=5, picks=20)
    view.add_argument("--tool", type=Path, help="JSON file of your gripper, cup or both, for images without an arm")
    add_region(view)
    view.add_argument("--host", default="127.0.0.1", help=f"address to serve at {DEFAULT}")
    view.add_argument("--port", type=positive, default=8080, help=f"the next free one from here on {DEFAULT}")


def add_film(commands: Any) -> None:
    """The grammar of `handpick film`."""
    film = add_command(
        commands,
        "film",
        "film picks, as a GIF or an MP4",
        "without PATH, a bin is simulated and filmed as it truly was; of a recording, the plans are filmed",
        "handpick film --suite mixed --orders 2 --out picks.mp4",
    )
    add_looks(film, orders=2, picks=3)
    film.add_argument("--size", type=size, default=(640, 360), metavar="WxH", help="pixels (default: 640x360)")
    film.add_argument("--out", type=Path, default=Path("out/film.gif"), help=f"a .gif or an .mp4 {DEFAULT}")


def add_looks(command: argparse.ArgumentParser, orders: int, picks: int) -> None:
    """A recording, or what decides the bin that is simulated in its place."""
    command.add_argument("path", nargs="?", type=Path, metavar="PATH", help="a recording, or a folder of depth images")
    command.add_argument("--skip", type=natural, default=0, metavar="N", help=f"picks left out first {DEFAULT}")
    command.add_argument("--picks", type=positive, default=picks, metavar="N", help=f"of PATH, then shown {DEFAULT}")
    command.add_argument("--suite", type=suite, default="mixed", help=f"one of {', '.join(SUITES)} {DEFAULT}")
    command.add_argument("--orders", type=positive, default=orders, help=f"items to pick {DEFAULT}")
    command.add_argument("--seed", type=natural, default=0, help=f"which bin {DEFAULT}")
    command.add_argument("--arm", help="panda, ur5e or an arm's folder (default: the one recorded, else panda)")
