"""Items that a trial does not reach, replaced by immovable twins: they touch like before, and cost no time to step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perception.pose import Array
from sim.bullet import pb
from sim.items.body import ItemBody, remove
from sim.items.shapes import create_collision
from sim.world import World

Box = tuple[Array, Array]  # least and greatest corner (3,), base frame, metres


class Twins:
    """The collision shapes of all items of a world, made once. Twins take the place of items, for good."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._shapes = {
            item.bodies: [create_collision(world.client, link.collision) for link in item.spec.links]
            for item in world.items
        }

    def freeze(self, items: Sequence[ItemBody]) -> None:
        """Replace items where they lie. From now on they count as scenery."""
        for item in items:
            places = [item.frame(ref) for ref in item.links]
            remove(item)
            for shape, link, (position, quaternion) in zip(self._shapes[item.bodies], item.spec.links, places):
                body = pb.createMultiBody(0, shape, -1, position, quaternion, physicsClientId=self._world.client)
                pb.changeDynamics(
                    body, -1, lateralFriction=link.surface.friction, restitution=item.spec.restitution,
                    physicsClientId=self._world.client,
                )  # fmt: skip
        self._world.drop(items)


def boxes_of(item: ItemBody) -> Array:
    """Around the collision box of each of an item's links: least and greatest corners, (L, 2, 3), metres in base.

    PyBullet's own boxes are 2 cm wider all around.
    """
    T = item.T_base_links()
    centres = np.array([link.collision.center for link in item.spec.links])
    halves = np.array([link.collision.size / 2 for link in item.spec.links])
    middle = np.einsum("lij,lj->li", T[:, :3, :3], centres) + T[:, :3, 3]
    half = np.einsum("lij,lj->li", np.abs(T[:, :3, :3]), halves)
    return np.stack([middle - half, middle + half], axis=1)


def reached(world: World, target: ItemBody | None, around: Box, margin: float) -> list[ItemBody]:
    """Items of which a part lies within `margin` metres of a part of the target or of the box `around`, or over one."""
    zones = np.array([around]) if target is None else np.concatenate([boxes_of(target), [around]])
    low, high = zones[:, 0] - margin, zones[:, 1] + margin
    high[:, 2] = np.inf
    found = []
    for item in world.items:
        least, greatest = np.moveaxis(boxes_of(item)[:, None], 2, 0)
        if item is target or ((least < high) & (greatest > low)).all(axis=-1).any():
            found.append(item)
    return found
