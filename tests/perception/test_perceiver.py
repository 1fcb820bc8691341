from dataclasses import replace

import numpy as np
import pytest

from perception.camera import CameraFrame
from perception.capsules import Capsules
from perception.draw import draw_items, item_color
from perception.errors import BlindError, FrameError
from perception.fusion.volume import VolumeGrid
from perception.perceiver import Perceiver
from perception.pose import Pose
from perception.scene import Scene, Space
from perception.tote import Box
from tests.support.pictures import CAMERAS, DESTINATION, NO_ROBOT, SOURCE, World

RED, BLUE, GREEN = (200, 40, 40), (40, 60, 200), (50, 170, 60)


def perceive(world: World, seed: int = 0, robot: Capsules = NO_ROBOT) -> Scene:
    frames = world.frames(np.random.default_rng(seed))
    return Perceiver(SOURCE, DESTINATION, CAMERAS).perceive(frames, robot)


def two_boxes() -> World:
    world = World()
    world.put((-0.06, 0, 0.03), (0.12, 0.10, 0.06), RED)
    world.put((0.05, 0.01, 0.04), (0.10, 0.12, 0.08), BLUE)
    return world


@pytest.fixture(scope="module")
def scene() -> Scene:
    return perceive(two_boxes())


def test_touching_boxes_are_two_items_of_the_right_shape(scene):
    world = two_boxes()
    assert len(scene.items) == 2
    for box in world.boxes:
        gaps = [np.linalg.norm(item.T_base_box.position - box.T_base_box.position) for item in scene.items]
        item = scene.items[int(np.argmin(gaps))]
        assert min(gaps) < 0.006
        np.testing.assert_allclose(np.sort(item.size), np.sort(box.size), atol=0.008)
        assert item.volume == pytest.approx(box.size.prod(), rel=0.12)
        local = box.T_base_box.inverse().apply(item.points)
        outside = np.abs(local) - box.size / 2
        assert np.quantile(np.abs(outside.max(axis=1)), 0.95) < 0.006  # hidden sides and bottom included
        assert 0.3 < item.seen.mean() < 0.95
        assert item.confidence[item.seen].min() > item.confidence[~item.seen].max() - 0.2


def test_surfaces_are_closed_and_normals_point_outwards(scene):
    for item in scene.items:
        t = item.triangles
        edges = np.sort(np.concatenate([t[:, [0, 1]], t[:, [1, 2]], t[:, [2, 0]]]), axis=1)
        assert (np.unique(edges, axis=0, return_counts=True)[1] % 2 == 0).all()
        out = item.T_base_box.inverse().rotate(item.normals) * item.T_base_box.inverse().apply(item.points)
        assert (out.sum(axis=1) > 0).mean() > 0.98


def test_occupancy_keeps_free_unseen_and_occupied_apart(scene):
    grid = scene.occupancy
    index = lambda point: tuple(
        np.round((grid.T_base_grid.inverse() @ SOURCE.T_base_tote).apply(np.array(point)) / grid.voxel).astype(int)
    )
    assert grid.state[index((-0.06, 0, 0.03))] == Space.OCCUPIED
    assert grid.item[index((-0.06, 0, 0.03))] >= 0
    assert grid.state[index((-0.06, 0, 0.12))] == Space.FREE
    assert grid.item[index((-0.06, 0, 0.12))] == -1
    ids = {item.id for item in scene.items}
    assert set(np.unique(grid.item)) <= ids | {-1}
    assert (grid.state[grid.item >= 0] == Space.OCCUPIED).all()


def test_no_shape_claims_space_that_was_seen_to_be_free(scene):
    grid = scene.occupancy
    for item in scene.items:
        inner = item.points - 1.5 * grid.voxel * item.normals
        index = np.round(grid.T_base_grid.inverse().apply(inner) / grid.voxel).astype(int)
        assert (grid.state[tuple(index.T)] == Space.FREE).mean() < 0.02


def test_card_on_the_floor_is_found_by_its_colour():
    world = World()
    world.put((0.05, 0.02, 0.0005), (0.086, 0.054, 0.001), GREEN, yaw=0.5)
    items = perceive(world).items
    assert len(items) == 1
    np.testing.assert_allclose(np.sort(items[0].size)[1:], (0.054, 0.086), atol=0.010)
    assert items[0].size.min() < 0.008


def test_card_that_noise_puts_beneath_the_floor_is_an_item_still():
    world = World()
    world.put((0.05, 0.02, 0.0005), (0.086, 0.054, 0.001), GREEN)
    higher = replace(SOURCE, T_base_tote=SOURCE.T_base_tote @ Pose.from_rotation((0, 0, 0.0015), np.eye(3)))
    items = Perceiver(higher, DESTINATION, CAMERAS, calibration_looks=0).perceive(world.frames(), NO_ROBOT).items
    assert len(items) == 1
    np.testing.assert_allclose(np.sort(items[0].size)[1:], (0.054, 0.086), atol=0.010)


def test_leaning_box_at_the_side_is_as_deep_as_seen():
    """The floor bounds an item where the item is, not where the tote's middle is."""
    size = np.array([0.09, 0.08, 0.05])
    leaning = Box(SOURCE.T_base_tote @ Pose.from_euler((0.13, 0, 0.05), (0, -0.35, 0)), size)
    world = World([leaning], [RED])
    item = perceive(world).items[0]
    np.testing.assert_allclose(np.sort(item.size), np.sort(size), atol=0.012)


def test_nothing_but_the_tote_is_no_item():
    empty = perceive(World())
    assert empty.items == ()
    assert (empty.occupancy.item == -1).all()
    assert (empty.occupancy.state != Space.OCCUPIED).all()  # floor and walls are known better than they are seen
    assert empty.destination.height[3:-3, 3:-3].max() == 0


def test_item_above_the_rim_and_against_a_wall():
    world = World()
    world.put((0.14, 0.10, 0.10), (0.05, 0.09, 0.20), RED)
    item = max(perceive(world).items, key=lambda item: item.volume)
    np.testing.assert_allclose(np.sort(item.size), (0.05, 0.09, 0.20), atol=0.012)


def test_arm_in_view_is_not_an_item():
    world = World()
    arm = world.put((0.0, 0.0, 0.10), (0.04, 0.04, 0.08), RED)
    end = np.array([0, 0, 0.05])
    ends = np.array([[arm.T_base_box.position - end, arm.T_base_box.position + end]])
    assert len(perceive(world).items) == 1
    assert perceive(world, robot=Capsules(ends, np.array([0.035]))).items == ()


def test_cameras_may_fail_but_not_all():
    frames = two_boxes().frames(np.random.default_rng(0))
    blind = [CameraFrame(f.camera, f.stamp, np.full_like(f.depth, np.nan), f.color) for f in frames]
    perceiver = Perceiver(SOURCE, DESTINATION, CAMERAS)
    scene = perceiver.perceive([frames[0], blind[1], frames[2]], NO_ROBOT)
    assert scene.cameras == ("a", "c")
    assert len(scene.items) >= 1
    assert not scene.destination.known.all()
    with pytest.raises(BlindError, match="all without depth"):
        perceiver.perceive(blind, NO_ROBOT)
    with pytest.raises(BlindError):
        perceiver.perceive([], NO_ROBOT)
    with pytest.raises(FrameError, match="at most one frame"):
        perceiver.perceive([frames[0], frames[0]], NO_ROBOT)
    with pytest.raises(BlindError, match="unseen is not empty"):
        perceiver.perceive(frames[4:], NO_ROBOT)


def test_same_frames_same_scene():
    one, two = perceive(two_boxes()), perceive(two_boxes())
    for a, b in zip(one.items, two.items):
        for name in ("points", "normals", "colors", "confidence", "vertices", "triangles", "size"):
            np.testing.assert_array_equal(getattr(a, name), getattr(b, name))
    np.testing.assert_array_equal(one.occupancy.state, two.occupancy.state)


def test_warming_up_leaves_no_trace():
    cold, warm = (Perceiver(SOURCE, DESTINATION, CAMERAS) for _ in range(2))
    warm.warm_up()
    frames = two_boxes().frames(np.random.default_rng(0))
    one, two = cold.perceive(frames, NO_ROBOT), warm.perceive(frames, NO_ROBOT)
    np.testing.assert_array_equal(one.occupancy.item, two.occupancy.item)
    np.testing.assert_array_equal(one.items[0].points, two.items[0].points)


def test_pictures_show_the_items(scene):
    frame = two_boxes().frames()[0]
    picture = draw_items(frame, scene)
    assert picture.shape == frame.color.shape
    assert picture.dtype == np.uint8
    assert (picture != frame.color).any(axis=2).mean() > 0.03
    assert item_color(0) != item_color(1)


def test_grid_covers_the_tote():
    grid = VolumeGrid.over(SOURCE, 0.005)
    corners = SOURCE.T_base_tote.inverse().apply(grid.corners())
    assert (corners.max(axis=0)[:2] > SOURCE.inner[:2] / 2).all()
    assert corners[:, 2].min() < 0 < SOURCE.inner[2] < corners[:, 2].max()
