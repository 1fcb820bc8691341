"""Fill a tote as a warehouse does: books and cartons set in upright or leaning, the rest dropped in one by one.

Everything happens before an episode is judged; it ends with all items at rest.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from scipy.spatial.transform import Rotation

from perception.errors import HandpickError
from perception.pose import Array, Pose
from perception.tote import Tote
from sim.bullet import pb
from sim.grid import on_grid, unit_on_grid
from sim.items.body import ItemBody, spawn
from sim.items.spec import ItemSpec

STANDING_SHARE = 0.4  # of the books and cartons
REST_SPEED = 0.002  # m/s: slower than this everywhere is at rest
CREEP_SPEED = 0.02  # m/s: a pile of soft goods may still yield this fast when its time is up
ABOVE_RIM = 0.03  # m: how far an item may stand out of the tote
TRIES = 12  # to put an item that ended outside back in


class UnrestError(HandpickError):
    """The items in a tote did not come to rest."""


def spawn_tote(client: int, tote: Tote, friction: float = 0.5) -> tuple[int, ...]:
    """A tote's floor and walls as immovable bodies; PyBullet ids."""
    bodies = []
    for box in tote.boxes():
        shape = pb.createCollisionShape(pb.GEOM_BOX, halfExtents=(box.size / 2).tolist(), physicsClientId=client)
        place = box.T_base_box
        body = pb.createMultiBody(
            0, shape, -1, place.position.tolist(), place.quaternion.tolist(), physicsClientId=client
        )
        pb.changeDynamics(body, -1, lateralFriction=friction, physicsClientId=client)
        bodies.append(body)
    return tuple(bodies)


def fill(client: int, specs: list[ItemSpec], tote: Tote, rng: Generator, textures: bool = False) -> list[ItemBody]:
    """Put items into a tote that stands in the physics world, and let them come to rest.

    Raises:
        UnrestError: the pile still moves after several seconds, or an item will not stay in the tote.
    """
    standing = [spec.upright and rng.random() < STANDING_SHARE for spec in specs]
    order = [*np.flatnonzero(standing), *rng.permutation(np.flatnonzero(~np.array(standing, dtype=bool)))]
    items: list[ItemBody] = []
    for index in order:
        item = spawn(client, specs[index], _parked(tote, len(items)), textures)
        set_in(item, items, tote, rng, upright=standing[index])
        items.append(item)
    strays: list[ItemBody] = []
    for _ in range(TRIES):
        settle(client, items)
        strays = [item for item in items if not _stays(item, tote)]
        if not strays:
            return items
        for item in strays:
            set_in(item, [other for other in items if other is not item], tote, rng, upright=False)
    stubborn = [item.spec.family for item in strays]
    raise UnrestError(f"expected all items to stay in the tote, but these will not after {TRIES} tries: {stubborn}")


def settle(client: int, items: list[ItemBody], longest: float = 6.0) -> None:
    """Step until nothing has moved for 0.3 s. What still rocks after a second is stilled by hand.

    Raises:
        UnrestError: something moves faster than soft goods creep after `longest` simulated seconds.
    """
    step = pb.getPhysicsEngineParameters(physicsClientId=client)["fixedTimeStep"]
    window = round(0.1 / step)
    before, quiet = [item.corners() for item in items], 0
    speeds: list[float] = []
    for count in range(1, round(longest / (step * window)) + 1):
        _steps(client, window)
        now = [item.corners() for item in items]
        speeds = [float(np.linalg.norm(b - a, axis=-1).max()) / (step * window) for a, b in zip(before, now)]
        before = now
        quiet = quiet + 1 if max(speeds, default=0.0) < REST_SPEED else 0
        if quiet >= 3:
            return
        if count % 10 == 0:
            for item in items:
                item.halt()
    if max(speeds) > CREEP_SPEED:
        worst = sorted(zip(speeds, (item.spec.family for item in items)), reverse=True)[:3]
        raise UnrestError(f"expected rest within {longest} s, but the fastest still move at (m/s): {worst}")


def set_in(item: ItemBody, others: list[ItemBody], tote: Tote, rng: Generator, upright: bool) -> None:
    """Place an item over what lies in the tote already, at the lowest of a few random spots, and let it fall."""
    rotation = _upright(item.spec, rng) if upright else _lying(item.spec, rng)
    extent = _extent(item.spec, rotation)
    room = np.maximum(tote.inner[:2] / 2 - extent[:2] / 2 - 0.004, 0.0)
    spots = rng.uniform(-room, room, (8, 2))
    if upright:  # against one of the long or short walls
        along = int(rng.integers(2))
        spots[:, along] = room[along] * np.sign(spots[:, along])
    tops = [_top_under(spot, extent, others, tote) for spot in spots]
    best = int(np.argmin(on_grid(tops)))  # of places alike the first, whatever the last bit
    position = np.array([*spots[best], tops[best] + extent[2] / 2 + 0.006])
    _teleport(item, tote.T_base_tote @ Pose.from_rotation(position, rotation))
    step = pb.getPhysicsEngineParameters(physicsClientId=item.client)["fixedTimeStep"]
    _steps(item.client, round((0.25 if upright else 0.18) / step))


def _lying(spec: ItemSpec, rng: Generator) -> Array:
    """Shortest edge up or down, any way round, tilted a little."""
    up = int(np.argmin(spec.size))
    flat = np.roll(np.eye(3), (2 - up), axis=0)  # takes axis `up` to z
    if rng.random() < 0.5 and spec.skin is None:
        flat = np.diag([1.0, -1, -1]) @ flat
    yaw, tilt = rng.uniform(-np.pi, np.pi), rng.normal(0, 0.12, 2)
    if spec.size.max() > 0.30:  # long items fit along the tote only
        long_axis = flat @ np.eye(3)[int(np.argmax(spec.size))]
        yaw = -np.arctan2(long_axis[1], long_axis[0]) + rng.normal(0, 0.2)
    return np.asarray((Rotation.from_euler("xyz", [*tilt, 0]) * Rotation.from_euler("z", yaw)).as_matrix() @ flat)


def _upright(spec: ItemSpec, rng: Generator) -> Array:
    """Standing on its second-shortest or longest face's edge, leaning by a few degrees, square to the tote."""
    thin = int(np.argmin(spec.size))
    others = [axis for axis in range(3) if axis != thin]
    up = others[int(rng.integers(2))] if spec.size[others].max() < 0.2 else others[int(np.argmin(spec.size[others]))]
    columns = np.zeros((3, 3))
    columns[2, up] = 1 if rng.random() < 0.5 else -1
    columns[0, thin] = 1 if rng.random() < 0.5 else -1
    rest = 3 - up - thin
    columns[:, rest] = np.cross(columns[:, (rest + 1) % 3], columns[:, (rest + 2) % 3])
    lean = Rotation.from_euler("y", rng.normal(0, 0.12)) * Rotation.from_euler("z", rng.normal(0, 0.05))
    quarter = Rotation.from_euler("z", np.pi / 2 * rng.integers(4))
    return np.asarray((quarter * lean).as_matrix() @ columns)


def _extent(spec: ItemSpec, rotation: Array) -> Array:
    """Extents of an item's box once turned, shape (3,)."""
    return np.asarray(np.abs(rotation) @ spec.size)


def _top_under(spot: Array, extent: Array, others: list[ItemBody], tote: Tote) -> float:
    """The greatest height, in the tote's frame, of what lies under an item at `spot`."""
    top = 0.0
    T_tote_base = tote.T_base_tote.inverse()
    for other in others:
        vertices = T_tote_base.apply(other.mesh()[0])
        low, high = vertices.min(axis=0), vertices.max(axis=0)
        if (np.abs((low + high)[:2] / 2 - spot) < (high - low + extent)[:2] / 2).all():
            top = max(top, float(high[2]))
    return top


def _teleport(item: ItemBody, T_base_item: Pose) -> None:
    """Put an item somewhere at rest, with its joints at zero."""
    for body, spec in zip(item.bodies, item.spec.bodies):
        place = on_grid(T_base_item.apply(spec.origin)), unit_on_grid(T_base_item.quaternion)
        pb.resetBasePositionAndOrientation(body, *place, physicsClientId=item.client)
        for joint in range(len(spec.links) - 1):
            pb.resetJointState(body, joint, 0.0, 0.0, physicsClientId=item.client)


def _stays(item: ItemBody, tote: Tote) -> bool:
    """Whether an item lies in the tote and does not stand out of it."""
    top = tote.T_base_tote.inverse().apply(item.mesh()[0])[:, 2].max()
    return item.is_inside(tote) and bool(top < tote.inner[2] + ABOVE_RIM)


def _parked(tote: Tote, number: int) -> Pose:
    """High above the tote, each item at a place of its own; it is set in before the world steps."""
    return tote.T_base_tote @ Pose.from_rotation((0, 0, 3.0 + number), np.eye(3))


def _steps(client: int, count: int) -> None:
    for _ in range(count):
        pb.stepSimulation(physicsClientId=client)
