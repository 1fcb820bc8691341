"""What a robot looks like: the visual meshes of a URDF's links."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pybullet_data
import trimesh
from numpy.typing import NDArray

from grasping.tools import DualTool
from motion.robot.description import ArmDescription
from motion.robot.urdf import arm_urdf
from perception.errors import HandpickError
from perception.pose import Array, Pose
from sim.bullet import pb
from sim.render.scene import VisualScene
from sim.render.shapes import box_mesh, cylinder_mesh, merge, sphere_mesh
from sim.render.visual import VisualMesh

_GREY = (0.7, 0.7, 0.7)


class RobotVisualError(HandpickError):
    """A URDF whose visual shapes cannot be shown."""


class MeshMissing(RobotVisualError):
    """A URDF names a mesh file that is nowhere."""


def robot_visuals(urdf: str, folders: Sequence[Path] = (), cell: float = 0.003) -> dict[str, tuple[VisualMesh, ...]]:
    """Visual meshes of each link by its name, in the link's frame, one per colour.

    Args:
        urdf: the text.
        folders: where mesh files with relative and `package://` names are looked for.
        cell: mesh files are thinned to about one vertex per cube of this edge length, metres; 0 keeps them whole.

    Raises:
        RobotVisualError: a mesh file is missing, or a geometry is none of mesh, box, cylinder and sphere.
    """
    robot = ElementTree.fromstring(urdf)
    colors = ((material.attrib["name"], _color(material)) for material in robot.iter("material"))
    named = {name: color for name, color in colors if color is not None}
    visuals = {}
    for link in robot.iter("link"):
        meshes = [mesh for visual in link.iter("visual") for mesh in _visual(visual, named, folders, cell)]
        if meshes:
            visuals[link.attrib["name"]] = _merged_by_color(meshes)
    return visuals


def arm_visuals(arm: ArmDescription, tool: DualTool) -> dict[str, tuple[VisualMesh, ...]]:
    """How an arm and its tool look: its meshes where its folder or pybullet_data has them all, else its solids."""
    folders = [arm.folder, Path(pybullet_data.getDataPath())]
    try:
        return robot_visuals(arm_urdf(arm, tool, meshes=True), folders)
    except MeshMissing:
        return robot_visuals(arm_urdf(arm, tool))


def show_robot(scene: VisualScene, client: int, body: int, visuals: dict[str, tuple[VisualMesh, ...]]) -> None:
    """Add a robot's meshes to the scene, on the links of the PyBullet body that was loaded from the same URDF."""
    links = {pb.getBodyInfo(body, physicsClientId=client)[0].decode(): -1}
    for joint in range(pb.getNumJoints(body, physicsClientId=client)):
        links[pb.getJointInfo(body, joint, physicsClientId=client)[12].decode()] = joint
    for name, meshes in visuals.items():
        if name not in links:
            raise RobotVisualError(f"expected link {name!r} in body {body}, which has {sorted(links)}")
        for mesh in meshes:
            scene.add(body, links[name], mesh)


def _visual(
    visual: ElementTree.Element, named: dict[str, Array], folders: Sequence[Path], cell: float
) -> Iterator[VisualMesh]:
    material, geometry = visual.find("material"), visual.find("geometry")
    if geometry is None or len(geometry) != 1:
        raise RobotVisualError("expected one geometry in every <visual>")
    color = None
    if material is not None:
        color = _color(material)
        color = named.get(material.attrib.get("name", "")) if color is None else color
    T_link_shape = _origin(visual.find("origin"))
    for mesh in _shape(geometry[0], color, folders, cell):
        vertices = T_link_shape.apply(mesh.vertices).astype(np.float32)
        yield VisualMesh(vertices, mesh.triangles, mesh.color, gloss=mesh.gloss)


def _shape(
    shape: ElementTree.Element, color: Array | None, folders: Sequence[Path], cell: float
) -> Iterator[VisualMesh]:
    plain = _GREY if color is None else color
    if shape.tag == "box":
        yield box_mesh(_numbers(shape.attrib["size"]), plain)
    elif shape.tag == "cylinder":
        yield cylinder_mesh(float(shape.attrib["radius"]), float(shape.attrib["length"]), plain)
    elif shape.tag == "sphere":
        yield sphere_mesh(float(shape.attrib["radius"]), plain)
    elif shape.tag == "mesh":
        scale = _numbers(shape.attrib.get("scale", "1 1 1"))
        yield from _mesh_file(_find(shape.attrib["filename"], folders), scale, color, cell)
    else:
        raise RobotVisualError(f"expected a mesh, box, cylinder or sphere, got <{shape.tag}>")


def _mesh_file(path: Path, scale: Array, color: Array | None, cell: float) -> Iterator[VisualMesh]:
    """A file's parts. Their own materials are kept where they are many, else the URDF's colour wins."""
    loaded = trimesh.load_scene(path, skip_materials=False)
    parts = [part for part in loaded.dump() if isinstance(part, trimesh.Trimesh)]
    for part in parts:
        vertices, triangles = thin(part.vertices * scale, part.faces, cell)
        if len(triangles) == 0:
            continue
        own = _material_color(part) if len(parts) > 1 or color is None else color
        yield VisualMesh(vertices.astype(np.float32), triangles.astype(np.int32), np.asarray(own, np.float32))


def thin(vertices: Array, triangles: NDArray[np.int64], cell: float) -> tuple[Array, NDArray[np.int64]]:
    """Merge the vertices of each cube of a grid into their mean and drop the triangles that vanish.

    Vertex clustering (Rossignac & Borrel 1993): no vertex moves further than the cube's diagonal.
    """
    if cell <= 0:
        return np.asarray(vertices, np.float64), triangles
    cubes = np.floor(vertices / cell).astype(np.int64)
    _, group = np.unique(cubes, axis=0, return_inverse=True)
    group = group.reshape(-1)
    counts = np.bincount(group)
    means = np.column_stack([np.bincount(group, vertices[:, axis]) / counts for axis in range(3)])
    corners = group[triangles]
    kept = (corners != np.roll(corners, 1, axis=1)).all(axis=1)
    return means, np.unique(corners[kept], axis=0)


def _merged_by_color(meshes: list[VisualMesh]) -> tuple[VisualMesh, ...]:
    colors = sorted({tuple(mesh.color.tolist()) for mesh in meshes})
    same = [[mesh for mesh in meshes if tuple(mesh.color.tolist()) == color] for color in colors]
    return tuple(
        VisualMesh(*merge((mesh.vertices, mesh.triangles) for mesh in group), group[0].color, gloss=0.15)
        for group in same
    )


def _material_color(part: trimesh.Trimesh) -> Array:
    diffuse = getattr(getattr(part.visual, "material", None), "diffuse", None)
    return np.asarray(_GREY) if diffuse is None else np.asarray(diffuse[:3], np.float64) / 255


def _color(material: ElementTree.Element) -> Array | None:
    color = material.find("color")
    return None if color is None else _numbers(color.attrib["rgba"])[:3]


def _origin(origin: ElementTree.Element | None) -> Pose:
    if origin is None:
        return Pose.identity()
    return Pose.from_euler(_numbers(origin.attrib.get("xyz", "0 0 0")), _numbers(origin.attrib.get("rpy", "0 0 0")))


def _find(filename: str, folders: Sequence[Path]) -> Path:
    relative = filename.removeprefix("package://").removeprefix("file://")
    for folder in (Path(), *folders):  # an absolute name replaces the folder
        if (folder / relative).is_file():
            return folder / relative
    raise MeshMissing(f"expected the mesh file {filename!r} in one of {[str(folder) for folder in folders]}")


def _numbers(text: str) -> Array:
    return np.array([float(word) for word in text.split()])
