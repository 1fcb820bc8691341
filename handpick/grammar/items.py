"""The grammar of the commands that know items by name or make them: catalogue, identify, items."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from grasping.policy import LEARNED
from handpick.grammar.arguments import DEFAULT, add_command, add_jobs, add_policy, names, natural, positive

CATALOGUE = Path("out/catalogue")
# Of `training.items.measure`, whose imports take longer than help may.
ATTRIBUTES = ("flatness", "slenderness", "glossiness", "porosity", "com", "print", "mass", "volume", "friction")


def add_catalogue(commands: Any) -> None:
    """The grammar of `handpick catalogue`."""
    catalogue = add_command(
        commands,
        "catalogue",
        "keep pictures of items, so that identify tells which item is in a picture",
        "exit code 1 where pictures were refused or look wrong; docs/catalogue.md tells how folders are laid out",
        "handpick catalogue add shelf/",
    )
    actions = catalogue.add_subparsers(required=True, metavar="ACTION", dest="action")
    for name, does, what, told in (
        ("add", "add folders of pictures: kind/family/item/picture.jpg", "FOLDER", "folder of pictures"),
        ("remove", "forget items and their pictures", "ITEM", "name of an item"),
        ("check", "list pictures that are there twice, or look like another item", None, ""),
        ("stats", "count items and pictures", None, ""),
    ):
        action = actions.add_parser(name, help=does, description=does)
        if what is not None:
            action.add_argument("what", nargs="+", metavar=what, help=told)
        _add_place(action)
    does = "have another head make the vectors, while the catalogue goes on answering; an interrupted one goes on"
    upgrade = actions.add_parser("upgrade", help=does, description=does)
    told = "file of a head that was trained to agree with the one in use; without it, what is left is done"
    upgrade.add_argument("head", type=Path, nargs="?", metavar="HEAD", help=told)
    upgrade.add_argument("--most", type=positive, metavar="N", help="pictures of this run (default: all)")
    _add_place(upgrade)
    does = "have the head before the last upgrade make the vectors again"
    _add_place(actions.add_parser("roll-back", help=does, description=does))


def add_identify(commands: Any) -> None:
    """The grammar of `handpick identify`."""
    identify = add_command(
        commands,
        "identify",
        "which item of a catalogue is in a picture: the item, its family or its kind, or that nobody knows",
        "exit code 1 where a picture was refused or nothing could be said of it",
        "handpick identify photo.jpg --manifest tote.txt",
    )
    identify.add_argument("path", type=Path, metavar="PATH", help="a picture, or a folder of them")
    _add_place(identify)
    identify.add_argument("--manifest", type=Path, metavar="FILE", help="names of what should be there, one a line")
    identify.add_argument("--size", type=float, nargs=3, metavar=("L", "W", "H"), help="of the item as measured, mm")
    identify.add_argument("--mass", type=float, metavar="GRAMS", help="of the item as weighed, to 2 g or so")
    identify.add_argument("--views", action="store_true", help="the folder's pictures all show one item")
    identify.add_argument("--json", action="store_true", help="answers as JSON")


def add_items(commands: Any) -> None:
    """The grammar of `handpick items`."""
    items = add_command(
        commands,
        "items",
        "make items to order: one attribute varied and others held, or such as a policy fails on",
        "a folder of them is a suite, for sim, compare and generate",
        "handpick items make --vary flatness --hold mass,print --from carton:3",
    )
    actions = items.add_subparsers(required=True, metavar="ACTION", dest="action")
    make = add_command(
        actions,
        "make",
        "make items along a path on which one attribute changes, and a page that shows it",
        f"attributes: {', '.join(ATTRIBUTES)}; exit code 1: none of the items can be",
        "handpick items make --vary flatness --hold mass,print --from carton:3",
    )
    make.add_argument("--vary", required=True, metavar="ATTRIBUTE", help="that changes along the path")
    make.add_argument("--hold", type=names, metavar="A,A", help="that do not (default: all others)")
    make.add_argument(
        "--from", dest="start", required=True, metavar="ITEM", help="a file of an item, or FAMILY:SEED, as in carton:3"
    )
    make.add_argument(
        "--change",
        type=float,
        default=2.0,
        metavar="S",
        help=f"in spreads over known items; less than 0: down {DEFAULT}",
    )
    make.add_argument("--items", type=positive, default=7, help=f"along the path {DEFAULT}")
    make.add_argument("--out", type=Path, default=Path("out/items"), help=f"folder {DEFAULT}")
    hard = add_command(
        actions,
        "hard",
        "search for items on which a policy fails, by tries of its own choices in simulated bins",
        "each round tries the items that may fail most, by what the rounds before it told",
        "handpick items hard --out out/hard; handpick generate --suite mixed,out/hard",
    )
    hard.add_argument("--items", type=positive, default=24, help=f"that are kept {DEFAULT}")
    hard.add_argument("--rounds", type=positive, default=4, help=f"of tries {DEFAULT}")
    hard.add_argument(
        "--each", type=positive, default=24, metavar="N", help=f"items that a round tries, twice {DEFAULT}"
    )
    hard.add_argument("--seed", type=natural, default=0, help=f"the same seed finds the same items {DEFAULT}")
    hard.add_argument("--out", type=Path, default=Path("out/hard"), help=f"folder {DEFAULT}")
    add_policy(hard, LEARNED)
    add_jobs(hard)


def _add_place(command: argparse.ArgumentParser) -> None:
    command.add_argument("--catalogue", type=Path, default=CATALOGUE, metavar="DIR", help=f"its folder {DEFAULT}")
