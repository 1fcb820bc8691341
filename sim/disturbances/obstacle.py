"""A box is held into the path of the arm, as by somebody's hand."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from perception.pose import Array, Pose
from perception.tote import Box
from sim.bullet import pb
from sim.disturbances.effect import Bench, Effect
from sim.render.shapes import box_mesh
from sim.render.visual import VisualMesh
from sim.world import World

SIZE = np.full(3, 0.08)  # m
COLOR = (0.85, 0.45, 0.10)
PARKED = Pose.from_rotation((0.0, 0.0, -5.0), np.eye(3))
LEAD = (0.35, 0.8)  # s ahead of the tool at which it comes in
LATEST = 1.6  # s
SOONEST = 0.3  # s in which what hangs from the tool, and reaches out before it, may not get there
GAP = 0.03  # m at least to arm and load when it comes in
LOOKS = 8  # places at which the length of a way is measured


def parked_obstacle(world: World) -> int:
    """The box, out of the way; its PyBullet id."""
    return world.fixed(Box(PARKED, SIZE))


def obstacle_mesh() -> VisualMesh:
    """How it looks."""
    return box_mesh(SIZE, COLOR)


class Obstacle(Effect):
    """The box stands on the path until the pick is over."""

    def __init__(self, bench: Bench, position: Array) -> None:
        self._bench = bench
        put(bench, position)

    def undo(self) -> None:
        put(self._bench, PARKED.position)


def put(bench: Bench, position: Array) -> None:
    pb.resetBasePositionAndOrientation(
        bench.obstacle, position.tolist(), (0, 0, 0, 1), physicsClientId=bench.world.client
    )


def obstruct(bench: Bench, rng: Generator) -> Effect | None:
    """Where the tool will be within a second or so, clear of everything now. None where there is no such place.

    The box keeps as far from arm and load as the tool goes in SOONEST.
    """
    lead = float(rng.uniform(*LEAD))
    way = np.array([bench.T_base_tip(bench.arm.ahead(t)).position for t in np.linspace(0, SOONEST, LOOKS)])
    gap = max(GAP, float(np.linalg.norm(np.diff(way, axis=0), axis=1).sum()))
    while lead < min(LATEST, bench.arm.remaining):
        effect = Obstacle(bench, bench.T_base_tip(bench.arm.ahead(lead)).position)
        if is_clear(bench, gap):
            return effect
        effect.undo()
        lead += 0.05
    return None


def is_clear(bench: Bench, gap: float = GAP) -> bool:
    """Whether the box touches nothing, and keeps so many metres from the arm and what it carries."""
    world = bench.world
    held = [body for item in bench.judge.held for body in world.items[item].bodies]
    still = [body for item in world.items for body in item.bodies] + [
        b for part in world.scenery.values() for b in part
    ]
    gaps = {**dict.fromkeys(still, 0.0), **dict.fromkeys([bench.arm.body, *held], gap)}
    return not any(
        pb.getClosestPoints(bench.obstacle, body, least, physicsClientId=world.client) for body, least in gaps.items()
    )
