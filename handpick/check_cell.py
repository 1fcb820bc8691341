"""A conformance check for implementations of the Cell protocol, yours too."""

from __future__ import annotations

import numpy as np

from grasping.tools import GripCommand
from handpick.cell import Cell
from motion.trajectory import Trajectory, TrajectoryError
from perception.errors import HandpickError


class CellCheckError(HandpickError):
    """A cell that does not keep the protocol's promises."""


def check_cell(cell: Cell, moves: bool = True) -> None:
    """Exercise a cell and raise on the first broken promise. The arm moves by a few degrees if `moves`.

    Raises:
        CellCheckError: says which promise was broken.
    """
    check_clock(cell)
    check_state(cell)
    check_capture(cell)
    check_recover(cell)
    if moves:
        check_refusal(cell)
        check_move(cell)
        check_stop(cell)
        check_grip(cell)


def check_clock(cell: Cell) -> None:
    before = cell.clock()
    cell.wait(0.1)
    passed = cell.clock() - before
    expect(passed >= 0.1 - 1e-6, f"wait(0.1) must let at least 0.1 s pass, {passed:.4f} s passed")


def check_state(cell: Cell) -> None:
    state = cell.state()
    expect(state.positions.ndim == 1 and len(state.positions) > 0, "state() must report at least one joint")
    finite = all(np.isfinite(a).all() for a in (state.positions, state.velocities, state.efforts))
    expect(finite, "state() must be finite")
    expect(abs(state.stamp - cell.clock()) < 0.2, "state() must be fresher than 0.2 s")
    expect(0 <= state.cup_travel <= 1.001 and state.finger_gap > -0.002, "the tool's readings must be in range")


def check_capture(cell: Cell) -> None:
    names = {camera.name for camera in cell.layout.cameras}
    frames = cell.capture()
    expect(len(frames) > 0, "capture() must return a frame of every living camera, got none")
    expect(len({frame.camera.name for frame in frames}) == len(frames), "capture() returned a camera twice")
    for frame in frames:
        expect(frame.camera.name in names, f"camera {frame.camera.name} is not in the layout {sorted(names)}")
        depth = frame.depth[np.isfinite(frame.depth)]
        expect(len(depth) > 0 and depth.min() > 0, f"camera {frame.camera.name}: depth is metres > 0 or NaN")
        expect(abs(frame.stamp - cell.clock()) < 0.5, f"camera {frame.camera.name}: frames must be fresh")


def check_recover(cell: Cell) -> None:
    before = cell.state().positions, cell.clock()
    cell.recover()
    expect(cell.clock() - before[1] < 0.5, "recover() must do nothing where nothing has stopped, it took its time")
    moved = np.abs(cell.state().positions - before[0]).max()
    expect(moved < 0.01, f"recover() must not move the arm, it moved by {moved:.3f} rad")


def check_refusal(cell: Cell) -> None:
    """A trajectory that begins elsewhere must be refused, not jumped to."""
    try:
        cell.move(minimum_jerk(cell.state().positions + 0.3, 0.0, 0.5))
    except TrajectoryError:
        return
    raise CellCheckError("move() must refuse a trajectory that does not begin at the arm's state")


def check_move(cell: Cell, angle: float = 0.05, duration: float = 1.0) -> None:
    start = cell.state().positions
    cell.move(minimum_jerk(start, angle, duration))
    cell.wait(duration + 0.2)
    missed = np.abs(cell.state().positions - start - angle * first_joint(start)).max()
    expect(missed < 0.01, f"after move() the arm must be at the trajectory's end, it is {missed:.4f} rad off")
    cell.move(minimum_jerk(cell.state().positions, -angle, duration))
    cell.wait(duration + 0.2)


def check_stop(cell: Cell) -> None:
    start = cell.state().positions
    cell.move(minimum_jerk(start, 0.3, 2.0))
    cell.wait(0.8)
    cell.stop()
    cell.wait(0.5)
    speed = np.abs(cell.state().velocities).max()
    expect(speed < 0.01, f"0.5 s after stop() the arm must rest, it moves at {speed:.3f} rad/s")
    state = cell.state()
    cell.move(minimum_jerk(state.positions, float(start[0] - state.positions[0]), 1.5))
    cell.wait(1.7)


def check_grip(cell: Cell) -> None:
    for opening in (0.08, 0.02):
        cell.grip(GripCommand(opening))
        cell.wait(1.0)
        gap = cell.state().finger_gap
        expect(abs(gap - opening) < 0.005, f"grip({opening}) with nothing between: the gap is {gap:.4f} m")
    for extended in (True, False):
        cell.grip(GripCommand(0.04, cup_extended=extended, push=10.0))
        cell.wait(1.0)
        travel = cell.state().cup_travel
        expect(abs(travel - extended) < 0.02, f"with 10 N the rod must go to {extended:d}, it is at {travel:.3f}")


def minimum_jerk(start: np.ndarray, angle: float, duration: float) -> Trajectory:
    """Turn the first joint by `angle` radians within `duration` seconds, smoothly from rest to rest."""
    t = np.linspace(0, duration, 101, dtype=np.float64)
    u = t / duration
    turn = first_joint(start)[None]
    return Trajectory(
        t,
        start + angle * (10 * u**3 - 15 * u**4 + 6 * u**5)[:, None] * turn,
        angle / duration * (30 * u**2 - 60 * u**3 + 30 * u**4)[:, None] * turn,
        angle / duration**2 * (60 * u - 180 * u**2 + 120 * u**3)[:, None] * turn,
    )


def first_joint(positions: np.ndarray) -> np.ndarray:
    return np.eye(len(positions))[0]


def expect(holds: bool, promise: str) -> None:
    if not holds:
        raise CellCheckError(promise)
