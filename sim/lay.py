"""How an item lies: under others, leaning, standing, at a wall, or free."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import numpy as np

from sim.items.body import ItemBody
from sim.world import GRAVITY, Contacts, World

BURDEN = 0.1  # share of an item's weight that presses it down, from which it lies under others
UPWARD = 0.5  # cosine to the vertical of a contact that presses down
ASKEW = np.cos(np.deg2rad(15))  # of its thinnest axis to the vertical and to the level, from which an item leans
FLAT = 0.7  # thinnest over middle edge of what stands where that axis is level; what is thicker just lies
NEAR = 0.01  # metres from a wall within which an item lies at it


class Lay(str, Enum):
    """How an item lies; of several the first."""

    UNDER = "under others"
    LEANING = "leaning"
    STANDING = "standing"
    AT_WALL = "at a wall"
    FREE = "free"


def lays(world: World) -> dict[int, Lay]:
    """How each item in the source lies, by its number."""
    contacts = world.contacts()
    burdened = set(_burdened(world, contacts))
    source = world.layout.source
    inside = [number for number, item in enumerate(world.items) if item.is_inside(source)]
    return {number: Lay.UNDER if number in burdened else lay_of(world, world.items[number]) for number in inside}


def lay_of(world: World, item: ItemBody) -> Lay:
    """How an item lies on which no other one does."""
    thin, middle, _ = np.sort(item.spec.size)
    upright = abs(float(item.pose().rotation[2, int(np.argmin(item.spec.size))]))  # cosine of its thinnest axis
    if thin / middle < FLAT:
        if upright < ASKEW and np.sqrt(1 - upright**2) < ASKEW:
            return Lay.LEANING
        if upright < 0.5:
            return Lay.STANDING
    tote = world.layout.source
    surface = tote.T_base_tote.inverse().apply(item.mesh()[0])[:, :2]
    room = tote.inner[:2] / 2 - np.abs(surface).max(axis=0)
    return Lay.AT_WALL if room.min() < NEAR else Lay.FREE


def _burdened(world: World, contacts: Contacts) -> Iterator[int]:
    """Items that others press down with a good part of their own weight."""
    numbers = {body: number for number, item in enumerate(world.items) for body in item.bodies}
    pressed = np.zeros(len(world.items))
    for (first, second), force, normal in zip(contacts.bodies.tolist(), contacts.force, contacts.normals):
        a, b = numbers.get(first), numbers.get(second)
        if a is None or b is None or a == b or abs(normal[2]) < UPWARD:
            continue
        pressed[b if normal[2] > 0 else a] += force * abs(normal[2])
    for number, item in enumerate(world.items):
        if pressed[number] > BURDEN * item.spec.mass * GRAVITY:
            yield number
