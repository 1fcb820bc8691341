"""The chain of joints in an arm's URDF, with frames chosen so that every joint turns about z."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pinocchio as pin
from scipy.spatial.transform import Rotation

from motion.robot.description import ArmError, Joint, Link, Mesh
from perception.pose import Array, Pose

UPRIGHT = 1e-6


@dataclass(frozen=True, eq=False)
class Chain:
    """Links and joints from the base to the flange.

    Attributes:
        lower, upper: joint limits (J,), rad.
        flange: its origin (3,) from that of the last link, to which it is parallel.
        placed: of each link of the URDF, those included that are fixed to another: the link of the chain that
            carries it, and its frame in that link's.
    """

    links: tuple[Link, ...]
    joints: tuple[Joint, ...]
    lower: Array
    upper: Array
    flange: Array
    placed: dict[str, tuple[str, Pose]]

    @staticmethod
    def read(path: Path, flange: str) -> Chain:
        """The chain of the URDF at `path` that ends in the frame `flange`.

        Raises:
            ArmError: the file is none, or it is no chain of turning joints with limits.
        """
        try:
            robot = ElementTree.parse(path).getroot()
            model = pin.buildModelFromXML(_bare(robot))
        except (OSError, ElementTree.ParseError, ValueError, RuntimeError) as error:
            raise ArmError(f"expected a URDF at {path}, got: {error}") from error
        _check(model, robot, flange)
        return _chain(model, robot, flange)


def _bare(robot: ElementTree.Element) -> str:
    """The URDF without shapes, whose files Pinocchio would look for."""
    copy = ElementTree.fromstring(ElementTree.tostring(robot))
    for link in copy.iter("link"):
        for shape in (*link.findall("visual"), *link.findall("collision")):
            link.remove(shape)
    return ElementTree.tostring(copy, encoding="unicode")


def _check(model: pin.Model, robot: ElementTree.Element, flange: str) -> None:
    for joint in robot.iter("joint"):
        name, kind = joint.attrib.get("name"), joint.attrib.get("type")
        if kind not in ("revolute", "fixed"):
            raise ArmError(
                f"joint {name}: expected revolute or fixed, got {kind}; write a continuous joint as a revolute one "
                "with lower and upper, and fix what is no part of the arm"
            )
    if list(model.parents)[1:] != list(range(model.njoints - 1)):
        raise ArmError("expected one chain of joints from the base to the flange, got branches; fix the others")
    if not model.existFrame(flange) or model.frames[model.getFrameId(flange)].parentJoint != model.njoints - 1:
        raise ArmError(f"expected the flange {flange!r} as a link beyond the URDF's last joint; name it in arm.json")


def _chain(model: pin.Model, robot: ElementTree.Element, flange: str) -> Chain:
    turns, T_joint_flange = _turns(model, robot, flange)
    T_urdf_frame = [Pose.from_rotation((0, 0, 0), turn) for turn in turns]
    back, owners = [T.inverse() for T in T_urdf_frame], _owners(model)
    placements = [Pose(placement.homogeneous) for placement in model.jointPlacements]
    first = placements[1] @ T_urdf_frame[1]
    if np.abs(first.rotation[:, 2] - (0, 0, 1)).max() > UPRIGHT or np.abs(first.position[:2]).max() > UPRIGHT:
        raise ArmError("expected the first joint's axis upright through the base's origin; choose the base link so")
    placed = {
        frame.name: (owners[frame.parentJoint], back[frame.parentJoint] @ Pose(frame.placement.homogeneous))
        for frame in model.frames
        if frame.type == pin.FrameType.BODY
    }
    count = range(model.njoints)
    return Chain(
        tuple(_link(model.inertias[j], owners[j], turns[j], _shown(robot, placed, owners[j])) for j in count),
        tuple(Joint(model.names[j], back[j - 1] @ placements[j] @ T_urdf_frame[j]) for j in count[1:]),
        model.lowerPositionLimit.copy(),
        model.upperPositionLimit.copy(),
        back[-1].apply(T_joint_flange.position[None])[0],
        placed,
    )


def _turns(model: pin.Model, robot: ElementTree.Element, flange: str) -> tuple[list[Array], Pose]:
    """Rotations (3, 3) of the chosen frames in those of the URDF's joints, the base's first, and the flange's frame in
    the last joint's: z along the axis, and the last one parallel to the flange."""
    axes = {joint.attrib["name"]: _vector(joint.find("axis"), "xyz", "1 0 0") for joint in robot.iter("joint")}
    turns = [np.eye(3), *(_turned(axes[name]) for name in list(model.names)[1:])]
    T_joint_flange = Pose(model.frames[model.getFrameId(flange)].placement.homogeneous)
    if np.abs(T_joint_flange.rotation[:, 2] - turns[-1][:, 2]).max() > UPRIGHT:
        raise ArmError(f"expected flange {flange!r} with z along the last joint's axis; add such a frame to the URDF")
    return [*turns[:-1], T_joint_flange.rotation.copy()], T_joint_flange


def _owners(model: pin.Model) -> list[str]:
    """Name of the first link behind each joint, the base's first."""
    names: dict[int, str] = {}
    for frame in model.frames:
        if frame.type == pin.FrameType.BODY:
            names.setdefault(frame.parentJoint, frame.name)
    return [names[j] for j in range(model.njoints)]


def _link(inertia: pin.Inertia, name: str, turn: Array, meshes: tuple[Mesh, ...]) -> Link:
    """A link with its inertia in the chosen frame, which stands turned by `turn` (3, 3) in the URDF's."""
    return Link(name, float(inertia.mass), turn.T @ inertia.lever, turn.T @ inertia.inertia @ turn, meshes)


def _shown(robot: ElementTree.Element, placed: dict[str, tuple[str, Pose]], owner: str) -> tuple[Mesh, ...]:
    """The meshes of a link and of what is fixed to it."""
    links = [(link, *placed[link.attrib["name"]]) for link in robot.iter("link")]
    return tuple(
        mesh for link, carrier, T_owner_link in links if carrier == owner for mesh in _meshes(link, T_owner_link)
    )


def _meshes(link: ElementTree.Element, T_owner_link: Pose) -> list[Mesh]:
    found = []
    for visual in link.findall("visual"):
        mesh = visual.find("geometry/mesh")
        if mesh is not None:
            xyz, rpy = (_vector(visual.find("origin"), key, "0 0 0") for key in ("xyz", "rpy"))
            x, y, z = _vector(mesh, "scale", "1 1 1")
            found.append(Mesh(mesh.attrib["filename"], T_owner_link @ Pose.from_euler(xyz, rpy), (x, y, z)))
    return found


def _turned(axis: Array) -> Array:
    """A rotation (3, 3) that takes z to an axis: none, where it is z."""
    axis = axis / np.linalg.norm(axis)
    if np.abs(axis - (0, 0, 1)).max() < UPRIGHT:
        return np.eye(3)
    if np.abs(-axis - (0, 0, 1)).max() < UPRIGHT:
        return np.diag((1.0, -1.0, -1.0))
    across = np.cross((0, 0, 1), axis)
    angle = np.arctan2(np.linalg.norm(across), axis[2])
    return np.asarray(Rotation.from_rotvec(across / np.linalg.norm(across) * angle).as_matrix())


def _vector(element: ElementTree.Element | None, key: str, default: str) -> Array:
    text = default if element is None else element.attrib.get(key, default)
    return np.array([float(word) for word in text.split()])
