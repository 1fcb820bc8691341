"""The command line: `handpick sim ...`, `handpick compare ...`, `handpick robot ...` and others.

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
ARMS = ("panda", "ur5e")  # of which there is a configuration for ROS
ON_ROS = ("robot", "check")  # commands that are nodes


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Exit codes: 0 done, 1 the run had errors, 2 bad input, 130 interrupted."""
    with handled(leave):
        try:
            own, ros = split(sys.argv[1:] if arguments is None else arguments)
            options = parser().parse_args(own)
            if ros and options.command not in ON_ROS:
                parser().error(f"--ros-args are for {' and '.join(ON_ROS)}, not for {options.command}")
            options.ros_args = ros
            use_store()
            return int(import_module(f"handpick.commands.{options.command}").run(options))
        except HandpickError as error:
            print(f"handpick: {error}", file=sys.stderr)
            return 2


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The command's own arguments, and from --ros-args on those of ROS."""
    end = list(arguments).index("--ros-args") if "--ros-args" in arguments else len(arguments)
    return list(arguments[:end]), list(arguments[end:])


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(prog="handpick", description="Empties a cluttered bin without breaking things.")
    top.add_argument("--version", action="version", version=f"handpick {version('handpick')}")
    commands = top.add_subparsers(required=True, metavar="COMMAND", dest="command")
    add_sim(commands)
    add_compare(commands)
    add_robot(commands)
    add_cell(commands)
    add_check(commands)
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
    sim.add_argument("--suite", type=suite, default="mixed", help=f"one of {', '.join(SUITES)} {DEFAULT}")
    sim.add_argument("--orders", type=positive, default=40, help=f"items to pick {DEFAULT}")
    sim.add_argument("--tools", choices=("suction", "pinch", "both"), default="both", help=f"to pick with {DEFAULT}")
    add_arm(sim)
    sim.add_argument(
        "--eyes",
        choices=("open", "closed"),
        default="closed",
        help=f"watch the cameras in motion {DEFAULT}",
    )
    sim.add_argument(
        "--disturb",
        type=disturbances,
        default="none",
        help=f"none, all, or names of disturbances with commas between them {DEFAULT}",
    )
    sim.add_argument("--seed", type=natural, default=0, help=f"the same seed gives the same run {DEFAULT}")
    add_jobs(sim)
    sim.add_argument("--explain", action="store_true", help="keep every look, and why each item was taken or not")
    sim.add_argument("--out", type=Path, default=Path("out/sim"), help=f"folder of the report {DEFAULT}")


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


def add_robot(commands: Any) -> None:
    """The grammar of `handpick robot`."""
    robot = add_command(
        commands,
        "robot",
        "serve the simulated cell on ROS topics, as a robot would",
        f"suites: {', '.join(SUITES)}; what follows --ros-args is for ROS",
        "handpick robot --suite boxes --ros-args -r __ns:=/cell",
    )
    robot.add_argument("--suite", type=suite, default="boxes", help=f"what is in its bin {DEFAULT}")
    add_arm(robot)
    robot.add_argument("--seed", type=natural, default=0, help=f"of the bin {DEFAULT}")
    robot.add_argument("--camera-rate", type=rate, default=10.0, help=f"images of each camera a second {DEFAULT}")
    robot.add_argument("--pace", type=rate, default=1.0, help=f"simulated seconds in a second, at most {DEFAULT}")


def add_cell(commands: Any) -> None:
    """The grammar of `handpick cell new`."""
    cell = add_command(
        commands,
        "cell",
        "write the folder that describes a cell on ROS, and say what to fill in",
        f"arms: {', '.join(ARMS)}, whose configurations it copies",
        "handpick cell new my_cell --arm ur5e",
    )
    cell.add_argument("action", choices=("new",), help="what to do")
    cell.add_argument("folder", type=Path, help="folder to write")
    cell.add_argument("--arm", choices=ARMS, default=ARMS[0], help=f"configuration to copy {DEFAULT}")
    cell.add_argument("--simulated", action="store_true", help="filled in for `handpick robot`")


def add_check(commands: Any) -> None:
    """The grammar of `handpick check`."""
    check = add_command(
        commands,
        "check",
        "compare what a cell's nodes on ROS tell with what is known of it, without moving the arm",
        "the nodes of perception, arm and tool must run; what follows --ros-args is for ROS",
        "handpick check my_cell --ros-args -r __ns:=/cell",
    )
    check.add_argument("folder", type=Path, help="of the cell, as `handpick cell new` writes it")
    check.add_argument("--simulated", action="store_true", help="by the clock of `handpick robot`")


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


def rate(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0.01 <= number <= 1000:
        raise argparse.ArgumentTypeError(f"expected a number of 0.01 to 1000, got {text}")
    return number


def natural(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected a whole number of 0 or more, got {text}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
