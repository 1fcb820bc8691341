"""The Cell: the few things that a pick loop may ask of a simulated, recorded or real pick-and-place cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from grasping.tools import GripCommand
from motion.trajectory import Trajectory
from perception.arrays import readonly
from perception.camera import CameraFrame, CameraModel
from perception.errors import GeometryError, HandpickError
from perception.pose import Array
from perception.tote import Box, Tote


class CellStopped(HandpickError):
    """The cell stopped by itself (protective stop, person's stop) and will not move before it is reset."""


class ProtectiveStop(CellStopped):
    """The arm stopped by itself, since something holds it up. `Cell.recover` sets it going again."""


class StateError(HandpickError):
    """Readings of joints or tool that no sensor can give."""


@dataclass(frozen=True, eq=False)
class CellLayout:
    """What is known beforehand of a cell: calibrated cameras, totes, and whatever else stands around.

    Frame 'base' is the arm's base link. `obstacles` are solid boxes besides the totes (table, camera masts).
    """

    source: Tote
    destination: Tote
    cameras: tuple[CameraModel, ...]
    obstacles: tuple[Box, ...] = ()

    def __post_init__(self) -> None:
        names = [camera.name for camera in self.cameras]
        if not names:
            raise GeometryError("cell layout: expected at least one camera, got none; name the calibrated cameras")
        if len(set(names)) != len(names):
            raise GeometryError(f"cell layout: expected unique camera names, got {names}")


@dataclass(frozen=True, eq=False)
class CellState:
    """The newest readings of the robot's own sensors.

    positions, velocities, efforts: joints, shape (J,): rad, rad/s, N m. vacuum: pascals below atmosphere at the cup,
    the greatest of several; cups: under each of them, shape (K,), of one the same. cup_travel: 0 retracted .. 1
    extended. finger_gap: metres. finger_force: newtons at the pads.
    """

    stamp: float
    positions: Array
    velocities: Array
    efforts: Array
    vacuum: float
    cup_travel: float
    finger_gap: float
    finger_force: float
    cups: Array = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        cups = self.cups if len(self.cups) else np.array([self.vacuum])
        object.__setattr__(self, "cups", readonly(cups, np.float64, (None,), "vacuum under the cups"))
        object.__setattr__(self, "positions", readonly(self.positions, np.float64, (None,), "positions"))
        for name in ("velocities", "efforts"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64, self.positions.shape, name))
        for name in ("positions", "velocities", "efforts"):
            if not (finite := np.isfinite(getattr(self, name))).all():
                raise StateError(
                    f"cell state: expected finite {name}, joints {np.flatnonzero(~finite).tolist()} (of "
                    f"{len(finite)}, counted from 0) are not; 0 where the robot does not measure it"
                )
        for name in ("stamp", "vacuum", "cup_travel", "finger_gap", "finger_force"):
            if not np.isfinite(getattr(self, name)):
                raise StateError(
                    f"cell state: expected a finite {name}, got {getattr(self, name)}; has the driver published yet?"
                )


class Cell(Protocol):
    """A pick-and-place cell. `handpick.check_cell.check_cell` tests an implementation.

    The clock runs by itself on a robot; in simulation only `wait` advances it.
    """

    @property
    def layout(self) -> CellLayout: ...

    def clock(self) -> float:
        """Seconds since the cell started, never decreasing."""
        ...

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass (motion, tools and sensors go on). Raises CellStopped."""
        ...

    def capture(self) -> tuple[CameraFrame, ...]:
        """One fresh frame of every camera that is alive, taken now; takes no time in simulation."""
        ...

    def state(self) -> CellState:
        """The newest readings of joints and tool."""
        ...

    def move(self, trajectory: Trajectory) -> None:
        """Start following `trajectory` now, in place of any earlier one. Returns at once.

        Raises TrajectoryError where it does not begin at the arm's state, CellStopped.
        """
        ...

    def grip(self, command: GripCommand) -> None:
        """Set the tool's goal. Returns at once."""
        ...

    def stop(self) -> None:
        """Brake to rest now; grip and vacuum stay as they are."""
        ...

    def recover(self) -> None:
        """Set the arm going again after a protective stop: it rests where it stopped, with the tool as it was.

        Takes the cell's own time; where nothing has stopped, it does nothing. Raises CellStopped where only a person
        may set the arm going.
        """
        ...
