"""The robot's one description, an arm with the dual tool on its flange, written as URDF."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pinocchio as pin

from grasping.tool_solids import BELLOWS, Block, Rod, bearing_solids, numbered
from grasping.tools import DualTool
from motion.robot.description import ArmDescription, Mesh
from motion.robot.link_shapes import Primitive

Vector = Sequence[float] | np.ndarray

_LEAST_INERTIA = 1e-4  # kg m^2: physics engines diverge on links that turn too easily
_WHITE, _DARK, _BLUE = (0.92, 0.93, 0.95), (0.20, 0.21, 0.24), (0.16, 0.42, 0.78)


def arm_urdf(arm: ArmDescription, tool: DualTool, meshes: bool = False) -> str:
    """URDF of an arm with `tool` on its flange.

    The arm's links and joints by its own names, flange, palm, finger_left and finger_right (prismatic, closing along y:
    0 closed .. opening / 2), cup_rod (joint cup_slide: 0 retracted .. retraction), of each cup cup_piston (cup_press:
    bellows compression), cup_cross and cup_bellows (cup_bend_x, cup_bend_y) and cup_lip (origin at the cup's face), of
    the second and further ones with their numbers, and the frames tip and cup (extended, bellows at rest). Collision
    solids are the arm's capsules and those of `bearing_solids`.

    Args:
        meshes: show the arm's meshes, by the names that its own URDF has for them, in place of its solids.
    """
    solids, limits = (*arm.capsules, *bearing_solids(tool)), arm.limits
    parts = ['<?xml version="1.0"?>', f'<robot name="handpick_{arm.name}">']
    for link in arm.links:
        inertia = link.inertia[np.triu_indices(3)]
        parts.append(_link(link.name, link.mass, link.centre, inertia, solids, _WHITE, link.meshes if meshes else ()))
    for i, joint in enumerate(arm.joints):
        ends, placement = (arm.links[i].name, arm.links[i + 1].name), joint.T_parent_joint
        limit = limits.lower[i], limits.upper[i], limits.velocity[i], limits.torque[i]
        angles = pin.rpy.matrixToRpy(placement.rotation)
        parts.append(_joint(joint.name, "revolute", ends, placement.position, (0, 0, 1), limit, angles))
    parts += [_frame("flange"), _joint("flange_joint", "fixed", (arm.last, "flange"), arm.flange)]
    parts += _tool_parts(tool, solids)
    parts.append("</robot>")
    return "\n".join(parts) + "\n"


def tool_urdf(tool: DualTool, mass: float, inertia: float) -> str:
    """URDF of `tool` on a flange that nothing holds, which stands for an arm's share: kilograms, and kg m^2 about each
    axis. Links and joints as in `arm_urdf`."""
    spread = (inertia, 0.0, 0.0, inertia, 0.0, inertia)
    parts = ['<?xml version="1.0"?>', '<robot name="handpick_tool">']
    parts += [_link("flange", mass, (0, 0, 0), spread, ()), *_tool_parts(tool, bearing_solids(tool)), "</robot>"]
    return "\n".join(parts) + "\n"


def _tool_parts(tool: DualTool, solids: Sequence[Primitive]) -> list[str]:
    """Palm, fingers, and the cup's chain: slide, press, bend about x, bend about y, lip."""
    gripper, cup = tool.gripper, tool.cup
    tip, lip = tool.T_flange_tip.position[2], tool.T_flange_cup.position[2]
    half, middle = gripper.opening[1] / 2, -BELLOWS / 2
    aside, finger_middle = gripper.finger_thickness / 2, -gripper.finger_length / 2
    rod_middle = -BELLOWS - (cup.extension + gripper.finger_length - BELLOWS) / 2
    finger, plate = (0.14 if tool.fingers else 0.02), (0.20 if len(cup.places) > 1 else 0.0)
    housing = gripper.mass / 12 * (np.sum(np.square(gripper.palm)) - np.square(gripper.palm))  # a solid box
    links: tuple[tuple[str, float, Vector, Vector | None, Sequence[float]], ...] = (
        ("palm", gripper.mass, (0, 0, tool.mount + gripper.palm[2] / 2), np.diag(housing)[np.triu_indices(3)], _DARK),
        ("finger_left", finger, (0, aside, finger_middle), (0.0005, 0, 0, 0.0005, 0, 0.0001), _DARK),
        ("finger_right", finger, (0, -aside, finger_middle), (0.0005, 0, 0, 0.0005, 0, 0.0001), _DARK),
        ("cup_rod", 0.12 + plate, (0, 0, rod_middle), (0.0006, 0, 0, 0.0006, 0, 0.0001), _WHITE),
        *(
            (numbered(name, i), 0.02, (0, 0, at), None, _BLUE)
            for i in range(len(cup.places))
            for name, at in (("cup_piston", middle), ("cup_cross", 0), ("cup_bellows", 0), ("cup_lip", -0.002))
        ),
    )
    least = (_LEAST_INERTIA, 0, 0, _LEAST_INERTIA, 0, _LEAST_INERTIA)
    z = lambda height: (0.0, 0.0, float(height))
    slide = (0.0, cup.retraction, cup.retraction / cup.stroke_time, 60.0)
    closing = (0.0, half, gripper.speed, gripper.force[1])
    return [
        *(
            _link(name, mass, centre, least if inertia is None else inertia, solids, color)
            for name, mass, centre, inertia, color in links
        ),
        _joint("palm_joint", "fixed", ("flange", "palm"), z(0)),
        _joint("finger_left", "prismatic", ("palm", "finger_left"), z(tip), (0, 1, 0), closing),
        _joint("finger_right", "prismatic", ("palm", "finger_right"), z(tip), (0, -1, 0), closing),
        _joint("cup_slide", "prismatic", ("palm", "cup_rod"), z(lip - cup.retraction), (0, 0, 1), slide),
        *(joint for i in range(len(cup.places)) for joint in _bellows(tool, i)),
        _frame("tip"),
        _joint("tip_joint", "fixed", ("palm", "tip"), z(tip)),
        _frame("cup"),
        _joint("cup_joint", "fixed", ("palm", "cup"), z(lip)),
    ]


def _bellows(tool: DualTool, i: int) -> list[str]:
    """The joints from the rod to the lip of cup `i`."""
    cup, half = tool.cup, -BELLOWS / 2
    press, bend = (0.0, cup.bellows_stroke, 5.0, 100.0), (-0.6, 0.6, 20.0, 5.0)
    own = lambda name: numbered(name, i)
    pair = lambda parent, child: (parent if parent == "cup_rod" else own(parent), own(child))
    return [
        _joint(own("cup_press"), "prismatic", pair("cup_rod", "cup_piston"), (*cup.places[i], 0.0), (0, 0, -1), press),
        _joint(own("cup_bend_x"), "revolute", pair("cup_piston", "cup_cross"), (0.0, 0.0, half), (1, 0, 0), bend),
        _joint(own("cup_bend_y"), "revolute", pair("cup_cross", "cup_bellows"), (0.0, 0.0, 0.0), (0, 1, 0), bend),
        _joint(own("cup_lip_joint"), "fixed", pair("cup_bellows", "cup_lip"), (0.0, 0.0, -half)),
    ]


def _link(
    name: str,
    mass: float,
    centre: Vector,
    inertia: Vector,
    solids: Sequence[Primitive],
    color: Sequence[float] = _WHITE,
    meshes: Sequence[Mesh] = (),
) -> str:
    own = [shape for solid in solids if solid.link == name for shape in _shapes(solid)]
    material = f'<material name="{name}"><color rgba="{_numbers(color)} 1"/></material>'
    shown = [_shown(mesh) for mesh in meshes] or own
    parameters = " ".join(
        f'{key}="{value:.9g}"' for key, value in zip(("ixx", "ixy", "ixz", "iyy", "iyz", "izz"), inertia)
    )
    lines = [
        f'<link name="{name}">',
        f'<inertial>{_place(centre)}<mass value="{mass}"/><inertia {parameters}/></inertial>',
        *(f"<visual>{shape}{material}</visual>" for shape in shown),
        *(f"<collision>{shape}</collision>" for shape in own),
        "</link>",
    ]
    return "\n".join(lines)


def _frame(name: str) -> str:
    """A link without mass, said in so many words: PyBullet gives a link that says nothing one kilogram."""
    return _link(name, 0.0, (0, 0, 0), (0, 0, 0, 0, 0, 0), ())


def _joint(
    name: str,
    kind: str,
    links: tuple[str, str],
    origin: Vector,
    axis: Sequence[float] | None = None,
    limit: tuple[float, float, float, float] | None = None,
    angles: Vector = (0, 0, 0),
) -> str:
    """A joint; `angles` are roll, pitch and yaw, `limit` is (lower, upper, velocity, effort)."""
    parent, child = links
    text = f'<joint name="{name}" type="{kind}">{_place(origin, angles)}'
    text += f'<parent link="{parent}"/><child link="{child}"/>'
    if axis is not None and limit is not None:
        lower, upper, speed, effort = (f"{value:.9g}" for value in limit)
        text += f'<axis xyz="{_numbers(axis)}"/>'
        text += f'<limit lower="{lower}" upper="{upper}" velocity="{speed}" effort="{effort}"/>'
        text += '<dynamics damping="0" friction="0"/>'
    return text + "</joint>"


def _shown(mesh: Mesh) -> str:
    angles = pin.rpy.matrixToRpy(mesh.T_link_mesh.rotation)
    shape = f'<geometry><mesh filename="{mesh.filename}" scale="{_numbers(mesh.scale)}"/></geometry>'
    return _place(mesh.T_link_mesh.position, angles) + shape


def _shapes(solid: Primitive) -> list[str]:
    """Origin and geometry of a solid; a swept sphere is a cylinder with two balls, since URDF knows no capsule."""
    if isinstance(solid, Block):
        return [_place(solid.T_link_box.position) + f'<geometry><box size="{_numbers(solid.size)}"/></geometry>']
    if isinstance(solid, Rod):
        return [_place((0, 0, (solid.start + solid.end) / 2)) + _cylinder(solid.radius, solid.end - solid.start)]
    axis = solid.ends[1] - solid.ends[0]
    length = float(np.linalg.norm(axis))
    x, y, z = axis / length
    turn = (-np.arctan2(y, np.hypot(x, z)), np.arctan2(x, z), 0.0)  # takes z to the axis
    balls = [_place(end) + f'<geometry><sphere radius="{solid.radius:.9g}"/></geometry>' for end in solid.ends]
    return [_place(solid.ends.mean(axis=0), turn) + _cylinder(solid.radius, length), *balls]


def _cylinder(radius: float, length: float) -> str:
    return f'<geometry><cylinder radius="{radius:.9g}" length="{length:.9g}"/></geometry>'


def _place(position: Vector, angles: Vector = (0, 0, 0)) -> str:
    return f'<origin xyz="{_numbers(position)}" rpy="{_numbers(angles)}"/>'


def _numbers(values: Vector) -> str:
    return " ".join(f"{round(float(value), 12) + 0.0:.9g}" for value in values)  # no -0, no dust of rotations
