from dataclasses import replace

import numpy as np
import pytest

from perception.camera import CameraModel
from perception.pose import Pose
from sim.cameras.noise import DepthNoise, NoiseError, noisy_color, noisy_depth, smooth_noise
from sim.cameras.rig import CalibrationError, CameraError, CameraRig
from sim.render.base import Rendered
from sim.render.scene import VisualScene

K = np.array([[550.0, 0, 319.5], [0, 550.0, 239.5], [0, 0, 1]])
CAMERA = CameraModel("c", 640, 480, K, Pose.identity())
SHADOW = 550 * 0.05  # pixels of disparity at one metre
CLEAN = DepthNoise.none()


def picture(depth, gray=128, incidence=255, gloss=0, transparency=0) -> Rendered:
    depth = np.broadcast_to(np.asarray(depth, np.float32), (480, 640)).copy()
    fill = lambda value: np.full(depth.shape, value, np.uint8)
    color = np.repeat(fill(gray)[..., None], 3, axis=2)
    ids = np.zeros(depth.shape, np.int32)
    return Rendered(depth, ids, color, fill(incidence), fill(gloss), fill(transparency))


def inner(depth: np.ndarray) -> np.ndarray:
    """Without the left margin that the right imager does not see."""
    return depth[:, 60:]


def lag(noise: np.ndarray, step: int) -> float:
    centred = noise - noise.mean()
    return float((centred[:, step:] * centred[:, :-step]).mean() / centred.var())


@pytest.mark.parametrize("z", [0.6, 0.9, 1.3])
def test_depth_deviates_as_stereo_does(z):
    noise, rng = replace(DepthNoise(), quantum=0.0), np.random.default_rng(0)
    errors = np.stack([inner(noisy_depth(picture(z), CAMERA, noise, rng)) for _ in range(4)]) - z
    assert np.isfinite(errors).all()
    assert errors.std() == pytest.approx(z**2 * 0.08 / (550 * 0.05), rel=0.1)
    assert abs(errors.mean()) < 0.2 * errors.std()


def test_disparity_noise_is_correlated_but_not_forever():
    rng = np.random.default_rng(1)
    error = inner(noisy_depth(picture(0.9), CAMERA, replace(DepthNoise(), quantum=0.0), rng)) - 0.9
    short, wide = 1.5, 12.0
    for step in (1, 3, 8):  # correlation of white noise smoothed by a Gaussian: exp(-(step / 2 sigma)^2)
        expected = 0.8 * np.exp(-((step / (2 * short)) ** 2)) + 0.2 * np.exp(-((step / (2 * wide)) ** 2))
        assert lag(error, step) == pytest.approx(expected, abs=0.06)
    assert abs(lag(error, 120)) < 0.08


@pytest.mark.parametrize("sigma", [0.8, 1.5, 3.0, 12.0])
def test_smooth_noise_is_standard_normal(sigma):
    rng = np.random.default_rng(2)
    fields = np.stack([smooth_noise((480, 640), sigma, rng) for _ in range(6)])
    assert fields.std() == pytest.approx(1, rel=0.05)
    assert (fields > 1).mean() == pytest.approx(0.159, abs=0.02)


def test_disparity_comes_in_steps():
    depth = inner(noisy_depth(picture(0.9), CAMERA, DepthNoise(), np.random.default_rng(3)))
    steps = 550 * 0.05 / depth.astype(np.float64) * 32
    assert np.abs(steps - np.rint(steps)).max() < 1e-3
    assert 4 < len(np.unique(np.rint(steps))) < 40


def test_a_perfect_camera_changes_nothing_but_range():
    ramp = np.linspace(0.1, 2.5, 640)
    image = picture(ramp)
    depth = noisy_depth(image, CAMERA, CLEAN, np.random.default_rng(4))
    inside = (image.depth >= 0.2) & (image.depth <= 2.0)
    assert np.allclose(depth[inside], image.depth[inside], rtol=1e-6) and np.isnan(depth[~inside]).all()
    assert np.array_equal(noisy_color(image, CLEAN, np.random.default_rng(4)), image.color)


def test_nothing_stays_nothing():
    depth = noisy_depth(picture(np.nan), CAMERA, DepthNoise(), np.random.default_rng(5))
    assert np.isnan(depth).all()


def test_depth_is_lost_at_tall_edges_only():
    noise = replace(CLEAN, edge=0.04)
    for step, lost in ((0.05, True), (0.03, False)):
        scene = np.full((480, 640), 1.0)
        scene[200:] -= step
        depth = noisy_depth(picture(scene), CAMERA, noise, np.random.default_rng(6))
        assert np.isnan(depth[199:201]).all() == lost
        assert np.isfinite(depth[:198]).all() and np.isfinite(depth[202:]).all()


def test_the_near_edge_casts_a_stereo_shadow_to_its_left():
    scene = np.full((480, 640), 1.0)
    scene[:, 300:400] = 0.6
    depth = noisy_depth(picture(scene), CAMERA, replace(CLEAN, shadow=True), np.random.default_rng(7))
    lost = np.flatnonzero(np.isnan(depth[240]))
    width = SHADOW * (1 / 0.6 - 1)
    in_shadow = lost[lost > 100]
    assert in_shadow.max() == 299 and abs(len(in_shadow) - width) <= 1
    margin = lost[lost <= 100]  # what lies left of the right imager's first column
    assert np.array_equal(margin, np.arange(len(margin))) and abs(len(margin) - SHADOW) <= 1


def test_grazing_surfaces_are_lost():
    noise = replace(CLEAN, grazing=0.1)
    for incidence, lost in ((20, True), (30, False)):
        depth = noisy_depth(picture(1.0, incidence=incidence), CAMERA, noise, np.random.default_rng(8))
        assert np.isnan(depth).all() == lost and np.isfinite(depth).all() != lost


@pytest.mark.parametrize(
    ("look", "share"),
    [
        ({"transparency": 255}, 0.5),
        ({"transparency": 128}, 0.25),
        ({"gloss": 255, "gray": 0}, 0.7),
        ({"gloss": 255, "gray": 255}, 0.0),
        ({"gloss": 0, "gray": 0}, 0.0),
    ],
)
def test_holes_open_on_film_and_black_gloss(look, share):
    noise, rng = replace(CLEAN, film=0.5, black_gloss=0.7), np.random.default_rng(9)
    images = np.stack([noisy_depth(picture(0.8, **look), CAMERA, noise, rng) for _ in range(4)])
    assert np.isnan(images).mean() == pytest.approx(share, abs=0.03)
    if share:
        assert lag(np.isnan(images[0]).astype(float), 1) > 0.7  # holes are blobs, not salt and pepper


def test_colour_noise_is_mild_and_the_exposure_varies():
    rng = np.random.default_rng(10)
    images = [noisy_color(picture(1.0), DepthNoise(), rng).astype(float) for _ in range(60)]
    assert np.std([image.mean() for image in images]) == pytest.approx(0.04 * 128, rel=0.3)
    assert np.mean([(image - image.mean(axis=(0, 1))).std() for image in images]) == pytest.approx(2, rel=0.1)


def test_the_same_seed_gives_the_same_bytes():
    a, b, c = (np.random.default_rng(seed) for seed in (11, 11, 12))
    image = picture(np.linspace(0.5, 1.5, 640), transparency=60)
    first, second, other = (noisy_depth(image, CAMERA, DepthNoise(), rng).tobytes() for rng in (a, b, c))
    assert first == second != other
    first, second, other = (noisy_color(image, DepthNoise(), rng).tobytes() for rng in (a, b, c))
    assert first == second != other


@pytest.mark.parametrize("bad", [{"baseline": 0.0}, {"subpixel": -1.0}, {"scales": ((1.5, 0.5),)}])
def test_impossible_noise_is_refused(bad):
    with pytest.raises(NoiseError, match="expected"):
        DepthNoise(**bad)


class Wall:
    """Renders a wall one metre ahead and remembers from where it was asked."""

    name = "wall"

    def __init__(self):
        self.asked = []

    def render(self, camera, T_base_camera, scene):
        self.asked.append((camera, T_base_camera))
        return picture(1.0)

    def close(self):
        pass


CAMERAS = tuple(replace(CAMERA, name=name) for name in ("a", "b", "c"))


def rig(seed: int = 0, **settings) -> CameraRig:
    return CameraRig(CAMERAS, Wall(), VisualScene(), np.random.default_rng(seed), **settings)


def test_the_calibration_error_has_the_stated_spread():
    rng, error = np.random.default_rng(13), CalibrationError()
    true = [error.draw(CAMERA, rng) for _ in range(600)]
    offsets = np.array([(CAMERA.T_base_camera.inverse() @ t.T_base_camera).matrix for t in true])
    assert offsets[:, :3, 3].std(axis=0) == pytest.approx(1e-3, rel=0.12)
    turns = offsets[:, [2, 0, 1], [1, 2, 0]]
    assert turns.std(axis=0) == pytest.approx(np.deg2rad(0.1), rel=0.12)
    assert np.std([t.k[0, 0] / 550 for t in true]) == pytest.approx(1e-3, rel=0.12)
    assert abs(offsets[:, :3, 3].mean(axis=0)).max() < 2e-4


def test_frames_carry_the_calibration_and_show_the_truth():
    wall = Wall()
    truth = CameraRig(CAMERAS, wall, VisualScene(), np.random.default_rng(14))
    frames = truth.capture(2.5)
    assert [frame.camera for frame in frames] == list(CAMERAS)
    assert all(frame.stamp == 2.5 for frame in frames)
    for (camera, pose), calibrated in zip(wall.asked, CAMERAS):
        assert not np.allclose(pose.matrix, calibrated.T_base_camera.matrix, atol=1e-5)
        assert not np.allclose(camera.k, calibrated.k, atol=1e-5)
        assert camera.T_base_camera is pose and truth.true_camera(camera.name) is camera


def test_a_dead_camera_gives_no_frame_and_leaves_the_others_alone():
    healthy, hurt = rig(), rig()
    hurt.fail("b")
    hurt.blind("c")
    for _ in range(2):
        a, _, c = healthy.capture(0.0)
        first, last = hurt.capture(0.0)
        assert (first.camera.name, last.camera.name) == ("a", "c")
        assert first.depth.tobytes() == a.depth.tobytes() and first.color.tobytes() == a.color.tobytes()
        assert np.isnan(last.depth).all() and last.color.tobytes() == c.color.tobytes()
    for ask in (hurt.fail, hurt.blind, hurt.ideal, hurt.true_camera):
        with pytest.raises(CameraError, match="'x'"):
            ask("x")
