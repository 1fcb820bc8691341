"""The grammar of the commands on ROS: cell, check, robot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from handpick.grammar.arguments import DEFAULT, add_arm, add_command, natural, rate, suite
from sim.suites import SUITES

ARMS = ("panda", "ur5e")  # of which there is a configuration for ROS
HANDS = ("both", "suction")  # the hand with fingers and cup, or four cups alone


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
    cell.add_argument("--tools", choices=HANDS, default=HANDS[0], help=f"suction: four cups, no fingers {DEFAULT}")
    cell.add_argument("--simulated", action="store_true", help="filled in for `handpick robot`")


def add_check(commands: Any) -> None:
    """The grammar of `handpick check`."""
    check = add_command(
        commands,
        "check",
        "compare what a cell's nodes on ROS tell with what is known of it, without moving the arm; writes a page",
        "the nodes of perception, arm and tool must run; what follows --ros-args is for ROS",
        "handpick check my_cell --ros-args -r __ns:=/cell",
    )
    check.add_argument("folder", type=Path, help="of the cell, as `handpick cell new` writes it")
    check.add_argument("--simulated", action="store_true", help="by the clock of `handpick robot`")
    check.add_argument("--out", type=Path, default=Path("out/check"), help=f"folder of the page {DEFAULT}")


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
    robot.add_argument("--tools", choices=HANDS, default=HANDS[0], help=f"as of `handpick cell new` {DEFAULT}")
    robot.add_argument("--seed", type=natural, default=0, help=f"of the bin {DEFAULT}")
    robot.add_argument("--camera-rate", type=rate, default=10.0, help=f"images of each camera a second {DEFAULT}")
    robot.add_argument("--pace", type=rate, default=1.0, help=f"simulated seconds in a second, at most {DEFAULT}")
