from pathlib import Path

import coal
import numpy as np
import pybullet_data
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from motion.collision.distance_field import Field, squared_distance
from motion.collision.exact import ExactChecker
from motion.collision.robot_spheres import Carried, around_points, body, cover
from motion.collision.spheres import Checker, Obstacles, segment_distance_squared
from motion.errors import InCollision, NoPath
from motion.paths.rrt_connect import CHECK, connect, densified
from motion.planning.planning_scene import ROOMY
from motion.robot.arm import Arm
from motion.robot.link_shapes import Capsule, capsule_around
from perception.pose import Pose
from perception.tote import Box

ARM = Arm()
MESHES = Path(pybullet_data.getDataPath()) / "franka_panda" / "meshes"
NOTHING = Field.empty()
SEEDS = st.integers(0, 2**32 - 1)


def random_boxes(rng, count=8):
    turns = [
        Pose.from_euler(rng.uniform((-0.8, -0.8, -0.1), (0.8, 0.8, 0.9)), rng.uniform(-3, 3, 3)) for _ in range(count)
    ]
    return tuple(Box(turn, rng.uniform(0.03, 0.3, 3)) for turn in turns)


def random_joints(rng):
    return rng.uniform(ARM.limits.lower, ARM.limits.upper)


def random_meeting(seed):
    """Boxes, joint positions, and the arm's solids among the boxes."""
    rng = np.random.default_rng(seed)
    boxes, q = random_boxes(rng), random_joints(rng)
    return boxes, q, ExactChecker(ARM, 0.06, 1.0, boxes)


def inside(points, solid):
    """Depth of points in the capsule around a solid, positive inside."""
    a, b = solid.ends
    axis = b - a
    along = np.clip((points - a) @ axis / max(axis @ axis, 1e-12), 0, 1)
    return solid.radius - np.linalg.norm(points - a - along[:, None] * axis, axis=1)


@pytest.mark.parametrize("link", range(8))
def test_capsules_cover_the_meshes(link):
    kind = "collision" if link in (0, 7) else "visual"
    vertices = np.asarray(trimesh.load(MESHES / kind / f"link{link}.obj", force="mesh").vertices)
    depth = np.stack(
        [inside(vertices, solid) for solid in ARM.description.capsules if solid.link == f"panda_link{link}"]
    )
    assert depth.max(axis=0).min() > 0


def test_spheres_and_capsules_cover_the_solids():
    rng = np.random.default_rng(0)
    for solid in ARM.solids(0.06, 1.0):
        if isinstance(solid, Capsule):
            t, spread = rng.uniform(0, 1, (4000, 1)), rng.normal(size=(4000, 3))
            spread *= solid.radius * rng.uniform(0, 1, (4000, 1)) / np.linalg.norm(spread, axis=1, keepdims=True)
            points = solid.ends[0] + t * (solid.ends[1] - solid.ends[0]) + spread
        elif hasattr(solid, "size"):
            points = solid.T_link_box.position + rng.uniform(-0.5, 0.5, (4000, 3)) * solid.size
        else:
            angle, r = rng.uniform(0, 2 * np.pi, 4000), solid.radius * np.sqrt(rng.uniform(0, 1, 4000))
            points = np.stack([r * np.cos(angle), r * np.sin(angle), rng.uniform(solid.start, solid.end, 4000)], axis=1)
        centres, radii = cover(solid)
        gaps = np.linalg.norm(points[:, None] - centres, axis=2) - radii
        assert gaps.min(axis=1).max() < 1e-9, solid
        assert inside(points, capsule_around(solid)).min() > -1e-9, solid


def test_spheres_around_points_hold_them():
    points = np.random.default_rng(1).normal(0, 0.05, (500, 3))
    centres, radii = around_points(points, 0.012)
    assert (np.linalg.norm(points[:, None] - centres, axis=2) <= radii + 1e-12).any(axis=1).all()
    assert radii.max() < 0.012 * np.sqrt(3) + 0.002


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_spheres_miss_no_collision_that_coal_sees(seed):
    boxes, q, exact = random_meeting(seed)
    if exact.collision(q) is not None:
        assert Checker(ARM, body(ARM, 0.06, 1.0), Obstacles(boxes, NOTHING, NOTHING)).hit(q)
        with pytest.raises(InCollision, match="overlaps the box"):
            exact.verify(q[None])


def test_spheres_are_tight():
    """Nearly every collision that only the spheres see is one that coal sees with obstacles 15 mm larger."""
    rng = np.random.default_rng(7)
    robot = body(ARM, 0.06, 1.0, soft=False)
    alone = Checker(ARM, robot, Obstacles((), NOTHING, NOTHING))
    hits = loose = 0
    for _ in range(500):
        boxes, q = random_boxes(rng, 3), random_joints(rng)
        if alone.hit(q) or not Checker(ARM, robot, Obstacles(boxes, NOTHING, NOTHING)).hit(q):
            continue
        grown = tuple(Box(box.T_base_box, box.size + 0.03) for box in boxes)
        hits += 1
        loose += ExactChecker(ARM, 0.06, 1.0, grown).collision(q) is None
    assert hits > 50 and loose <= 0.03 * hits


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_what_a_box_is_said_to_be_apart_from_coal_finds_apart(seed):
    _, q, exact = random_meeting(seed)
    links, request = ARM.links(q), coal.CollisionRequest()
    hit = set()
    for link, shape, T_link_solid in exact.solids:
        T = links[link] @ T_link_solid
        for solid, T_box, box in exact.boxes:
            if coal.collide(
                shape, coal.Transform3s(T[:3, :3], T[:3, 3]), solid, T_box, request, coal.CollisionResult()
            ):
                hit.add((f"panda_link{link}", box))
    found = exact.collision(q)
    assert found in hit if hit else found is None


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_distance_field_is_exact(seed):
    rng = np.random.default_rng(seed)
    solid = rng.random(rng.integers(2, 16, 3)) < rng.uniform(0.005, 0.3)
    solid[tuple(rng.integers(0, solid.shape))] = True
    reach = int(rng.integers(1, 20))
    expected = np.minimum(distance_transform_edt(~solid), reach)
    np.testing.assert_allclose(np.sqrt(squared_distance(solid, reach)), expected, atol=1e-9)


def test_a_voxel_is_hit_like_the_box_it_stands_for():
    """The field may only be more cautious than the same cubes as boxes, and by less than two voxels."""
    rng = np.random.default_rng(3)
    voxel, robot = 0.02, body(ARM, 0.06, 0.0)
    solid = np.zeros((20, 20, 20), bool)
    solid[5:15, 5:15, 0:6] = True
    T = Pose.from_euler((0.3, -0.2, 0.0), (0, 0, 0.3))
    block = Box(T @ Pose.from_rotation(voxel * np.array((9.5, 9.5, 2.5)), np.eye(3)), voxel * np.array((10, 10, 6)))
    field = Checker(ARM, robot, Obstacles((), Field.of(solid, T, voxel), NOTHING))
    box = Checker(ARM, robot, Obstacles((block,), NOTHING, NOTHING))
    wide = Checker(ARM, robot, Obstacles((block,), NOTHING, NOTHING), (2 * voxel, 0.0))
    hits = 0
    for _ in range(400):
        q = random_joints(rng)
        hits += box.hit(q)
        assert not field.hit(q) or wide.hit(q)
        assert (
            not box.hit(q)
            or field.hit(q)
            or not Checker(ARM, robot, Obstacles((block,), NOTHING, NOTHING), (-voxel, 0.0)).hit(q)
        )
    assert hits > 20


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_segment_distance_against_coal(seed):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, 2, 3))
    if rng.random() < 0.2:
        b[1] = b[0]
    shapes = []
    for ends in (a, b):
        axis = ends[1] - ends[0]
        length = np.linalg.norm(axis)
        z = axis / length if length > 0 else np.array((0, 0, 1.0))
        x = np.cross(z, np.eye(3)[np.argmin(np.abs(z))])
        x /= np.linalg.norm(x)
        turn = np.column_stack([x, np.cross(z, x), z])
        shapes.append((coal.Capsule(0.001, length), coal.Transform3s(turn, ends.mean(axis=0))))
    result = coal.DistanceResult()
    coal.distance(*shapes[0], *shapes[1], coal.DistanceRequest(), result)
    assert np.sqrt(segment_distance_squared(*a, *b)) - 0.002 == pytest.approx(result.min_distance, abs=1e-5)


def test_the_arm_hits_itself():
    checker = Checker(ARM, body(ARM, 0.06, 0.0), Obstacles((), NOTHING, NOTHING))
    assert checker.hit(np.array((0, 0.0, 0, -3.05, 0, 0.0, 0)))
    assert not checker.hit(np.array((0, -0.4, 0, -2.2, 0, 1.9, 0)))


def test_a_carried_item_is_part_of_the_robot():
    q = np.array((0, -0.2, 0, -2.2, 0, 2.0, 0))
    below = Pose(ARM.links(q)[-1]).apply((0, 0, 0.60))
    floor = (Box(Pose.from_rotation(below, np.eye(3)), np.array((0.5, 0.5, 0.05))),)
    item = np.random.default_rng(0).uniform((-0.05, -0.05, 0.33), (0.05, 0.05, 0.58), (3000, 3))
    world = Obstacles(floor, NOTHING, NOTHING)
    assert not Checker(ARM, body(ARM, 0.06, 0.0), world).hit(q)
    assert Checker(ARM, body(ARM, 0.06, 0.0, Carried.of(item)), world).hit(q)


def test_rrt_goes_around_and_repeats_itself():
    wall = (Box(Pose.from_rotation((0.45, 0.0, 0.25), np.eye(3)), np.array((0.5, 0.04, 0.5))),)
    exact, checker = (  # as planned with: room enough for what passes between two looks
        Checker(ARM, body(ARM, 0.06, 0.0), Obstacles(wall, NOTHING, NOTHING), gaps) for gaps in ((0.0, 0.0), ROOMY)
    )
    start = np.array((-0.7, 0.1, 0, -2.2, 0, 2.3, 0))
    goal = start * (-1, 1, 1, 1, 1, 1, 1)
    limits = ARM.limits
    paths = [connect(start, goal, limits.lower, limits.upper, checker, np.random.default_rng(5)) for _ in range(2)]
    np.testing.assert_array_equal(*paths)
    straight, fine = densified(np.array([start, goal]), CHECK), densified(paths[0], 0.3 * CHECK)
    assert checker.first_hit(straight, np.arange(len(straight))) < 30
    assert exact.first_hit(fine, np.arange(len(fine))) == len(fine)
    np.testing.assert_array_equal(paths[0][[0, -1]], [start, goal])


def test_corners_that_nearly_coincide_become_one():
    corners = np.array([[0.0, 0], [1.0, 0], [1.0, 0], [1.001, 0.001], [1.0, 1.0], [1.0, 1.002]])
    cut = densified(corners, 0.25)
    steps = np.abs(np.diff(cut, axis=0)).max(axis=1)
    assert steps.min() > 0.05 and steps.max() <= 0.2501
    np.testing.assert_array_equal(cut[[0, -1]], corners[[0, -1]])


def test_rrt_says_why_it_fails():
    q = np.array((-0.7, 0.1, 0, -2.2, 0, 2.3, 0))
    around = (Box(Pose.from_rotation(Pose(ARM.links(q)[-1]).position, np.eye(3)), np.full(3, 0.3)),)
    checker = Checker(ARM, body(ARM, 0.06, 0.0), Obstacles(around, NOTHING, NOTHING))
    with pytest.raises(NoPath, match="expected a free start"):
        connect(q, -q, ARM.limits.lower, ARM.limits.upper, checker, np.random.default_rng(0))
    free = Checker(ARM, body(ARM, 0.06, 0.0), Obstacles((), NOTHING, NOTHING))
    with pytest.raises(NoPath, match="no path found in 0"):
        connect(q, q + 0.1, ARM.limits.lower, ARM.limits.upper, free, np.random.default_rng(0), iterations=0)
