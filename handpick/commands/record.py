"""`handpick record`: `handpick sim` that records, bags and report in one folder."""

from __future__ import annotations

import argparse

from handpick.commands import sim


def run(options: argparse.Namespace) -> int:
    options.explain, options.record, options.require = False, options.out, []
    return sim.run(options)
