"""Films a simulated bin while it is picked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sim.film.captions import Captions
from sim.film.filmed_cell import FilmedCell, Picture
from sim.film.movie import checked, write_movie
from sim.film.studio import before_the_totes
from sim.one_bin import one_bin
from sim.plan import SimPlan

RATE = 15  # pictures a second, in real time
SIZE = 640, 360


def shoot(
    plan: SimPlan, path: Path, size: tuple[int, int] = SIZE, show: Callable[[str], None] = lambda line: None
) -> Path:
    """Pick the plan's orders out of its first bin and write the film of it, a second of it a simulated one.

    show: is told how far it is, a line each.

    Raises:
        FilmError: the path names no film, or cannot be written. UnknownSuiteError, ArmError: what the plan names.
        CellStopped, BlindError, ViewError: the bin cannot be picked.
    """
    checked(path)
    pictures: list[Picture] = []
    captions = Captions("simulated, real time", plan.tool)

    def keep(picture: Picture) -> None:
        pictures.append(picture)
        if len(pictures) % RATE == 0:
            show(f"{picture.stamp:.0f} s filmed")

    with one_bin(plan, FilmedCell) as bin_:
        studio = before_the_totes(bin_.cell.cameras.renderer, size)
        bin_.cell.film(studio, 1 / RATE, keep)
        bin_.pick(captions.thought, lambda outcome, look: captions.picked(outcome))
    return write_movie(path, [captions.on(picture) for picture in pictures], RATE)
