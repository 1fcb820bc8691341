"""An item in the physics world: spawned from its spec, asked for its pose, meshes and surfaces, removed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from perception.errors import GeometryError
from perception.pose import Array, Pose
from perception.tote import Tote
from sim.bullet import pb
from sim.items.shapes import create_collision, create_visual, set_texture
from sim.items.spec import BodySpec, ItemSpec, LinkSpec, Surface
from sim.items.surface_samples import SurfaceSamples
from sim.render.visual import VisualMesh

CONTACT_RADIUS = 0.005  # m: of a contact patch, which resists spinning by 2/3 mu r
SELF_COLLISION = pb.URDF_USE_SELF_COLLISION | pb.URDF_USE_SELF_COLLISION_INCLUDE_PARENT


@dataclass(frozen=True)
class LinkRef:
    """A link of the physics world: PyBullet body id and link index (-1: the body's first link)."""

    body: int
    link: int


@dataclass(frozen=True, eq=False)
class ItemBody:
    """A spawned item.

    Attributes:
        client: PyBullet's physics client id.
        bodies: PyBullet body ids, in the order of `spec.bodies`.
    """

    spec: ItemSpec
    client: int
    bodies: tuple[int, ...]

    @cached_property
    def links(self) -> tuple[LinkRef, ...]:
        """All links, in the order of `spec.links`."""
        return tuple(
            LinkRef(body, index - 1)
            for body, spec in zip(self.bodies, self.spec.bodies)
            for index in range(len(spec.links))
        )

    @cached_property
    def _index(self) -> dict[LinkRef, int]:
        return {ref: i for i, ref in enumerate(self.links)}

    @cached_property
    def _samples(self) -> dict[int, SurfaceSamples]:
        return {}

    def __contains__(self, body: int) -> bool:
        """Whether a PyBullet body id belongs to this item."""
        return body in self.bodies

    def link_spec(self, body: int, link: int) -> LinkSpec:
        """Of a PyBullet body id and link index, as contact points name them."""
        return self.spec.links[self._index[LinkRef(body, link)]]

    def T_base_links(self) -> Array:
        """Poses of all links' frames, shape (L, 4, 4)."""
        poses = np.empty((len(self.links), 4, 4))
        for T, ref in zip(poses, self.links):
            position, quaternion = self.frame(ref)
            T[:3, :3] = np.reshape(pb.getMatrixFromQuaternion(quaternion), (3, 3))
            T[:3, 3] = position
            T[3] = 0, 0, 0, 1
        return poses

    def frame(self, ref: LinkRef) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Position and quaternion (xyzw) of a link's frame in the base frame."""
        if ref.link < 0:
            position, quaternion = pb.getBasePositionAndOrientation(ref.body, physicsClientId=self.client)
        else:
            state = pb.getLinkState(ref.body, ref.link, computeForwardKinematics=1, physicsClientId=self.client)
            position, quaternion = state[4], state[5]
        return position, quaternion

    def pose(self) -> Pose:
        """T_base_item, carried by the first link of the first body."""
        T_base_first = Pose.from_quaternion(*self.frame(self.links[0]))
        return T_base_first @ Pose.from_rotation(-self.spec.bodies[0].origin, np.eye(3))

    def axis_along(self, direction: Array, ref: LinkRef) -> int:
        """Which axis of a link lies closest to a direction (3,) of the base frame. Links of an item that is closed have
        the item's axes; those of an open book turn with its halves."""
        rotation = Pose.from_quaternion(*self.frame(ref)).rotation
        return int(np.abs(direction @ rotation).argmax())

    def centre_of_mass(self) -> Array:
        """In the base frame, shape (3,)."""
        T = self.T_base_links()
        masses = np.array([link.mass for link in self.spec.links])
        coms = np.array([link.com for link in self.spec.links])
        return np.asarray(masses @ (np.einsum("lij,lj->li", T[:, :3, :3], coms) + T[:, :3, 3]) / masses.sum())

    def rigid_visuals(self) -> tuple[tuple[LinkRef, VisualMesh], ...]:
        """The meshes that move rigidly with a link. Empty where a skin is drawn instead (`spec.skin`)."""
        if self.spec.skin is not None:
            return ()
        return tuple((ref, link.visual) for ref, link in zip(self.links, self.spec.links))

    def mesh(self) -> tuple[Array, NDArray[np.int32]]:
        """The item's surface now, in the base frame: vertices (V, 3) and triangles (T, 3), closed part by part."""
        T = self.T_base_links()
        if self.spec.skin is not None:
            return self.spec.skin.vertices(T), self.spec.skin.mesh.triangles
        vertices: list[Array] = []
        triangles: list[NDArray[np.int32]] = []
        start = 0
        for pose, link in zip(T, self.spec.links):
            vertices.append(link.visual.vertices @ pose[:3, :3].T + pose[:3, 3])
            triangles.append(link.visual.triangles + np.int32(start))
            start += len(link.visual.vertices)
        return np.concatenate(vertices), np.concatenate(triangles)

    def parts(self) -> list[tuple[Array, NDArray[np.int32]]]:
        """The closed meshes that the item consists of, in the base frame: vertices (V, 3) and triangles (T, 3) each."""
        if self.spec.skin is not None:
            return [self.mesh()]
        visuals = [link.visual for link in self.spec.links]
        return [(v.vertices @ T[:3, :3].T + T[:3, 3], v.triangles) for T, v in zip(self.T_base_links(), visuals)]

    def opening(self) -> float:
        """Angle between a book's covers, radians; 0 for anything else."""
        joints = [(self.bodies[body], link - 1) for body, link in self.spec.spread]
        return float(sum(pb.getJointState(body, link, physicsClientId=self.client)[0] for body, link in joints))

    def corners(self) -> Array:
        """Two opposite corners of every link's collision box, in the base frame, shape (L, 2, 3)."""
        T = self.T_base_links()
        centres = np.array([link.collision.center for link in self.spec.links])
        halves = np.array([link.collision.size / 2 for link in self.spec.links])
        local = np.stack([centres - halves, centres + halves], axis=1)
        return np.asarray(np.einsum("lij,lcj->lci", T[:, :3, :3], local) + T[:, None, :3, 3])

    def speed(self) -> float:
        """The greatest speed of any link's surface, m/s: linear plus angular times the link's half diagonal."""
        fastest = 0.0
        for ref, link in zip(self.links, self.spec.links):
            if ref.link < 0:
                linear, angular = pb.getBaseVelocity(ref.body, physicsClientId=self.client)
            else:
                linear, angular = pb.getLinkState(
                    ref.body, ref.link, computeLinkVelocity=1, physicsClientId=self.client
                )[6:8]
            reach = 0.5 * float(np.linalg.norm(link.collision.size))
            fastest = max(fastest, float(np.linalg.norm(linear)) + reach * float(np.linalg.norm(angular)))
        return fastest

    def halt(self) -> None:
        """Take away all velocity."""
        for body, spec in zip(self.bodies, self.spec.bodies):
            pb.resetBaseVelocity(body, (0, 0, 0), (0, 0, 0), physicsClientId=self.client)
            for joint, link in enumerate(spec.links[1:]):
                if link.joint is not None and link.joint.axis is not None:
                    angle = pb.getJointState(body, joint, physicsClientId=self.client)[0]
                    pb.resetJointState(body, joint, angle, 0.0, physicsClientId=self.client)

    def is_inside(self, tote: Tote) -> bool:
        """Whether the centre of every link lies between the tote's walls and below its rim plus half the item."""
        centres = self.T_base_links()[:, :3, 3]
        top = tote.T_base_tote.position[2] + tote.inner[2] + 0.5 * float(self.spec.size.max())
        return bool(tote.contains(centres).all() and (centres[:, 2] < top).all())

    def surface(self, body: int, link: int) -> Surface:
        """What a cup or pad meets on the PyBullet body's link."""
        return self.spec.links[self._index[LinkRef(body, link)]].surface

    def outermost(self, body: int, touched: int, point: Array, outward: Array, radius: float) -> int:
        """The link of a PyBullet body that stands out furthest along `outward`, within `radius` metres of the line
        through `point`, both (3,) in the base frame; the `touched` one where none does. Its own surface counts:
        collision shapes of pages reach into their cover.
        """
        links = [ref for ref in self.links if ref.body == body]
        if len(links) == 1:  # as of most items: asked in every step in which a lip touches
            return links[0].link

        def rank(ref: LinkRef) -> tuple[float, bool]:
            T_link_base = Pose.from_quaternion(*self.frame(ref)).inverse()
            samples, place = self._sampled(self._index[ref]), T_link_base.apply(point)
            return samples.height(place, T_link_base.rotate(outward), radius), ref.link == touched

        return max(links, key=rank).link

    def _sampled(self, index: int) -> SurfaceSamples:
        if index not in self._samples:
            self._samples[index] = SurfaceSamples.of(self.spec.links[index].visual)
        return self._samples[index]


def poses(items: Sequence[ItemBody]) -> Array:
    """T_base_item of many items, shape (items, 4, 4)."""
    T_base_first, T_first_item = np.tile(np.eye(4), (2, len(items), 1, 1))
    if items:
        positions, quaternions = zip(*(item.frame(item.links[0]) for item in items))
        T_base_first[:, :3, :3] = Rotation.from_quat(quaternions).as_matrix()
        T_base_first[:, :3, 3] = positions
        T_first_item[:, :3, 3] = [-item.spec.bodies[0].origin for item in items]
    return np.asarray(T_base_first @ T_first_item)


def spawn(client: int, spec: ItemSpec, T_base_item: Pose, textures: bool = False) -> ItemBody:
    """Put an item into the physics world of PyBullet client id `client`, at rest.

    Args:
        textures: also give PyBullet the printed textures, which only its TinyRenderer needs.

    Raises:
        GeometryError: PyBullet refused a body.
    """
    bodies = tuple(_spawn_body(client, body, T_base_item, textures) for body in spec.bodies)
    return ItemBody(spec, client, bodies)


def remove(item: ItemBody) -> None:
    """Take an item out of its physics world."""
    for body in item.bodies:
        pb.removeBody(body, physicsClientId=item.client)


def _spawn_body(client: int, spec: BodySpec, T_base_item: Pose, textures: bool) -> int:
    base, *children = spec.links
    joints = [link.joint for link in children if link.joint is not None]
    turning = [joint.axis is not None for joint in joints]
    body = pb.createMultiBody(
        baseMass=base.mass,
        baseCollisionShapeIndex=create_collision(client, base.collision),
        baseVisualShapeIndex=create_visual(client, base.visual),
        basePosition=T_base_item.apply(spec.origin).tolist(),
        baseOrientation=T_base_item.quaternion.tolist(),
        linkMasses=[link.mass for link in children],
        linkCollisionShapeIndices=[create_collision(client, link.collision) for link in children],
        linkVisualShapeIndices=[create_visual(client, link.visual) for link in children],
        linkPositions=[joint.origin.tolist() for joint in joints],
        linkOrientations=[(0, 0, 0, 1)] * len(children),
        linkInertialFramePositions=[link.com.tolist() for link in children],
        linkInertialFrameOrientations=[(0, 0, 0, 1)] * len(children),
        linkParentIndices=[joint.parent for joint in joints],
        linkJointTypes=[pb.JOINT_REVOLUTE if turns else pb.JOINT_FIXED for turns in turning],
        linkJointAxis=[(joint.axis if joint.axis is not None else np.array([0, 0, 1.0])).tolist() for joint in joints],
        flags=SELF_COLLISION if spec.pressing else 0,
        physicsClientId=client,
    )
    if body < 0:
        raise GeometryError(f"PyBullet made no body of the links {[link.name for link in spec.links]}")
    if spec.pressing:
        for first, second in combinations(range(len(spec.links)), 2):
            press = int((first, second) in spec.pressing)
            pb.setCollisionFilterPair(body, body, first - 1, second - 1, press, physicsClientId=client)
    for index, link in enumerate(spec.links, start=-1):
        _set_dynamics(client, body, index, link)
        if textures and link.visual.texture is not None:
            set_texture(client, body, index, link.visual.texture)
    return body


def _set_dynamics(client: int, body: int, index: int, link: LinkSpec) -> None:
    """Mass properties and contact parameters from the spec; nothing is left to Bullet's guess from the shape."""
    soft = {} if link.stiffness is None else {"contactStiffness": link.stiffness, "contactDamping": link.damping}
    pb.changeDynamics(
        body,
        index,
        mass=link.mass,
        localInertiaDiagonal=link.inertia.tolist(),
        lateralFriction=link.surface.friction,
        spinningFriction=2 / 3 * link.surface.friction * CONTACT_RADIUS,
        rollingFriction=link.rolling,
        restitution=link.surface.restitution,
        frictionAnchor=int(link.collision.kind == "box"),  # holds a leaning pile still, but would drive what rolls
        linearDamping=0.0,
        angularDamping=0.0,
        physicsClientId=client,
        **soft,
    )
    joint = link.joint
    if joint is None or joint.axis is None:
        return
    pb.changeDynamics(
        body,
        index,
        jointLowerLimit=joint.limits[0],
        jointUpperLimit=joint.limits[1],
        jointDamping=joint.damping,
        physicsClientId=client,
    )
    pb.setJointMotorControl2(
        body, index, pb.VELOCITY_CONTROL, targetVelocity=0, force=joint.friction, physicsClientId=client
    )
