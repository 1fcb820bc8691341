"""Cameras that lie: every first view is compared with the totes, and what is wrong is found and not guessed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perception.camera import CameraFrame, CameraModel
from perception.capsules import Capsules
from perception.errors import ViewError
from perception.perceiver import Perceiver
from perception.pose import Pose
from perception.tote import Box
from perception.view_check.causes import BODY_OPTICAL, GRAPHICS_OPTICAL
from perception.view_check.check_views import compare_views, expect_views
from perception.view_check.view_fit import FARTHEST, STEEPEST, ViewFit
from tests.support.pictures import CAMERAS, DESTINATION, NO_ROBOT, SOURCE, World

TOTES = SOURCE, DESTINATION
RED = (200, 40, 40)


def full_bin() -> World:
    """Boxes beside each other, at the walls and over the rim, that hide the floor."""
    world = World()
    heights = np.random.default_rng(3).uniform(0.06, 0.17, (4, 3))
    for i, x in enumerate((-0.15, -0.05, 0.05, 0.15)):
        for j, y in enumerate((-0.1, 0.0, 0.1)):
            world.put((x, y, heights[i, j] / 2), (0.098, 0.098, heights[i, j]), RED)
    return world


EMPTY, FULL = World().frames(np.random.default_rng(0)), full_bin().frames(np.random.default_rng(0))


def seen_by(cameras: tuple[CameraModel, ...], frames: list[CameraFrame]) -> list[CameraFrame]:
    """The same images, by cameras that are believed otherwise."""
    known = {camera.name: camera for camera in cameras}
    return [replace(frame, camera=known[frame.camera.name]) for frame in frames]


def believed(name: str, pose: Pose) -> tuple[CameraModel, ...]:
    return tuple(replace(camera, T_base_camera=pose) if camera.name == name else camera for camera in CAMERAS)


def refused(cameras: tuple[CameraModel, ...], frames: list[CameraFrame]) -> str:
    with pytest.raises(ViewError) as caught:
        expect_views(seen_by(cameras, frames), cameras, TOTES, NO_ROBOT)
    return str(caught.value)


def pose_of(name: str) -> Pose:
    return next(camera.T_base_camera for camera in CAMERAS if camera.name == name)


def turned(name: str, change) -> list[CameraFrame]:
    """A full bin, with the depth of one camera changed."""
    depth = lambda frame: np.asarray(change(frame.depth), np.float32)
    return [replace(f, depth=depth(f)) if f.camera.name == name else f for f in FULL]


@given(st.integers(0, 10**6), st.sampled_from([EMPTY, FULL]))
@settings(max_examples=12)
def test_small_errors_of_calibration_are_no_alarm(seed, frames):
    rng = np.random.default_rng(seed)
    error = lambda: Pose.from_euler(rng.normal(0, 1e-3, 3), rng.normal(0, np.deg2rad(0.1), 3))
    cameras = tuple(replace(camera, T_base_camera=camera.T_base_camera @ error()) for camera in CAMERAS)
    for fit in expect_views(seen_by(cameras, frames), cameras, TOTES, NO_ROBOT):
        assert fit.judged and fit.distance < FARTHEST and fit.turn < STEEPEST and fit.agreement > 0.9


@given(st.sampled_from([c.name for c in CAMERAS]), st.integers(0, 10**6), st.sampled_from([EMPTY, FULL]))
@settings(max_examples=12)
def test_a_camera_three_centimetres_off_is_named_with_the_figure(name, seed, frames):
    way = np.random.default_rng(seed).normal(size=3)
    shift = Pose.from_rotation(0.03 * way / np.linalg.norm(way), np.eye(3))
    cameras = believed(name, shift @ pose_of(name))
    fits = {fit.camera: fit for fit in compare_views(seen_by(cameras, frames), cameras, TOTES, NO_ROBOT)}
    assert fits[name].cause and fits[name].distance == pytest.approx(0.03, abs=0.004)
    np.testing.assert_allclose(fits[name].shift, shift.position, atol=0.006)
    assert f"camera {name}: {1e3 * fits[name].distance:.0f} mm" in str(fits[name])
    assert not any(fit.cause for other, fit in fits.items() if other != name)


@pytest.mark.parametrize("frames", [EMPTY, FULL], ids=["empty", "full"])
@pytest.mark.parametrize("name", ["a", "b", "c", "d", "over"])
@pytest.mark.parametrize(
    "wrong, words",
    [
        (lambda pose: pose.inverse(), "inverted"),
        (lambda pose: pose @ BODY_OPTICAL.inverse(), "x forward"),
        (lambda pose: pose @ GRAPHICS_OPTICAL, "y up"),
    ],
    ids=["inverted", "body", "graphics"],
)
def test_a_pose_told_the_wrong_way_is_recognised(frames, name, wrong, words):
    told = refused(believed(name, wrong(pose_of(name))), frames)
    assert f"camera {name}: " in told and words in told
    assert not any(f"camera {camera.name}: " in told for camera in CAMERAS if camera.name != name)


@pytest.mark.parametrize("one, other", [("a", "b"), ("a", "c"), ("b", "d"), ("c", "over")])
def test_swapped_cameras_are_named_each_with_the_other(one, other):
    swapped = {one: pose_of(other), other: pose_of(one)}
    cameras = tuple(replace(c, T_base_camera=swapped.get(c.name, c.T_base_camera)) for c in CAMERAS)
    told = refused(cameras, FULL)
    for name, where in ((one, other), (other, one)):
        assert f"camera {name}: " in told and f"it hangs where camera {where} should" in told


def test_an_image_upside_down_is_recognised():
    assert "upside down" in refused(CAMERAS, turned("a", lambda depth: depth[::-1, ::-1]))


def test_depth_along_the_ray_is_recognised():
    stretch = np.linalg.norm(CAMERAS[0].rays(), axis=-1)
    assert "along the ray" in refused(CAMERAS, turned("a", lambda depth: depth * stretch))


def test_what_all_cameras_see_alike_is_not_blamed_on_them():
    shift = Pose.from_rotation((0.03, 0, 0), np.eye(3))
    cameras = tuple(replace(c, T_base_camera=shift @ c.T_base_camera) for c in CAMERAS)
    assert refused(cameras, FULL).count("all 4 cameras over this tote") == 4


def test_a_tote_that_is_not_there_is_told():
    elsewhere = replace(DESTINATION, T_base_tote=Pose.from_rotation((2, 0, 0), np.eye(3)) @ DESTINATION.T_base_tote)
    table = Box(Pose.from_rotation((0.4, 0, -0.13), np.eye(3)), np.array((2.0, 2.0, 0.04)))
    told = refused(CAMERAS, World([table], [RED], elsewhere).frames(np.random.default_rng(0)))
    assert "camera over: " in told and "is the tote there" in told and "camera a" not in told


def test_a_camera_that_looks_past_the_totes_is_told():
    away = believed("a", pose_of("a") @ Pose.from_euler((0, 0, 0), (0, 0.9, 0)))
    assert "camera a: as calibrated it looks past the totes" in refused(away, World().frames(cameras=away))


def test_a_view_that_the_robot_hides_is_not_judged():
    around = SOURCE.T_base_tote.position
    robot = Capsules(np.array([[around, around]]), np.array([1.0]))
    fits = compare_views(EMPTY, CAMERAS, TOTES, robot)
    hidden = [fit for fit in fits if fit.tote == "source"]
    assert hidden and not any(fit.judged or fit.cause for fit in hidden)


def test_a_lying_camera_ends_the_first_look_and_not_in_an_empty_bin():
    cameras = believed("b", pose_of("b").inverse())
    with pytest.raises(ViewError, match=r"camera b: .*inverted"):
        Perceiver(SOURCE, DESTINATION, cameras).perceive(seen_by(cameras, FULL), NO_ROBOT)


def test_a_camera_that_comes_late_is_compared_then():
    perceiver = Perceiver(SOURCE, DESTINATION, CAMERAS)
    perceiver.perceive(FULL[1:], NO_ROBOT)
    perceiver.perceive(FULL[1:], NO_ROBOT)
    with pytest.raises(ViewError, match="camera a: "):
        perceiver.perceive(turned("a", lambda depth: depth[::-1, ::-1]), NO_ROBOT)


def test_figures_are_read_out():
    fit = ViewFit("a", "source", np.array((0.003, 0, 0.004)), np.deg2rad(0.25), 1.0, 300)
    assert str(fit) == "camera a: 5 mm and 0.2 degrees off at the source tote"
