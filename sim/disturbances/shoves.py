"""Forces on items: nudged, knocked, pushed over."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from perception.pose import Array
from sim.bullet import pb
from sim.disturbances.effect import Bench, Effect
from sim.world import GRAVITY

NUDGE = (0.3, 0.6)  # m/s: what a push gives to an item that lies free; it stops within 1 to 5 cm
KNOCK = (0.4, 1.0)  # m/s: what a blow would give to an item that hung free
BLOW = 0.025  # s that either lasts
PUSH = 0.35  # s that something is pushed over
HAND = 0.4  # m/s: no faster than this
REACH = 0.30  # m within which an item is a neighbour


class Shove(Effect):
    """An even push on all parts of an item: the impulse m dv, spread over `seconds`."""

    def __init__(self, bench: Bench, item: int, dv: Array, seconds: float = BLOW) -> None:
        self._world, self._item = bench.world, bench.world.items[item]
        self._left = max(1, round(seconds / bench.world.dt))
        self._acceleration = dv / (self._left * bench.world.dt)

    def step(self) -> None:
        if self._left <= 0:
            return
        self._left -= 1
        item, client = self._item, self._world.client
        for ref, link in zip(item.links, item.spec.links):
            place = self._world.T_base_com(ref.body, ref.link).position.tolist()
            force = (link.mass * self._acceleration).tolist()
            pb.applyExternalForce(ref.body, ref.link, force, place, pb.WORLD_FRAME, physicsClientId=client)


class Topple(Effect):
    """A hand's push at the top of an item, strong enough to tip a free one over its edge; what is flat slides."""

    def __init__(self, bench: Bench, item: int, direction: Array, most: float = 1.5) -> None:
        self._world = bench.world
        self._left = round(PUSH / bench.world.dt)
        body = bench.world.items[item]
        vertices = body.mesh()[0]
        top = vertices[np.argmax(vertices[:, 2])]
        depth = float(np.ptp(vertices @ direction))
        height = float(np.ptp(vertices[:, 2]))
        self._ref = body.links[0]
        self._before = top
        self._top = bench.world.T_base_link(self._ref.body, self._ref.link).inverse().apply(top)
        weight = body.spec.mass * GRAVITY
        self._direction = direction
        # Tips where F h > m g depth / 2; twice that to get it over, and no more than slides it away.
        self._force = min(depth / height, most) * weight * direction

    def step(self) -> None:
        if self._left <= 0:
            return
        self._left -= 1
        ref, client = self._ref, self._world.client
        top = self._world.T_base_link(ref.body, ref.link).apply(self._top)
        speed = (top - self._before) @ self._direction / self._world.dt
        self._before = top
        if speed > HAND:
            return
        pb.applyExternalForce(
            ref.body, ref.link, self._force.tolist(), top.tolist(), pb.WORLD_FRAME, physicsClientId=client
        )


def nudge(bench: Bench, rng: Generator) -> Effect | None:
    """The target is pushed sideways."""
    target = bench.target()
    return None if target is None else Shove(bench, target, sideways(rng, NUDGE))


def knock(bench: Bench, rng: Generator) -> Effect | None:
    """The item in the hand is hit from the side."""
    carried = bench.judge.carried
    return Shove(bench, carried[0], sideways(rng, KNOCK)) if carried else None


def topple(bench: Bench, rng: Generator) -> Effect | None:
    """Of the target's neighbours, the one that stands steepest is pushed over toward the target."""
    target = bench.target()
    if target is None:
        return None
    centres = bench.centres()
    gaps = np.linalg.norm(centres - centres[target], axis=1)
    near = [int(i) for i in np.flatnonzero(gaps < REACH) if i != target]
    if not near:
        return None
    neighbour = max(near, key=lambda i: slenderness(bench, i))
    way = (centres[target] - centres[neighbour])[:2]
    direction = np.array((*way, 0.0)) / max(float(np.linalg.norm(way)), 1e-6)
    return Topple(bench, neighbour, direction)


def slenderness(bench: Bench, item: int) -> float:
    """Height over the lesser width."""
    extents = np.ptp(bench.world.items[item].mesh()[0], axis=0)
    return float(extents[2] / extents[:2].min())


def sideways(rng: Generator, speeds: tuple[float, float]) -> Array:
    """A horizontal velocity, m/s."""
    angle = rng.uniform(-np.pi, np.pi)
    return rng.uniform(*speeds) * np.array((np.cos(angle), np.sin(angle), 0.0))
