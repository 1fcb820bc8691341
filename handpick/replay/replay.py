"""The replay of a recording, in its own time or as fast as it goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from handpick.outcome import Result
from handpick.recording.errors import RecordingError
from handpick.recording.moment import Json, Moment, Recording
from handpick.replay.rethink import Heard, ImageThinker, OwnThinker, Rethought, Thinker
from perception.errors import HandpickError


def thinker_of(recording: Recording, arm: str | None = None, heard: Heard = lambda thought, arm: None) -> Thinker:
    """The stack of a cell that Handpick recorded itself, else a planner of grasps from images alone.

    heard: is told every decision.

    Raises:
        RecordingError, ArmError: as `OwnThinker` does.
    """
    if recording.cell is None:
        return ImageThinker(heard)
    return OwnThinker(recording.cell, arm, str(recording.path), heard)


def replay(
    recording: Recording,
    thinker: Thinker,
    start: float | None = None,
    until: float | None = None,
    pace: Callable[[float], None] = lambda elapsed: None,
    seen: Callable[[Moment], None] = lambda moment: None,
) -> Iterator[Rethought]:
    """Think a recording's looks out anew. Nothing is executed, and nothing ever counts as placed.

    Args:
        start, until: seconds after the recording's beginning. pace: called before each look with how many seconds
            after the first one it was taken. seen: is told each look before it is thought out.

    Raises:
        RecordingError: what cannot be read.
    """
    began = recording.span[0]
    begin, end = (None if t is None else began + t for t in (start, until))
    first: float | None = None
    asked = time.perf_counter()
    for number, moment in enumerate(recording.moments(begin, end)):
        read = time.perf_counter()
        first = moment.stamp if first is None else first
        pace(moment.stamp - first)
        seen(moment)
        thinking = time.perf_counter()
        rethought = _rethought(thinker, moment, _heading(number, moment, began))
        done = time.perf_counter()
        took = {"read_ms": 1e3 * (read - asked), "think_ms": 1e3 * (done - thinking), **rethought.took}
        yield replace(rethought, took=took)
        asked = time.perf_counter()


def real_time(speed: float) -> Callable[[float], None]:
    """A pace of so many times real time; a look that comes late is not left out."""
    began: list[float] = []

    def wait(elapsed: float) -> None:
        now = time.monotonic()
        began.append(now)
        time.sleep(max(0.0, elapsed / speed - (now - began[0])))

    return wait


def _heading(number: int, moment: Moment, began: float) -> Json:
    return {
        "look": moment.decision.look if moment.decision else number,
        "seconds": round(moment.stamp - began, 6),
        "cameras": sorted(image.name for image in moment.images),
        "result": Result.NOT_EXECUTED.value,
    }


def _rethought(thinker: Thinker, moment: Moment, heading: Json) -> Rethought:
    """A look with what was made of it, or why nothing was."""
    try:
        found = thinker.rethink(moment)
    except RecordingError:
        raise
    except HandpickError as error:
        return Rethought({**heading, "error": f"{type(error).__name__}: {error}"})
    return replace(found, data={**heading, **found.data})
