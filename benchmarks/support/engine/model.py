"""The MuJoCo model of a bin with its robot, built from the specs and the URDF that PyBullet is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from benchmarks.support.engine.material import FREQUENCY, LIP, PAD, PART, SCENERY, Material, between
from benchmarks.support.engine.need import mujoco
from grasping.tools import DualTool
from handpick.cell import CellLayout
from motion.robot.description import ArmDescription
from motion.robot.urdf import arm_urdf
from perception.pose import Array, Pose
from perception.tote import Box
from sim.items.spec import BodySpec, ItemSpec
from sim.robot.fingers import FINGERS
from sim.world import GRAVITY

STEP = 1 / 1920  # seconds: damping b of a hard contact asks for b dt < 1, or it throws back what falls on it
TOUCHING = {"finger_left": PAD, "finger_right": PAD, "cup_lip": LIP, "cup_rod": PART, "palm": PART}
HARD = -(FREQUENCY**2), -2 * FREQUENCY  # of hinges: stiffness and damping over inertia, as of hard contacts
STIFF = 0.95, 0.99, 5e-4, 0.5, 2.0  # how firmly constraints are held
SERVO = 1000.0  # N s/m of the drives: a finger of 0.14 kg keeps up within 0.2 ms
ROBOT = -1  # the robot's number among the bodies


@dataclass(frozen=True)
class Solid:
    """A geom by name: whose it is, its link (-1: a body's first), and its material.

    Attributes:
        body: number of the body: items' bodies from 0 on, scenery after them, ROBOT for all of the robot.
        group: what has the same group never touches itself, but for `pressing` pairs of links.
    """

    name: str
    body: int
    link: int
    group: str
    material: Material
    pressing: tuple[tuple[int, int], ...] = ()


@dataclass
class Plan:
    """A model on its way: MuJoCo's spec, and the solids that it has got."""

    spec: Any
    solids: list[Solid] = field(default_factory=list)


def build(
    layout: CellLayout, tool: DualTool, arm: ArmDescription, items: Sequence[tuple[ItemSpec, Pose]]
) -> tuple[Any, tuple[Solid, ...]]:
    """A compiled model, and its solids in the order of its geoms' names.

    Args:
        items: specs with their T_base_item.
    """
    plan = Plan(mujoco().MjSpec.from_string(arm_urdf(arm, tool)))
    _options(plan.spec)
    _robot(plan)
    number = 0
    for index, (spec, T_base_item) in enumerate(items):
        for body in spec.bodies:
            _body(plan, spec, body, T_base_item, index, number)
            number += 1
    boxes = [*layout.source.boxes(), *layout.destination.boxes(), *layout.obstacles]
    for index, box in enumerate(boxes):
        _fixed(plan, box, number + index)
    _joints(plan, tool)
    _pairs(plan)
    return plan.spec.compile(), tuple(plan.solids)


def _options(spec: Any) -> None:
    mj = mujoco()
    spec.compiler.fusestatic = False
    spec.option.timestep = STEP
    spec.option.gravity = (0, 0, -GRAVITY)
    spec.option.integrator = mj.mjtIntegrator.mjINT_IMPLICITFAST
    spec.option.cone = mj.mjtCone.mjCONE_ELLIPTIC
    spec.option.impratio = 10.0  # friction is ten times stiffer than contacts, or piles creep
    spec.memory = 200 << 20


def _robot(plan: Plan) -> None:
    """Nothing of the URDF touches anything but for the tool's own solids."""
    for geom in plan.spec.geoms:
        geom.contype = geom.conaffinity = 0
        geom.group = 1
        link = geom.parent.name
        if link in TOUCHING:
            geom.name = f"{link}_{len(plan.solids)}"
            plan.solids.append(Solid(geom.name, ROBOT, -1, "robot", TOUCHING[link]))
    for joint in plan.spec.joints:
        joint.actfrclimited = False


def _body(plan: Plan, item: ItemSpec, spec: BodySpec, T_base_item: Pose, index: int, number: int) -> None:
    """A tree of links that floats."""
    made: list[Any] = []
    for i, link in enumerate(spec.links):
        joint = link.joint
        if joint is None:
            body = plan.spec.worldbody.add_body(pos=T_base_item.apply(spec.origin), quat=_wxyz(T_base_item))
            body.add_freejoint(name=f"b{number}")
        else:
            body = made[joint.parent].add_body(pos=joint.origin)
        if joint is not None and joint.axis is not None:
            body.add_joint(
                name=f"b{number}_{i}", type=mujoco().mjtJoint.mjJNT_HINGE, axis=joint.axis, range=joint.limits,
                limited=True, damping=joint.damping, frictionloss=joint.friction, solref_limit=HARD, solimp_limit=STIFF,
                solref_friction=HARD, solimp_friction=STIFF,
            )  # fmt: skip
        body.name = f"b{number}_{i}"
        body.mass, body.ipos, body.inertia, body.explicitinertial = link.mass, link.com, link.inertia, True
        _solid(plan, body, spec, i, number, f"item{index}", Material.of(link, item.mass))
        made.append(body)


def _solid(plan: Plan, body: Any, spec: BodySpec, i: int, number: int, group: str, material: Material) -> None:
    """The collision shape of a link."""
    types, shape = mujoco().mjtGeom, spec.links[i].collision
    geom = body.add_geom(name=f"g{number}_{i}", pos=shape.center, mass=0, contype=0, conaffinity=0)
    half = shape.size / 2
    if shape.kind == "box":
        geom.type, geom.size = types.mjGEOM_BOX, half
    elif shape.kind == "sphere":
        geom.type, geom.size = types.mjGEOM_SPHERE, (half[0], 0, 0)
    elif shape.kind == "cylinder":
        geom.type, geom.size = types.mjGEOM_CYLINDER, (half[0], half[2], 0)
    else:
        assert shape.points is not None
        mesh = plan.spec.add_mesh(name=f"m{number}_{i}", uservert=shape.points.ravel())
        mesh.inertia = mujoco().mjtMeshInertia.mjMESH_INERTIA_CONVEX
        geom.type, geom.meshname = types.mjGEOM_MESH, mesh.name
    plan.solids.append(Solid(geom.name, number, i - 1, group, material, spec.pressing))


def _fixed(plan: Plan, box: Box, number: int) -> None:
    geom = plan.spec.worldbody.add_geom(
        name=f"s{number}", type=mujoco().mjtGeom.mjGEOM_BOX, size=box.size / 2, pos=box.T_base_box.position,
        quat=_wxyz(box.T_base_box), contype=0, conaffinity=0,
    )  # fmt: skip
    plan.solids.append(Solid(geom.name, number, -1, "scenery", SCENERY))


def _joints(plan: Plan, tool: DualTool) -> None:
    """The rack between the fingers, motors of fingers and rod, and the joints that a seal makes."""
    mj, spec = mujoco(), plan.spec
    spec.joint("cup_press").range = (-tool.cup.bellows_stroke, tool.cup.bellows_stroke)
    rack = spec.add_equality(name="rack", type=mj.mjtEq.mjEQ_JOINT, name1=FINGERS[0], name2=FINGERS[1])
    rack.objtype, rack.data[:5] = mj.mjtObj.mjOBJ_JOINT, (0, 1, 0, 0, 0)
    for name in (*FINGERS, "cup_slide"):
        motor = spec.add_actuator(name=name, target=name, trntype=mj.mjtTrn.mjTRN_JOINT)
        motor.forcelimited, motor.forcerange = True, (-1, 1)  # the drives set it in each step
        motor.gainprm[0], motor.biasprm[2], motor.biastype = SERVO, -SERVO, mj.mjtBias.mjBIAS_AFFINE
    for name, kind in (("weld", mj.mjtEq.mjEQ_WELD), ("point", mj.mjtEq.mjEQ_CONNECT)):
        seal = spec.add_equality(name=name, type=kind, name1="cup_lip", name2="b0_0", active=False)
        seal.objtype = mj.mjtObj.mjOBJ_BODY
        seal.solref, seal.solimp[:2] = (0.0025, 1.0), (0.99, 0.99)


def _pairs(plan: Plan) -> None:
    for a, b in combinations(plan.solids, 2):
        if _may_touch(a, b):
            contact = between(a.material, b.material)
            pair = plan.spec.add_pair(geomname1=a.name, geomname2=b.name, condim=contact.dimensions)
            pair.friction, pair.solref, pair.solimp = contact.friction, contact.solref, STIFF


def _may_touch(a: Solid, b: Solid) -> bool:
    if a.group != b.group:
        return True
    return a.body == b.body and tuple(sorted((a.link + 1, b.link + 1))) in a.pressing


def _wxyz(pose: Pose) -> Array:
    return np.roll(pose.quaternion, 1)
