"""What an integrator runs first: each lie of a cell ends in an error that names it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grasping.tools import DualTool
from handpick.cell import Cell, CellLayout, CellState, StateError
from handpick.check_cell import CellCheckError, check_cell
from motion.errors import LimitsExceeded
from motion.robot.arm import Arm
from motion.robot.joint_check import JointStateError
from perception.camera import CameraFrame
from perception.errors import FrameError, GeometryError, ViewError
from tests.support.pictures import CAMERAS, DESTINATION, SOURCE, World

ARM = Arm(DualTool())
REST = (ARM.limits.lower + ARM.limits.upper) / 2
FRAMES = World().frames(np.random.default_rng(0))
STATE = CellState(0.0, REST, 0 * REST, 0 * REST, 0.0, 0.0, 0.04, 0.0)


class StillCell:
    """A cell in which nothing moves, with the frames and the state that it is given."""

    def __init__(self, frames: Sequence[CameraFrame] = FRAMES, state: CellState = STATE, **layout: Any) -> None:
        self.layout = CellLayout(**{"source": SOURCE, "destination": DESTINATION, "cameras": CAMERAS, **layout})
        self.time, self.frames, self.readings = 0.0, frames, state

    def clock(self) -> float:
        return self.time

    def wait(self, seconds: float) -> None:
        self.time += seconds

    def capture(self) -> tuple[CameraFrame, ...]:
        return tuple(replace(frame, stamp=self.time) for frame in self.frames)

    def state(self) -> CellState:
        return replace(self.readings, stamp=self.time)

    def recover(self) -> None:
        pass


def checked(*around: Any, arm: Arm | None = ARM, **layout: Any) -> Any:
    return check_cell(cast(Cell, StillCell(*around, **layout)), moves=False, arm=arm)


def changed(**changes: Any) -> list[CameraFrame]:
    """All frames, the first one changed."""
    return [replace(FRAMES[0], **changes), *FRAMES[1:]]


def test_an_honest_cell_passes_and_says_how_far_off_its_cameras_are():
    fits = checked()
    assert [fit.camera for fit in fits] == [camera.name for camera in CAMERAS]
    assert all(fit.distance < 0.003 and fit.agreement > 0.9 for fit in fits)
    assert checked(arm=None)


@pytest.mark.parametrize(
    "frames, words",
    [
        (FRAMES[1:], r"none of \['a'\]: do they run"),
        ((), "none of"),
        ([*FRAMES, FRAMES[0]], "each camera once"),
        (changed(depth=np.zeros_like(FRAMES[0].depth)), "camera a: .*0.0% of the pixels have: is it covered"),
        (changed(depth=np.full_like(FRAMES[0].depth, np.inf)), "camera a: .*within its range of 0.2 to 2 m"),
        (changed(camera=replace(CAMERAS[0], name="z")), r"got \['z'\] as well"),
        (changed(camera=replace(CAMERAS[0], k=CAMERAS[0].k * ((1.2, 1, 1), (1, 1, 1), (1, 1, 1)))), "which are right"),
    ],
    ids=["one missing", "none", "twice", "zeros", "infinity", "strange", "other k"],
)
def test_frames_that_cannot_be_used_are_named(frames, words):
    with pytest.raises(CellCheckError, match=words):
        checked(frames)


def test_frames_of_another_size_are_named():
    halves = np.array(((0.5, 1, 0.5), (1, 0.5, 0.5), (1, 1, 1)))
    small = [replace(camera, width=160, height=120, k=camera.k * halves) for camera in CAMERAS]
    with pytest.raises(CellCheckError, match=r"the layout's size, \(320, 240\), got \(160, 120\)"):
        checked(World().frames(cameras=small))


def test_depth_in_millimetres_is_named():
    with pytest.raises(FrameError, match="millimetres"):
        checked(changed(depth=1000 * FRAMES[0].depth))


class SlowCell(StillCell):
    """One whose cameras take seconds to answer, and whose frames are stamped `late` seconds after that begins."""

    def __init__(self, takes: float, late: float) -> None:
        super().__init__()
        self.takes, self.late = takes, late

    def capture(self) -> tuple[CameraFrame, ...]:
        asked, self.time = self.time, self.time + self.takes
        return tuple(replace(frame, stamp=asked + self.late) for frame in self.frames)


def test_frames_of_slow_cameras_pass_and_those_of_another_clock_do_not():
    assert check_cell(cast(Cell, SlowCell(3.0, 0.1)), moves=False, arm=ARM)
    for late in (-0.6, 3.6, 1e9):
        with pytest.raises(CellCheckError, match="camera a: frames must be taken while capture"):
            check_cell(cast(Cell, SlowCell(3.0, late)), moves=False, arm=ARM)


def test_a_camera_that_lies_is_named_with_the_cause():
    with pytest.raises(ViewError, match=r"camera a: .*upside down"):
        checked(changed(depth=FRAMES[0].depth[::-1, ::-1]))
    swapped = {"a": CAMERAS[2].T_base_camera, "c": CAMERAS[0].T_base_camera}
    cameras = tuple(replace(c, T_base_camera=swapped.get(c.name, c.T_base_camera)) for c in CAMERAS)
    with pytest.raises(ViewError, match=r"camera a: .*where camera c should.*camera c: .*where camera a should"):
        checked([replace(f, camera=c) for f, c in zip(FRAMES, cameras)], cameras=cameras)


def test_a_camera_that_sees_nothing_of_the_totes_is_not_passed():
    depth = np.full_like(FRAMES[0].depth, np.nan)
    depth[90:150, 120:200] = FRAMES[0].depth[90:150, 120:200]  # the floor alone
    with pytest.raises(CellCheckError, match="camera a: too little depth on rims"):
        checked(changed(depth=depth))


@pytest.mark.parametrize(
    "changes, error, words",
    [
        ({"positions": np.rad2deg(REST + 0.3)}, JointStateError, "degrees"),
        ({"positions": REST + np.eye(7)[3] * 2}, LimitsExceeded, "panda_joint4"),
        ({"positions": REST[:6], "velocities": REST[:6], "efforts": REST[:6]}, JointStateError, "expected 7 joint"),
        ({"finger_gap": 40.0}, CellCheckError, "millimetres"),
        ({"cup_travel": 50.0}, CellCheckError, "cup_travel"),
    ],
    ids=["degrees", "limits", "six joints", "gap in mm", "travel in mm"],
)
def test_readings_that_cannot_be_are_named(changes, error, words):
    with pytest.raises(error, match=words):
        checked(FRAMES, replace(STATE, **changes))


def test_degrees_are_recognised_without_a_model():
    with pytest.raises(CellCheckError, match="are these degrees"):
        checked(FRAMES, replace(STATE, positions=np.rad2deg(REST)), arm=None)


@given(
    st.sampled_from(["positions", "velocities", "efforts"]),
    st.integers(0, 6),
    st.sampled_from([np.nan, np.inf, -np.inf]),
)
def test_a_state_names_the_joint_that_says_nothing(name, joint, value):
    values = np.zeros(7)
    values[joint] = value
    with pytest.raises(StateError, match=rf"finite {name}, joints \[{joint}\]"):
        replace(STATE, **{name: values})


@pytest.mark.parametrize("name", ["stamp", "vacuum", "cup_travel", "finger_gap", "finger_force"])
def test_a_state_names_the_reading_that_is_none(name):
    with pytest.raises(StateError, match=f"finite {name}, got nan"):
        replace(STATE, **{name: np.nan})


def test_joints_and_their_speeds_are_as_many():
    with pytest.raises(GeometryError, match=r"velocities: expected .* \(7,\), got \(6,\)"):
        replace(STATE, velocities=np.zeros(6))
