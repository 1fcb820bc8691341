"""`handpick cell new`: write a cell's folder, and say what is to be filled in."""

from __future__ import annotations

import argparse

from ros_nodes.cell_folder import PARAMETERS
from ros_nodes.new_cell import write_cell


def run(options: argparse.Namespace) -> int:
    missing = write_cell(options.folder, options.arm, options.simulated, options.tools)
    print(f"{options.folder} describes a cell with a {options.arm}.")
    if missing:
        print("Fill in what is null (metres, quaternions xyzw, in the frame of the arm's base):")
        print("\n".join(f"  {line}" for line in missing))
        print("and see that the tool's numbers and the cameras' topics are yours. docs/ros.md tells how to go on.")
    print(
        f"{PARAMETERS} begins with a dry run at low speed." if not options.simulated else "It is for `handpick robot`."
    )
    return 0
