"""Picks recorded in the simulated cell: how the bin lay, how the joints went, what the tool was told, and the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from grasping.tools import GripCommand
from handpick.outcome import PickOutcome, Result
from perception.pose import Array, Pose
from sim.bullet import pb
from sim.cell import SimCell
from sim.items.body import ItemBody
from sim.items.spec import ItemSpec
from sim.judge import Judge, Place
from sim.one_bin import one_bin
from sim.plan import SimPlan

AFTER = 0.5  # seconds after a pick in which what it let go of comes to rest
State = tuple[tuple[Pose, Array], ...]  # of an item's bodies: T_base_first, angles of its other links, rad


@dataclass(frozen=True, eq=False)
class Start:
    """The cell as a pick begins.

    Attributes:
        step: number of the cell's step. states: of all items. opening: of the fingers, metres.
        free: nothing is in the tool.
    """

    step: int
    states: tuple[State, ...]
    opening: float
    extended: bool
    command: GripCommand
    free: bool


@dataclass(frozen=True)
class End:
    """What a pick did to one item.

    Attributes:
        item: its number, -1 where none was lifted. position: its middle, metres, (3,). opening: its widest, degrees.
    """

    item: int
    place: str
    position: tuple[float, float, float]
    opening: float


@dataclass(frozen=True, eq=False)
class Recorded:
    """One executed pick.

    Attributes:
        positions, velocities: of the joints at each step, (T, J), rad and rad/s.
        commands: what the tool was told, by the step ahead of which it was.
    """

    name: str
    specs: tuple[ItemSpec, ...]
    start: Start
    positions: Array
    velocities: Array
    commands: dict[int, list[GripCommand]]
    end: End


class RecordedCell(SimCell):
    """The cell, with a record of what the robot did, and of what it truly did to the items."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.joints: list[tuple[Array, Array]] = []
        self.commands: list[tuple[int, GripCommand]] = []
        self.openings: list[tuple[int, int, float]] = []  # step, item, rad

    @property
    def specs(self) -> tuple[ItemSpec, ...]:
        return tuple(item.spec for item in self._world.items)

    def grip(self, command: GripCommand) -> None:
        self.commands.append((len(self.joints), command))
        super().grip(command)

    def now(self) -> Start:
        """How the cell begins the next pick."""
        states = tuple(bullet_state(item) for item in self._world.items)
        extended = self._slide.travel > 0.5
        free = not self._witness.judge.held
        return Start(len(self.joints), states, self._fingers.gap, extended, self._command, free)

    def end(self, since: int) -> End:
        """What was done to the item that was lifted since a step."""
        lifted = [h for h in self.truth().holds if h.lifted and h.end > since * self._world.dt]
        number = max(lifted, key=lambda hold: hold.end - hold.start).item if lifted else -1
        widest = max((angle for at, item, angle in self.openings if item == number and at >= since), default=0.0)
        return end_of(self._world, number, widest)

    def _step(self) -> None:
        if not self.joints:
            self.joints.append((self._arm.positions, self._arm.velocities))
        super()._step()
        self.joints.append((self._arm.positions, self._arm.velocities))
        held = self._witness.judge.held
        self.openings += [(len(self.joints), number, self._world.items[number].opening()) for number in held]


def end_of(world: Any, number: int, widest: float) -> End:
    """The end of item `number` in either engine's world. One that rests under a lip which still sticks to it counts as
    being where it rests: a judge who has seen nothing goes by places alone."""
    if number < 0:
        return End(-1, "not lifted", (0.0, 0.0, 0.0), 0.0)
    place: Place = Judge(world).truth(()).items[number].place
    x, y, z = world.items[number].pose().position
    return End(number, place.value, (float(x), float(y), float(z)), float(np.rad2deg(widest)))


def bullet_state(item: ItemBody) -> State:
    """How an item lies in PyBullet."""
    states = []
    for body, spec in zip(item.bodies, item.spec.bodies):
        place = pb.getBasePositionAndOrientation(body, physicsClientId=item.client)
        joints = range(len(spec.links) - 1)
        angles = [pb.getJointState(body, joint, physicsClientId=item.client)[0] for joint in joints]
        states.append((Pose.from_quaternion(*place), np.array(angles)))
    return tuple(states)


def recorded(plan: SimPlan, most: int) -> Iterator[Recorded]:
    """Up to `most` executed picks of a plan's first bin."""
    with one_bin(replace(plan, orders=100), RecordedCell) as bin_:
        cell, open_, done = bin_.cell, [bin_.cell.now()], list[Recorded]()

        def on_pick(outcome: PickOutcome, _: object) -> None:
            start, executed = open_[0], outcome.result is not Result.NOT_EXECUTED
            if executed:
                cell.wait(AFTER)
            if executed and start.free:
                done.append(taken(cell, start, f"seed {plan.seed} {told(cell, outcome, start.step)}"))
            open_[0] = cell.now()

        bin_.pick(on_pick=on_pick, proceed=lambda: len(done) < most)
        yield from done


def taken(cell: RecordedCell, start: Start, name: str) -> Recorded:
    """The record from a start until now."""
    positions, velocities = (np.array(rows) for rows in zip(*cell.joints[start.step :]))
    commands: dict[int, list[GripCommand]] = {}
    for step, command in cell.commands:
        if step >= start.step:
            commands.setdefault(step - start.step, []).append(command)
    return Recorded(name, cell.specs, start, positions, velocities, commands, cell.end(start.step))


def told(cell: RecordedCell, outcome: PickOutcome, since: int) -> str:
    """A pick in words: its number, tool and skill, and the item that was lifted."""
    number = cell.end(since).item
    family = cell.specs[number].family if number >= 0 else "nothing"
    tool = outcome.tool.value if outcome.tool else ""
    return f"pick {outcome.index}: {family} by {tool}, {outcome.skill}"
