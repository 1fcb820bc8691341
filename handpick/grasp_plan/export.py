"""The scene of a plan as a file for other programs: points (PLY, PCD) or meshes (GLB, PLY, OBJ), by Open3D."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from handpick.grasp_plan.result import GraspPlan
from perception.draw import item_color
from perception.errors import HandpickError
from perception.scene import ItemShape

MESHES, POINTS = (".glb", ".gltf", ".obj", ".stl", ".ply"), (".pcd", ".xyz")


class ExportError(HandpickError):
    """A file that the scene cannot be written to."""


def export(plan: GraspPlan, path: Path) -> Path:
    """Write the completed items, in the frame of the cameras' poses (base), by the file's ending.

    Raises:
        ExportError: an unknown ending, nothing to write, or a file that cannot be written.
    """
    import open3d as o3d  # late: takes a second to import

    ending = path.suffix.lower()
    if ending not in MESHES + POINTS:
        raise ExportError(f"{path}: expected a name that ends in one of {', '.join(MESHES + POINTS)}")
    if not plan.items:
        raise ExportError(f"{path}: expected items to write, the plan has none; see its notes")
    path.parent.mkdir(parents=True, exist_ok=True)
    if ending in MESHES:
        done = o3d.io.write_triangle_mesh(path, _mesh(plan.items, o3d), write_vertex_colors=True)
    else:
        done = o3d.io.write_point_cloud(path, _cloud(plan.items, o3d))
    if not done:
        raise ExportError(f"{path}: cannot be written; is there room, and may you write there?")
    return path


def _mesh(items: tuple[ItemShape, ...], o3d: Any) -> Any:
    whole = o3d.geometry.TriangleMesh()
    for item in items:
        mesh = o3d.geometry.TriangleMesh(
            o3d.utility.Vector3dVector(np.array(item.vertices)), o3d.utility.Vector3iVector(np.array(item.triangles))
        )
        mesh.remove_degenerate_triangles()
        mesh.paint_uniform_color(np.array(item_color(item.id)) / 255)
        mesh.compute_vertex_normals()
        whole += mesh
    return whole


def _cloud(items: tuple[ItemShape, ...], o3d: Any) -> Any:
    cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(np.concatenate([item.points for item in items])))
    cloud.normals = o3d.utility.Vector3dVector(np.concatenate([item.normals for item in items]))
    cloud.colors = o3d.utility.Vector3dVector(np.concatenate([item.colors for item in items]) / 255)
    return cloud
