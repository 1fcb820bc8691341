"""A moment: what a recording holds of one look at a cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from perception.arrays import readonly
from perception.depth_image import DepthImage
from perception.pose import Array

Json = dict[str, Any]


@dataclass(frozen=True, eq=False)
class RobotState:
    """Readings of the joints that a recording names: positions, velocities, efforts (J,), rad, rad/s, N m; what was
    not recorded of them is 0. tool: readings of the tool by name, in SI units; empty where there are none.

    Raises:
        GeometryError: arrays of other lengths.
    """

    stamp: float
    joints: tuple[str, ...]
    positions: Array
    velocities: Array
    efforts: Array
    tool: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("positions", "velocities", "efforts"):
            values = getattr(self, name)
            values = values if len(values) else np.zeros(len(self.joints))
            object.__setattr__(self, name, readonly(values, np.float64, (len(self.joints),), name))


@dataclass(frozen=True, eq=False)
class Decision:
    """A decision of Handpick's own: its number in the bin, what was decided in plain words and figures, and what it
    was thought out from besides the images (as `handpick.recording.own` writes it), unread; None: not recorded.
    """

    look: int
    told: Json
    inputs: Json | None = None


@dataclass(frozen=True, eq=False)
class Moment:
    """One look. stamp: seconds on the recording's clock."""

    stamp: float
    images: tuple[DepthImage, ...]
    state: RobotState | None = None
    decision: Decision | None = None
    outcome: Json | None = None


class Recording(Protocol):
    """A recording that is read as it is asked for.

    path: of the bag or folder. cell: what Handpick recorded of its own cell, unread; None for other recordings.
    notes: how often what was left out or assumed, so far. span: seconds of its first and last moment at most.
    """

    path: Path
    cell: Json | None
    notes: Counter[str]

    @property
    def span(self) -> tuple[float, float]: ...

    def moments(self, start: float | None = None, until: float | None = None) -> Iterator[Moment]:
        """Moments with start <= stamp < until, seconds on the recording's clock, in their order.

        Raises:
            RecordingError: what cannot be read; names file, topic and time.
        """
        ...

    def close(self) -> None: ...
