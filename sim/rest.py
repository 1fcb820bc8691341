"""Whether a lone item comes to rest on a floor."""

from __future__ import annotations

import numpy as np

from perception.pose import Pose
from perception.tote import Box
from sim.bullet import pb
from sim.fill import UnrestError, settle
from sim.items.body import spawn
from sim.items.spec import ItemSpec

DROP = 0.01  # metres above the floor from which it falls
FLOOR = Box(Pose.from_rotation((0, 0, -0.05), np.eye(3)), np.array([4.0, 4.0, 0.1]))


def rests(spec: ItemSpec) -> bool:
    """Whether it comes to rest on a floor, on which it was let fall with its shortest edge up."""
    client = pb.connect(pb.DIRECT)
    try:
        pb.setPhysicsEngineParameter(fixedTimeStep=1 / 240, deterministicOverlappingPairs=1, physicsClientId=client)
        pb.setGravity(0, 0, -9.81, physicsClientId=client)
        shape = pb.createCollisionShape(pb.GEOM_BOX, halfExtents=(FLOOR.size / 2).tolist(), physicsClientId=client)
        pb.createMultiBody(0, shape, basePosition=FLOOR.T_base_box.position.tolist(), physicsClientId=client)
        up = np.roll(np.eye(3), 2 - int(np.argmin(spec.size)), axis=0)
        item = spawn(client, spec, Pose.from_rotation((0, 0, spec.size.min() / 2 + DROP), up))
        settle(client, [item])
        return bool(abs(item.pose().position[2]) < 1.0)
    except UnrestError:
        return False
    finally:
        pb.disconnect(physicsClientId=client)
