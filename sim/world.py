"""One PyBullet world per episode: totes and table as static boxes, items, and what touches what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from handpick.cell import CellLayout
from perception.pose import Array, Pose
from perception.tote import Box
from sim.bullet import pb
from sim.errors import SimulationError
from sim.items.body import ItemBody, spawn
from sim.items.spec import ItemSpec

FIGURES = itemgetter(1, 2, 3, 4, 9)  # of a contact as PyBullet tells it: both bodies, both links, normal force
POSITION, NORMAL = itemgetter(6), itemgetter(7)

GRAVITY = 9.81
AWAY = 10.0  # metres down, where what was taken away is kept
ASLEEP = pb.ACTIVATION_STATE_SLEEP | pb.ACTIVATION_STATE_ENABLE_SLEEPING
TOTE_FRICTION = 0.6  # polypropylene against an item, as a factor to the item's own coefficient on rubber


@dataclass(frozen=True, eq=False)
class Contacts:
    """All contacts of one step: each a pair of bodies with links, and the normal force between them.

    bodies, links: shape (N, 2), the force acts from the second on the first; force: newtons, shape (N,).
    positions: base frame, shape (N, 3), metres. normals: unit vectors from the second body to the first, shape (N, 3).
    """

    bodies: NDArray[np.int64]
    links: NDArray[np.int64]
    force: Array
    positions: Array
    normals: Array


class World:
    """The physics of one episode. Frame 'base' is the world's frame.

    Args:
        layout: totes and obstacles.
        dt: physics step, seconds.
        iterations: of the contact solver per step.
        thorough: of the same while `solve` asks for more.

    Raises:
        SimulationError: PyBullet gives no client.
    """

    def __init__(self, layout: CellLayout, dt: float = 1 / 240, iterations: int = 50, thorough: int = 400) -> None:
        self.client: int = pb.connect(pb.DIRECT)
        if self.client < 0:
            raise SimulationError("expected a PyBullet client, got none; close other worlds of this process")
        self.layout, self.dt = layout, dt
        self.time = 0.0
        self._steps = 0
        self._iterations = iterations, max(iterations, thorough)
        self._thoroughly = False
        pb.setPhysicsEngineParameter(
            fixedTimeStep=dt,
            numSolverIterations=iterations,
            deterministicOverlappingPairs=1,
            physicsClientId=self.client,
        )
        pb.setGravity(0, 0, -GRAVITY, physicsClientId=self.client)
        self.scenery: dict[str, tuple[int, ...]] = {
            "source": tuple(self.fixed(box) for box in layout.source.boxes()),
            "destination": tuple(self.fixed(box) for box in layout.destination.boxes()),
            "table": tuple(self.fixed(box) for box in layout.obstacles),
        }
        self.items: list[ItemBody] = []
        self._owner: dict[int, ItemBody] = {}

    def spawn(self, spec: ItemSpec, T_base_item: Pose) -> ItemBody:
        """Put an item into the world."""
        item = spawn(self.client, spec, T_base_item)
        self.adopt([item])
        return item

    def adopt(self, items: Sequence[ItemBody]) -> None:
        """Count items that are in the world already; an item's number is its place in `items`."""
        self.items.extend(items)
        self._owner.update({body: item for item in items for body in item.bodies})

    def item_of(self, body: int) -> ItemBody | None:
        """The item that a PyBullet body belongs to, None for arm and scenery."""
        return self._owner.get(body)

    def drop(self, items: Sequence[ItemBody]) -> None:
        """Count items no more: their bodies were removed. The others are numbered anew."""
        gone = {body for item in items for body in item.bodies}
        self.items = [item for item in self.items if item.bodies[0] not in gone]
        self._owner = {body: item for body, item in self._owner.items() if body not in gone}

    def take_away(self, item: ItemBody) -> None:
        """Put an item where nothing is, as it lies, and step it no more: not even its own parts touch each other."""
        item.halt()
        for body in item.bodies:
            position, quaternion = pb.getBasePositionAndOrientation(body, physicsClientId=self.client)
            away = position[0], position[1], position[2] - AWAY
            pb.resetBasePositionAndOrientation(body, away, quaternion, physicsClientId=self.client)
        for ref in item.links:
            pb.changeDynamics(ref.body, ref.link, activationState=ASLEEP, physicsClientId=self.client)
            pb.setCollisionFilterGroupMask(ref.body, ref.link, 0, 0, physicsClientId=self.client)

    def fixed(self, box: Box, friction: float = TOTE_FRICTION) -> int:
        """Put an immovable box into the world; its PyBullet id."""
        shape = pb.createCollisionShape(pb.GEOM_BOX, halfExtents=(box.size / 2).tolist(), physicsClientId=self.client)
        body = pb.createMultiBody(
            baseCollisionShapeIndex=shape,
            basePosition=box.T_base_box.position.tolist(),
            baseOrientation=box.T_base_box.quaternion.tolist(),
            physicsClientId=self.client,
        )
        pb.changeDynamics(
            body,
            -1,
            lateralFriction=friction,
            rollingFriction=0,
            spinningFriction=0,
            restitution=1.0,  # Bullet multiplies it with the item's own
            physicsClientId=self.client,
        )
        return int(body)

    def solve(self, thoroughly: bool) -> None:
        """From now on solve contacts as usual, or in more iterations: as where something light is pressed between two
        heavy things, which else sinks into one of them.
        """
        if thoroughly != self._thoroughly:
            pb.setPhysicsEngineParameter(numSolverIterations=self._iterations[thoroughly], physicsClientId=self.client)
            self._thoroughly = thoroughly

    def step(self) -> None:
        """Advance by dt."""
        pb.stepSimulation(physicsClientId=self.client)
        self._steps += 1
        self.time = self._steps * self.dt

    def contacts(self) -> Contacts:
        """What touched during the last step."""
        found: Sequence[tuple] = pb.getContactPoints(physicsClientId=self.client)
        figures = np.fromiter(chain.from_iterable(map(FIGURES, found)), np.float64, 5 * len(found)).reshape(-1, 5)
        numbers = figures[:, :4].astype(np.int64)
        positions, normals = (
            np.fromiter(chain.from_iterable(map(vector, found)), np.float64, 3 * len(found)).reshape(-1, 3)
            for vector in (POSITION, NORMAL)
        )
        return Contacts(numbers[:, :2], numbers[:, 2:], figures[:, 4], positions, normals)

    def T_base_link(self, body: int, link: int) -> Pose:
        """Frame of a body's link now (not its centre of mass, except for a free body's first link)."""
        return self._frame(body, link, 4)

    def T_base_com(self, body: int, link: int) -> Pose:
        """Frame of inertia of a body's link now, in which PyBullet wants constraints."""
        return self._frame(body, link, 0)

    def _frame(self, body: int, link: int, field: int) -> Pose:
        if link < 0:
            return Pose.from_quaternion(*pb.getBasePositionAndOrientation(body, physicsClientId=self.client))
        state = pb.getLinkState(body, link, computeForwardKinematics=1, physicsClientId=self.client)
        return Pose.from_quaternion(state[field], state[field + 1])

    def close(self) -> None:
        """Give the physics client back. Twice does no harm."""
        if self.client >= 0:
            pb.disconnect(physicsClientId=self.client)
            self.client = -1
