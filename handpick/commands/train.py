"""`handpick train`: weights from outcomes, compared with contact mechanics on items and families held back."""

from __future__ import annotations

import argparse


def run(options: argparse.Namespace) -> int:
    from training.card import table
    from training.train import train

    path, card = train(options.path, options.out, options.seed)
    print(f"grown on {card['known']} outcomes of {card['known_bins']} bins and {len(card['known_families'])} families")
    print(f"never seen: {card['unseen']} outcomes of {', '.join(card['never_seen_families'])}")
    print(table(card))
    print(f"\n  {path}\n  {path.parent / 'card.json'}")
    return 0
