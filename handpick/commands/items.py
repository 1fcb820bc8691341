"""`handpick items`: items made to order along a path, and items on which a policy fails."""

from __future__ import annotations

import argparse
import sys

REFUSED = 1  # exit code where nothing that was made can be


def run(options: argparse.Namespace) -> int:
    return int(ACTIONS[options.action](options))


def make(options: argparse.Namespace) -> int:
    from training.items.make import ordered
    from training.items.paths import Order, rest_of

    hold = rest_of(options.vary) if options.hold is None else tuple(options.hold)
    path, page = ordered(Order(options.vary, hold), options.start, options.change, options.items, options.out)
    for one in path.items:
        print(f"{one.name:32} {'; '.join(one.problems) or 'made'}{''.join(f' ({note})' for note in one.notes)}")
    print("\nchanged from the first to the last, in spreads over known items:")
    for name, value in path.changed.items():
        role = "varied" if name == options.vary else "held" if name in hold else "free"
        print(f"  {name:13}{value:+6.2f}  {role}")
    if path.short:
        print(f"asked for {path.asked:+.2f}: from there it cannot be changed as far, the rest being held")
    print(f"\n  {page}\n  --suite {options.out}")
    return 0 if any(not one.problems for one in path.items) else REFUSED


def hard(options: argparse.Namespace) -> int:
    from handpick.report.files import check_folder
    from training.items.hard import Search, search, write
    from training.items.search_state import NAME

    order = Search(options.items, options.rounds, options.each, options.policy, options.seed, options.jobs)
    check_folder(options.out)
    show = lambda line: print(line, file=sys.stderr, flush=True)
    found, told = search(order, show, options.out / NAME)
    paths = write(found, told, order, options.out)
    for path, about in zip(paths, told):
        print(f"{path.stem}  failed {about['failed']} of {about['tries']}, expected {about['expected']:.2f}")
    print(f"\n  handpick generate --suite mixed,{options.out}")
    return 0


ACTIONS = {"make": make, "hard": hard}
