"""What is seen of items in full and nearly empty bins of all suites, and what they truly are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.shapes import NO_ROBOT, Bin, make_bin, overlaps
from grasping.beliefs.clues import CLUES, clues
from grasping.beliefs.extent import Extent
from grasping.beliefs.load import mass_centre
from grasping.beliefs.overlap import Tops, rim
from grasping.beliefs.spine_side import SIDE_CLUES, outward, side_clues
from grasping.skills.swing import LEVEL
from handpick.layout import standard_layout
from handpick.recording.folder import replace_file
from perception.perceiver import Perceiver
from perception.scene import ItemShape
from sim.fill import UnrestError
from sim.suites import SUITES

FIRST_SEED = 5000  # of bins that no report draws
FEWEST = 4  # items of the emptiest bins
BOOKS = ("hardcover", "paperback")
ALONG, NEAR = 0.9, 0.012  # cosine and metres by which a side may be off the spine that it is
ROW = np.dtype(
    [
        ("clues", np.float64, len(CLUES)),
        ("family", "S16"),
        ("mass", np.float64),  # the item's, kilograms
        ("off", np.float64, 3),  # metres from the centroid of what was completed to the item's centre of mass
        ("way", np.float64, 3),  # in which it may go on where it is hidden
        ("sides", np.float64, (4, len(SIDE_CLUES))),
        ("spine", np.bool_, 4),  # which of these sides is a book's spine, if it lies on a cover and its spine was found
        ("lies", np.bool_),  # on a cover
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
            true = int(shared[:, place].argmax())
            extent, off = Extent.of(scene, item, rim(tops, item)), made.centres[true] - mass_centre(item)
            truth = (made.families[true].encode(), made.masses[true], off)
            sides = side_clues(item, extent), spine_sides(made, true, item), lies(item)
            rows.append((clues(item, extent), *truth, extent.way, *sides, number, len(made.frames)))
    return np.array(rows, ROW)


def spine_sides(made: Bin, true: int, item: ItemShape) -> NDArray[np.bool_]:
    """Which of the narrow sides of what was found, shape (4,), is the spine of the true item."""
    if made.families[true] not in BOOKS:
        return np.zeros(4, np.bool_)
    out, outside = -made.T_base_items[true, :3, 0], outward(item)
    edge = max(float((vertices @ out).max()) for vertices, _ in made.parts[true])
    reach = np.abs(outside @ item.T_base_box.rotation) @ item.size / 2
    at = (item.T_base_box.position + reach[:, None] * outside) @ out
    return np.asarray((outside @ out > ALONG) & (np.abs(at - edge) < NEAR))


def lies(item: ItemShape) -> bool:
    """Whether an item's widest face is level enough for a book that lies."""
    return bool(abs(item.T_base_box.rotation[2, np.argmin(item.size)]) > LEVEL)
