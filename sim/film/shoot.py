"""Films a simulated bin while it is picked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from handpick.outcome import PickOutcome
from handpick.picking.decide import Look
from sim.film.captions import Captions
from sim.film.filmed_cell import FilmedCell, Picture
from sim.film.movie import checked, write_movie
from sim.film.studio import before_the_totes
from sim.one_bin import one_bin
from sim.plan import SimPlan

RATE = 15  # pictures a second, in real time
AT_REST = 0.8  # seconds for which the last picture stays
SIZE = 640, 360


def shoot(
    plan: SimPlan,
    path: Path,
    skip: int = 0,
    size: tuple[int, int] = SIZE,
    show: Callable[[str], None] = lambda line: None,
) -> Path:
    """Pick the plan's orders out of its first bin and write the film of it, a second of it a simulated one.

    Args:
        skip: so many picks at the beginning are not filmed.
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
            show(f"filmed to {picture.stamp:.0f} s")

    with one_bin(plan, FilmedCell) as bin_:
        studio = before_the_totes(bin_.cell.cameras.renderer, size)
        begin = lambda: bin_.cell.film(studio, 1 / RATE, keep)

        def on_pick(outcome: PickOutcome, look: Look | None) -> None:
            captions.picked(outcome)
            if outcome.index + 1 == skip:
                begin()

        if skip == 0:
            begin()
        bin_.pick(captions.thought, on_pick)
    told = [captions.on(picture) for picture in pictures]
    return write_movie(path, told + told[-1:] * round(AT_REST * RATE), RATE)
