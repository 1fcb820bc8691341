"""Which true item surface points belong to."""

from __future__ import annotations

from collections import Counter

from perception.pose import Array
from sim.bullet import pb
from sim.items.body import ItemBody
from sim.robot.tool_body import ARM_GROUP
from sim.world import World

OUT, INTO = 0.008, 0.012  # metres off a surface from which rays come, and into it


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
