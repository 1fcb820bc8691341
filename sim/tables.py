"""Tables with items on them, settled in the physics and rendered: the scenes of the planning benchmarks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from perception.camera import CameraModel
from perception.depth_image import DepthImage
from perception.pose import Array, Pose
from perception.tote import Tote
from sim.bullet import pb
from sim.cameras.noise import DepthNoise, noisy_color, noisy_depth
from sim.fill import UnrestError, settle, spawn_tote
from sim.items.body import ItemBody, spawn
from sim.items.catalog import make_item
from sim.items.spec import ItemSpec
from sim.render.base import Rendered
from sim.render.renderer import make_renderer
from sim.render.scene import SCENERY, VisualScene
from sim.render.shapes import box_mesh
from sim.render.visual import VisualMesh
from sim.scenery import show_item

GRAVITY = 9.81
WIDTH, HEIGHT = 640, 480
PILE = {"random_urdf": 0.55, "carton": 0.15, "chocolate_bar": 0.1, "light_bulb": 0.1, "can": 0.1}
PACKED = {"bottle": 0.25, "light_bulb": 0.1, "can": 0.15, "carton": 0.25, "random_urdf": 0.25}
NARROWEST, LONGEST = (0.016, 0.055), 0.13  # metres: what a hand that opens 80 mm takes, and what the workspace holds
NO_ITEM = -1


class Table:
    """A table top at z = 0, the items on it, and what cameras see of it.

    texture: colour, shape (3,), of the table, or an image of it, uint8 (H, W, 3).
    """

    def __init__(self, texture: NDArray[np.uint8] | tuple[float, float, float] = (0.55, 0.50, 0.44)) -> None:
        self.client = int(pb.connect(pb.DIRECT))
        pb.setPhysicsEngineParameter(
            fixedTimeStep=1 / 240,
            numSolverIterations=150,
            deterministicOverlappingPairs=1,
            physicsClientId=self.client,
        )
        pb.setGravity(0, 0, -GRAVITY, physicsClientId=self.client)
        shape = pb.createCollisionShape(pb.GEOM_BOX, halfExtents=[1, 1, 0.05], physicsClientId=self.client)
        self.top = pb.createMultiBody(0, shape, basePosition=[0, 0, -0.05], physicsClientId=self.client)
        pb.changeDynamics(self.top, -1, lateralFriction=1.0, physicsClientId=self.client)
        self.items: list[ItemBody] = []
        self.scene = VisualScene()
        self.scene.add(SCENERY, None, _table_mesh(texture), Pose.from_rotation((0, 0, -0.05), np.eye(3)))
        self.renderer = make_renderer()

    def close(self) -> None:
        self.renderer.close()
        pb.disconnect(physicsClientId=self.client)

    def put(self, spec: ItemSpec, T_base_item: Pose, friction: float | None = None) -> ItemBody:
        """An item where it is to be, still to be settled. friction: of all of it, in place of its own."""
        item = spawn(self.client, spec, T_base_item)
        if friction is not None:
            for ref in item.links:
                pb.changeDynamics(ref.body, ref.link, lateralFriction=friction, physicsClientId=self.client)
        self.items.append(item)
        show_item(self.scene, item)
        return item

    def take(self, item: ItemBody) -> None:
        """Remove an item."""
        self.items.remove(item)
        for body in item.bodies:
            self.scene.remove_body(body)
            pb.removeBody(body, physicsClientId=self.client)

    def render(self, camera: CameraModel) -> Rendered:
        self.scene.follow(self.client)
        return self.renderer.render(camera, camera.T_base_camera, self.scene)

    def item_ids(self, image: Rendered) -> NDArray[np.int64]:
        """Index of the item that each pixel shows, NO_ITEM elsewhere, shape (height, width)."""
        number = {body: index for index, item in enumerate(self.items) for body in item.bodies}
        bodies, inverse = np.unique(image.ids, return_inverse=True)
        return np.array([number.get(int(body), NO_ITEM) for body in bodies])[inverse].reshape(image.ids.shape)

    def photo(
        self, camera: CameraModel, rng: np.random.Generator, noise: DepthNoise | None = None, color: bool = True
    ) -> DepthImage:
        """What a depth camera of this kind makes of the scene."""
        image, noise = self.render(camera), noise or DepthNoise()
        depth = noisy_depth(image, camera, noise, rng)
        shade = noisy_color(image, noise, rng) if color else None
        return DepthImage(depth, camera.k, T_base_camera=camera.T_base_camera, color=shade, name=camera.name)


@contextlib.contextmanager
def table(texture: NDArray[np.uint8] | tuple[float, float, float] = (0.55, 0.50, 0.44)) -> Iterator[Table]:
    """An empty table, closed at the end."""
    made = Table(texture)
    try:
        yield made
    finally:
        made.close()


def _table_mesh(texture: NDArray[np.uint8] | tuple[float, float, float]) -> VisualMesh:
    if isinstance(texture, tuple):
        return box_mesh(np.array((2.0, 2.0, 0.1)), texture)
    x = 1.0
    vertices = np.array([(-x, -x, 0.05), (x, -x, 0.05), (x, x, 0.05), (-x, x, 0.05)], np.float32)
    uv = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], np.float32)
    triangles = np.array([(0, 1, 2), (0, 2, 3)], np.int32)
    return VisualMesh(vertices, triangles, np.full(3, 0.5, np.float32), uv=uv, texture=texture)


def camera_at(
    eye: Array, target: Array, focal: float = 540.0, size: tuple[int, int] = (WIDTH, HEIGHT), name: str = "camera"
) -> CameraModel:
    """A camera that looks from `eye` at `target`, (3,) both, metres, its x axis level."""
    forward = (np.asarray(target) - eye) / np.linalg.norm(np.asarray(target) - eye)
    side = np.cross(forward, (0, 0, 1.0)) if abs(forward[2]) < 0.999 else np.cross(forward, (0, 1.0, 0))
    side /= np.linalg.norm(side)
    pose = Pose.from_rotation(eye, np.column_stack([side, np.cross(forward, side), forward]))
    k = np.array([[focal, 0, size[0] / 2 - 0.5], [0, focal, size[1] / 2 - 0.5], [0, 0, 1]])
    return CameraModel(name, *size, k, pose, (0.05, 10.0))


def eye_at(around: float, plumb: float, far: float) -> Array:
    """A place (3,) as far from the origin, by its angle about z and from the plumb line, radians."""
    return far * np.array((np.sin(plumb) * np.cos(around), np.sin(plumb) * np.sin(around), np.cos(plumb)))


def wavy(depth: NDArray[np.float32], deviation: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Depth (H, W) under a smooth field of noise, metres, as structured light and learned stereo have it."""
    height, width = depth.shape
    small = rng.normal(0.0, deviation, (height // 4, width // 4)).astype(np.float32)
    return np.asarray(depth + cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)


def draw_specs(
    shares: dict[str, float], count: int, rng: np.random.Generator, graspable: bool = True
) -> list[ItemSpec]:
    """Items drawn by the shares of their families. graspable: only what a small hand can take."""
    names, weights = list(shares), np.array(list(shares.values()))
    specs: list[ItemSpec] = []
    while len(specs) < count:
        spec = make_item(names[int(rng.choice(len(names), p=weights / weights.sum()))], rng)
        edges = np.sort(spec.size)
        if not graspable or (NARROWEST[0] < edges[0] < NARROWEST[1] and edges[2] < LONGEST):
            specs.append(spec)
    return specs


def pile(made: Table, specs: Sequence[ItemSpec], rng: np.random.Generator, side: float = 0.30) -> None:
    """Drop items one by one into a box that is then taken away. Raises UnrestError."""
    walls = spawn_tote(
        made.client, Tote("box", Pose.from_rotation((0, 0, 0.001), np.eye(3)), np.array((side * 0.8,) * 2 + (0.3,)))
    )
    for spec in specs:
        where = np.append(rng.uniform(-side / 5, side / 5, 2), 0.22 + 0.02 * len(made.items))
        made.put(
            spec, Pose.from_rotation(where, Rotation.random(random_state=int(rng.integers(2**31))).as_matrix()), 1.0
        )
        _run(made.client, 240)
    for wall in walls:
        pb.removeBody(wall, physicsClientId=made.client)
    settle(made.client, made.items, longest=8.0)
    drop_strays(made, side)


def packed(made: Table, specs: Sequence[ItemSpec], rng: np.random.Generator, side: float = 0.30) -> None:
    """Items upright beside each other, wherever they fit. Raises UnrestError."""
    for spec in specs:
        up = np.eye(3) if spec.size[2] >= 0.6 * spec.size[:2].max() else _tallest_up(spec)
        for _ in range(40):
            yaw = Rotation.from_euler("z", rng.uniform(-np.pi, np.pi)).as_matrix() @ up
            height = float((np.abs(yaw) @ spec.size)[2])
            where = np.append(rng.uniform(-side / 3, side / 3, 2), height / 2 + 0.004)
            if _fits(made, where, float(np.linalg.norm((np.abs(yaw) @ spec.size)[:2])) / 2):
                made.put(spec, Pose.from_rotation(where, yaw), 1.0)
                break
    settle(made.client, made.items, longest=8.0)
    drop_strays(made, side)


def _fits(made: Table, where: Array, radius: float) -> bool:
    for other in made.items:
        vertices = other.mesh()[0]
        middle = vertices.mean(axis=0)
        reach = float(np.linalg.norm(vertices[:, :2] - middle[:2], axis=1).max())
        if np.linalg.norm(middle[:2] - where[:2]) < 0.85 * (radius + reach):
            return False
    return True


def _tallest_up(spec: ItemSpec) -> Array:
    return np.roll(np.eye(3), 2 - int(np.argmax(spec.size)), axis=0)


def drop_strays(made: Table, side: float) -> None:
    """Take away what came to lie outside the workspace."""
    for item in list(made.items):
        middle = item.mesh()[0].mean(axis=0)
        if (np.abs(middle[:2]) > side / 2).any() or middle[2] < 0:
            made.take(item)


def _run(client: int, steps: int) -> None:
    for _ in range(steps):
        pb.stepSimulation(physicsClientId=client)


__all__ = ["NO_ITEM", "PACKED", "PILE", "Table", "UnrestError", "camera_at", "draw_specs", "packed", "pile", "table"]
