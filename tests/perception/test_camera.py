"""Frames and cameras hold what they say, whatever a driver delivers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from perception.camera import CameraFrame, CameraModel
from perception.errors import BlindError, FrameError, GeometryError, HandpickError
from perception.perceiver import Perceiver
from perception.pose import Pose
from tests.support.pictures import CAMERAS, DESTINATION, NO_ROBOT, SOURCE, World

K = np.array([[30.0, 0, 15.5], [0, 30, 11.5], [0, 0, 1]])
CAMERA = CameraModel("c", 32, 24, K, Pose.identity(), (0.25, 2.0))
COLOR = np.zeros((24, 32, 3), np.uint8)


def frame(depth: object, color: object = COLOR) -> CameraFrame:
    return CameraFrame(CAMERA, 0.0, depth, color)  # type: ignore[arg-type]


@given(arrays(np.float32, (24, 32), elements=st.floats(width=32), fill=st.just(np.float32(1.0))))
def test_depth_out_of_range_is_missing(depth):
    inside = (depth >= 0.25) & (depth <= 2.0)
    try:
        kept = frame(depth).depth
    except FrameError:
        assert not inside.any()
        return
    np.testing.assert_array_equal(kept, np.where(inside, depth, np.nan))


@pytest.mark.parametrize("nothing", [0.0, np.inf, -np.inf, -1.0, 65.535, 0.1, 2.5, np.nan])
def test_whatever_a_driver_writes_where_it_measures_nothing_is_missing(nothing):
    assert np.isnan(frame(np.full((24, 32), nothing, np.float32)).depth).all()


def test_a_frame_owns_its_pixels():
    depth, color = np.ones((24, 32), np.float32), COLOR.copy()
    made = frame(depth, color)
    depth[:], color[:] = 2, 9
    assert (made.depth == 1).all() and (made.color == 0).all()
    assert depth.flags.writeable and color.flags.writeable
    for image in (made.depth, made.color):
        with pytest.raises(ValueError, match="read-only"):
            image[0] = 1


@pytest.mark.parametrize(
    "depth, words",
    [
        (np.full((24, 32), 870.0, np.float32), r"expected depth in metres, 0\.25 to 2, got 870"),
        (np.full((24, 32), 870, np.uint16), "integers are millimetres"),
        (np.ones((24, 32)), "got float64"),
        (np.ones((32, 24), np.float32), "rows and columns swapped"),
        (np.ones((48, 64), np.float32), "another image size"),
        (np.ones((24, 32, 1), np.float32), r"got float32 \(24, 32, 1\)"),
        (None, "got object"),
    ],
)
def test_images_that_do_not_fit_are_told_why(depth, words):
    with pytest.raises(FrameError, match=words):
        frame(depth)


@given(
    st.one_of(
        arrays(st.sampled_from([np.float32, np.float64, np.uint16, np.bool_]), array_shapes(min_dims=0, max_side=4)),
        st.text(max_size=3),
        st.none(),
    )
)
def test_anything_else_is_a_named_error(image):
    with pytest.raises(HandpickError):
        frame(image)
    with pytest.raises(HandpickError):
        frame(np.ones((24, 32), np.float32), image)


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"k": np.diag((30.0, 30, 1)) @ np.diag((1, -1, 1))}, "positive focal lengths"),
        ({"k": np.full((3, 3), np.nan)}, "positive focal lengths"),
        ({"k": K.T}, "rectified"),
        ({"k": 2 * K}, "rectified"),
        ({"k": K * ((1, 1, 4), (1, 1, 4), (1, 1, 1))}, "of another image size"),
        ({"k": np.eye(4)}, "shape"),
        ({"k": "none"}, "array of float64"),
        ({"depth_range": (2.0, 0.2)}, "near < far"),
        ({"depth_range": (200, 2000)}, "millimetres. Then give 2"),
        ({"depth_range": (0.0, np.nan)}, "farthest depth"),
        ({"T_base_camera": np.eye(4)}, "as a Pose"),
        ({"T_base_camera": Pose.from_rotation((550, 100, 900), np.eye(3))}, "millimetres. Then give 0.55"),
        ({"width": 8}, "16x16"),
    ],
)
def test_cameras_that_cannot_be_are_refused(changes, words):
    with pytest.raises(GeometryError, match=words):
        replace(CAMERA, **changes)


@pytest.mark.parametrize("value", [0.0, np.inf, 65.535])
def test_what_was_not_measured_is_never_free_space(value):
    """The scene is that in which the driver says NaN, whatever else it writes."""
    world = World()
    world.put((0.05, 0.0, 0.03), (0.08, 0.08, 0.06), (200, 40, 40))
    scenes = []
    for nothing in (np.nan, value):
        frames = world.frames(np.random.default_rng(0))
        depths = [f.depth.copy() for f in frames]
        for depth in depths:
            depth[60:180:2, 80:240] = nothing
        lying = [replace(f, depth=depth) for f, depth in zip(frames, depths)]
        scenes.append(Perceiver(SOURCE, DESTINATION, CAMERAS).perceive(lying, NO_ROBOT))
    np.testing.assert_array_equal(scenes[0].occupancy.state, scenes[1].occupancy.state)
    assert len(scenes[0].items) == len(scenes[1].items)


def test_a_source_that_nothing_measures_is_not_an_empty_one():
    frames = World().frames(np.random.default_rng(0))
    blank = [replace(f, depth=np.zeros_like(f.depth)) for f in frames]
    with pytest.raises(BlindError, match="all without depth"):
        Perceiver(SOURCE, DESTINATION, CAMERAS).perceive(blank, NO_ROBOT)
    with pytest.raises(BlindError, match="unseen is not empty"):
        Perceiver(SOURCE, DESTINATION, CAMERAS).perceive([*blank[:4], frames[4]], NO_ROBOT)


def test_images_of_another_size_than_the_layouts_are_told():
    other = [replace(c, width=160, height=120, k=c.k * ((0.5, 1, 0.5), (1, 0.5, 0.5), (1, 1, 1))) for c in CAMERAS]
    with pytest.raises(FrameError, match=r"expected 320x240 pixels of camera a, as in the layout, got 160x120"):
        Perceiver(SOURCE, DESTINATION, CAMERAS).perceive(World().frames(cameras=other), NO_ROBOT)
