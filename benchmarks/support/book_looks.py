"""What is seen of items in full and nearly empty bins of all suites, and of which family they truly are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.shapes import NO_ROBOT, Bin, make_bin, overlaps
from grasping.beliefs.books import CLUES, clues
from grasping.beliefs.kinds import bookish
from grasping.beliefs.overlap import Tops, rim
from handpick.layout import standard_layout
from handpick.recording.folder import replace_file
from perception.perceiver import Perceiver
from sim.fill import UnrestError
from sim.suites import SUITES

FIRST_SEED = 5000  # of bins that no report draws
FEWEST = 4  # items of the emptiest bins
ROW = np.dtype(
    [
        ("clues", np.float64, len(CLUES)),
        ("before", np.float64),  # what was believed of it when this was written
        ("family", "S16"),
        ("bin", np.int64),
        ("views", np.int64),
    ]
)


def look(task: tuple[Path, int], tell: Callable[[str], None]) -> int:
    """See one bin, by all cameras and by one of them, and write what was found."""
    file, number = task
    try:
        made = make_bin(list(SUITES)[number % len(SUITES)], FIRST_SEED + number, FEWEST)
    except UnrestError:
        rows = np.zeros(0, ROW)
    else:
        one = number // len(SUITES) % len(made.frames)
        single = replace(made, frames=made.frames[one : one + 1], ids=made.ids[one : one + 1])
        rows = np.concatenate([seen(made, number), seen(single, number)])
    content = BytesIO()
    np.save(content, rows)
    replace_file(file, content.getvalue())
    tell(f"{len(rows)} items")
    return len(rows)


def seen(made: Bin, number: int) -> NDArray[np.void]:
    """What is found in a bin, each labelled by the item that most of it is, shape (N,)."""
    layout = standard_layout()
    cameras = tuple(frame.camera for frame in made.frames)
    scene = Perceiver(layout.source, layout.destination, cameras).perceive(made.frames, NO_ROBOT)
    shared, _, _ = overlaps(made, scene)
    tops, rows = Tops.of(scene.occupancy), []
    for place, item in enumerate(scene.items):
        if shared[:, place].any():
            hidden, family = rim(tops, item).share, made.families[int(shared[:, place].argmax())]
            rows.append((clues(item, hidden), bookish(item, hidden), family.encode(), number, len(made.frames)))
    return np.array(rows, ROW)
