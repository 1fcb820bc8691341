"""Write a run's files: whole or not at all, and never lost because a folder cannot be written."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from handpick.record import PickRecord, RunRecord
from handpick.report.disturbances import disturbance_at
from handpick.report.summary import summarise, timings
from perception.errors import HandpickError


class OutputError(HandpickError):
    """The output folder cannot be written; the message says where the results are instead."""


def check_folder(folder: Path) -> None:
    """Refuse an output folder that cannot be written, before any work is done.

    Raises:
        OutputError: the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\0" * 4096)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror}; name another folder with --out") from error


def write_report(run: RunRecord, folder: Path, explained: bool = False) -> Path:
    """Write report.json, ledger.csv, picks.csv, disturbances.csv, timings.json and report.html, the figures first.

    explained: the folder also holds explain/index.html, to which the page then leads. Returns the folder.

    Raises:
        OutputError: names the temporary folder that now holds the results.
    """
    from handpick.report.page import page  # late: plotting takes longer to import than all the rest

    files = {
        "report.json": lambda: json.dumps(summarise(run), indent=2) + "\n",
        "ledger.csv": lambda: ledger_csv(run),
        "picks.csv": lambda: picks_csv(run),
        "disturbances.csv": lambda: disturbances_csv(run),
        "timings.json": lambda: json.dumps(timings(run), indent=2) + "\n",
        "report.html": lambda: page(run, explained),
    }
    return write_texts({name: make() for name, make in files.items()}, folder)


def write_texts(texts: dict[str, str], folder: Path) -> Path:
    """Write files by name and return the folder; where it cannot be written, they go to a temporary one instead.

    Raises:
        OutputError: names the temporary folder, or says that there is no room there either.
    """
    try:
        write_all(texts, folder)
    except OSError as error:
        raise OutputError(f"cannot write to {folder}: {error.strerror}; {saved(texts, folder)}") from error
    return folder


def saved(texts: dict[str, str], folder: Path) -> str:
    """Write files to a temporary folder, and say where they are and what to do."""
    try:
        refuge = Path(tempfile.mkdtemp(prefix="handpick-"))
        write_all(texts, refuge)
    except OSError as error:
        lost = ", ".join(texts)
        return f"nor to the temporary folder: {error.strerror}; make room: {lost} could not be kept"
    return f"what was there stays, the results are in {refuge}: make room in {folder} and move them there"


def write_all(texts: dict[str, str], folder: Path) -> None:
    """Write all files beside their places, then rename them there: where one cannot be written, none is changed."""
    folder.mkdir(parents=True, exist_ok=True)
    drafts = {name: folder / f".{name}.part" for name in texts}
    try:
        for name, draft in drafts.items():
            draft.write_text(texts[name], encoding="utf-8")
        for name, draft in drafts.items():
            os.replace(draft, folder / name)
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def ledger_csv(run: RunRecord) -> str:
    """One row per damage event, in order of bin and time."""
    rows = [
        (
            *(bin_.index, f"{d.time:.4f}", d.item, d.family, d.cause),
            *(f"{d.figure:.6g}", f"{d.threshold:.6g}", d.unit, d.strict, d.practical, disturbance_at(bin_, d.time)),
        )
        for bin_ in run.bins
        for d in bin_.ledger
    ]
    figures = ("figure", "threshold", "unit", "strict", "practical", "disturbance")
    return csv_text(("bin", "time", "item", "family", "cause", *figures), rows)


def disturbances_csv(run: RunRecord) -> str:
    """One row per disturbance, in order of bin and time."""
    rows = [
        (
            *(d.bin, d.pick, d.kind, f"{d.time:.4f}", f"{d.ended:.4f}", "" if d.item is None else d.item),
            *(int(d.stopped), "" if d.lost is None else f"{d.lost:.4f}"),
        )
        for bin_ in run.bins
        for d in bin_.disturbances
    ]
    return csv_text(("bin", "pick", "disturbance", "time", "ended", "item", "stopped", "lost"), rows)


def picks_csv(run: RunRecord) -> str:
    """One row per pass of the loop, with the cell's seconds by stage."""
    stages = list(dict.fromkeys(name for pick in run.picks for name in pick.outcome.stages))
    by_item = any(pick.outcome.aim for pick in run.picks)
    rows = []
    for pick in run.picks:
        o = pick.outcome
        seconds = [f"{o.stages.get(name, 0.0):.4f}" for name in stages] + [f"{sum(o.hidden.values()):.4f}"]
        item = "" if pick.item is None else pick.item
        start = (
            pick.bin,
            o.index,
            f"{o.started:.4f}",
            o.hold,
            o.skill,
            o.result.value,
            o.cause or "",
            item,
            pick.family,
        )
        told = [f"{getattr(o.believed, name):.4f}" if o.believed else "" for name in ODDS]
        force = f"{o.grasp.force:.1f}" if o.grasp and o.grasp.force else ""
        events = "; ".join(f"{e.kind.value} {e.certainty:.3f} at {e.stamp:.3f}: {e.answer}" for e in o.events)
        row = (*start, *told, force, run.bin(pick.bin).disturbance_of(o.index), events, *seconds)
        rows.append((*row, *aimed(pick)) if by_item else row)
    names = ("bin", "pick", "started", "tool", "skill", "result", "cause", "item", "family")
    header = (
        *names,
        *ODDS,
        "force",
        "disturbance",
        "events",
        *(f"{name}_s" for name in (*stages, "hidden")),
        *(AIMED if by_item else ()),
    )
    return csv_text(header, rows)


ODDS = ("acquire", "hold", "damage")
AIMED = ("order", "wanted", "taken", "sure", "in_hand", "true_item")


def aimed(pick: PickRecord) -> tuple[object, ...]:
    """What a pick was for where items are ordered by name, what the item was found to be, and what it truly was."""
    aim, found = pick.outcome.aim, (pick.outcome.inspected, pick.name)
    return (*((aim.order, aim.wanted, aim.taken, f"{aim.sure:.4f}") if aim else ("", "", "", "")), *found)


def csv_text(header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()
