"""`handpick record`: `handpick sim` that records, bags and report in one folder; or a cell on ROS, listened to."""

from __future__ import annotations

import argparse
from itertools import count
from pathlib import Path

from handpick.commands import sim
from ros_nodes.errors import NoRosError


def run(options: argparse.Namespace) -> int:
    if options.ros is not None:
        return listen(options)
    options.record = options.out
    return sim.run(options)


def listen(options: argparse.Namespace) -> int:
    """Record a cell's topics until interrupted, into a bag that nothing is lost for."""
    try:
        from ros_nodes.recording.recorder_node import serve
    except ImportError as error:
        raise NoRosError(error) from error
    bag = free(options.out)
    code = serve(options.ros, bag, options.simulated, options.seconds, options.ros_args)
    if bag.exists():
        print(f"\n  {bag}: `handpick replay`, ros2 bag and Foxglove read it")
    return code


def free(folder: Path) -> Path:
    """The first name of a bag in a folder that is not taken."""
    return next(path for i in count() if not (path := folder / f"ros-{i:03d}").exists())
