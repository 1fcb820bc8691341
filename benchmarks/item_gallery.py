"""Draw a contact sheet of all families and a filled tote of every suite.

python -m benchmarks.item_gallery [--out gallery.png] [--seed 0]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.camera import CameraModel
from perception.pose import Array, Pose
from perception.tote import Tote
from sim.bullet import pb
from sim.fill import fill, settle, spawn_tote
from sim.items.body import ItemBody, spawn
from sim.items.catalog import FAMILIES, make_item
from sim.render.renderer import make_renderer
from sim.render.scene import SCENERY, VisualScene
from sim.render.shapes import box_mesh
from sim.suites import SUITES, bin_specs

PIXELS = 240
PER_FAMILY = 4
Image = NDArray[np.uint8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("gallery.png"))
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    portraits = [portrait(family, arguments.seed + k) for family in FAMILIES for k in range(PER_FAMILY)]
    totes = [tote_view(suite, arguments.seed) for suite in SUITES]
    sheet = np.vstack([_tiled(portraits, 2 * PER_FAMILY), _tiled(totes, len(totes), 8 * PIXELS)])
    cv2.imwrite(str(arguments.out), sheet[..., ::-1])
    print(f"wrote {arguments.out}: {len(FAMILIES)} families, {PER_FAMILY} draws each, and {len(SUITES)} totes")


def portrait(family: str, seed: int) -> Image:
    """One item on a table, from a camera that just fits it."""
    rng = np.random.default_rng(seed)
    client = _world()
    floor = pb.createCollisionShape(pb.GEOM_BOX, halfExtents=[1, 1, 0.05], physicsClientId=client)
    pb.createMultiBody(0, floor, basePosition=[0, 0, -0.05], physicsClientId=client)
    spec = make_item(family, rng)
    item = spawn(client, spec, Pose.from_euler((0, 0, spec.size[2] / 2 + 0.003), (0, 0, rng.uniform(-0.5, 0.5))))
    settle(client, [item])
    scene = VisualScene()
    _show_box(scene, np.array([2.0, 2.0, 0.1]), Pose.from_rotation((0, 0, -0.05), np.eye(3)))
    _show(scene, item)
    reach = 1.1 * float(np.linalg.norm(spec.size)) + 0.03
    target = np.array([*item.pose().position[:2], spec.size[2] / 3])
    image = _photo(client, scene, target + reach * np.array([0.35, -0.95, 0.95]), target, (PIXELS, PIXELS))
    label = f"{family} {spec.mass * 1e3:.0f} g"
    cv2.putText(image, label, (6, PIXELS - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (20, 20, 20), 1, cv2.LINE_AA)
    pb.disconnect(client)
    return image


def tote_view(suite: str, seed: int) -> Image:
    """A filled tote from above its edge."""
    rng = np.random.default_rng(seed)
    tote = Tote("source", Pose.identity(), np.array([0.56, 0.36, 0.20]), wall=0.012)
    client = _world()
    spawn_tote(client, tote)
    scene = VisualScene()
    for box in tote.boxes():
        _show_box(scene, box.size, box.T_base_box)
    for item in fill(client, bin_specs(suite, rng), tote, rng):
        _show(scene, item)
    image = _photo(client, scene, np.array([0.12, -0.50, 0.85]), np.array([0, 0, 0.05]), (2 * PIXELS, 2 * PIXELS))
    cv2.putText(image, suite, (10, 26), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (20, 20, 20), 2, cv2.LINE_AA)
    pb.disconnect(client)
    return image


def _world() -> int:
    client = int(pb.connect(pb.DIRECT))
    pb.setPhysicsEngineParameter(fixedTimeStep=1 / 240, deterministicOverlappingPairs=1, physicsClientId=client)
    pb.setGravity(0, 0, -9.81, physicsClientId=client)
    return client


def _show(scene: VisualScene, item: ItemBody) -> None:
    for ref, mesh in item.rigid_visuals():
        scene.add(ref.body, ref.link, mesh)
    skin = item.spec.skin
    if skin is not None:
        handle = scene.add(item.bodies[0], None, skin.mesh)
        scene.reshape(handle, item.mesh()[0])


def _show_box(scene: VisualScene, size: Array, T_base_box: Pose) -> None:
    scene.add(SCENERY, None, box_mesh(size, (0.62, 0.66, 0.70)), T_base_box)


def _photo(client: int, scene: VisualScene, eye: Array, target: Array, size: tuple[int, int]) -> Image:
    forward = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(forward, (0, 0, 1.0))
    right /= np.linalg.norm(right)
    T_base_camera = Pose.from_rotation(eye, np.column_stack([right, np.cross(forward, right), forward]))
    focal = 1.5 * size[0]
    k = np.array([[focal, 0, size[0] / 2 - 0.5], [0, focal, size[1] / 2 - 0.5], [0, 0, 1]])
    scene.follow(client)
    renderer = make_renderer(client)
    image = renderer.render(CameraModel("photo", *size, k, T_base_camera), T_base_camera, scene).color.copy()
    renderer.close()
    return image


def _tiled(images: list[Image], columns: int, width: int | None = None) -> Image:
    rows = [np.hstack(images[i : i + columns]) for i in range(0, len(images), columns)]
    sheet = np.vstack(rows)
    if width is not None:
        sheet = cv2.resize(sheet, (width, round(sheet.shape[0] * width / sheet.shape[1])), interpolation=cv2.INTER_AREA)
    return np.asarray(sheet, dtype=np.uint8)


if __name__ == "__main__":
    main()
