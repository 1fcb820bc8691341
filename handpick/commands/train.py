"""`handpick train`: weights from outcomes, or weights adapted to what was recorded in a cell."""

from __future__ import annotations

import argparse
import os
import sys

from handpick.machine import pinned

NO_BETTER = 1  # exit code where recordings give no better weights


def run(options: argparse.Namespace) -> int:
    if "numpy" not in sys.modules:  # else it is too late: libraries look once, when they are loaded
        os.environ.update(pinned())  # so that the same picks give the same weights
    return from_outcomes(options) if options.recordings is None else from_recordings(options)


def from_outcomes(options: argparse.Namespace) -> int:
    from training.card import table
    from training.contest import contest_table
    from training.train import train

    path, card = train(options.folders, options.out, options.seed, options.network, options.after, options.on)
    print(f"grown on {card['known']} outcomes of {card['known_bins']} bins and {len(card['known_families'])} families")
    print(f"never seen: {card['unseen']} outcomes of {', '.join(card['never_seen_families'])}")
    print(table(card))
    if options.network:
        print(contest_table(card["networks"]))
    print(f"\n  {path}\n  {path.parent / 'card.json'}")
    return 0


def from_recordings(options: argparse.Namespace) -> int:
    from grasping.policy import LEARNED
    from training.errors import TrainingError
    from training.site_card import site_table
    from training.train import train_from

    if options.network:
        raise TrainingError("--network needs pictures: expected folders of outcomes, got recordings (--from)")
    if options.after is not None:
        raise TrainingError("--after is for new weights: expected folders of outcomes, got recordings (--from)")
    path, card = train_from(options.recordings, options.out, options.seed, options.on or LEARNED)
    print(site_table(card))
    if path is None:
        print("\nIn bins held back that is no better than before beyond chance: no weights are written.")
        return NO_BETTER
    print(f"\n  {path}\n  {path.parent / 'card.json'}")
    return 0
