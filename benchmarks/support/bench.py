"""A bench for tests of the simulated tool: the arm at rest, tool down, and items set up beneath it."""

from __future__ import annotations

import numpy as np

from grasping.tools import DualTool
from handpick.layout import standard_layout
from perception.pose import Pose
from perception.tote import Box
from sim.bullet import pb
from sim.items.body import ItemBody
from sim.items.solids import box_link
from sim.items.spec import BodySpec, Fragility, ItemSpec, Surface
from sim.robot.arm import ArmBody
from sim.robot.bowing import Bowing
from sim.robot.fingers import Fingers, Slide
from sim.robot.suction import Suction
from sim.world import World


def box_spec(size, mass, friction=0.6, fragility=None, **surface) -> ItemSpec:
    """A plain box."""
    link = box_link("box", size, mass, Surface(friction, **surface))
    return ItemSpec("box", (BodySpec((link,)),), np.array(size), float(np.prod(size)), fragility or Fragility("sturdy"))


class Bench:
    """World, arm and tool without a cell around them."""

    def __init__(self, hz: float = 240.0, opening: float = 0.05, tool: DualTool | None = None) -> None:
        self.world = World(standard_layout(), dt=1 / hz)
        self.arm = ArmBody(self.world.client, tool or DualTool(), self.world.dt)
        self.fingers = Fingers(self.arm, opening)
        self.bowing = Bowing(self.world, self.arm, self.fingers)
        self.slide = Slide(self.arm)
        self.suction = Suction(self.world, self.arm)
        self.cup = self.suction.cups[0]
        self.step(0.05)

    def step(self, seconds, push=lambda t: None, until=lambda: False) -> float | None:
        """Let time pass, with `push(t)` before each step; the time at which `until` came true, else None."""
        for i in range(round(seconds / self.world.dt)):
            for part in (self.arm, self.suction):
                part.actuate()
            for drive in (self.fingers, self.slide):
                drive.actuate(self.world.dt)
            push(i * self.world.dt)
            self.world.step()
            self.arm.read()
            contacts = self.world.contacts()
            self.suction.observe(contacts)
            self.bowing.observe(contacts)
            if until():
                return i * self.world.dt
        return None

    def put(self, spec: ItemSpec, frame: str, offset: Pose) -> tuple[ItemBody, int]:
        """An item at `offset` in the base's axes from a tool frame, on a pillar; returns it and the pillar."""
        T_base_item = Pose.from_rotation(self.arm.T_base_link(frame).position, np.eye(3)) @ offset
        item = self.world.spawn(spec, T_base_item)
        bottom = item.mesh()[0][:, 2].min()
        top = Pose.from_rotation((*T_base_item.position[:2], bottom - 0.05), np.eye(3))
        return item, self.world.fixed(Box(top, np.array((0.1, 0.1, 0.1))))

    def free(self, pillar: int) -> None:
        pb.removeBody(pillar, physicsClientId=self.world.client)

    def force(self, item: ItemBody, force, at) -> None:
        pb.applyExternalForce(
            item.bodies[0], -1, list(force), list(at), pb.WORLD_FRAME, physicsClientId=self.world.client
        )

    def torque(self, item: ItemBody, torque) -> None:
        pb.applyExternalTorque(item.bodies[0], -1, list(torque), pb.WORLD_FRAME, physicsClientId=self.world.client)

    def close(self) -> None:
        self.world.close()
