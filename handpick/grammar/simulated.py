"""The grammar of the commands that simulate: sim, record, compare."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from grasping.policy import FORMS, policy_name
from handpick.grammar.arguments import (
    DEFAULT,
    add_arm,
    add_command,
    add_damage,
    add_jobs,
    add_policy,
    amount,
    disturbances,
    eyes,
    natural,
    positive,
    prices,
    suite,
    suites,
)
from handpick.requirement import FIGURES, requirement
from sim.disturbances.kinds import Kind
from sim.suites import SUITES


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
    add_extras(sim)
    sim.add_argument("--out", type=Path, default=Path("out/sim"), help=f"folder of the report {DEFAULT}")


def add_extras(sim: argparse.ArgumentParser) -> None:
    """What `handpick sim` may do besides."""
    sim.add_argument("--explain", action="store_true", help="keep every look, and why each item was taken or not")
    sim.add_argument("--record", type=Path, metavar="DIR", help="record a bag of each bin, for `handpick replay`")
    sim.add_argument(
        "--require",
        type=requirement,
        action="append",
        default=[],
        metavar="EXPR",
        help=f"as placed_undamaged>=0.9: exit code 3 where it falls short; again for more, of {', '.join(FIGURES)}",
    )
    sim.add_argument(
        "--canary",
        type=policy_name,
        metavar="NEW",
        help="a policy on trial: it decides a share of the picks until it is found to place less often; bins in turn",
    )
    sim.add_argument("--share", default="0.1", metavar="S", help=f"of the picks, that --canary decides {DEFAULT}")
    sim.add_argument(
        "--orders-by",
        choices=("count", "item"),
        default="count",
        help=f"any items, or each order names one of a rendered catalogue, of which the bins are filled {DEFAULT}",
    )
    sim.add_argument("--items", type=positive, default=200, help=f"with --orders-by item: of the catalogue {DEFAULT}")
    sim.add_argument("--shelf", type=Path, default=Path("out/shelf"), help=f"folder of that catalogue {DEFAULT}")


def add_record(commands: Any) -> None:
    """The grammar of `handpick record`."""
    record = add_command(
        commands,
        "record",
        "simulate as `handpick sim` does, and record a bag of each bin; or record a cell on ROS",
        "the bags hold images, decisions, motions and outcomes, as `handpick replay`, ros2 bag and Foxglove read them",
        "handpick record --suite boxes --orders 5 --out out/record",
    )
    add_run(record, orders=10)
    record.add_argument("--out", type=Path, default=Path("out/record"), help=f"folder of bags and report {DEFAULT}")
    record.add_argument("--ros", type=Path, metavar="CELL", help="record the topics of this cell until interrupted")
    record.add_argument("--simulated", action="store_true", help="with --ros: by the clock of `handpick robot`")
    record.add_argument("--seconds", type=amount, default=float("inf"), metavar="S", help="with --ros: end after these")
    record.set_defaults(**unasked(add_extras))


def unasked(add: Callable[[argparse.ArgumentParser], None]) -> dict[str, object]:
    """What options come to that nobody is asked for."""
    parser = argparse.ArgumentParser()
    add(parser)
    return vars(parser.parse_args([]))


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
    add_policy(command)
    add_damage(command)
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
        "the same orders through one or both tools, eyes closed or open, or by several policies, at prices of damage",
        f"suites: {', '.join(SUITES)}; policies: {FORMS}",
        "handpick compare --suite boxes,mixed --orders 20 --damage 0,2,6,20",
    )
    compare.add_argument("--suite", type=suites, default="books,boxes,bags", help=f"suites {DEFAULT}")
    compare.add_argument("--orders", type=positive, default=100, help=f"per suite and seed {DEFAULT}")
    compare.add_argument("--seeds", type=positive, default=1, help=f"how many seeds {DEFAULT}")
    compare.add_argument("--seed", type=natural, default=0, help=f"the first of them {DEFAULT}")
    add_arm(compare)
    compare.add_argument(
        "--policy",
        type=policy_name,
        action="append",
        default=[],
        metavar="NAME",
        help="whose odds decide in both tools' cell; again for each one to compare (default: robots)",
    )
    compare.add_argument("--eyes", type=eyes, default="closed,open", help=f"of the robots {DEFAULT}")
    compare.add_argument(
        "--damage",
        type=prices,
        default=[],
        metavar="D,D",
        help="costs of a damaged item, in placed ones: every robot at every one, and the curves that this gives",
    )
    compare.add_argument(
        "--person",
        type=amount,
        default=30.0,
        metavar="SECONDS",
        help=f"with --damage: work on an item that is left {DEFAULT}",
    )
    add_jobs(compare)
    compare.add_argument("--out", type=Path, default=Path("out/compare"), help=f"folder {DEFAULT}")
