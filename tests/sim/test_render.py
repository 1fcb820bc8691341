import gc
from pathlib import Path

import moderngl
import numpy as np
import pybullet
import pybullet_data
import pytest

from handpick.layout import standard_layout
from perception.camera import CameraModel
from perception.errors import GeometryError
from perception.pose import Pose
from sim.render import egl as render_egl
from sim.render.base import Rendered, RenderError
from sim.render.renderer import make_renderer
from sim.render.scene import BACKGROUND, SCENERY, VisualScene
from sim.render.shapes import box_mesh, cylinder_mesh, sphere_mesh
from sim.render.visual import VisualMesh
from sim.robot.visual import RobotVisualError, robot_visuals, show_robot, thin
from sim.scenery import show_scenery

K = np.array([[170.0, 0, 83.2], [0, 155.0, 55.7], [0, 0, 1]])
CAMERA = CameraModel("odd", 160, 120, K, Pose.from_euler((0.3, -0.2, 0.9), (2.8, 0.2, 0.4)))


@pytest.fixture(params=["egl", "tiny"])
def renderer(request):
    try:
        made = make_renderer(request.param)
    except RenderError as error:
        pytest.skip(str(error))
    yield made
    made.close()


@pytest.fixture
def client():
    number = pybullet.connect(pybullet.DIRECT)
    yield number
    pybullet.disconnect(number)


def cast(camera: CameraModel, T_base_box: Pose, size) -> np.ndarray:
    """Depth of a box by the slab method, NaN where the rays miss it."""
    T_box_camera = T_base_box.inverse() @ camera.T_base_camera
    columns, rows = np.meshgrid(np.arange(camera.width), np.arange(camera.height))
    rays = np.stack([(columns - K[0, 2]) / K[0, 0], (rows - K[1, 2]) / K[1, 1], np.ones(columns.shape)], axis=-1)
    along, origin = T_box_camera.rotate(rays), T_box_camera.position
    hits = np.sort([(sign * np.asarray(size) / 2 - origin) / along for sign in (-1, 1)], axis=0)
    enter, leave = hits[0].max(axis=-1), hits[1].min(axis=-1)
    return np.where(enter <= leave, enter, np.nan)


def neighbours(mask: np.ndarray) -> np.ndarray:
    """Pixels within one pixel of True."""
    padded = np.pad(mask, 1)
    rows, columns = mask.shape
    return np.any([padded[i : i + rows, j : j + columns] for i in range(3) for j in range(3)], axis=0)


def test_a_box_appears_where_rays_meet_it(renderer):
    size = (0.3, 0.2, 0.15)
    pose = CAMERA.T_base_camera @ Pose.from_euler((0.05, -0.03, 0.8), (0.3, -0.4, 0.9))
    scene = VisualScene()
    scene.add(5, None, box_mesh(size, (0.8, 0.3, 0.2)), pose)
    image = renderer.render(CAMERA, CAMERA.T_base_camera, scene)
    expected = cast(CAMERA, pose, size)
    seen, due = image.ids == 5, np.isfinite(expected)
    assert 1000 < due.sum() < due.size / 2
    assert not (seen & ~neighbours(due)).any() and not (due & ~neighbours(seen)).any()
    assert (seen != due).mean() < 1e-3
    assert np.nanmax(np.abs(image.depth - expected)[seen & due]) < 1e-5
    assert np.isnan(image.depth[~seen]).all() and (image.ids[~seen] == BACKGROUND).all()


def test_incidence_is_the_angle_to_the_surface(renderer):
    camera = CameraModel("level", 160, 120, K, Pose.identity())
    tilt = 1.1
    pose = Pose.from_euler((0, 0, 0.8), (tilt, 0, 0))
    scene = VisualScene()
    scene.add(1, None, box_mesh((2.0, 2.0, 1e-4), (0.5, 0.5, 0.5)), pose)
    image = renderer.render(camera, camera.T_base_camera, scene)
    rays = camera.rays().astype(np.float64)
    cosine = np.abs(rays @ pose.rotation[:, 2]) / np.linalg.norm(rays, axis=-1)
    seen = (image.ids == 1) & (image.depth < 1.5)
    assert np.abs(image.incidence / 255 - cosine)[seen].max() < 0.01


def test_each_pixel_knows_its_surface(renderer):
    scene = VisualScene()
    plain = box_mesh((0.1, 0.1, 0.1), (0.2, 0.2, 0.2), gloss=0.8)
    film = VisualMesh(plain.vertices, plain.triangles, plain.color, transparency=0.6)
    scene.add(3, None, plain, Pose.from_rotation((-0.2, 0, 1), np.eye(3)))
    scene.add(9, None, film, Pose.from_rotation((0.2, 0, 1), np.eye(3)))
    camera = CameraModel("level", 160, 120, K, Pose.identity())
    image = renderer.render(camera, camera.T_base_camera, scene)
    for body, gloss, transparency in ((3, 0.8, 0), (9, 0, 0.6), (BACKGROUND, 0, 0)):
        pixels = image.ids == body
        assert pixels.any()
        assert (image.gloss[pixels] == round(255 * gloss)).all()
        assert (image.transparency[pixels] == round(255 * transparency)).all()


def test_textures_stand_upright(renderer):
    texture = np.zeros((64, 64, 3), np.uint8)
    texture[:32, :32], texture[:32, 32:], texture[32:, :32] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], np.float32) * 0.1
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32)  # v runs down, as y does in the optical frame
    triangles = np.array([[0, 2, 1], [0, 3, 2]], np.int32)
    scene = VisualScene()
    mesh = VisualMesh(corners, triangles, np.ones(3, np.float32), uv, texture)
    scene.add(1, None, mesh, Pose.from_rotation((0, 0, 0.5), np.eye(3)))
    camera = CameraModel("level", 160, 120, K, Pose.identity())
    color = renderer.render(camera, camera.T_base_camera, scene).color.astype(int)
    centre_row, centre_column = 56, 83
    strongest = [color[centre_row + dr, centre_column + dc].argmax() for dr, dc in ((-15, -15), (-15, 15), (15, -15))]
    assert strongest == [0, 1, 2]
    assert color[centre_row + 15, centre_column + 15].max() < 60


def clutter(rng: np.random.Generator) -> VisualScene:
    scene = VisualScene()
    for body in range(12):
        color = rng.uniform(0.2, 0.9, 3)
        box = box_mesh(rng.uniform(0.03, 0.2, 3), color)
        shape = (box, cylinder_mesh(0.04, 0.15, color), sphere_mesh(0.05, color))[body % 3]
        T_camera_shape = Pose.from_euler(rng.uniform((-0.3, -0.2, 0.7), (0.3, 0.2, 1.0)), rng.uniform(-3, 3, 3))
        scene.add(body, None, shape, CAMERA.T_base_camera @ T_camera_shape)
    return scene


def test_both_renderers_agree():
    try:
        egl = make_renderer("egl")
    except RenderError as error:
        pytest.skip(str(error))
    tiny, scene = make_renderer("tiny"), clutter(np.random.default_rng(4))
    a, b = (r.render(CAMERA, CAMERA.T_base_camera, scene) for r in (egl, tiny))
    same = a.ids == b.ids
    assert same.mean() > 0.999 and len(np.unique(a.ids)) > 8
    gap = np.abs(a.depth - b.depth)[same & (a.ids != BACKGROUND)]
    assert np.percentile(gap, 99) < 1e-5
    assert np.median(np.abs(a.color.astype(int) - b.color)[same & (a.ids != BACKGROUND)]) < 15
    egl.close(), tiny.close()


def test_two_contexts_live_side_by_side(renderer):
    other = make_renderer("tiny" if renderer.name.startswith("tiny") else "egl")
    scene = clutter(np.random.default_rng(1))
    first = renderer.render(CAMERA, CAMERA.T_base_camera, scene)
    second = other.render(CAMERA, CAMERA.T_base_camera, scene)
    other.close()
    again = renderer.render(CAMERA, CAMERA.T_base_camera, scene)
    for image in (second, again):
        for name in Rendered.__dataclass_fields__:
            assert np.array_equal(getattr(image, name), getattr(first, name), equal_nan=name == "depth")


def test_a_renderer_thrown_away_deletes_nothing_of_another(monkeypatch):
    try:
        renderers = [make_renderer("egl") for _ in range(2)]
    except RenderError as error:
        pytest.skip(str(error))
    scene = clutter(np.random.default_rng(2))
    *_, first = [r.render(CAMERA, CAMERA.T_base_camera, scene) for r in renderers]
    read = render_egl._read

    def collect_and_read(*args):  # as the collector may at any time while another context is current
        del renderers[0]
        gc.collect()
        return read(*args)

    monkeypatch.setattr(render_egl, "_read", collect_and_read)
    image = renderers[1].render(CAMERA, CAMERA.T_base_camera, scene)
    assert np.array_equal(image.ids, first.ids) and np.array_equal(image.color, first.color)
    renderers[0].close()


def test_auto_falls_back_and_says_why(monkeypatch):
    def refuse(**_):
        raise Exception("libEGL.so not loaded")

    monkeypatch.setattr(moderngl, "create_context", refuse)
    fallback = make_renderer()
    assert fallback.name.startswith("tinyrenderer") and "libEGL.so" in fallback.name
    fallback.close()
    with pytest.raises(RenderError, match="libegl1"):
        make_renderer("egl")


def test_a_context_that_draws_nonsense_is_not_used(monkeypatch):
    monkeypatch.setattr("sim.render.egl.projection_matrix", lambda camera: np.eye(4))
    fallback = make_renderer()
    assert fallback.name.startswith("tinyrenderer")
    fallback.close()


def test_the_scene_changes_as_told(renderer):
    scene = VisualScene()
    camera = CameraModel("level", 160, 120, K, Pose.identity())
    mesh = box_mesh((0.2, 0.2, 0.2), (0.5, 0.5, 0.5))
    handle = scene.add(1, None, mesh, Pose.from_rotation((0, 0, 1.1), np.eye(3)))
    skin = mesh.vertices + np.float32([0, 0, 3])
    scene.add_skin(2, mesh, lambda: skin)

    def nearest(body):
        image = renderer.render(camera, camera.T_base_camera, scene)
        return np.nanmin(np.where(image.ids == body, image.depth, np.nan)) if (image.ids == body).any() else None

    assert nearest(1) == pytest.approx(1.0, abs=1e-5)
    scene.reshape(handle, mesh.vertices * np.float32(0.5))
    assert nearest(1) == pytest.approx(1.05, abs=1e-5)
    skin = mesh.vertices + np.float32([0, 0, 0.8])
    scene.follow(-1)
    assert nearest(2) == pytest.approx(0.7, abs=1e-5)
    scene.remove_body(2)
    assert nearest(2) is None and nearest(1) == pytest.approx(1.05, abs=1e-5)
    with pytest.raises(GeometryError, match="vertices"):
        scene.reshape(handle, np.zeros((3, 3)))


OFFSETS = """<robot name="r">
<link name="a"><inertial><origin xyz="0.05 -0.02 0.03" rpy="0.3 0.1 0.2"/><mass value="1"/>
<inertia ixx="0.01" ixy="0" ixz="0" iyy="0.01" iyz="0" izz="0.01"/></inertial></link>
<joint name="j" type="fixed"><parent link="a"/><child link="b"/><origin xyz="0 0 0.3" rpy="0 0.5 0"/></joint>
<link name="b"><inertial><origin xyz="0.1 0 0"/><mass value="1"/>
<inertia ixx="0.01" ixy="0" ixz="0" iyy="0.01" iyz="0" izz="0.01"/></inertial></link>
</robot>"""


def test_meshes_follow_link_frames_not_inertial_frames(client, tmp_path):
    (tmp_path / "offsets.urdf").write_text(OFFSETS)
    place = Pose.from_euler((0.2, 0.1, 0.5), (0.4, 0.2, -0.7))
    body = pybullet.loadURDF(
        str(tmp_path / "offsets.urdf"), place.position.tolist(), place.quaternion.tolist(), physicsClientId=client
    )
    scene, mesh = VisualScene(), box_mesh((0.1, 0.1, 0.1), (1, 1, 1))
    for link in (-1, 0):
        scene.add(body, link, mesh)
    scene.follow(client)
    expected = [place.matrix, (place @ Pose.from_euler((0, 0, 0.3), (0, 0.5, 0))).matrix]
    assert np.allclose(scene.poses(), expected, atol=1e-6)


URDF = """<robot name="r">
<material name="red"><color rgba="1 0 0 1"/></material>
<link name="a">
<visual><origin xyz="0 0 1" rpy="0 1.5707963 0"/><geometry><cylinder radius="0.1" length="0.6"/></geometry>
<material name="red"/></visual>
<visual><geometry><sphere radius="0.2"/></geometry></visual>
</link>
<link name="b"><visual><geometry>%s</geometry></visual></link>
</robot>"""


def test_a_robot_is_shown_by_its_urdf():
    visuals = robot_visuals(URDF % '<box size="1 2 3"/>')
    colors = {tuple(mesh.color.tolist()): mesh for mesh in visuals["a"]}
    lying = colors[(1.0, 0.0, 0.0)].vertices
    assert np.allclose(np.ptp(lying, axis=0), (0.6, 0.2, 0.2), atol=1e-3) and np.allclose(lying.mean(0), (0, 0, 1))
    assert len(colors) == 2 and np.allclose(np.ptp(visuals["b"][0].vertices, axis=0), (1, 2, 3))
    with pytest.raises(RobotVisualError, match=r"nowhere\.obj"):
        robot_visuals(URDF % '<mesh filename="package://nowhere.obj"/>')
    with pytest.raises(RobotVisualError, match="capsule"):
        robot_visuals(URDF % '<capsule radius="1" length="1"/>')


def test_the_arm_looks_like_itself(client):
    folder = Path(pybullet_data.getDataPath()) / "franka_panda"
    visuals = robot_visuals((folder / "panda.urdf").read_text(), [folder], cell=0.006)
    body = pybullet.loadURDF(str(folder / "panda.urdf"), useFixedBase=True, physicsClientId=client)
    scene = VisualScene()
    show_robot(scene, client, body, visuals)
    assert {"panda_link0", "panda_link4", "panda_hand"} <= visuals.keys()
    with pytest.raises(RobotVisualError, match="no_such"):
        show_robot(scene, client, body, {"no_such": visuals["panda_hand"]})


@pytest.mark.parametrize(
    ("mesh", "volume"),
    [
        (box_mesh((0.1, 0.2, 0.3), (1, 1, 1)), 0.006),
        (cylinder_mesh(0.1, 0.3, (1, 1, 1), sides=200), np.pi * 0.01 * 0.3),
        (sphere_mesh(0.1, (1, 1, 1), rings=100, sides=200), 4 / 3 * np.pi * 0.001),
    ],
)
def test_simple_solids_face_outward(mesh, volume):
    a, b, c = mesh.vertices.astype(float)[mesh.triangles].transpose(1, 0, 2)
    assert (np.cross(a, b) * c).sum() / 6 == pytest.approx(volume, rel=2e-3)


def test_thinning_keeps_the_surface():
    mesh = sphere_mesh(0.1, (1, 1, 1), rings=60, sides=90)
    vertices, triangles = thin(mesh.vertices.astype(float), mesh.triangles, 0.01)
    assert len(triangles) < len(mesh.triangles) / 3
    assert np.abs(np.linalg.norm(vertices, axis=1) - 0.1).max() < 0.01
    assert len(thin(vertices, triangles, 0)[1]) == len(triangles)


def test_two_cameras_see_every_point_of_the_source_floor():
    layout, scene, renderer = standard_layout(), VisualScene(), make_renderer()
    show_scenery(scene, layout)
    tote = layout.source
    grid = np.stack(np.meshgrid(*(np.linspace(-0.49, 0.49, 30) * n for n in tote.inner[:2])), -1).reshape(-1, 2)
    floor = tote.T_base_tote.apply(np.column_stack([grid, np.zeros(len(grid))]))
    views = np.zeros(len(floor), int)
    for camera in layout.cameras:
        image = renderer.render(camera, camera.T_base_camera, scene)
        pixels, depth = camera.project(floor)
        column, row = np.rint(pixels).astype(int).T
        inside = (column >= 40) & (column < camera.width) & (row >= 0) & (row < camera.height)  # 40: stereo margin
        seen = np.abs(image.depth[row[inside], column[inside]] - depth[inside]) < 5e-3
        views[np.flatnonzero(inside)[seen]] += 1
        assert (image.ids[np.isfinite(image.depth)] == SCENERY).all()
    renderer.close()
    assert views.min() >= 2
