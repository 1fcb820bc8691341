"""The destination tote is pushed aside, with what is in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from perception.pose import Array, Pose
from sim.bullet import pb
from sim.disturbances.effect import Bench, Effect, smooth

OFFSET = 0.05  # m
RAMP = (0.4, 0.8)  # s; at most 1.8 m/s^2, by which nothing slides in the tote


class Shift(Effect):
    """Moves the destination's walls and contents by `offset`, metres, within `seconds`. The robot is not told."""

    def __init__(self, bench: Bench, offset: Array, seconds: float) -> None:
        self._bench, self._offset, self._seconds = bench, offset, seconds
        self._began = bench.world.time
        self._done: Array = np.zeros(3)

    def step(self) -> None:
        share = (self._bench.world.time - self._began) / self._seconds
        if share < 1.5:
            self._to(smooth(share) * self._offset)

    def undo(self) -> None:
        """Between two picks it stands where it stood."""
        self._to(np.zeros(3))

    def _to(self, offset: Array) -> None:
        step, self._done = offset - self._done, offset
        world, judge = self._bench.world, self._bench.judge
        tote = world.layout.destination
        inside = tote.contains(self._bench.centres())
        contents = [item for i, item in enumerate(world.items) if inside[i] and i not in judge.held]
        for body in (*world.scenery["destination"], *(body for item in contents for body in item.bodies)):
            move(world.client, body, step)
        T_base_tote = Pose.from_rotation(tote.T_base_tote.position + step, tote.T_base_tote.rotation)
        world.layout = replace(world.layout, destination=replace(tote, T_base_tote=T_base_tote))
        shown = self._bench.scene.shown[self._bench.shown["destination"]]
        shown.T_base_link = T_base_tote.matrix


def move(client: int, body: int, step: Array) -> None:
    """Carry a body along by `step`, metres; its velocity stays."""
    position, quaternion = pb.getBasePositionAndOrientation(body, physicsClientId=client)
    velocity = pb.getBaseVelocity(body, physicsClientId=client)
    pb.resetBasePositionAndOrientation(body, (np.array(position) + step).tolist(), quaternion, physicsClientId=client)
    pb.resetBaseVelocity(body, *velocity, physicsClientId=client)


def shift(bench: Bench, rng: Generator) -> Effect:
    """By 5 cm in any direction that does not lead into the other tote."""
    layout = bench.world.layout
    away = (layout.destination.T_base_tote.position - layout.source.T_base_tote.position)[:2]
    angle = np.arctan2(away[1], away[0]) + rng.uniform(-np.pi / 2, np.pi / 2)
    offset = OFFSET * np.array((np.cos(angle), np.sin(angle), 0.0))
    return Shift(bench, offset, float(rng.uniform(*RAMP)))
