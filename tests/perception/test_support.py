"""What items stand on is found in the depth, and what stands on it is completed down to it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perception.depth_image import DepthImage
from perception.errors import SupportError
from perception.pose import Pose
from perception.scene import Space
from perception.support.on_support import perceive_on_support
from perception.support.registration import changed, register
from perception.support.smoothing import smoothed
from perception.support.support import find_support
from tests.support.depth_scenes import K, image_of, looking, standing

BOX = standing((0.10, 0.06, 0.08), (0.02, 0.01))
UP = np.array((0.0, 0.0, 1.0))


@settings(max_examples=12, deadline=None)
@given(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6), st.floats(0.45, 1.1))
def test_a_support_of_any_tilt_is_found_without_a_pose(x: float, y: float, z: float) -> None:
    eye = (x, y, z)
    frame = image_of(eye, [BOX], posed=False).frame(Pose.identity())
    T_camera_support = find_support([frame]).T_base_support
    up = looking(eye).inverse().rotate(UP)
    assert T_camera_support.rotation[:, 2] @ up > np.cos(np.deg2rad(0.5))
    assert looking(eye).apply(T_camera_support.position)[2] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("eye", [(0.0, 0.0, 0.8), (0.05, -0.04, 0.8), (0.0, -0.45, 0.65), (0.4, 0.3, 0.6)])
@pytest.mark.parametrize("size", [(0.10, 0.06, 0.08), (0.06, 0.05, 0.14), (0.16, 0.12, 0.02), (0.15, 0.12, 0.10)])
def test_a_box_seen_once_stands_on_the_support(eye: tuple[float, ...], size: tuple[float, ...]) -> None:
    frame = image_of(eye, [standing(size)], noise=0.0005).frame()
    support = find_support([frame], UP)
    (item,) = perceive_on_support([frame], support)[0].items
    low, high = item.points[:, 2].min(), item.points[:, 2].max()
    assert low == pytest.approx(0, abs=0.004) and high == pytest.approx(size[2], abs=0.004)
    middle = support.T_base_support.apply(item.T_base_box.position)
    assert middle[:2] == pytest.approx((0, 0), abs=0.012)
    assert np.sort(item.size) == pytest.approx(np.sort(size), abs=0.022)


def test_only_the_shadow_of_what_was_seen_is_unseen() -> None:
    frame = image_of((0.0, -0.5, 0.5), [BOX]).frame()
    support = find_support([frame], UP)
    grid = perceive_on_support([frame], support)[0].occupancy
    at = lambda *place: grid.state[tuple(i[0] for i in grid.voxels(support.T_base_support.inverse().apply([place]))[1])]
    assert at(0.02, 0.085, 0.02) == Space.UNSEEN  # behind the box
    assert at(0.02, -0.09, 0.03) == Space.FREE  # before it
    depth = frame.depth.copy()
    depth[:, :100] = np.nan  # nothing was measured here: no obstacle
    blind = DepthImage(depth, K, T_base_camera=frame.camera.T_base_camera).frame()
    there = perceive_on_support([blind], support)[0].occupancy
    corner = there.voxels(support.T_base_support.inverse().apply([(-0.05, 0.0, 0.05)]))
    assert there.state[tuple(i[0] for i in corner[1])] == Space.FREE


def test_depth_of_a_wrong_scale_is_corrected_where_the_support_is_known() -> None:
    image = image_of((0.0, -0.45, 0.65), [BOX])
    off = DepthImage(image.depth * np.float32(1.03), K, T_base_camera=image.T_base_camera).frame()
    support = find_support([off], UP, Pose.identity())
    assert support.scale == pytest.approx(1 / 1.03, abs=0.002)
    (item,) = perceive_on_support([off], support)[0].items
    assert support.T_base_support.apply(item.points)[:, 2].max() == pytest.approx(0.08, abs=0.004)
    with pytest.raises(SupportError, match="check T_base_camera"):
        find_support([off], UP, Pose.from_rotation((0, 0, 0.25), np.eye(3)))


def test_where_nothing_bears_anything_it_says_so() -> None:
    rng = np.random.default_rng(0)
    depth = rng.uniform(0.3, 3.0, (240, 320)).astype(np.float32)
    with pytest.raises(SupportError, match="expected a table"):
        find_support([DepthImage(depth, K).frame(Pose.identity())])


def test_a_box_top_is_not_taken_for_the_table() -> None:
    frame = image_of((0.0, 0.0, 0.7), [standing((0.34, 0.28, 0.10))]).frame()
    assert find_support([frame], UP).T_base_support.position[2] == pytest.approx(0, abs=2e-3)


def test_smoothing_takes_noise_and_keeps_edges() -> None:
    clean = image_of((0.0, 0.0, 0.8), [BOX]).frame()
    noisy = image_of((0.0, 0.0, 0.8), [BOX], noise=0.004).frame()
    smooth = smoothed(noisy, 0.004)
    flat = np.s_[20:60, 20:60]
    assert np.std(smooth.depth[flat]) < 0.4 * np.std(noisy.depth[flat])
    inside = np.abs(clean.depth - clean.depth.min()) < 1e-4
    assert np.median(smooth.depth[inside]) == pytest.approx(clean.depth.min(), abs=0.002)
    assert smoothed(noisy, 0.0005) is noisy


def test_a_camera_that_moved_is_registered() -> None:
    scene = [BOX, standing((0.05, 0.05, 0.12), (-0.1, 0.06)), standing((0.08, 0.04, 0.05), (0.1, -0.1))]
    before, after = image_of((0.0, -0.45, 0.65), scene).frame(), image_of((0.03, -0.44, 0.65), scene)
    found = register(after.frame(before.camera.T_base_camera), before)
    assert found is not None and after.T_base_camera is not None
    assert np.linalg.norm(found.position - after.T_base_camera.position) < 0.004
    assert not changed([after.frame(found)], [before])
    assert changed([image_of((0.03, -0.44, 0.65), scene[1:]).frame()], [before])
