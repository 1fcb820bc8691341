"""A bench: a settled bin and a free-flying tool with the cell's own cup, fingers, vacuum, sensors and inspector."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator

from grasping.tools import DualTool, GripCommand
from perception.pose import Array, Pose
from perception.watch.intent import Sensors
from sim.bullet import pb
from sim.judge import Truth
from sim.robot.bowing import Bowing
from sim.robot.fingers import Fingers, Slide
from sim.robot.free_tool import Course, FreeTool
from sim.robot.sensors import ToolSensors
from sim.robot.suction import Suction
from sim.trial.course import resting
from sim.witness import Witness
from sim.world import World


class Bench:
    """One world with a tool that flies, and that is far away before a trial and after it.

    Args:
        world: with the settled items.
    """

    def __init__(self, world: World, tool: DualTool) -> None:
        self.world, self.tool = world, tool
        self.body = FreeTool(world.client, tool, world.dt)
        self._fingers = Fingers(self.body, tool.cup.fingers_open)
        self._bowing = Bowing(world, self.body, self._fingers)
        self._slide = Slide(self.body)
        self.suction = Suction(world, self.body)
        self._opening = self._vacuum = 0.0

    def begin(self, T_base_flange: Pose, command: GripCommand, rng: Generator) -> None:
        """The tool is there, ready and at rest, and all that happens from now on is judged."""
        self.suction = Suction(self.world, self.body)
        self.witness = Witness(self.world, self.body, self.suction)
        self.witness.start_judging()
        self._sensors = ToolSensors(rng, self.world.dt, cups=len(self.tool.cup.places))
        self.body.vacuum = np.zeros(len(self.tool.cup.places))
        self._fingers.jump(command.opening)
        self._slide.jump(command.cup_extended)
        for name in self.body.springy:
            self.body.set_joint(name, 0.0)
        self.body.place(T_base_flange)
        self.grip(command)

    def end(self) -> None:
        """The tool lets go and is far away."""
        self.suction.free()
        self.body.park()

    def grip(self, command: GripCommand) -> None:
        """Set the tool's goal."""
        self._opening, self._vacuum = command.opening, command.vacuum
        self._fingers.go(command.opening, command.force)
        self._slide.go(command.cup_extended, command.push)
        self.suction.on, self.suction.relief = command.vacuum > 0, command.vacuum
        if command.vacuum > 0:  # shut off, whatever holds lets go
            self.suction.opened = command.cups

    def fly(self, course: Course, halt: Callable[[int], bool] = lambda left: False) -> bool:
        """Follow a course; whether it came to its end. halt: asked after each step, with the number of steps left."""
        for step in range(len(course)):
            self._step(course, step)
            if halt(len(course) - 1 - step):
                return False
        return True

    def rest(self, seconds: float, halt: Callable[[int], bool] = lambda left: False) -> bool:
        """Stay where the tool is."""
        return self.fly(resting(self.body.T_base_flange, seconds, self.world.dt), halt)

    def leave_behind(self) -> None:
        """Take away all that the tool does not hold, once it is lifted clear, and let it pass through the totes: a
        planned carry runs into neither, and what is taken away costs no time to step."""
        held = self.held()
        left = [number for number in range(len(self.world.items)) if number not in held]
        for number in left:
            self.world.take_away(self.world.items[number])
        self.witness.forget(left)
        for tote in ("source", "destination"):
            for body in self.world.scenery[tote]:
                pb.setCollisionFilterGroupMask(body, -1, 0, 0, physicsClientId=self.world.client)

    def sensors(self) -> Sensors:
        """What the tool's sensors show."""
        seen = self._sensors
        return Sensors(self.world.time, float(seen.vacuum.max()), seen.gap, seen.force)

    @property
    def vacuums(self) -> Array:
        """What the cups' gauges show, Pa below atmosphere, (K,)."""
        return self._sensors.vacuum

    @property
    def travel(self) -> float:
        """Of the cup: 0 drawn in .. 1 out."""
        return self._slide.travel

    def held(self) -> tuple[int, ...]:
        """Items that the tool truly holds now."""
        return self.witness.judge.held

    def truth(self) -> Truth:
        return self.witness.truth()

    def push(self) -> float:
        """Newtons by which the surroundings push the tool back along its approach, by what drives it on."""
        return float(self.body.beyond[:3] @ self.body.approach)

    def across(self) -> float:
        """Newtons by which they push it along the fingers' way."""
        return float(self.body.beyond[:3] @ self.body.T_base_link("tip").rotation[:, 1])

    def _step(self, course: Course, step: int) -> None:
        self.body.actuate(course, step)
        self.suction.actuate()
        for drive in (self._fingers, self._slide):
            drive.actuate(self.world.dt)
        self.world.step()
        self.body.read()
        contacts = self.world.contacts()
        self.suction.observe(contacts)
        self._bowing.observe(contacts)
        gap = self._fingers.gap
        force = self.witness.observe(contacts, self._vacuum > 0, self._opening > gap)
        self._sensors.observe(self.suction.vacuums, gap, force)
