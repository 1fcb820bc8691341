"""Kinds of arguments that several commands take, refused with what was expected."""

from __future__ import annotations

import argparse
import os
from typing import Any

from grasping.policy import DEFAULT as POLICY
from grasping.policy import FORMS, policy_name
from sim.disturbances.kinds import named
from sim.suites import suite_shares

CORES = os.cpu_count() or 1
DEFAULT = "(default: %(default)s)"
DAMAGE = 6.0  # of `Stakes`, whose imports take longer than help may


def add_command(commands: Any, name: str, does: str, choices: str, example: str) -> argparse.ArgumentParser:
    """A command with what it does, what may be chosen from, and one example."""
    made: argparse.ArgumentParser = commands.add_parser(
        name, help=does, description=does, epilog=f"{choices}. Example: {example}"
    )
    return made


def add_arm(command: argparse.ArgumentParser) -> None:
    command.add_argument("--arm", default="panda", help=f"panda, ur5e or an arm's folder {DEFAULT}")


def add_policy(command: argparse.ArgumentParser, policy: str = POLICY) -> None:
    command.add_argument(
        "--policy", type=policy_name, default=policy, metavar="NAME", help=f"whose odds decide: {FORMS} {DEFAULT}"
    )


def add_damage(command: argparse.ArgumentParser) -> None:
    """The price of damage: the more it is, the more careful the robot."""
    told = f"cost of a damaged item, in placed ones {DEFAULT}"
    command.add_argument("--damage", type=amount, default=DAMAGE, metavar="D", help=told)


def add_jobs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--jobs", type=positive, default=CORES, help="processes (default: all %(default)s cores)")


def add_region(command: argparse.ArgumentParser) -> None:
    box = ("X", "Y", "Z", "X2", "Y2", "Z2")
    command.add_argument("--region", type=float, nargs=6, metavar=box, help="corners in base of what to look at, m")


def suite(text: str) -> str:
    """The name of a suite. Raises UnknownSuiteError."""
    suite_shares(text)
    return text


def suites(text: str) -> list[str]:
    """Names of suites. Raises UnknownSuiteError."""
    return [suite(name) for name in names(text)]


def eyes(text: str) -> list[str]:
    """Closed, open, or both of them, closed ones first."""
    found = names(text)
    if not set(found) <= {"closed", "open"}:
        raise argparse.ArgumentTypeError(f"expected closed, open or closed,open, got {text!r}")
    return sorted(found)


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


def prices(text: str) -> list[float]:
    """Different costs of a damaged item, from the least to the greatest."""
    found = sorted(amount(name) for name in names(text))
    if len(set(found)) < max(len(found), 2):
        raise argparse.ArgumentTypeError(f"expected different numbers, two or more, with commas between, got {text!r}")
    return found


def amount(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number of 0 or more, got {text}")
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
