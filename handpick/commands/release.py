"""`handpick release`: whether weights may replace others, which version is in use, and the way back."""

from __future__ import annotations

import argparse

REFUSED = 1  # exit code where weights are worse somewhere beyond chance


def run(options: argparse.Namespace) -> int:
    return int(ACTIONS[options.action](options))


def check(options: argparse.Namespace) -> int:
    from training.release.report import reported
    from training.release.text import table

    made, page = reported(options.new, options.against, options.on, options.out, options.seed)
    print(table(made))
    print(f"\n  {page}")
    return 0 if made["passes"] else REFUSED


def install(options: argparse.Namespace) -> int:
    from training.release.store import Store

    place = Store(options.into).install(options.file, options.checked)
    print(f"in use: {place}\n  --policy {Store(options.into).weights}")
    return 0


def roll_back(options: argparse.Namespace) -> int:
    from training.release.store import Store

    print(f"in use again: {Store(options.folder).roll_back()}")
    return 0


def versions(options: argparse.Namespace) -> int:
    from training.release.store import Store

    store = Store(options.folder)
    history = store.history
    for name in store.versions:
        told = "in use" if history[-1:] == [name] else "in use before" if name in history else "not in use"
        print(f"{name}  {told}")
    return 0


ACTIONS = {"check": check, "install": install, "roll-back": roll_back, "list": versions}
