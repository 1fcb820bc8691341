"""Which true item surface points belong to."""

from __future__ import annotations

from collections import Counter

import numpy as np

from perception.pose import Array
from perception.scene import ItemShape
from sim.bullet import pb
from sim.items.body import ItemBody
from sim.robot.tool_body import ARM_GROUP
from sim.world import World

VOTES = 60  # points of an item's surface that are asked which true item they belong to
OUT, INTO = 0.008, 0.012  # metres off a surface from which rays come, and into it


def item_under(world: World, shape: ItemShape) -> ItemBody | None:
    """The true item that most of a perceived item's seen points lie on."""
    seen = np.flatnonzero(shape.seen)
    if not len(seen):
        return None
    some = seen[np.linspace(0, len(seen) - 1, min(VOTES, len(seen))).astype(int)]
    return hit_item(world, shape.points[some], shape.normals[some])


def hit_item(world: World, points: Array, normals: Array) -> ItemBody | None:
    """The item that most rays onto surface points (N, 3) with outward normals (N, 3) meet, if they meet one."""
    starts, ends = points + OUT * normals, points - INTO * normals
    hits = pb.rayTestBatch(starts.tolist(), ends.tolist(), collisionFilterMask=~ARM_GROUP, physicsClientId=world.client)
    met = Counter(hit[0] for hit in hits if world.item_of(hit[0]) is not None)
    votes: Counter[int] = Counter()
    for body, count in sorted(met.items()):
        item = world.item_of(body)
        assert item is not None
        votes[item.bodies[0]] += count
    return world.item_of(votes.most_common(1)[0][0]) if votes else None
