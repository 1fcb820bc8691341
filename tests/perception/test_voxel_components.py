import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial.transform import Rotation

from perception.arrays import quantiles
from perception.capsules import Capsules
from perception.completion.box_fit import fit_box, most_upright_last
from perception.completion.solid_fit import best_solid
from perception.completion.surface_nets import mesh_volume, surface_nets, vertex_normals
from perception.completion.voxel_components import free_parts
from perception.fusion.depth_memory import DepthMemory
from perception.fusion.height_map import height_map, raised, remembered
from perception.fusion.robot_mask import mask_robot
from perception.fusion.self_calibration import SelfCalibration
from perception.fusion.surface import extract_surface
from perception.fusion.volume import Fuser, View, VolumeGrid
from perception.pose import Pose
from tests.support.pictures import CAMERAS, DESTINATION, NO_ROBOT, SOURCE, World


def views(world: World, count: int = 4) -> list[View]:
    return [View(f.camera, f.camera.T_base_camera, f.depth, f.color) for f in world.frames()[:count]]


def test_fused_surface_lies_on_the_true_one():
    world = World()
    world.put((0.02, 0.01, 0.03), (0.16, 0.10, 0.06), (200, 40, 40), yaw=0.4)
    seen = views(world)
    surface = extract_surface(Fuser(VolumeGrid.over(SOURCE, 0.004)).fuse(seen), seen)
    local = SOURCE.T_base_tote.inverse().apply(surface.points)
    inside = (np.abs(local[:, :2]) < SOURCE.inner[:2] / 2 - 0.02).all(axis=1)
    box = world.boxes[0].T_base_box.inverse().apply(surface.points)
    gap = np.abs(box) - world.boxes[0].size / 2
    to_box = np.where((gap < 0).all(axis=1), -gap.max(axis=1), np.linalg.norm(np.maximum(gap, 0), axis=1))
    error = np.minimum(to_box, np.abs(local[:, 2]))[inside]
    assert np.median(error) < 0.0005
    top = (np.abs(box[:, :2]) < world.boxes[0].size[:2] / 2 - 0.012).all(axis=1) & (box[:, 2] > 0)
    assert top.sum() > 300
    assert (surface.normals[top] @ (0, 0, 1)).min() > 0.99
    assert np.abs(surface.colors[top] - surface.colors[top].mean(axis=0)).max() < 3


def test_volume_tells_free_from_unseen():
    world = World()
    world.put((0, 0, 0.05), (0.2, 0.14, 0.1), (200, 40, 40))
    grid = VolumeGrid.over(SOURCE, 0.004)
    volume = Fuser(grid).fuse(views(world))
    to_grid = grid.T_base_grid.inverse() @ SOURCE.T_base_tote

    def at(point):
        index = tuple(np.round(to_grid.apply(np.array(point)) / grid.voxel).astype(int))
        return volume.distance[index], volume.weight[index]

    assert at((0, 0, 0.05))[1] == 0  # inside the box: nobody can know
    assert at((0, 0, 0.13)) == (pytest.approx(volume.truncation), pytest.approx(at((0, 0, 0.13))[1]))
    assert at((0, 0, 0.13))[1] > 0
    assert at((0, 0, 0.106))[0] == pytest.approx(0.006, abs=0.0025)


def test_a_view_may_come_and_go_without_a_trace():
    world = World()
    world.put((0, 0, 0.05), (0.2, 0.14, 0.1), (200, 40, 40))
    fuser = Fuser(VolumeGrid.over(SOURCE, 0.004))
    before = fuser.fuse(views(World()))
    fuser.fuse(views(world))
    after = fuser.fuse(views(World()))
    np.testing.assert_array_equal(before.distance, after.distance)


def test_calibration_error_is_found_on_the_tote():
    rng = np.random.default_rng(3)
    turn = {c.name: Pose.from_euler(rng.normal(0, 1e-3, 3), rng.normal(0, 2e-3, 3)) for c in CAMERAS}
    true = {c.name: c.T_base_camera @ turn[c.name] for c in CAMERAS}
    world = World()
    world.put((0.05, 0, 0.03), (0.12, 0.10, 0.06), (200, 40, 40))
    calibration = SelfCalibration((SOURCE, DESTINATION), looks=1)
    corners = VolumeGrid.over(SOURCE, 0.01).corners()
    for frame in world.frames(rng, true)[:4]:
        camera = frame.camera
        estimate = calibration.refine(camera, frame.depth)
        local = true[camera.name].inverse().apply(corners)
        before = np.linalg.norm(camera.T_base_camera.apply(local) - corners, axis=1).mean()
        after = np.linalg.norm(estimate.apply(local) - corners, axis=1).mean()
        assert after < 0.0006
        assert after < before
        assert calibration.refine(camera, frame.depth) is estimate  # only the first look counts


def test_calibration_without_a_tote_in_view_keeps_what_it_was_given():
    calibration = SelfCalibration((SOURCE,))
    blind = np.full((240, 320), np.nan, np.float32)
    np.testing.assert_allclose(calibration.refine(CAMERAS[0], blind).matrix, CAMERAS[0].T_base_camera.matrix)


def test_robot_mask_takes_what_is_near_a_capsule_and_nothing_else():
    frame = World().frames()[0]
    camera, pose = frame.camera, frame.camera.T_base_camera
    ends = np.array([[SOURCE.T_base_tote.apply((0, 0, 0.01)), SOURCE.T_base_tote.apply((0.1, 0, 0.01))]])
    masked = mask_robot(frame.depth, camera, pose, Capsules(ends, np.array([0.03])), margin=0.0)
    points = pose.apply(camera.rays() * frame.depth[..., None])
    along = np.clip((points - ends[0, 0]) @ (ends[0, 1] - ends[0, 0]) / 0.01, 0, 1)
    distance = np.linalg.norm(points - ends[0, 0] - along[..., None] * (ends[0, 1] - ends[0, 0]), axis=-1)
    near = distance < 0.03
    assert near.sum() > 200
    clear = np.abs(distance - 0.03) > 1e-5
    np.testing.assert_array_equal(np.isnan(masked)[clear], (near | np.isnan(frame.depth))[clear])
    behind = Capsules(np.array([[pose.apply((0, 0, -1.0)), pose.apply((0, 0, -2.0))]]), np.array([0.1]))
    np.testing.assert_array_equal(mask_robot(frame.depth, camera, pose, behind), frame.depth)
    np.testing.assert_array_equal(mask_robot(frame.depth, camera, pose, NO_ROBOT), frame.depth)


def test_memory_averages_what_stays_and_forgets_what_changes():
    rng = np.random.default_rng(0)
    color = np.full((60, 80, 3), 100, np.uint8)
    memory = DepthMemory()
    for _ in range(4):
        seen = memory.update("a", (0.8 + 0.001 * rng.normal(size=(60, 80))).astype(np.float32), color)
    assert 0.0004 < seen.std() < 0.00065  # a half of one look's
    moved = np.full((60, 80), 0.7, np.float32)
    moved[0, 0] = np.nan
    seen = memory.update("a", moved, color)
    assert np.isnan(seen[0, 0])
    assert (seen[1:] == np.float32(0.7)).all()
    for depth, other in (0.701, color + np.uint8(60)), (0.702, color):  # as near as noise, but another colour
        card = memory.update("a", np.full((60, 80), depth, np.float32), other)
        np.testing.assert_allclose(card[1:], depth)


def test_height_map_guesses_cautiously():
    world = World()
    frames = world.frames()
    views_ = [View(f.camera, f.camera.T_base_camera, f.depth, f.color) for f in frames[4:]]
    empty = height_map(DESTINATION, views_)
    assert empty.known.mean() > 0.9
    assert empty.height[5:-5, 5:-5].max() == 0
    blind = height_map(DESTINATION, [])
    assert not blind.known.any()
    assert (blind.height == np.float32(DESTINATION.inner[2])).all()
    part = frames[4].depth.copy()
    part[:, 150:] = np.nan
    half = height_map(DESTINATION, [View(CAMERAS[4], CAMERAS[4].T_base_camera, part, frames[4].color)])
    assert 0.2 < half.known.mean() < 0.8
    assert half.height[~half.known].min() >= 0


def sphere(radius: float) -> np.ndarray:
    x = np.stack(np.meshgrid(*[np.arange(30) - 14.5] * 3, indexing="ij"), axis=-1)
    return np.linalg.norm(x, axis=-1) - radius


def test_surface_nets_are_closed_and_face_outwards():
    vertices, triangles = surface_nets(sphere(10))
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    assert mesh_volume(vertices, triangles) == pytest.approx(4 / 3 * np.pi * 1000, rel=0.02)
    outward = (vertices - 14.5) / np.linalg.norm(vertices - 14.5, axis=1, keepdims=True)
    assert (vertex_normals(vertices, triangles) * outward).sum(axis=1).min() > 0.97
    nothing = surface_nets(np.ones((5, 5, 5)))
    assert len(nothing[1]) == 0
    assert mesh_volume(*nothing) == 0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_box_is_found_from_three_faces(seed):
    rng = np.random.default_rng(seed)
    size, turn = rng.uniform(0.03, 0.2, 3), Rotation.random(random_state=seed).as_matrix()
    points, normals = [], []
    for axis in range(3):
        face = rng.uniform(-0.5, 0.5, (400, 3)) * size
        face[:, axis] = size[axis] / 2
        points.append(face)
        normals.append(np.tile(np.eye(3)[axis], (400, 1)))
    found = most_upright_last(fit_box(np.concatenate(points) @ turn.T, np.concatenate(normals) @ turn.T))
    np.testing.assert_allclose(np.sort(found.size), np.sort(size), atol=0.004)
    np.testing.assert_allclose(found.center, 0, atol=0.003)
    assert np.linalg.det(found.rotation) == pytest.approx(1)
    assert found.rotation[2, 2] == np.abs(found.rotation[2]).max()


def test_what_hides_of_a_tote_is_remembered_and_what_is_put_down_added():
    world = World()
    before = height_map(DESTINATION, views(world, 5))
    box = np.array((0.1, 0.05, 0.04))
    surface = DESTINATION.T_base_tote.apply(box * np.random.default_rng(0).uniform(-0.5, 0.5, (4000, 3)) + (0, 0, 0.02))
    laid = raised(before, surface)
    cells = np.argwhere(laid.height > before.height + 0.01)
    assert 10 * 5 <= len(cells) <= 11 * 6 and 0.038 < laid.height[tuple(cells.T)].max() <= 0.04
    np.testing.assert_array_equal(raised(before, surface + 5.0).height, before.height)
    doubtful = raised(before, surface, sure=False)
    np.testing.assert_array_equal(doubtful.height, laid.height)
    np.testing.assert_array_equal(doubtful.known, before.known & (laid.height == before.height))
    hidden = height_map(DESTINATION, [])
    np.testing.assert_array_equal(remembered(hidden, laid).height, laid.height)
    np.testing.assert_array_equal(remembered(before, laid).height[before.known], before.height[before.known])


def test_a_solid_leaves_out_nothing_that_was_seen():
    """Of two balls of different size, like a plush toy's head and body, a cylinder would leave much out."""
    rng = np.random.default_rng(0)
    outward = rng.normal(size=(3000, 3))
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    outward = outward[outward[:, 2] > -0.2]
    head = np.arange(len(outward)) % 3 == 0
    centers, radii = np.array([[0.08, 0, 0.04], [0, 0, 0]]), np.array([0.04, 0.05])
    points = np.where(head[:, None], centers[0] + radii[0] * outward, centers[1] + radii[1] * outward)
    seen = (np.linalg.norm(points[:, None] - centers, axis=2) > radii - 1e-6).all(axis=1)
    points, outward = points[seen], outward[seen]
    frame = fit_box(points, outward)
    solid = best_solid(frame, points, outward, 2)
    assert np.quantile(solid.distance(points @ frame.rotation), 0.95) < 0.003
    straight = points * (1, 0, 0) + 0.04 * outward / np.linalg.norm(outward[:, 1:], axis=1, keepdims=True) * (0, 1, 1)
    frame = fit_box(straight, outward * (0, 1, 1))
    round_one = best_solid(frame, straight, outward * (0, 1, 1) / np.linalg.norm(outward[:, 1:], axis=1)[:, None], 2)
    assert round_one.radius == pytest.approx(0.04, abs=0.002)


def test_small_parts_that_hold_nothing_real_are_freed():
    rng = np.random.default_rng(3)
    for _ in range(60):
        shape = rng.integers(1, 14, 3)
        state = ((rng.random(shape) < rng.uniform(0.1, 0.7)) * rng.integers(1, 3, shape)).astype(np.uint8)
        real, fewest = rng.random(shape) < 0.03, int(rng.integers(1, 30))
        expected = state.copy()
        parts, count = ndimage.label(state)
        for part in range(1, count + 1):
            mine = parts == part
            if mine.sum() < fewest and not real[mine].any():
                expected[mine] = 0
        free_parts(state, real, fewest)
        np.testing.assert_array_equal(state, expected)


def test_quantiles_are_those_of_numpy_to_the_bit():
    rng = np.random.default_rng(4)
    for count in (1, 2, 3, 10, 101, 997):
        for values in (rng.normal(size=count), rng.normal(size=(count, 3))):
            np.testing.assert_array_equal(
                quantiles(values, (0.01, 0.1, 0.3, 0.99)), np.quantile(values, (0.01, 0.1, 0.3, 0.99), axis=0)
            )
