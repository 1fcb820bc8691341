"""A simulated cell that is filmed. Being filmed changes nothing of what happens in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.cell import SimCell
from sim.film.studio import Studio


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture, RGB, shape (height, width, 3), taken at `stamp` seconds on the cell's clock."""

    stamp: float
    color: NDArray[np.uint8]


class FilmedCell(SimCell):
    """A cell that hands a picture to `show` every `every` seconds of its clock, from `film` on."""

    _studio: Studio | None = None

    def film(self, studio: Studio, every: float, show: Callable[[Picture], None]) -> None:
        """Begin to film, with a first picture now."""
        self._studio, self._every, self._show = studio, every, show
        self._due = self.clock()
        self._shoot()

    def _step(self) -> None:
        super()._step()
        self._shoot()

    def _shoot(self) -> None:
        if self._studio is not None and self.clock() > self._due - 1e-9:
            self._due += self._every
            self._scene.follow(self._world.client)
            self._show(Picture(self.clock(), self._studio.picture(self._scene)))
