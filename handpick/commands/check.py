"""`handpick check`: what the nodes of a cell tell, compared with what is known of it. The arm does not move."""

from __future__ import annotations

import argparse
import sys

from ros_nodes.errors import NoRosError


def run(options: argparse.Namespace) -> int:
    try:
        from ros_nodes.checking import check
    except ImportError as error:
        raise NoRosError(error) from error
    from handpick.report.cell_page import write_cell_page

    findings = check(options.folder, options.simulated, options.ros_args)
    print("\n".join(findings.lines()))
    print(f"\n  {write_cell_page(findings, options.out)}")
    if findings.wrong:
        print(f"handpick: {findings.wrong}", file=sys.stderr)
    return 2 if findings.wrong else 0
