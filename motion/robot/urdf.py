"""The robot's one description: a Franka Emika Panda with the dual tool, written as URDF."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import numpy as np

from grasping.tool_solids import BELLOWS, Block, Rod, tool_solids
from grasping.tools import DualTool
from motion.robot.link_shapes import Primitive, arm_primitives

JOINTS = tuple(f"panda_joint{i}" for i in range(1, 8))

# Where each joint sits in its parent link (translation, turn about x), and its limits: rad, rad/s, N m.
# Franka Emika, Robot and interface specifications (FCI documentation, Panda).
_HALF = np.pi / 2
_JOINTS: tuple[tuple[tuple[float, float, float], float, float, float, float, float], ...] = (
    ((0, 0, 0.333), 0.0, -2.8973, 2.8973, 2.175, 87.0),
    ((0, 0, 0), -_HALF, -1.7628, 1.7628, 2.175, 87.0),
    ((0, -0.316, 0), _HALF, -2.8973, 2.8973, 2.175, 87.0),
    ((0.0825, 0, 0), _HALF, -3.0718, -0.0698, 2.175, 87.0),
    ((-0.0825, 0.384, 0), -_HALF, -2.8973, 2.8973, 2.61, 12.0),
    ((0, 0, 0), _HALF, -0.0175, 3.7525, 2.61, 12.0),
    ((0.088, 0, 0), _HALF, -2.8973, 2.8973, 2.61, 12.0),
)
# mass, centre of mass, inertia about it (xx xy xz yy yz zz): franka_description, robots/fer/inertials.yaml
# (Franka Robotics, Apache-2.0); the base does not move and carries a round figure,
# and link 4's two smaller principal moments are raised by 0.56 g m^2 each, without which no body could have them.
_INERTIALS: tuple[tuple[float, tuple[float, ...], tuple[float, ...]], ...] = (
    (2.9, (-0.04, 0, 0.05), (0.01, 0, 0, 0.015, 0, 0.015)),
    (
        2.7907,
        (0.00033, -0.02204, -0.04762),
        (0.01564782655, 5.31236e-06, -3.676721e-05, 0.01439883526, -0.00248480843, 0.00500443991),
    ),
    (
        2.5420,
        (0.00038, -0.09211, 0.01908),
        (0.01662427728, 3.086077e-05, 8.3594e-06, 0.00462501261, 0.0035589983, 0.01545124526),
    ),
    (
        2.2513,
        (0.05152, 0.01696, -0.02971),
        (0.00631741992, 0.00097309955, 0.00292525834, 0.00866285493, 0.00093469224, 0.00657804051),
    ),
    (
        2.2037,
        (-0.05113, 0.05825, 0.01698),
        (0.00822795, -0.00324069, 0.00138037, 0.00691455, -0.0016313, 0.01034346),
    ),
    (
        2.2855,
        (-0.00005, 0.03730, -0.09280),
        (0.02297014781, -9.49345e-06, -2.063156e-05, 0.02095060919, 0.00382345782, 0.00430606551),
    ),
    (
        1.353,
        (0.06572, -0.00371, 0.00153),
        (0.00087964522, -0.00021487814, -0.00011911662, 0.00277796968, 1.274322e-05, 0.00286701969),
    ),
    (
        0.35973,
        (0.00089, -0.00044, 0.05491),
        (0.00019541063, 1.65231e-06, 1.48826e-06, 0.00019210361, -1.31132e-06, 0.00017936256),
    ),
)
_MESHES = tuple(f"{'collision' if i in (0, 7) else 'visual'}/link{i}.obj" for i in range(8))
_FLANGE = 0.107  # from the last joint's frame to the flange, along z
_LEAST_INERTIA = 1e-4  # kg m^2: physics engines diverge on links that turn too easily
_WHITE, _DARK, _BLUE = (0.92, 0.93, 0.95), (0.20, 0.21, 0.24), (0.16, 0.42, 0.78)


def arm_urdf(tool: DualTool, meshes: str | None = None) -> str:
    """URDF of the arm with `tool` on its flange.

    Links panda_link0..7, flange, palm, finger_left and finger_right (prismatic, closing along y: 0 closed ..
    opening / 2), cup_rod (joint cup_slide: 0 retracted .. retraction), cup_piston (cup_press: bellows compression),
    cup_cross and cup_bellows (cup_bend_x, cup_bend_y), cup_lip (origin at the cup's face) and the frames tip and
    cup (extended, bellows at rest). Collision solids are those of `link_shapes` and `tool_solids`.

    Args:
        tool: the tool as data.
        meshes: folder of franka_panda's meshes, shown in place of the arm's solids; None shows the solids.
    """
    solids = (*arm_primitives(), *tool_solids(tool))
    parts = ['<?xml version="1.0"?>', '<robot name="handpick_panda">']
    for i, (mass, centre, inertia) in enumerate(_INERTIALS):
        mesh = None if meshes is None else str(PurePath(meshes) / _MESHES[i])
        parts.append(_link(f"panda_link{i}", mass, centre, inertia, solids, _WHITE, mesh))
    for i, (origin, turn, lower, upper, speed, effort) in enumerate(_JOINTS):
        ends = (f"panda_link{i}", f"panda_link{i + 1}")
        parts.append(_joint(JOINTS[i], "revolute", ends, origin, (0, 0, 1), (lower, upper, speed, effort), turn))
    parts += _tool_parts(tool, solids)
    parts.append("</robot>")
    return "\n".join(parts) + "\n"


def _tool_parts(tool: DualTool, solids: Sequence[Primitive]) -> list[str]:
    """Palm, fingers, and the cup's chain: slide, press, bend about x, bend about y, lip."""
    gripper, cup = tool.gripper, tool.cup
    tip, lip = tool.T_flange_tip.position[2], tool.T_flange_cup.position[2]
    half, middle = gripper.opening[1] / 2, -BELLOWS / 2
    aside, finger_middle = gripper.finger_thickness / 2, -gripper.finger_length / 2
    rod_middle = -BELLOWS - (cup.extension + gripper.finger_length - BELLOWS) / 2
    links = (
        ("palm", 0.80, (0, 0, tool.mount + gripper.palm[2] / 2), (0.0028, 0, 0, 0.0009, 0, 0.0028), _DARK),
        ("finger_left", 0.14, (0, aside, finger_middle), (0.0005, 0, 0, 0.0005, 0, 0.0001), _DARK),
        ("finger_right", 0.14, (0, -aside, finger_middle), (0.0005, 0, 0, 0.0005, 0, 0.0001), _DARK),
        ("cup_rod", 0.12, (0, 0, rod_middle), (0.0006, 0, 0, 0.0006, 0, 0.0001), _WHITE),
        ("cup_piston", 0.02, (0, 0, middle), None, _BLUE),
        ("cup_cross", 0.02, (0, 0, 0), None, _BLUE),
        ("cup_bellows", 0.02, (0, 0, 0), None, _BLUE),
        ("cup_lip", 0.02, (0, 0, -0.002), None, _BLUE),
    )
    least = (_LEAST_INERTIA, 0, 0, _LEAST_INERTIA, 0, _LEAST_INERTIA)
    z = lambda height: (0.0, 0.0, float(height))
    slide = (0.0, cup.retraction, cup.retraction / cup.stroke_time, 60.0)
    bend = (-0.6, 0.6, 20.0, 5.0)
    finger = (0.0, half, gripper.speed, gripper.force[1])
    return [
        _frame("flange"),
        _joint("flange_joint", "fixed", ("panda_link7", "flange"), z(_FLANGE)),
        *(_link(name, mass, centre, inertia or least, solids, color) for name, mass, centre, inertia, color in links),
        _joint("palm_joint", "fixed", ("flange", "palm"), z(0)),
        _joint("finger_left", "prismatic", ("palm", "finger_left"), z(tip), (0, 1, 0), finger),
        _joint("finger_right", "prismatic", ("palm", "finger_right"), z(tip), (0, -1, 0), finger),
        _joint("cup_slide", "prismatic", ("palm", "cup_rod"), z(lip - cup.retraction), (0, 0, 1), slide),
        _joint(
            "cup_press", "prismatic", ("cup_rod", "cup_piston"), z(0), (0, 0, -1), (0.0, cup.bellows_stroke, 5.0, 100.0)
        ),
        _joint("cup_bend_x", "revolute", ("cup_piston", "cup_cross"), z(middle), (1, 0, 0), bend),
        _joint("cup_bend_y", "revolute", ("cup_cross", "cup_bellows"), z(0), (0, 1, 0), bend),
        _joint("cup_lip_joint", "fixed", ("cup_bellows", "cup_lip"), z(-middle)),
        _frame("tip"),
        _joint("tip_joint", "fixed", ("palm", "tip"), z(tip)),
        _frame("cup"),
        _joint("cup_joint", "fixed", ("palm", "cup"), z(lip)),
    ]


def _link(
    name: str,
    mass: float,
    centre: Sequence[float],
    inertia: Sequence[float],
    solids: Sequence[Primitive],
    color: Sequence[float] = _WHITE,
    mesh: str | None = None,
) -> str:
    own = [shape for solid in solids if solid.link == name for shape in _shapes(solid)]
    material = f'<material name="{name}"><color rgba="{_numbers(color)} 1"/></material>'
    shown = own if mesh is None else [_place((0, 0, 0)) + f'<geometry><mesh filename="{mesh}"/></geometry>']
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
    origin: Sequence[float],
    axis: Sequence[float] | None = None,
    limit: tuple[float, float, float, float] | None = None,
    turn: float = 0.0,
) -> str:
    """A joint; `turn` is about x, `limit` is (lower, upper, velocity, effort)."""
    parent, child = links
    text = f'<joint name="{name}" type="{kind}">{_place(origin, (turn, 0, 0))}'
    text += f'<parent link="{parent}"/><child link="{child}"/>'
    if axis is not None and limit is not None:
        lower, upper, speed, effort = (f"{value:.9g}" for value in limit)
        text += f'<axis xyz="{_numbers(axis)}"/>'
        text += f'<limit lower="{lower}" upper="{upper}" velocity="{speed}" effort="{effort}"/>'
        text += '<dynamics damping="0" friction="0"/>'
    return text + "</joint>"


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


def _place(position: Sequence[float] | np.ndarray, angles: Sequence[float] = (0, 0, 0)) -> str:
    return f'<origin xyz="{_numbers(position)}" rpy="{_numbers(angles)}"/>'


def _numbers(values: Sequence[float] | np.ndarray) -> str:
    return " ".join(f"{float(value):.9g}" for value in values)
