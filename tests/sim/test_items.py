from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pybullet as pb
import pytest

from perception.errors import GeometryError
from perception.pose import Array, Pose
from sim.items.body import ItemBody, remove, spawn
from sim.items.catalog import FAMILIES, UnknownFamilyError, make_item
from sim.items.foreign import COUNT, _read_pieces
from sim.items.meshes import box_mesh, ellipsoid_mesh, lathe_mesh, mass_properties
from sim.items.spec import MASS_LIMIT, BodySpec, ItemSpec

POSE = Pose.from_euler((0.3, -0.2, 0.5), (0.4, -0.3, 1.1))

# Whole item, kg/m^3: what such goods weigh for their volume.
DENSITY = {
    **{"hardcover": (500, 950), "paperback": (500, 950), "carton": (100, 700), "chocolate_bar": (800, 1200)},
    **{"gift_card": (700, 1450), "ruler": (600, 2750), "light_bulb": (70, 450), "poster_tube": (60, 500)},
    **{"pen": (700, 1600), "bottle": (750, 1150), "can": (850, 1250), "hammer": (1500, 3500)},
    **{"granule_bag": (380, 920), "shirt": (110, 270), "plush": (70, 210), "random_urdf": (300, 1150)},
}


@pytest.fixture
def client() -> Iterator[int]:
    number = pb.connect(pb.DIRECT)
    pb.setPhysicsEngineParameter(fixedTimeStep=1 / 240, deterministicOverlappingPairs=1, physicsClientId=number)
    yield number
    pb.disconnect(number)


def draws(family: str, count: int) -> list[ItemSpec]:
    return [make_item(family, np.random.default_rng(seed)) for seed in range(count)]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_draw_is_a_plausible_item(family: str) -> None:
    for spec in draws(family, 25):
        assert 0.002 < spec.mass <= 0.9
        assert DENSITY[family][0] < spec.mass / spec.volume < DENSITY[family][1]
        assert spec.size.min() > 0.0005 and spec.size.max() < 0.52
        for link in spec.links:
            assert 0.2 <= link.surface.friction <= 0.85
            assert 0 <= link.surface.leak_conductance <= 1e-7 and 0 < link.surface.gap_height <= 3e-4
            assert 0 <= link.visual.gloss <= 1 and 0 <= link.visual.transparency <= 1


@pytest.mark.parametrize("family", FAMILIES)
def test_meshes_are_closed_and_face_outward(family: str) -> None:
    spec = draws(family, 1)[0]
    meshes = [link.visual for link in spec.links] + ([spec.skin.mesh] if spec.skin else [])
    for mesh in meshes:
        assert mass_properties(mesh.vertices, mesh.triangles)[0] > 0
        _, place = np.unique(np.round(mesh.vertices, 7), axis=0, return_inverse=True)
        triangles = place.reshape(-1)[mesh.triangles]
        triangles = triangles[(triangles != np.roll(triangles, 1, axis=1)).all(axis=1)]
        edges = np.concatenate([triangles[:, [i, (i + 1) % 3]] for i in range(3)])
        forward = sorted(map(tuple, edges.tolist()))
        backward = sorted(map(tuple, edges[:, ::-1].tolist()))
        assert forward == backward  # each edge runs once either way


@pytest.mark.parametrize("family", FAMILIES)
def test_the_same_seed_draws_the_same_item(family: str) -> None:
    one, two = (make_item(family, np.random.default_rng(5)) for _ in range(2))
    assert one.mass == two.mass and one.parameters == two.parameters
    for a, b in zip(one.links, two.links):
        assert a.visual.vertices.tobytes() == b.visual.vertices.tobytes()
        assert (a.visual.texture is None) == (b.visual.texture is None)
        if a.visual.texture is not None and b.visual.texture is not None:
            assert a.visual.texture.tobytes() == b.visual.texture.tobytes()


@pytest.mark.parametrize("family", FAMILIES)
def test_the_spawned_body_is_what_the_spec_says(family: str, client: int) -> None:
    spec = draws(family, 3)[2]
    item = spawn(client, spec, POSE)
    vertices = POSE.inverse().apply(item.mesh()[0])
    np.testing.assert_allclose(vertices.max(axis=0) - vertices.min(axis=0), spec.size, atol=2e-4)
    np.testing.assert_allclose((vertices.max(axis=0) + vertices.min(axis=0)) / 2, 0, atol=2e-4)
    np.testing.assert_allclose(item.pose().matrix, POSE.matrix, atol=1e-6)
    infos = [pb.getDynamicsInfo(ref.body, ref.link, physicsClientId=client) for ref in item.links]
    assert sum(info[0] for info in infos) == pytest.approx(spec.mass)
    for info, link in zip(infos, spec.links):
        np.testing.assert_allclose(info[2], link.inertia, rtol=1e-6)
        assert info[1] == pytest.approx(link.surface.friction)
    remove(item)
    assert pb.getNumBodies(physicsClientId=client) == 0


@pytest.mark.parametrize(
    "family", [family for family, make in FAMILIES.items() if family not in ("granule_bag", "shirt")]
)
def test_rays_meet_the_collision_shape_where_they_meet_the_mesh(family: str, client: int) -> None:
    item = spawn(client, draws(family, 2)[1], POSE)
    pb.performCollisionDetection(physicsClientId=client)  # rays see no new body before
    vertices, triangles = item.mesh()
    rng = np.random.default_rng(0)
    centroids = vertices[triangles].mean(axis=1)
    corners = vertices[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normals, axis=1)
    gaps = []
    for index in rng.choice(len(triangles), size=20, p=area / area.sum()):
        start = centroids[index] + 0.3 * normals[index] / area[index] + rng.normal(0, 0.003, 3)
        end = centroids[index] - 0.3 * normals[index] / area[index]
        expected = first_hit(start, end, corners)
        hit = pb.rayTest(start.tolist(), end.tolist(), physicsClientId=client)[0]
        gaps.append(abs(hit[2] - expected) * np.linalg.norm(end - start) if hit[0] in item else np.inf)
    assert (
        np.median(gaps) < 0.0012 and np.mean(np.array(gaps) < 0.004) >= 0.9
    )  # hulls are 1 mm smaller: Bullet's margin


@pytest.mark.parametrize("family", ["granule_bag", "shirt"])
def test_the_film_follows_its_links(family: str, client: int) -> None:
    spec = draws(family, 1)[0]
    assert spec.skin is not None
    item = spawn(client, spec, Pose.identity())
    flat = item.mesh()[0]
    np.testing.assert_allclose(flat, spec.skin.mesh.vertices, atol=1e-6)
    for joint in range(len(spec.links) - 1):
        pb.resetJointState(item.bodies[0], joint, 0.3, physicsClientId=client)
    bent = item.mesh()[0]
    centres = np.array([T[:3, 3] + T[:3, :3] @ link.com for T, link in zip(item.T_base_links(), spec.links)])
    low, high = centres.min(axis=0), centres.max(axis=0)
    assert (bent.min(axis=0) < low + 1e-3).all() and (bent.max(axis=0) > high - 1e-3).all()
    assert np.abs(bent - flat).max() > 0.01 and item.rigid_visuals() == ()


@pytest.mark.parametrize("family", ["hardcover", "paperback"])
@pytest.mark.parametrize("joint", [0, 1, 2])
def test_a_book_opens_about_its_spine_only(family: str, joint: int, client: int) -> None:
    item = spawn(client, draws(family, 1)[0], Pose.identity())
    closed = item.mesh()[0]
    assert item.opening() == 0
    pb.resetJointState(item.bodies[0], joint, 0.8, physicsClientId=client)
    opened = item.mesh()[0]
    assert item.opening() == pytest.approx(0.8)
    moved = np.linalg.norm(opened - closed, axis=1)
    from_spine = closed[:, 0] - closed[:, 0].min()
    thickness = item.spec.size[2]
    np.testing.assert_allclose(opened[:, 1], closed[:, 1], atol=1e-6)  # nothing slides along the spine
    assert (moved <= 2 * np.sin(0.4) * np.hypot(from_spine, thickness) + 1e-6).all()
    top = joint == 0
    outward = (opened - closed)[moved > 0.05, 2]
    assert len(outward) and ((outward > 0).all() if top else (outward < 0).all())


def test_a_lip_is_on_the_link_under_it_and_beside_all_of_them_on_the_one_it_touches(client: int) -> None:
    book = spawn(client, draws("paperback", 1)[0], Pose.identity())
    links = [ref.link for ref in book.links]
    up, middle = np.array((0, 0, 1.0)), book.mesh()[0].mean(axis=0)
    on_top = {book.outermost(book.bodies[0], link, middle + 0.1 * up, up, 0.015) for link in links}
    assert on_top == {0}
    beside = [book.outermost(book.bodies[0], link, middle + np.array((1.0, 0, 0.1)), up, 0.015) for link in links]
    assert beside == links and len(links) > 2


def test_a_book_hung_by_its_cover_falls_open_and_a_lying_one_stays_shut(client: int) -> None:
    pb.setGravity(0, 0, -9.81, physicsClientId=client)
    hung = spawn(client, draws("hardcover", 1)[0], Pose.from_rotation((0, 0, 1.0), np.eye(3)))
    cover = hung.spec.links[1]
    grip = pb.createConstraint(
        hung.bodies[0], 0, -1, -1, pb.JOINT_FIXED, (0, 0, 0), (0, 0, 0),
        (hung.T_base_links()[1] @ [*cover.com, 1])[:3].tolist(), physicsClientId=client,
    )  # fmt: skip
    pb.changeConstraint(grip, maxForce=1e4, physicsClientId=client)
    floor = pb.createCollisionShape(pb.GEOM_BOX, halfExtents=(1, 1, 0.05), physicsClientId=client)
    pb.createMultiBody(0, floor, basePosition=(2, 0, -0.05), physicsClientId=client)
    lying = spawn(client, draws("hardcover", 1)[0], Pose.from_rotation((2, 0, 0.03), np.eye(3)))
    for _ in range(360):
        pb.stepSimulation(physicsClientId=client)
    assert hung.opening() > np.deg2rad(60)
    assert abs(lying.opening()) < np.deg2rad(1)
    assert lying.speed() < 0.01


@pytest.mark.parametrize("family", FAMILIES)
def test_an_item_on_a_table_rests(family: str, client: int) -> None:
    pb.setGravity(0, 0, -9.81, physicsClientId=client)
    floor = pb.createCollisionShape(pb.GEOM_BOX, halfExtents=(1, 1, 0.05), physicsClientId=client)
    pb.createMultiBody(0, floor, basePosition=(0, 0, -0.05), physicsClientId=client)
    spec = draws(family, 1)[0]
    item = spawn(client, spec, Pose.from_rotation((0, 0, spec.size[2] / 2 + 0.005), np.eye(3)))
    for _ in range(600):
        pb.stepSimulation(physicsClientId=client)
    before = item.corners()
    for _ in range(240):
        pb.stepSimulation(physicsClientId=client)
    assert np.abs(item.corners() - before).max() < 5e-4
    assert item.mesh()[0][:, 2].min() > -0.002


def test_closed_forms_of_mass_properties() -> None:
    a, b, c = size = np.array([0.3, 0.2, 0.1])
    volume, centre, inertia = mass_properties(*box_mesh(size)[:2])
    assert volume == pytest.approx(a * b * c)
    np.testing.assert_allclose(centre, 0, atol=1e-12)
    np.testing.assert_allclose(np.diag(inertia), volume / 12 * np.array([b * b + c * c, a * a + c * c, a * a + b * b]))
    vertices, triangles, _ = lathe_mesh([(0, 1.0), (2.0, 0.0001)], 256)  # a cone: centre at a quarter of its height
    volume, centre, inertia = mass_properties(vertices, triangles)
    assert volume == pytest.approx(2 * np.pi / 3, rel=1e-3) and centre[2] == pytest.approx(0.5, rel=1e-3)
    assert inertia[2, 2] == pytest.approx(0.3 * volume, rel=1e-3)
    vertices, triangles, _ = ellipsoid_mesh([2, 2, 2], 64, 64)
    assert mass_properties(vertices, triangles)[2][0, 0] == pytest.approx(0.4 * 4 / 3 * np.pi, rel=0.01)


def test_bad_items_are_refused() -> None:
    with pytest.raises(UnknownFamilyError, match=r"'teapot'.*hardcover.*random_urdf"):
        make_item("teapot", np.random.default_rng(0))
    links = draws("shirt", 1)[0].links
    with pytest.raises(GeometryError, match="depth-first"):
        BodySpec((links[0], links[4]))


def first_hit(start: Array, end: Array, corners: Array) -> float:
    """Fraction of the way at which a segment first meets a triangle (Moller and Trumbore 1997)."""
    way = end - start
    e1, e2 = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    p = np.cross(way, e2)
    det = np.einsum("ti,ti->t", e1, p)
    det = np.where(np.abs(det) < 1e-15, np.inf, det)
    s = start - corners[:, 0]
    u = np.einsum("ti,ti->t", s, p) / det
    q = np.cross(s, e1)
    v = q @ way / det
    t = np.einsum("ti,ti->t", e2, q) / det
    hit = (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)
    return float(t[hit].min(initial=np.inf))


def test_an_item_knows_its_bodies(client: int) -> None:
    one, two = (spawn(client, draws("plush", 1)[0], Pose.from_rotation((x, 0, 0), np.eye(3))) for x in (0.0, 1.0))
    assert isinstance(one, ItemBody) and one.bodies[0] in one and two.bodies[0] not in one
    assert one.link_spec(one.bodies[0], 0).name == "head"
    np.testing.assert_allclose(two.centre_of_mass() - one.centre_of_mass(), (1, 0, 0), atol=1e-9)


@pytest.mark.parametrize("seed", [534, 1096])
def test_the_largest_paperbacks_are_made_thinner_rather_than_too_heavy(seed: int) -> None:
    assert 0.8 < make_item("paperback", np.random.default_rng(seed)).mass <= MASS_LIMIT


def test_a_foreign_object_whose_file_holds_no_numbers_is_passed_over() -> None:
    assert _read_pieces(168) == []
    first = next(seed for seed in range(10_000) if np.random.default_rng(seed).integers(COUNT) == 168)
    assert make_item("random_urdf", np.random.default_rng(first)).size.min() > 0
