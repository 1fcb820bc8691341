"""A suction cup in the physics world: pulls what it touches, seals, holds, and lets go as its seal does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grasping.tool_solids import lips
from perception.pose import Array, Pose
from sim.bullet import pb
from sim.items.body import ItemBody
from sim.items.sheet import Sheet
from sim.items.spec import Surface
from sim.robot.cover import Cover
from sim.robot.seal import LIP_POINTS, Break, Lip, Seal
from sim.robot.tool_body import ARM_GROUP, ToolBody
from sim.world import GRAVITY, Contacts, World

BEHIND = 4e-3  # m, from where behind the lip's plane its distance to the surface is measured
FILM_REACH = 20e-3  # m, how far a loose film is drawn onto the lip
SCENERY_SURFACE = Surface(friction=0.6, gap_height=5e-6)
CUP_RADIUS = 0.015  # m, that a surface's leak conductance is given for
OPEN = 0.1  # s for which a failed seal stays open
OPENING = 0.01  # s that a lip needs to lift off: 20 g of rubber over 1.5 mm of its own bending, pulled by 5 N or less
FILM_MOMENT = 0.03  # N m about each axis: a limp bag leans on the rim (m g r) and resists bending as at its own folds
LIP_FRICTION = 1.0  # rubber; Bullet multiplies it with the item's own coefficient


@dataclass(frozen=True, eq=False)
class Touch:
    """What the lip is on: PyBullet body and link, the item if it is one, its surface there, the open area."""

    body: int
    link: int
    item: ItemBody | None
    surface: Surface
    gap: float

    @property
    def is_film(self) -> bool:
        """Whether a loose film is under the lip."""
        return self.item is not None and self.item.spec.skin is not None

    @property
    def sheet(self) -> Sheet | None:
        """The card under the lip, None where the lip is on something stiff."""
        return None if self.item is None else self.item.link_spec(self.body, self.link).sheet


class Cup:
    """One cup and its seal; `sim.robot.suction.Suction` gives it its vacuum.

    While the lip merely touches, the vacuum pulls cup and item together. Once it has settled and the lip closes no
    further, lip and item become one; the force through that joint is then tested against the seal in every step, and a
    seal that fails stays open for a while. Loose film hangs on the lip as on a point: it passes on forces, and hardly a
    moment. A cover of card hangs on the lip's edge next to its hinge, and bends there: see `Cover`.

    Args:
        number: of the cup in the tool's `places`.
    """

    def __init__(self, world: World, arm: ToolBody, number: int = 0) -> None:
        self._world, self._arm, self.number = world, arm, number
        self.radius = arm.tool.cup.radius
        self._lip = Lip(self.radius)
        self._area = float(np.pi * self.radius**2)
        self._name = lips(arm.tool)[number]
        self._link = arm.link[self._name]
        self.vacuum = 0.0  # Pa below atmosphere
        self.wrench: Array = np.zeros(6)  # what the cup exerts on the held item, cup frame, N and N m
        self.held: Touch | None = None
        self.broke: Break | None = None  # how the last seal failed
        self.cover: Cover | None = None  # the card that bends between lip and item
        self.touch: Touch | None = None
        self._joints: tuple[int, ...] = ()
        self._hangs_at: Array = np.zeros(3)  # where the joints are, in the lip's frame, metres
        self._share = 1.0 - float(np.exp(-world.dt / OPENING))
        self._open_until = 0.0  # a failed seal stays open till then, seconds
        self._pulling = 0.0  # N, with which the vacuum draws lip and item together
        self._last_gap = np.inf
        self._soften()

    @property
    def moment(self) -> float:
        """Bending moment that the seal bears, N m."""
        return float(np.hypot(*self.wrench[3:5]))

    @property
    def pulling(self) -> float:
        """Newtons with which the vacuum draws lip and item together while there is no seal."""
        return self._pulling

    @property
    def presses(self) -> bool:
        """Whether it is on something, and what it holds does not hang on it."""
        return self.touch is not None and (self.held is None or float(self.wrench[2]) > 0)

    @property
    def bears(self) -> bool:
        """Whether what it holds hangs on it."""
        return len(self._joints) > 0

    @property
    def T_base_lip(self) -> Pose:
        return self._arm.T_base_link(self._name)

    def feel(self) -> None:
        """After a step: what the item that is held does to the cup."""
        if self.held is None:
            return
        if self.cover is not None:
            self.cover.observe(self._turned(self.held))
        self.wrench = self.wrench + self._share * (self._reaction() - self.wrench)
        if self.cover is not None:
            self._bear(self.cover.moment)

    def test(self, wrench: Array, friction: float) -> bool:
        """Whether the seal bears a wrench (6,), on a lip that rubs with `friction`; else it opens."""
        assert self.held is not None
        failure = Seal(self.radius, friction * self.held.surface.friction).broken(wrench, self.vacuum)
        if failure is not None:
            self.let_go(failure)
        return failure is None

    def look(self, contacts: Contacts, drawing: bool) -> tuple[float, float]:
        """What is under the lip: the open area, m^2, and the conductance of the wall, m^3/(s Pa).

        drawing: whether there is any vacuum, or is to be; without it nothing is looked for.
        """
        self.touch = self.held or (self._find_touch(contacts) if drawing else None)
        if self.touch is None or self.failed:
            return float(2 * np.pi * self.radius * self._lip.reach), 0.0
        surface = self.touch.surface
        gap = self.touch.gap + surface.gap_area(self.radius)
        return gap, surface.leak_conductance * (self.radius / CUP_RADIUS) ** 2

    def actuate(self, settled: float) -> bool:
        """Before a step: pull on what is touched. Whether lip and item are to become one instead: once the vacuum is at
        `settled` pascals, and the lip closes no further."""
        self._pulling = 0.0
        touch = self.touch
        if touch is None or self.held is not None or self.failed:
            self._last_gap = np.inf
            return False
        sealed = self.vacuum > settled and touch.gap >= self._last_gap
        if not sealed:
            self._pull(touch)
        self._last_gap = touch.gap
        return sealed

    def hold(self, bears: bool = True, bends: bool = True) -> None:
        """Lip and item become one.

        bears: whether the item hangs on this cup. bends: whether it is this cup that its card bends at, if it is card.
        """
        touch = self.touch
        assert touch is not None
        card = bears and touch.sheet is not None
        self._hangs_at = self._edge(touch) if card else np.zeros(3)
        self.cover = self._cover(touch) if card and bends else None
        most = FILM_MOMENT if self.cover is None else self.cover.moment
        if not bears:
            self._joints = ()
        elif touch.is_film or self.cover is not None:
            self._joints = (self._join(touch, pb.JOINT_POINT2POINT), self._join(touch, pb.JOINT_FIXED, most))
        else:
            self._joints = (self._join(touch, pb.JOINT_POINT2POINT if card else pb.JOINT_FIXED),)
        self._collide(touch, False)
        self.held, self.broke = touch, None
        self.wrench = np.zeros(6)

    def _find_touch(self, contacts: Contacts) -> Touch | None:
        """Of the bodies that the lip touches, the one that most of its ring is over, with the gap that it leaves."""
        pressed = contacts.force > 0
        lip = (contacts.bodies == self._arm.body) & (contacts.links == self._link) & pressed[:, None]
        rows = np.flatnonzero(lip.any(axis=1))
        if len(rows) == 0:
            return None
        T_base_lip = self.T_base_lip
        hits = self._ring_hits(T_base_lip, self._lip.reach)
        others = lip[rows, 0].astype(int)  # the sides of the pairs that are not the lip
        bodies, links = contacts.bodies[rows, others], contacts.links[rows, others]
        # What is thin is pressed through: the lip then feels what lies beneath as well, and at times the more.
        met = [sum(hit == body for hit, _ in hits) for body in bodies]
        uppermost = int(np.lexsort((contacts.force[rows], met))[-1])
        body, link = int(bodies[uppermost]), int(links[uppermost])
        item = self._world.item_of(body)
        surface = SCENERY_SURFACE
        if item is not None:
            if item.spec.skin is None:  # which hangs loose over its links
                link = item.outermost(body, link, T_base_lip.position, -T_base_lip.rotation[:, 2], self.radius)
            surface = item.surface(body, link)
        distance = self._distances(hits, T_base_lip, body, item)
        give = surface.compliance * self.vacuum * self._area / LIP_POINTS
        return Touch(body, link, item, surface, self._lip.gap_area(distance, give))

    def _ring_hits(self, T_base_lip: Pose, reach: float) -> list[tuple[int, float]]:
        """The body that lies first under each point of the lip, and how far along the ray, as a share of its length."""
        ring = self._lip.ring()
        starts, ends = (T_base_lip.apply(ring + np.array((0, 0, z))) for z in (-BEHIND, reach))
        return self._rays(starts, ends)

    def _distances(self, hits: list[tuple[int, float]], T_base_lip: Pose, body: int, item: ItemBody | None) -> Array:
        """From each point of the lip to the touched body along the cup's axis, shape (LIP_POINTS,), metres.

        hits: of the ring, within the lip's reach.
        """
        film = item is not None and item.spec.skin is not None
        if film:
            hits = self._ring_hits(T_base_lip, FILM_REACH)
        on_it = np.array([hit == body or (item is not None and hit in item) for hit, _ in hits])
        if film:  # spans the valleys between what it is filled with
            return np.where(on_it | (np.roll(on_it, 1) & np.roll(on_it, -1)), 0.0, np.inf)
        depth = np.array([share for _, share in hits]) * (BEHIND + self._lip.reach) - BEHIND
        return np.where(on_it, depth, np.inf)

    def _pull(self, touch: Touch) -> None:
        T_base_lip = self.T_base_lip
        self._pulling = self.vacuum * self._area
        pull = T_base_lip.rotate((0, 0, self._pulling))
        for body, link, force in ((self._arm.body, self._link, pull), (touch.body, touch.link, -pull)):
            self._push(body, link, force, T_base_lip.position)

    def to_hinge(self, touch: Touch) -> float:
        """From the lip's middle to the hinge of the cover that is touched, its own y axis, metres."""
        T_base_link = self._world.T_base_link(touch.body, touch.link)
        return abs(float(T_base_link.inverse().apply(self.T_base_lip.position)[0]))

    def _cover(self, touch: Touch) -> Cover:
        """The card under the lip as it bends there."""
        assert touch.item is not None and touch.sheet is not None
        free = self.to_hinge(touch) - self.radius
        return Cover(touch.sheet, free, touch.item.spec.mass * GRAVITY, self._turned(touch))

    def _edge(self, touch: Touch) -> Array:
        """Where the lip's edge is next to the hinge of the cover that is touched, lip's frame, shape (3,), metres.

        Within the lip the vacuum holds card flat, and it bends no sooner than there.
        """
        T_lip_link = self.T_base_lip.inverse() @ self._world.T_base_link(touch.body, touch.link)
        way = -T_lip_link.inverse().position[0] * T_lip_link.rotation[:, 0] * (1, 1, 0)
        return np.asarray(self.radius * way / max(float(np.linalg.norm(way)), 1e-9))

    def _turned(self, touch: Touch) -> Array:
        """How the touched link is turned from the lip, a rotation matrix (3, 3)."""
        T_base_lip = self.T_base_lip
        return np.asarray(T_base_lip.rotation.T @ self._world.T_base_link(touch.body, touch.link).rotation)

    def free(self) -> None:
        """Part from what is held, if anything is, at once."""
        if self.held is None:
            return
        for joint in self._joints:
            self._part(joint)
        self._collide(self.held, True)
        self.held, self.cover, self._joints = None, None, ()

    def let_go(self, failure: Break) -> None:
        """The seal opens, and stays open for a while."""
        assert self.held is not None
        self.free()
        self.broke = failure
        self._open_until = self._world.time + OPEN
        self.wrench = np.zeros(6)

    @property
    def failed(self) -> bool:
        """Whether a seal that failed is still open."""
        return self._world.time < self._open_until

    def _one(self, touch: Touch) -> list[tuple[int, int]]:
        """Bodies and links of what is one with the lip. Card passes on what is behind it: leaves that lean on the cover
        press on the lip."""
        if touch.item is None or touch.sheet is not None:
            return [(touch.body, touch.link)]
        return [(ref.body, ref.link) for ref in touch.item.links]

    # What follows is all that a cup asks of the physics engine.

    def _soften(self) -> None:
        """The lip is rubber."""
        pb.changeDynamics(
            self._arm.body,
            self._link,
            lateralFriction=LIP_FRICTION,
            contactStiffness=2e4,
            contactDamping=200,
            physicsClientId=self._world.client,
        )

    def _rays(self, starts: Array, ends: Array) -> list[tuple[int, float]]:
        """The body that each ray from starts to ends (N, 3) meets first, past the arm, and after which share of it."""
        hits = pb.rayTestBatch(
            starts.tolist(), ends.tolist(), collisionFilterMask=~ARM_GROUP, physicsClientId=self._world.client
        )
        return [(hit[0], hit[2]) for hit in hits]

    def _push(self, body: int, link: int, force: Array, at: Array) -> None:
        """A force (3,) on a link in the next step, newtons in the base frame, at a point (3,) of it."""
        pb.applyExternalForce(
            body, link, force.tolist(), at.tolist(), pb.WORLD_FRAME, physicsClientId=self._world.client
        )

    def _join(self, touch: Touch, kind: int, most: float = 1e4) -> int:
        """A joint between lip and item, bearing at most `most` N and N m; its PyBullet id."""
        T_base_lip = self.T_base_lip @ Pose.from_rotation(self._hangs_at, np.eye(3))
        T_com_lip = self._world.T_base_com(touch.body, touch.link).inverse() @ T_base_lip
        T_own_lip = self._world.T_base_com(self._arm.body, self._link).inverse() @ T_base_lip
        joint = pb.createConstraint(
            self._arm.body,
            self._link,
            touch.body,
            touch.link,
            kind,
            (0, 0, 0),
            T_own_lip.position.tolist(),
            T_com_lip.position.tolist(),
            T_own_lip.quaternion.tolist(),
            T_com_lip.quaternion.tolist(),
            physicsClientId=self._world.client,
        )
        pb.changeConstraint(joint, maxForce=most, physicsClientId=self._world.client)
        return int(joint)

    def _part(self, joint: int) -> None:
        """Take a joint of `_join` away."""
        pb.removeConstraint(joint, physicsClientId=self._world.client)

    def _bear(self, most: float) -> None:
        """From now on the joint against turning bears at most so many newton metres about each axis."""
        pb.changeConstraint(self._joints[1], maxForce=most, physicsClientId=self._world.client)

    def _collide(self, touch: Touch, enable: bool) -> None:
        """Whether lip and item collide: not while they are one."""
        for body, link in self._one(touch):
            pb.setCollisionFilterPair(
                self._arm.body, body, self._link, link, int(enable), physicsClientId=self._world.client
            )

    def _reaction(self) -> Array:
        """What the cup exerts on the item, in the cup's frame at the lip's centre, shape (6,).

        PyBullet reports what the item exerts on the cup: the force in the world's frame, the moment in the cup's.
        """
        client = self._world.client
        force, moment = np.zeros(3), np.zeros(3)
        for joint in self._joints:
            state = np.array(pb.getConstraintState(joint, physicsClientId=client))
            if len(state) == 3:
                force += state  # a point-to-point joint counts the other way
            else:
                force, moment = force - state[:3], moment - state[3:]
        force = force @ self.T_base_lip.rotation
        return np.concatenate([force, moment + np.cross(self._hangs_at, force)])
