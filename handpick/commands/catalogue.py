"""`handpick catalogue`: pictures of items added, removed, checked and counted."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

REFUSED = 1  # exit code where some pictures could not be used, or some look wrong
LISTED = 50  # lines of one sort
SORTS = ((1, "1"), (3, "2 or 3"), (10, "4 to 10"), (1 << 60, "more"))  # of items, by the most pictures


def run(options: argparse.Namespace) -> int:
    from handpick.catalogue.models import Models

    if options.action != "add":
        _expect(options.catalogue)
    models = Models(options.catalogue)
    if options.action == "upgrade":
        return _upgrade(models, options.head, options.most)
    if options.action == "roll-back":
        return _roll_back(models)
    database, encoder = models.open()
    if options.action == "add":
        return _add(database, encoder, options.what)
    if options.action == "remove":
        print(f"removed {len(options.what)} items with {database.remove(options.what)} pictures")
        return 0
    return _check(database) if options.action == "check" else _stats(database)


def _expect(path: Path) -> None:
    from handpick.catalogue.errors import CatalogueError
    from handpick.catalogue.identify import NONE

    if not path.is_dir():
        raise CatalogueError(NONE.format(path))


def _add(database, encoder, folders) -> int:  # type: ignore[no-untyped-def]
    from handpick.catalogue.add import add_folder
    from handpick.catalogue.trust import calibration

    refused: list[str] = []
    for folder in folders:
        made = add_folder(database, encoder, Path(folder), _progress)
        counted = f"{made.pictures} new pictures, {made.known} known, {len(made.refused)} refused"
        print(f"{folder}: {made.items} items, {counted}")
        refused += made.refused
    _list("refused", refused)
    calibration(database)
    return REFUSED if refused else 0


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {of} pictures", end="\n" if done == of else "", file=sys.stderr)


def _upgrade(models, head, most) -> int:  # type: ignore[no-untyped-def]
    from handpick.catalogue.trust import calibration
    from handpick.catalogue.upgrade import backfill, begin
    from perception.identity.encoder import Encoder

    if head is not None:
        begin(models, Encoder.load(head))
    database, encoder = models.open()
    print(f"model {encoder.model} answers from now on; vectors of {len(database.lacking())} pictures are made anew")
    made = backfill(database, encoder, most, _progress)
    print(f"{made.done} made, {made.left} left")
    _list("pictures whose old vectors stay", list(made.refused))
    calibration(database)
    return REFUSED if made.refused else 0


def _roll_back(models) -> int:  # type: ignore[no-untyped-def]
    from handpick.catalogue.upgrade import roll_back

    head = roll_back(models)
    lacking = len(models.open()[0].lacking())
    left = f"; {lacking} pictures came since then: `handpick catalogue upgrade` makes their vectors" if lacking else ""
    print(f"model {head.model} answers again{left}")
    return 0


def _check(database) -> int:  # type: ignore[no-untyped-def]
    from handpick.catalogue.check import check

    found = check(database)
    twins = [f"{a}  =  {b}" + ("" if x == y else f"   said to be {x} and {y}")
             for (a, b), (x, y) in ((twin.paths, twin.items) for twin in found.twins)]  # fmt: skip
    suspects = [f"{o.path}: {o.item}, but looks like {o.looks_like} (by {o.lead:.2f})" for o in found.suspects]
    _list("pictures that are there twice", twins)
    _list("pictures that look like another item", suspects)
    if not twins and not suspects:
        print("nothing looks wrong")
    return REFUSED if twins or suspects else 0


def _stats(database) -> int:  # type: ignore[no-untyped-def]
    items, counts = database.items(), Counter(item for _, item, _ in database.pictures())
    sorts = Counter(next(name for most, name in SORTS if count <= most) for count in counts.values())
    families, kinds = {(item.kind, item.family) for item in items}, {item.kind for item in items}
    print(f"{len(items)} items of {len(families)} families and {len(kinds)} kinds")
    told = ", ".join(f"{sorts[name]} with {name}" for _, name in SORTS)
    print(f"{sum(counts.values())} pictures; items by pictures: {told}")
    sized, weighed = (sum(getattr(item, name) is not None for item in items) for name in ("size", "mass"))
    print(f"{sized} items with a size, {weighed} with a mass; model {database.model}")
    return 0


def _list(title: str, lines: list[str]) -> None:
    if lines:
        print(f"{len(lines)} {title}:")
        print("\n".join(f"  {line}" for line in lines[:LISTED]))
        if len(lines) > LISTED:
            print(f"  and {len(lines) - LISTED} more")
