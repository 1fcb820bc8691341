"""Whatever a network says, a shape stays out of space that was seen free, out of the floor, and on what was seen."""

from dataclasses import replace

import numpy as np
import pytest

from perception.completion.complete import complete, fit_solid
from perception.completion.evidence import CHANNELS, NODES, gather
from perception.completion.learned import LearnedCompletion, shipped
from perception.completion.margins import LAYERS, CompletionWeightsError, Weights, margins
from perception.perceiver import Perceiver
from tests.support.pictures import CAMERAS, DESTINATION, NO_ROBOT, SOURCE, World

A, B, C = 16, 32, 64
SIZES = {"stem": (8 * CHANNELS + 3, A), "near": (27 * A, A), "down": (8 * A, B), "middle": (27 * B, B),
         "far_down": (8 * B, C), "far0": (27 * C, C), "far1": (27 * C, C), "up": (C, 8 * B),
         "middle_up": (27 * B, B), "near_up": (B, 8 * A), "last": (27 * A, A), "head": (A, 8)}  # fmt: skip
SURE = np.array((1.0, 0.0, 0.0))


def weights(head: float, bias: float = 0.0, trust: float = 2.0, seed: int = 0) -> Weights:
    """Random layers, the last one scaled."""
    rng, layers = np.random.default_rng(seed), {}
    for name in LAYERS:
        shape = SIZES[name]
        scale = (head if name == "head" else 1.0) * np.sqrt(2 / shape[0])
        layers[name] = (rng.normal(0, scale, shape).astype(np.float32), np.zeros(shape[1], np.float32))
    layers["head"][1][:] = bias
    return Weights(layers, trust, SURE)


@pytest.fixture(scope="module")
def found():
    """What a box among others is completed from, seen by one camera."""
    world, seen = World(), []
    world.put((-0.06, 0, 0.03), (0.12, 0.10, 0.06), (200, 40, 40))
    world.put((0.07, 0.01, 0.04), (0.10, 0.12, 0.08), (40, 60, 200))

    def keep(item, rows, around):
        seen.append((item, rows, around))
        return complete(item, rows, around)

    Perceiver(SOURCE, DESTINATION, CAMERAS[:1], completion=keep).perceive(world.frames()[:1], NO_ROBOT)
    return [case for case in seen if len(case[1]) > 200]


def test_a_network_that_adds_nothing_gives_the_analytic_shape(found):
    for case in found:
        plain, learned = complete(*case), LearnedCompletion(weights(0.0))(*case)
        np.testing.assert_allclose(np.sort(learned.size), np.sort(plain.size), atol=0.006)
        assert learned.volume == pytest.approx(plain.volume, rel=0.12)


@pytest.mark.parametrize("seed", range(4))
def test_a_shape_stays_in_the_space_where_it_can_be(found, seed):
    completion = LearnedCompletion(weights(20.0, seed=seed))
    for item, rows, around in found:
        shape = completion(item, rows, around)
        local = around.volume.T_base_grid.inverse().apply(shape.vertices) / around.volume.voxel
        i, j, k = np.clip(np.rint(local).astype(int), 0, np.array(around.volume.distance.shape) - 1).T
        free = (around.volume.weight[i, j, k] > 0) & (around.volume.distance[i, j, k] > 0.0119)
        assert free.mean() < 0.05  # at the edges of cells
        assert (SOURCE.T_base_tote.inverse().apply(shape.vertices)[:, 2] > -0.008).all()


def test_a_network_that_fills_everything_still_meets_what_was_seen(found):
    for item, rows, around in found:
        shape = LearnedCompletion(weights(0.0, bias=5.0))(item, rows, around)
        seen = around.surface.points[rows]
        gaps = [np.linalg.norm(shape.vertices - point, axis=1).min() for point in seen[::20]]
        assert np.median(gaps) < 0.006


def test_what_comes_with_the_package_completes_a_box_seen_by_one_camera(found):
    for case in found:
        plain, shape = complete(*case), shipped()(*case)
        assert shape.volume == pytest.approx(plain.volume, rel=0.5)
        assert ((shape.confidence >= 0) & (shape.confidence <= 1)).all() and not shape.seen.all()


def test_with_more_cameras_than_it_is_for_the_analytic_shape_is_taken(found):
    few = replace(LearnedCompletion(weights(20.0)), most_eyes=0)
    plain, shape = complete(*found[0]), few(*found[0])
    np.testing.assert_array_equal(shape.vertices, plain.vertices)
    np.testing.assert_array_equal(shape.confidence, plain.confidence)


def test_weights_are_the_same_when_read_and_others_are_told(tmp_path, found):
    some, path = weights(1.0), tmp_path / "completion.npz"
    some.write(path)
    shown = gather(*found[0], fit_solid(*found[0]))
    again = margins(Weights.read(path), shown.channels, shown.scales)
    np.testing.assert_array_equal(again, margins(some, shown.channels, shown.scales))
    assert again.shape == (NODES,) * 3
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(CompletionWeightsError, match="expected weights of completion"):
        Weights.read(path)
    with pytest.raises(CompletionWeightsError, match="expected weights of completion"):
        Weights.read(tmp_path / "none.npz")
