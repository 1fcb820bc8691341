"""One cell without cameras in either engine: robot, items and what happens between them, told in the same words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.support.engine.cup import MujocoSuction
from benchmarks.support.engine.robot import MujocoArm, MujocoFingers, MujocoSlide
from benchmarks.support.engine.world import MujocoWorld
from grasping.tools import DualTool, GripCommand
from handpick.layout import standard_layout
from motion.robot.load import load_arm
from perception.pose import Array, Pose
from perception.tote import Box
from sim.bullet import pb
from sim.items.body import ItemBody
from sim.items.spec import ItemSpec
from sim.robot.arm import ArmBody
from sim.robot.fingers import Fingers, Slide
from sim.robot.suction import Suction
from sim.world import Contacts, World

TOOL, ARM = DualTool(), load_arm("panda")
DT = 1 / 240
Before = Callable[[float], None]
Until = Callable[[], bool]


@dataclass(frozen=True, eq=False)
class Setting:
    """How a cell begins: items with their T_base_item, boxes beside the standard layout's, the robot's joints and tool.

    Attributes:
        start: (J,) rad; the arm's home if None. opening: of the fingers, metres. extended: the cup is out.
    """

    items: Sequence[tuple[ItemSpec, Pose]]
    boxes: tuple[Box, ...] = ()
    start: Array = field(default_factory=lambda: ARM.home)
    opening: float = TOOL.cup.fingers_open
    extended: bool = False


class Rig:
    """What both engines' cells do alike. Their parts have the same names and methods."""

    name = ""
    world: World | MujocoWorld
    arm: ArmBody | MujocoArm
    fingers: Fingers
    slide: Slide
    suction: Suction

    def __init__(self) -> None:
        self.touching = Contacts(*(np.zeros((0, 2), np.int64),) * 2, np.zeros(0), *(np.zeros((0, 3)),) * 2)

    @property
    def item(self) -> ItemBody:
        """The first item."""
        return self.world.items[0]

    def grip(self, command: GripCommand) -> None:
        """Set the tool's goal, as `sim.cell.SimCell.grip` does."""
        self.fingers.go(command.opening, command.force)
        self.slide.go(command.cup_extended, command.push)
        self.suction.on, self.suction.relief = command.vacuum > 0, command.vacuum
        if command.vacuum > 0:
            self.suction.opened = command.cups

    def step(self, seconds: float, before: Before = lambda t: None, until: Until = lambda: False) -> float | None:
        """Let time pass, with `before(t)` ahead of each step; the time at which `until` came true, else None."""
        for i in range(round(seconds / self.world.dt)):
            before(i * self.world.dt)
            self.arm.actuate()
            self.advance()
            if until():
                return (i + 1) * self.world.dt
        return None

    def advance(self) -> None:
        """One step, the arm's motors being set already."""
        self.suction.actuate()
        for drive in (self.fingers, self.slide):
            drive.actuate(self.world.dt)
        self._step()
        self.touching = self.world.contacts()
        self.suction.observe(self.touching)

    def shake(self, acceleration: Array) -> None:
        """In the next step the first item bears what it would if the tool had this acceleration (3,), m/s^2."""
        for ref, T, link in zip(self.item.links, self.item.T_base_links(), self.item.spec.links):
            self._push(ref.body, ref.link, -link.mass * acceleration, T[:3, :3] @ link.com + T[:3, 3])

    def twist(self) -> Array:
        """Centre, velocity and angular velocity of the first item's first link, shape (3, 3)."""
        raise NotImplementedError

    def close(self) -> None:
        self.world.close()

    def _step(self) -> None:
        raise NotImplementedError

    def _push(self, body: int, link: int, force: Array, at: Array) -> None:
        raise NotImplementedError


class BulletRig(Rig):
    """The cell's own engine."""

    name = "PyBullet"

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        layout = standard_layout()
        self.world = World(replace(layout, obstacles=(*layout.obstacles, *setting.boxes)), DT)
        self.arm = ArmBody(self.world.client, TOOL, DT, setting.start, arm=ARM)
        self.fingers = Fingers(self.arm, setting.opening)
        self.slide = Slide(self.arm)
        self.slide.jump(setting.extended)
        self.suction = Suction(self.world, self.arm)
        for spec, T_base_item in setting.items:
            self.world.spawn(spec, T_base_item)
        self.arm.read()

    def twist(self) -> Array:
        body = self.item.bodies[0]
        centre, _ = pb.getBasePositionAndOrientation(body, physicsClientId=self.world.client)
        return np.array((centre, *pb.getBaseVelocity(body, physicsClientId=self.world.client)))

    def _step(self) -> None:
        self.world.step()
        self.arm.read()

    def _push(self, body: int, link: int, force: Array, at: Array) -> None:
        pb.applyExternalForce(
            body, link, force.tolist(), at.tolist(), pb.WORLD_FRAME, physicsClientId=self.world.client
        )


class MujocoRig(Rig):
    """The second engine. Raises EngineMissingError."""

    name = "MuJoCo"

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        layout = standard_layout()
        layout = replace(layout, obstacles=(*layout.obstacles, *setting.boxes))
        self.world = MujocoWorld(layout, TOOL, ARM, setting.items, DT)
        self.arm = MujocoArm(self.world, TOOL, ARM, np.asarray(setting.start))
        self.fingers = MujocoFingers(self.arm, setting.opening)
        self.slide = MujocoSlide(self.arm)
        self.slide.jump(setting.extended)
        self.suction = MujocoSuction(self.world, self.arm)

    def twist(self) -> Array:
        body = self.item.bodies[0]
        centre = self.world.data.body(f"b{body}_0").xpos
        return np.array((centre, *self.item.twist(body)))

    def _step(self) -> None:
        self.world.step()

    def _push(self, body: int, link: int, force: Array, at: Array) -> None:
        self.world.push(self.world.id_of(body, link), force, at)


ENGINES: tuple[Callable[[Setting], Rig], ...] = (BulletRig, MujocoRig)
