"""Depth images as they come: any unit, any lens, refused with a word where they are none."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from perception.depth_image import DepthImage
from perception.errors import FrameError, GeometryError
from perception.pose import Pose
from tests.support.depth_scenes import K, depth_of, looking, standing

DEPTH = depth_of(looking((0, -0.4, 0.6)), [standing((0.1, 0.06, 0.08))])
HERE = Pose.identity()


@pytest.mark.parametrize(
    ("depth", "unit"),
    [
        (DEPTH, None),
        (DEPTH.astype(np.float64), None),
        (np.nan_to_num(1000 * DEPTH).round().astype(np.uint16), None),
        (np.nan_to_num(4000 * DEPTH).round().astype(np.uint16), 0.00025),
        (1000 * DEPTH, 0.001),
    ],
)
def test_the_same_scene_in_any_unit_is_the_same_frame(depth: np.ndarray, unit: float | None) -> None:
    frame = DepthImage(depth, K, unit=unit).frame(HERE)
    assert np.nanmax(np.abs(frame.depth - DEPTH)) < 0.6e-3
    assert np.array_equal(np.isnan(frame.depth), np.isnan(DEPTH))


@pytest.mark.parametrize("depth", [1000 * DEPTH, (1000 * DEPTH).astype(np.float64)])
def test_floats_in_millimetres_are_refused_with_the_unit_to_give(depth: np.ndarray) -> None:
    with pytest.raises(FrameError, match=r"unit=0\.001"):
        DepthImage(depth, K).frame(HERE)


@pytest.mark.parametrize("nothing", [0.0, np.nan, np.inf, -1.0])
def test_an_image_without_depth_says_so(nothing: float) -> None:
    with pytest.raises(FrameError, match="got none"):
        DepthImage(np.full((240, 320), nothing, np.float32), K).frame(HERE)


def test_what_is_no_image_is_refused() -> None:
    for depth in (np.zeros((240, 320, 3), np.float32), np.zeros((240, 320), bool), np.zeros((240, 320), complex)):
        with pytest.raises(FrameError, match="one channel"):
            DepthImage(depth, K)
    with pytest.raises(FrameError, match="uint8"):
        DepthImage(DEPTH, K, color=np.zeros((240, 320), np.uint8))
    with pytest.raises(GeometryError, match="coefficients"):
        DepthImage(DEPTH, K, distortion=np.zeros(3))
    with pytest.raises(GeometryError, match="T_base_camera"):
        DepthImage(DEPTH, K).frame()


def test_colour_of_another_size_is_brought_to_that_of_the_depth() -> None:
    color = np.zeros((480, 640, 3), np.uint8)
    color[:, 320:] = 200
    frame = DepthImage(DEPTH, K, color=color).frame(HERE)
    assert frame.color.shape == (240, 320, 3)
    assert frame.color[:, :158].max() == 0 and frame.color[:, 162:].min() == 200


def test_a_lens_is_undone() -> None:
    lens = np.array((0.12, -0.05, 0.001, -0.002, 0.0))
    height, width = DEPTH.shape
    grid = np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1).reshape(-1, 1, 2).astype(np.float32)
    straight = cv2.undistortPoints(grid, K, lens, P=K).reshape(height, width, 2)
    bent = cv2.remap(DEPTH, straight[..., 0], straight[..., 1], cv2.INTER_NEAREST, borderValue=np.nan)
    frame = DepthImage(bent, K, distortion=lens).frame(HERE)
    inner = np.s_[30:-30, 30:-30]
    assert np.nanmedian(np.abs(frame.depth - DEPTH)[inner]) < 1e-3
    raw = DepthImage(bent, K).frame(HERE)
    assert np.nanmean(np.abs(raw.depth - DEPTH)[inner]) > 3 * np.nanmean(np.abs(frame.depth - DEPTH)[inner])


def test_an_image_owns_its_pixels() -> None:
    depth = DEPTH.copy()
    image = DepthImage(depth, K)
    depth[:] = 9.0
    assert np.array_equal(image.depth, DEPTH, equal_nan=True)
    assert not replace(image, name="other").depth.flags.writeable
