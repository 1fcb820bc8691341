"""Books turn about a hinge: where it lies under a cup that lifts one by its cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perception.errors import GeometryError
from perception.pose import Pose


@dataclass(frozen=True, eq=False)
class Hinge:
    """The spine of a book whose cover the cup holds close to it.

    Attributes:
        T_tool_spine: frame on the spine's edge of that cover: x across the cover to the fore-edge, y along the spine,
            z out of the cover. The tool frame is the cup's.
        width: of the cover from spine to fore-edge, metres, rather more than less.
        thickness: of the book, metres.
        tilt: of the cover while the pages hang beneath the spine, rad: the less, the wider it opens.
    """

    T_tool_spine: Pose
    width: float
    thickness: float
    tilt: float = float(np.deg2rad(82))

    def __post_init__(self) -> None:
        if not 0 < self.thickness < self.width:
            raise GeometryError(f"hinge: expected 0 < thickness < width, got {self.thickness} and {self.width} m")
