"""A conformance check for implementations of the Cell protocol, yours too."""

from __future__ import annotations

import numpy as np

from grasping.tools import GripCommand
from handpick.cell import Cell
from motion.robot.arm import Arm
from motion.robot.joint_check import within_limits
from motion.trajectory import Trajectory, TrajectoryError
from perception.camera import CameraFrame, CameraModel
from perception.capsules import Capsules
from perception.errors import HandpickError
from perception.view_check.check_views import expect_views
from perception.view_check.view_fit import ViewFit

LEAST_DEPTH = 0.02  # share of pixels


class CellCheckError(HandpickError):
    """A cell that does not keep the protocol's promises."""


def check_cell(cell: Cell, moves: bool = True, arm: Arm | None = None) -> tuple[ViewFit, ...]:
    """Exercise a cell and raise on the first broken promise. The arm moves by a few degrees if `moves`.

    Args:
        arm: its model; with it, joints are compared with their limits, and the robot is cut out of the images.

    Returns:
        How far off each camera is; print them.

    Raises:
        CellCheckError: says which promise was broken.
        StateError, JointStateError, LimitsExceeded, FrameError, ViewError: say what is wrong with joints or images.
    """
    check_clock(cell)
    check_state(cell, arm)
    check_capture(cell)
    views = check_cameras(cell, arm)
    check_recover(cell)
    if moves:
        check_refusal(cell)
        check_move(cell)
        check_stop(cell)
        check_grip(cell)
    return views


def check_clock(cell: Cell) -> None:
    before = cell.clock()
    cell.wait(0.1)
    passed = cell.clock() - before
    expect(passed >= 0.1 - 1e-6, f"wait(0.1) must let at least 0.1 s pass, {passed:.4f} s passed")


def check_state(cell: Cell, arm: Arm | None = None) -> None:
    state = cell.state()
    expect(len(state.positions) > 0, "state() must report at least one joint")
    if arm is not None:
        within_limits(state.positions, arm.limits, [joint.name for joint in arm.description.joints])
    largest = float(np.abs(state.positions).max())
    expect(largest <= 2.01 * np.pi, f"state() must give radians, a joint is at {largest:.4g}: are these degrees?")
    age = cell.clock() - state.stamp
    expect(abs(age) < 0.2, f"state() must be fresher than 0.2 s on the cell's clock(), it is {age:.3f} s old")
    expect(0 <= state.cup_travel <= 1.001, f"cup_travel must be 0 (in) to 1 (out), it is {state.cup_travel:.4g}")
    gap = state.finger_gap
    expect(-0.002 < gap < 1, f"finger_gap must be metres of opening, it is {gap:.4g}{': millimetres?' * (gap >= 1)}")


def check_capture(cell: Cell) -> None:
    known = {camera.name: camera for camera in cell.layout.cameras}
    asked, frames, came = cell.clock(), cell.capture(), cell.clock()
    names = [frame.camera.name for frame in frames]
    expect(len(set(names)) == len(names), f"capture() must return each camera once, got {names}")
    strange = sorted(set(names) - set(known))
    expect(not strange, f"capture() must return cameras of the layout, {sorted(known)}, got {strange} as well")
    dead = sorted(set(known) - set(names))
    expect(not dead, f"capture() must return a frame of every camera, got none of {dead}: do they run?")
    for frame in frames:
        check_frame(frame, known[frame.camera.name], asked, came)


def check_frame(frame: CameraFrame, camera: CameraModel, asked: float, came: float) -> None:
    """asked, came: seconds of the cell's clock around capture(), which may take as long as slow cameras need."""
    whose, (near, far) = f"camera {camera.name}", camera.depth_range
    size, expected = frame.depth.shape[::-1], (camera.width, camera.height)
    expect(size == expected, f"{whose}: frames must have the layout's size, {expected}, got {size}")
    same = np.allclose(frame.camera.k, camera.k) and np.allclose(
        frame.camera.T_base_camera.matrix, camera.T_base_camera.matrix
    )
    expect(same, f"{whose}: frames must carry the layout's k and T_base_camera, got others: which are right?")
    share = float(np.isfinite(frame.depth).mean())
    expect(
        share > LEAST_DEPTH,
        f"{whose}: frames must have depth within its range of {near:g} to {far:g} m, {share:.1%} of the pixels have: "
        "is it covered, too near, or its range too narrow?",
    )
    off = max(asked - frame.stamp, frame.stamp - came)
    expect(
        off < 0.5,
        f"{whose}: frames must be taken while capture() runs, within 0.5 s on the cell's clock(): asked at {asked:.3f} "
        f"s, answered at {came:.3f} s, this says {frame.stamp:.3f} s",
    )


def check_cameras(cell: Cell, arm: Arm | None = None) -> tuple[ViewFit, ...]:
    """Every camera must show the totes where the layout has them, and enough of them to tell."""
    state, layout = cell.state(), cell.layout
    nothing = Capsules(np.zeros((0, 2, 3)), np.zeros(0))
    robot = nothing if arm is None else arm.capsules(state.positions, state.finger_gap, state.cup_travel)
    fits = expect_views(cell.capture(), layout.cameras, (layout.source, layout.destination), robot)
    for fit in fits:
        expect(fit.judged, f"{fit}; move the arm out of its view, and see that rims are not covered or mirroring")
    return fits


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
