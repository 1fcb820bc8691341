"""Items told apart by a network over the surfels, and by a rule that merges what it tells."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from perception.fusion.surface import neighbors_of
from perception.perceiver import Perceiver
from perception.pose import Pose
from perception.segmentation.learned import (
    CLUES,
    LearnedSegmentation,
    SegmentationWeights,
    SegmentationWeightsError,
    shipped,
)
from perception.segmentation.merge_features import FEATURES
from perception.segmentation.pyramid import INPUTS, LEVELS, pyramid
from perception.segmentation.surfel_network import OUTPUTS, WIDTHS, layer_names, told
from perception.segmentation.told_features import BORDER_SUMS, PATCH_SUMS, TOLD, told_features
from perception.tote import Tote
from tests.support.pictures import CAMERAS, DESTINATION, NO_ROBOT, SOURCE, World
from tests.support.surfels import VOXEL, surfels

SUPPORT = Tote("table", Pose.identity(), np.array((0.5, 0.5, 0.0)))
GREY = 128


def some_voxels(rng, count=300):
    """Different voxels in a small room, in the order of a surface's, (N, 3)."""
    return np.unique(rng.integers(0, 12, (count, 3), dtype=np.int32), axis=0)


def around(level):
    return 27 * WIDTHS[level], WIDTHS[level]


def random_layers(rng):
    sizes = {"near0": (27 * INPUTS, WIDTHS[0]), "head": (WIDTHS[0], OUTPUTS)}
    for level in range(1, LEVELS):
        sizes[f"down{level}"], sizes[f"near{level}"] = (8 * WIDTHS[level - 1], WIDTHS[level]), around(level)
    for level in range(LEVELS - 1):
        sizes[f"up{level}"], sizes[f"back{level}"] = (
            (WIDTHS[level + 1], WIDTHS[level]),
            (27 * WIDTHS[level], WIDTHS[level]),
        )
    return {
        name: (rng.normal(0, 1 / np.sqrt(size[0]), size).astype(np.float32), np.zeros(size[1], np.float32))
        for name, size in sizes.items()
    }


def box(size, middle):
    """Points on the top and on the sides of a box that stands, and their normals."""
    half = np.array(size) / 2
    points, normals = [], []
    for axis, sign in ((2, 1), (0, 1), (0, -1), (1, 1), (1, -1)):
        others = [a for a in range(3) if a != axis]
        spans = [np.arange(-half[a] + VOXEL / 2, half[a], VOXEL) for a in others]
        grid = np.stack(np.meshgrid(*spans, indexing="ij"), axis=-1).reshape(-1, 2)
        face = np.zeros((len(grid), 3))
        face[:, others], face[:, axis] = grid, sign * half[axis]
        points.append(face + middle)
        normals.append(np.tile(sign * np.eye(3)[axis], (len(grid), 1)))
    return np.concatenate(points), np.concatenate(normals)


def seen(*boxes):
    """The surface of boxes, in the order of its voxels, one surfel in each."""
    points, normals = (np.concatenate(column) for column in zip(*boxes))
    _, first = np.unique(np.round(points / VOXEL).astype(int), axis=0, return_index=True)
    surface = surfels(points[first], normals[first], np.full((len(first), 3), GREY))
    voxels = surface.voxels - surface.voxels.min(axis=0) + 1
    return replace(surface, voxels=voxels, neighbors=neighbors_of(voxels, tuple(voxels.max(axis=0) + 2)))


def test_surroundings_are_mutual_on_every_level():
    for level in pyramid(some_voxels(np.random.default_rng(0))):
        cells, places = np.nonzero(level.near < len(level.near))
        assert (level.near[np.arange(len(level.near)), 13] == np.arange(len(level.near))).all()
        assert (level.near[level.near[cells, places], 26 - places] == cells).all()


def test_every_cell_is_one_child_of_its_parent():
    levels = pyramid(some_voxels(np.random.default_rng(1)))
    for fine, coarse in pairwise(levels):
        parents, places = np.nonzero(coarse.children < len(fine.near))
        children = coarse.children[parents, places]
        assert sorted(children) == list(range(len(fine.near)))
        assert (fine.parent[children] == parents).all()


def test_where_a_surface_lies_in_its_grid_by_whole_coarse_cells_changes_nothing():
    rng = np.random.default_rng(2)
    voxels, layers = some_voxels(rng), random_layers(rng)
    known = rng.normal(size=(len(voxels), INPUTS)).astype(np.float32)
    moved = voxels + np.int32(2 ** (LEVELS - 1)) * np.array((3, 1, 2), np.int32)
    np.testing.assert_allclose(
        told(layers, pyramid(voxels), known), told(layers, pyramid(moved), known), rtol=1e-4, atol=1e-5
    )


def test_features_of_a_pair_do_not_depend_on_its_order():
    rng = np.random.default_rng(3)
    patch, edge = rng.random((2, 17 + PATCH_SUMS)), rng.random(19 + BORDER_SUMS)
    patch[:, 0] = 10, 20
    one, other = np.zeros((2, len(FEATURES) + len(TOLD)))
    told_features(patch, edge, 0, 1, one)
    told_features(patch, edge, 1, 0, other)
    np.testing.assert_array_equal(one, other)


def test_weights_come_back_as_they_were(tmp_path):
    rng = np.random.default_rng(4)
    rule = rng.normal(size=(5, len(FEATURES) + len(TOLD))), rng.normal(size=6)
    weights = SegmentationWeights(random_layers(rng), *rule, 0.5, rng.normal(size=CLUES))
    weights.write(tmp_path / "a.safetensors")
    back = SegmentationWeights.read(tmp_path / "a.safetensors")
    assert back.threshold == 0.5
    np.testing.assert_array_equal(back.hidden, weights.hidden)
    for name in layer_names():
        np.testing.assert_array_equal(back.layers[name][0], weights.layers[name][0])


def test_weights_of_something_else_are_refused(tmp_path):
    rng = np.random.default_rng(5)
    (tmp_path / "a").write_bytes(b"nothing of the kind")
    with pytest.raises(SegmentationWeightsError, match="expected weights of segmentation"):
        SegmentationWeights.read(tmp_path / "a")
    SegmentationWeights(random_layers(rng), np.zeros((2, 7)), np.zeros(3), 0.0, np.zeros(CLUES)).write(tmp_path / "b")
    with pytest.raises(SegmentationWeightsError, match="features"):
        SegmentationWeights.read(tmp_path / "b")


def test_of_nothing_there_are_no_items():
    surface = seen(box((0.06, 0.06, 0.04), (0, 0, 0.02)))
    found = shipped()(surface, np.zeros(len(surface.points), bool), VOXEL, SUPPORT)
    assert (found.labels == -1).all() and len(found.whole) == 0


def test_boxes_apart_are_items_that_are_whole():
    world = World()
    world.put((-0.09, 0, 0.03), (0.12, 0.10, 0.06), (200, 40, 40))
    world.put((0.09, 0.01, 0.04), (0.10, 0.12, 0.08), (40, 60, 200))
    scene = Perceiver(SOURCE, DESTINATION, CAMERAS, segmentation=shipped()).perceive(world.frames(), NO_ROBOT)
    assert len(scene.items) == 2
    assert all(item.whole > 0.5 for item in scene.items)


def test_an_item_in_a_tote_that_is_turned_is_found_all_the_same():
    turn = Pose.from_rotation((0.3, 0.2, 0.1), np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1.0]]))
    tote = Tote("table", turn, np.array((0.5, 0.5, 0.0)))
    surface = seen(box((0.08, 0.06, 0.05), (-0.1, 0, 0.025)), box((0.06, 0.06, 0.04), (0.1, 0, 0.02)))
    moved = replace(
        surface,
        points=turn.apply(surface.points).astype(np.float32),
        normals=turn.rotate(surface.normals).astype(np.float32),
    )
    every = np.ones(len(surface.points), bool)
    there, here = shipped()(moved, every, VOXEL, tote), shipped()(surface, every, VOXEL, SUPPORT)
    np.testing.assert_array_equal(there.labels, here.labels)
    np.testing.assert_allclose(there.whole, here.whole, atol=1e-3)


def test_odds_are_odds_whatever_the_weights():
    rng = np.random.default_rng(6)
    surface = seen(box((0.08, 0.06, 0.05), (-0.05, 0, 0.025)), box((0.06, 0.06, 0.08), (0.02, 0, 0.04)))
    rule = rng.normal(size=(4, len(FEATURES) + len(TOLD))), rng.normal(size=5)
    found = LearnedSegmentation(SegmentationWeights(random_layers(rng), *rule, 0.0, rng.normal(size=CLUES)))(
        surface, np.ones(len(surface.points), bool), VOXEL, SUPPORT
    )
    assert ((found.whole >= 0) & (found.whole <= 1)).all()
    assert found.labels.max(initial=-1) + 1 == len(found.whole)
