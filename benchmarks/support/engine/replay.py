"""Recorded picks replayed in MuJoCo: the same bin, the same joint motions, the same words to the tool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.support.engine.model import ROBOT
from benchmarks.support.engine.record import End, Recorded, end_of, recorded
from benchmarks.support.engine.rig import DT, MujocoRig, Setting
from perception.pose import Pose
from sim.damage.inspector import Hand
from sim.judge import Judge
from sim.plan import SimPlan
from sim.robot.fingers import FINGERS
from sim.witness import PRESSED
from sim.world import Contacts


@dataclass(frozen=True)
class Replayed:
    """A pick in both engines."""

    name: str
    bullet: End
    mujoco: End

    @property
    def apart(self) -> float:
        """Between both ends of the item, metres."""
        return float(np.linalg.norm(np.subtract(self.bullet.position, self.mujoco.position)))

    @property
    def equal(self) -> bool:
        """The same item was lifted and is in the same place."""
        return (self.bullet.item, self.bullet.place) == (self.mujoco.item, self.mujoco.place)

    def line(self) -> str:
        """Of the table."""
        apart = f"{1000 * self.apart:6.0f} mm" if self.equal and self.bullet.item >= 0 else " " * 9
        opened = f"{self.bullet.opening:4.0f} {self.mujoco.opening:4.0f} deg" if self.bullet.opening > 1 else " " * 13
        places = f"{self.bullet.place:>12} {self.mujoco.place:>12}"
        return f"{self.name:<58}{places}  {apart} {opened}  {'equal' if self.equal else 'OUTCOME DIFFERS'}"


def replays(suite: str, seed: int, count: int) -> Iterator[Replayed]:
    """So many picks of one bin after another, in both engines."""
    left = count
    while left > 0:
        found = list(recorded(SimPlan(suite=suite, seed=seed), left))
        for pick in found:
            yield Replayed(pick.name, pick.end, replay(pick))
        left, seed = left - len(found), seed + 1


def replay(pick: Recorded) -> End:
    """What MuJoCo makes of a pick."""
    rig = rebuilt(pick)
    judge, widest = Judge(rig.world), dict[int, float]()  # type: ignore[arg-type]
    fingers, sucking = pick.start.command.opening, pick.start.command.vacuum > 0
    acceleration = np.diff(pick.velocities, axis=0) / DT
    for step, goal in enumerate(zip(pick.positions, pick.velocities, acceleration)):
        for command in pick.commands.get(step, ()):
            rig.grip(command)
            fingers, sucking = command.opening, command.vacuum > 0
        rig.arm.drive(*goal)
        rig.advance()
        judge.observe(hand(rig), sucking, fingers > rig.fingers.gap)
        for number in judge.held:
            widest[number] = max(widest.get(number, 0.0), rig.world.items[number].opening())
    lifted = [hold for hold in judge.truth(()).holds if hold.lifted]
    number = max(lifted, key=lambda hold: hold.end - hold.start).item if lifted else -1
    return end_of(rig.world, number, widest.get(number, 0.0))


def rebuilt(pick: Recorded) -> MujocoRig:
    """The bin as it lay, and the robot as it stood."""
    items = []
    for spec, state in zip(pick.specs, pick.start.states):
        T_base_first = state[0][0]
        items.append((spec, T_base_first @ Pose.from_rotation(-spec.bodies[0].origin, np.eye(3))))
    start = pick.start
    rig = MujocoRig(Setting(items, (), pick.positions[0], start.opening, start.extended))
    for item, state in zip(rig.world.items, start.states):
        item.lie(state)
    rig.world.settle()
    rig.grip(start.command)
    return rig


def hand(rig: MujocoRig) -> Hand:
    """What the tool holds now, as `sim.witness` has it: on the cup, or pressed by both pads."""
    items, touching = rig.world.items, rig.touching
    sucked = [items.index(cup.held.item) for cup in rig.suction.holding if cup.held and cup.held.item]
    gripped = [
        number
        for number, item in enumerate(items)
        if all(pressed(touching, rig.arm.link[pad], item.bodies) > PRESSED for pad in FINGERS)
    ]
    return Hand(tuple(sucked), 0.0, 0.0, tuple(gripped), 0.0)


def pressed(touching: Contacts, pad: int, bodies: tuple[int, ...]) -> float:
    """Newtons between a pad and an item."""
    total = 0.0
    for side in (0, 1):
        on_pad = (touching.bodies[:, side] == ROBOT) & (touching.links[:, side] == pad)
        total += float(touching.force[on_pad & np.isin(touching.bodies[:, 1 - side], bodies)].sum())
    return total


def summary(found: list[Replayed]) -> str:
    """The share of outcomes that are equal, and how far apart items ended."""
    equal = [pick for pick in found if pick.equal]
    ends = [1000 * pick.apart for pick in equal if pick.bullet.item >= 0]
    line = f"replayed picks with the same outcome: {len(equal)} of {len(found)} ({len(equal) / max(1, len(found)):.0%})"
    if not ends:
        return line
    return f"{line}; of these items end {np.median(ends):.0f} mm apart (median), at most {max(ends):.0f}"
