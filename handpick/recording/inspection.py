"""What an inspection of the goods tells of picks, in a table beside recordings: robots do not feel what they break.

One row a pick: the recording's name, when the pick started by the cell's clock, and whether anything was damaged by it.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from handpick.record import BinRecord, RunRecord
from handpick.recording.errors import RecordingError

FILE = "inspection.csv"
COLUMNS = ("recording", "started", "damaged")
ANSWERS = {"yes": True, "no": False}

Inspected = Mapping[tuple[str, str], bool]  # damaged, by recording and start


def key(recording: str, started: float) -> tuple[str, str]:
    """By which a pick is found: clocks are told to the millisecond."""
    return recording, f"{started:.3f}"


def bag_name(bin_: int) -> str:
    """The recording of a simulated bin."""
    return f"bin-{bin_:03d}"


def inspection_csv(run: RunRecord) -> str:
    """What an inspector who goes by the practical rules tells of a simulated run's picks."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for bin_ in run.bins:
        for started, damaged in _damaged(bin_):
            writer.writerow((*key(bag_name(bin_.index), started), "yes" if damaged else "no"))
    return out.getvalue()


def _damaged(bin_: BinRecord) -> Sequence[tuple[float, bool]]:
    """When each pick of a bin started, and whether anything was damaged from then on until the next one did."""
    starts = sorted(pick.outcome.started for pick in bin_.picks)
    harmed = [event.time for event in bin_.ledger if event.practical]
    ends = [*starts[1:], float("inf")]
    return [(start, any(start <= time < end for time in harmed)) for start, end in zip(starts, ends)]


def read_inspection(folder: Path) -> Inspected:
    """What the table in a folder of recordings tells; nothing where there is none.

    Raises:
        RecordingError: it has no such columns, or a row that says neither yes nor no.
    """
    path, found, line = folder / FILE, dict[tuple[str, str], bool](), 1
    if not path.exists():
        return found
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                line += 1
                recording, started, damaged = (row[name] for name in COLUMNS)
                found[key(recording, float(started))] = ANSWERS[damaged.strip().lower()]
    except (OSError, KeyError, TypeError, ValueError, AttributeError, csv.Error) as error:
        raise RecordingError(
            f"{path}, line {line}: expected the columns {', '.join(COLUMNS)} (name, seconds, yes or no), got {error!r}"
        ) from error
    return found
