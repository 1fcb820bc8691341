"""Draws a look's layers onto a viser scene, each below a node of its own that can be hidden."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import trimesh
from numpy.typing import ArrayLike, NDArray

from handpick.viewer.colors import linear
from handpick.viewer.shown import Shown
from handpick.viewer.solids import Rgb, Solid
from handpick.viewer.surfaces import Paint, fused_points, raw_points, unseen_blocks, vertex_colors
from perception.draw import item_color, refined
from perception.pose import Array, Pose
from perception.scene import ItemShape
from perception.tote import Box

if TYPE_CHECKING:
    import viser

TOTE: dict[str, Rgb] = {"source": (150, 160, 172), "destination": (70, 120, 190)}
AROUND: Rgb = (52, 52, 54)
UNSEEN: Rgb = (120, 90, 200)
FRUSTUM = 0.05  # metres from a camera to the picture that it is drawn with
PICTURE = 320  # pixels across that picture


@dataclass(frozen=True)
class Place:
    """Position and quaternion wxyz, as viser has it."""

    position: tuple[float, float, float]
    wxyz: tuple[float, float, float, float]

    @staticmethod
    def of(T_scene_node: Pose) -> Place:
        x, y, z = T_scene_node.position.tolist()
        i, j, k, w = T_scene_node.quaternion.tolist()
        return Place((x, y, z), (w, i, j, k))


def draw_item(scene: viser.SceneApi, name: str, item: ItemShape, paint: Paint) -> viser.SceneNodeHandle:
    """An item's completed surface."""
    if paint is Paint.ITEM:
        vertices, color = item.vertices.astype(np.float32), item_color(item.id)
        return scene.add_mesh_simple(name, vertices, item.triangles.astype(np.uint32), color=color)
    colors = np.column_stack([linear(vertex_colors(item, paint)), np.full(len(item.vertices), 255, np.uint8)])
    mesh = trimesh.Trimesh(item.vertices, item.triangles, vertex_colors=colors, process=False)
    return scene.add_mesh_trimesh(name, mesh)


def draw_points(scene: viser.SceneApi, name: str, shown: Shown, paint: Paint) -> viser.SceneNodeHandle:
    """The fused points of all items."""
    points, colors = fused_points(shown.scene, paint)
    return scene.add_point_cloud(
        name, points.astype(np.float32), colors, point_size=0.0025, point_shape="circle", precision="float32"
    )


def draw_raw(scene: viser.SceneApi, name: str, shown: Shown) -> viser.SceneNodeHandle:
    """The points of the frames as they were measured."""
    clouds = [raw_points(frame, shown.scene) for frame in shown.frames]
    points = np.concatenate([np.zeros((0, 3)), *(points for points, _ in clouds)])
    colors = np.concatenate([np.zeros((0, 3), np.uint8), *(colors for _, colors in clouds)])
    return scene.add_point_cloud(name, points.astype(np.float32), colors, point_size=0.0015, precision="float32")


def draw_unseen(scene: viser.SceneApi, name: str, shown: Shown) -> viser.SceneNodeHandle:
    """Space that no camera saw."""
    vertices, triangles = unseen_blocks(shown.scene.occupancy)
    return draw_solid(scene, name, Solid(vertices, triangles, UNSEEN), opacity=0.25)


def draw_surroundings(scene: viser.SceneApi, name: str, shown: Shown) -> None:
    """Totes, see-through, and what stands around."""
    source, destination = shown.scene.source, shown.scene.destination.tote
    for tote in (source,) if destination is source else (source, destination):
        for i, box in enumerate(tote.boxes()):
            color = TOTE.get(tote.name, TOTE["source"])
            _box(scene, f"{name}/{tote.name}/{i}", box, color, 0.9 if i == 0 else 0.3)
    for i, box in enumerate(shown.boxes):
        _box(scene, f"{name}/around/{i}", box, AROUND, 0.6)


def draw_cameras(scene: viser.SceneApi, name: str, shown: Shown) -> None:
    """Each camera where it was found to stand, with its picture."""
    for frame in shown.frames:
        camera = refined(frame.camera, shown.scene)
        place = Place.of(camera.T_base_camera)
        scene.add_camera_frustum(
            f"{name}/{camera.name}",
            2 * float(np.arctan(camera.height / (2 * camera.k[1, 1]))),
            camera.width / camera.height,
            scale=FRUSTUM,
            thickness=0.003,
            color=(230, 190, 60),
            image=picture(frame.color),
            format="jpeg",
            position=place.position,
            wxyz=place.wxyz,
        )


def draw_solids(
    scene: viser.SceneApi, name: str, solids: Sequence[Solid], opacity: float | None = None, color: Rgb | None = None
) -> None:
    """Solids below a node; `color` in place of their own."""
    for i, solid in enumerate(solids):
        draw_solid(scene, f"{name}/{i}", solid, opacity, color)


def draw_solid(
    scene: viser.SceneApi, name: str, solid: Solid, opacity: float | None = None, color: Rgb | None = None
) -> viser.SceneNodeHandle:
    return scene.add_mesh_simple(
        name,
        solid.vertices,
        solid.triangles.astype(np.uint32),
        color=color or solid.color,
        opacity=opacity,
        flat_shading=len(solid.triangles) < 100,  # few triangles: edges that are meant
        side="double",
        cast_shadow=opacity is None,
    )


def node(
    scene: viser.SceneApi, name: str, T_parent_node: Pose | None = None, visible: bool = True
) -> viser.FrameHandle:
    """An empty node."""
    place = Place.of(T_parent_node or Pose.identity())
    return scene.add_frame(name, show_axes=False, position=place.position, wxyz=place.wxyz, visible=visible)


def move(handle: viser.SceneNodeHandle, T_parent_node: Pose | Array) -> None:
    """Put a node elsewhere."""
    place = Place.of(T_parent_node if isinstance(T_parent_node, Pose) else Pose(T_parent_node))
    handle.position, handle.wxyz = place.position, place.wxyz


def picture(color: NDArray[np.uint8], across: int = PICTURE) -> NDArray[np.uint8]:
    """An RGB picture, made smaller."""
    height, width = color.shape[:2]
    return np.asarray(cv2.resize(color, (across, across * height // width), interpolation=cv2.INTER_AREA))


def rgb(color: ArrayLike) -> Rgb:
    red, green, blue = (int(value) for value in np.asarray(color))
    return red, green, blue


def _box(scene: viser.SceneApi, name: str, box: Box, color: Rgb, opacity: float) -> None:
    place, (x, y, z) = Place.of(box.T_base_box), box.size.tolist()
    scene.add_box(
        name,
        color=color,
        dimensions=(x, y, z),
        opacity=opacity,
        position=place.position,
        wxyz=place.wxyz,
        cast_shadow=False,
    )
