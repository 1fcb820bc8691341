"""The command line: `handpick sim ...`, `handpick replay ...`, `handpick view ...` and others.

Only the grammar is here, and nothing that takes long to import: help, versions and mistakes are answered at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from handpick.compiling.store import use_store
from handpick.interrupts import handled, leave
from perception.errors import HandpickError
from sim.disturbances.kinds import Kind, named
from sim.suites import SUITES, suite_shares

CORES = os.cpu_count() or 1
DEFAULT = "(default: %(default)s)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Exit codes: 0 done, 1 the run had errors, 2 bad input, 130 interrupted."""
    with handled(leave):
        try:
            options = parser().parse_args(arguments)
            use_store()
            return int(import_module(f"handpick.commands.{options.command}").run(options))
        except HandpickError as error:
            print(f"handpick: {error}", file=sys.stderr)
            return 2


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(prog="handpick", description="Empties a cluttered bin without breaking things.")
    top.add_argument("--version", action="version", version=f"handpick {version('handpick')}")
    commands = top.add_subparsers(required=True, metavar="COMMAND", dest="command")
    add_sim(commands)
    add_record(commands)
    add_replay(commands)
    add_compare(commands)
    add_plan(commands)
    add_view(commands)
    add_film(commands)
    add_command(
        commands,
        "compile",
        "compile once what every later start then loads, as `make` does",
        "HANDPICK_COMPILED names another folder than the environment's",
        "HANDPICK_COMPILED=/tmp/compiled handpick compile",
    )
    return top


def add_sim(commands: Any) -> None:
    """The grammar of `handpick sim`."""
    sim = add_command(
        commands,
        "sim",
        "pick orders in the simulated cell and report damage and throughput",
        f"disturbances: {', '.join(kind.value for kind in Kind)}",
        "handpick sim --suite boxes --orders 10 --eyes open --disturb obstacle,pump_lost",
    )
    add_run(sim, orders=40)
    sim.add_argument("--explain", action="store_true", help="keep every look, and why each item was taken or not")
    sim.add_argument("--record", type=Path, metavar="DIR", help="record a bag of each bin, for `handpick replay`")
    sim.add_argument("--out", type=Path, default=Path("out/sim"), help=f"folder of the report {DEFAULT}")


def add_record(commands: Any) -> None:
    """The grammar of `handpick record`."""
    record = add_command(
        commands,
        "record",
        "simulate as `handpick sim` does, and record a bag of each bin",
        "the bags hold images, decisions, motions and outcomes, as `handpick replay`, ros2 bag and Foxglove read them",
        "handpick record --suite boxes --orders 5 --out out/record",
    )
    add_run(record, orders=10)
    record.add_argument("--out", type=Path, default=Path("out/record"), help=f"folder of bags and report {DEFAULT}")


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
    replay.add_argument("--from", type=seconds, dest="start", metavar="S", help="seconds after its beginning")
    replay.add_argument("--until", type=seconds, metavar="S", help="seconds after its beginning")
    replay.add_argument("--speed", type=seconds, metavar="X", help="times real time (default: as fast as it goes)")
    replay.add_argument("--step", action="store_true", help="wait for Enter before each look")
    replay.add_argument("--arm", help="its name or folder (default: the one that was recorded)")
    replay.add_argument("--out", type=Path, default=Path("out/replay"), help=f"folder of the report {DEFAULT}")


def add_run(command: argparse.ArgumentParser, orders: int) -> None:
    """What decides a simulated run."""
    command.add_argument("--suite", type=suite, default="mixed", help=f"one of {', '.join(SUITES)} {DEFAULT}")
    command.add_argument("--orders", type=positive, default=orders, help=f"items to pick {DEFAULT}")
    command.add_argument(
        "--tools", choices=("suction", "pinch", "both"), default="both", help=f"to pick with {DEFAULT}"
    )
    add_arm(command)
    command.add_argument(
        "--eyes",
        choices=("open", "closed"),
        default="closed",
        help=f"watch the cameras in motion {DEFAULT}",
    )
    command.add_argument(
        "--disturb",
        type=disturbances,
        default="none",
        help=f"none, all, or names of disturbances with commas between them {DEFAULT}",
    )
    command.add_argument("--seed", type=natural, default=0, help=f"the same seed gives the same run {DEFAULT}")
    add_jobs(command)


def add_compare(commands: Any) -> None:
    """The grammar of `handpick compare`."""
    compare = add_command(
        commands,
        "compare",
        "the same orders through one or both tools, eyes closed or open",
        f"suites: {', '.join(SUITES)}",
        "handpick compare --suite boxes,mixed --orders 20 --seeds 2",
    )
    compare.add_argument("--suite", type=suites, default="books,boxes,bags", help=f"suites {DEFAULT}")
    compare.add_argument("--orders", type=positive, default=100, help=f"per suite and seed {DEFAULT}")
    compare.add_argument("--seeds", type=positive, default=1, help=f"how many seeds {DEFAULT}")
    compare.add_argument("--seed", type=natural, default=0, help=f"the first of them {DEFAULT}")
    add_arm(compare)
    add_jobs(compare)
    compare.add_argument("--out", type=Path, default=Path("out/compare"), help=f"folder {DEFAULT}")


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
    plan.add_argument("--damage", type=float, default=6.0, help=f"cost of a damaged item, in placed ones {DEFAULT}")
    plan.add_argument("--show", type=natural, default=5, help=f"grasps to print {DEFAULT}")
    plan.add_argument("--out", type=Path, help="folder for plan.json and plan.png")
    plan.add_argument("--export", type=Path, metavar="FILE", help="the items as .glb, .ply, .obj or .pcd")


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


def add_region(command: argparse.ArgumentParser) -> None:
    box = ("X", "Y", "Z", "X2", "Y2", "Z2")
    command.add_argument("--region", type=float, nargs=6, metavar=box, help="corners in base of what to look at, m")


def add_arm(command: argparse.ArgumentParser) -> None:
    command.add_argument("--arm", default="panda", help=f"panda, ur5e or an arm's folder {DEFAULT}")


def add_jobs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--jobs", type=positive, default=CORES, help="processes (default: all %(default)s cores)")


def add_command(commands: Any, name: str, does: str, choices: str, example: str) -> argparse.ArgumentParser:
    """A command with what it does, what may be chosen from, and one example."""
    made: argparse.ArgumentParser = commands.add_parser(
        name, help=does, description=does, epilog=f"{choices}. Example: {example}"
    )
    return made


def suite(text: str) -> str:
    """The name of a suite. Raises UnknownSuiteError."""
    suite_shares(text)
    return text


def suites(text: str) -> list[str]:
    """Names of suites. Raises UnknownSuiteError."""
    return [suite(name) for name in names(text)]


def disturbances(text: str) -> str:
    """Names of disturbances. Raises UnknownDisturbanceError."""
    named(text)
    return text


def names(text: str) -> list[str]:
    found = [name.strip() for name in text.split(",")]
    if not all(found) or len(set(found)) < len(found):
        raise argparse.ArgumentTypeError(f"expected different names with commas between them, got {text!r}")
    return found


def positive(text: str) -> int:
    if (number := natural(text)) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of 1 or more, got {text}")
    return number


def size(text: str) -> tuple[int, int]:
    width, by, height = text.partition("x")
    if not by or min(pixels := (positive(width), positive(height))) < 64 or max(pixels) > 4096:
        raise argparse.ArgumentTypeError(
            f"expected width x height of 64 to 4096 pixels each, as in 640x360, got {text!r}"
        )
    return pixels


def seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of 0 or more, got {text}")
    return number


def natural(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a whole number of 0 or more, got {text}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
