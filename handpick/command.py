"""The command line: `handpick sim ...`, `handpick plan ...`, `handpick robot ...` and others.

Only the grammar is loaded, and nothing that takes long to import: help, versions and mistakes are answered at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version

from handpick.compiling.store import use_store
from handpick.grammar.arguments import add_command
from handpick.grammar.images import add_calibrate, add_film, add_plan, add_replay, add_view
from handpick.grammar.items import add_catalogue, add_identify, add_items
from handpick.grammar.learning import add_export, add_generate, add_release, add_train
from handpick.grammar.robots import add_cell, add_check, add_robot
from handpick.grammar.simulated import add_compare, add_record, add_sim
from handpick.interrupts import handled, leave
from handpick.machine import pin
from perception.errors import HandpickError

FILLS_BIN = ("view", "film")  # commands that fill a simulated bin in their own process, where no path is given
ON_ROS = ("robot", "check", "record", "replay")  # commands that are nodes, or may be


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Exit codes: 0 done, 1 the run had errors, 2 bad input, 3 less than required, 130 interrupted."""
    with handled(leave):
        try:
            own, ros = split(sys.argv[1:] if arguments is None else arguments)
            options = parser().parse_args(own)
            if ros and options.command not in ON_ROS:
                parser().error(f"--ros-args are for {', '.join(ON_ROS)}, not for {options.command}")
            options.ros_args = ros
            if arguments is None and options.command in FILLS_BIN and options.path is None:
                pin()
            use_store()
            return int(import_module(f"handpick.commands.{options.command}").run(options))
        except BrokenPipeError:  # whoever read what was printed has read enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
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
    add_record(commands)
    add_replay(commands)
    add_compare(commands)
    add_plan(commands)
    add_calibrate(commands)
    add_catalogue(commands)
    add_identify(commands)
    add_items(commands)
    add_view(commands)
    add_film(commands)
    add_robot(commands)
    add_cell(commands)
    add_check(commands)
    add_generate(commands)
    add_train(commands)
    add_export(commands)
    add_release(commands)
    add_command(
        commands,
        "compile",
        "compile once what every later start then loads, as `make` does",
        "HANDPICK_COMPILED names another folder than the environment's",
        "HANDPICK_COMPILED=/tmp/compiled handpick compile",
    )
    return top


if __name__ == "__main__":
    sys.exit(main())
