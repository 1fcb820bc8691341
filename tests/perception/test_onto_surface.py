import numpy as np
import pytest

from perception.completion.onto_surface import onto_surface
from perception.completion.surface_nets import surface_nets
from tests.support.surfels import VOXEL, surfels


def ball(radius: float) -> tuple[np.ndarray, np.ndarray]:
    """A closed mesh around the origin, metres."""
    step = 0.004
    axis = np.arange(-radius - 3.3 * step, radius + 3.7 * step, step)
    grid = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1)
    vertices, triangles = surface_nets(np.linalg.norm(grid, axis=-1) - radius)
    return axis[0] + vertices * step, triangles


def slab(size: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    step = 0.0025
    axes = [np.arange(-edge / 2 - 3.2 * step, edge / 2 + 3.7 * step, step) for edge in size]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    vertices, triangles = surface_nets((np.abs(grid) - np.array(size) / 2).max(axis=-1))
    return np.array([axis[0] for axis in axes]) + vertices * step, triangles


@pytest.mark.parametrize("wrong", [-0.003, 0.0, 0.004])
def test_what_was_seen_lies_on_the_measured_surface(wrong):
    rng = np.random.default_rng(0)
    normals = rng.normal(size=(4000, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    upper = normals[normals[:, 2] > 0]
    measured = surfels(0.04 * upper + rng.normal(0, 0.0003, (len(upper), 1)) * upper, upper, 0 * upper + 90)
    vertices, triangles = ball(0.04 + wrong)
    shape = onto_surface(vertices, triangles, np.arange(len(upper)), measured)
    radius = np.linalg.norm(shape.vertices, axis=1)
    inner = shape.vertices[:, 2] > 0.012  # away from where seen fades into unseen
    np.testing.assert_allclose(radius[inner], 0.04, atol=0.0006)
    assert shape.seen[inner].all()
    hidden = vertices[:, 2] < -0.024
    np.testing.assert_array_equal(shape.vertices[hidden], vertices[hidden])
    assert not shape.seen[hidden].any()
    assert (shape.normals * shape.vertices).sum(axis=1).min() > 0


def test_a_thin_plate_seen_from_above_is_not_seen_from_below():
    x, y = np.meshgrid(np.arange(-0.04, 0.041, VOXEL), np.arange(-0.025, 0.026, VOXEL))
    points = np.stack([x, y, np.full(x.shape, 0.002)], axis=-1).reshape(-1, 3)
    top = surfels(points, np.tile([0.0, 0, 1], (len(points), 1)), np.full(points.shape, 90))
    shape = onto_surface(*slab((0.084, 0.054, 0.004)), np.arange(len(points)), top)
    up, down = shape.normals[:, 2] > 0.9, shape.normals[:, 2] < -0.9
    assert shape.seen[up].all()
    assert not shape.seen[down].any()
    assert shape.confidence[up].min() > shape.confidence[down].max()


def test_a_side_has_its_own_colour_up_to_its_edge():
    """A red top and a white side meet at an edge: what faces sideways is white, however near the edge."""
    steps = np.arange(-0.04, 0.0401, VOXEL)
    x, y = (a.reshape(-1) for a in np.meshgrid(steps, steps))
    top = np.column_stack([x, y, np.full(len(x), 0.02)])
    x, z = (a.reshape(-1) for a in np.meshgrid(steps, np.arange(-0.019, 0.0195, VOXEL)))
    side = np.column_stack([x, np.full(len(x), 0.04), z])
    points = np.concatenate([top, side])
    normals = np.repeat([[0.0, 0, 1], [0, 1.0, 0]], [len(top), len(side)], axis=0)
    colors = np.repeat([[200, 30, 30], [240, 240, 235]], [len(top), len(side)], axis=0)
    shape = onto_surface(*slab((0.08, 0.08, 0.04)), np.arange(len(points)), surfels(points, normals, colors))
    sideways = shape.seen & (shape.normals[:, 1] > 0.8)
    upward = shape.seen & (shape.normals[:, 2] > 0.8)
    assert sideways.sum() > 100
    assert (shape.colors[sideways, 1] > 200).all()
    assert (shape.colors[upward, 1] < 100).all()
