"""`handpick check`: what the nodes of a cell tell, compared with what is known of it. The arm does not move."""

from __future__ import annotations

import argparse

from ros_nodes.errors import NoRosError


def run(options: argparse.Namespace) -> int:
    try:
        from ros_nodes.checking import check
    except ImportError as error:
        raise NoRosError(error) from error
    print("\n".join(check(options.folder, options.simulated, options.ros_args)))
    return 0
