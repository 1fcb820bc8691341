"""Piles at rest sleep: what lies still in a tote, and nothing comes near, is not stepped.

A pile at rest that nothing touches stays at rest, so its steps decide nothing. Bullet's own sleeping is not used: it
takes 0.2 m/s for rest and leaves asleep whatever is not pushed hard (bullet3 #3993). Here a pile wakes as a whole, and
before anything that moves has reached any part of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np

from perception.pose import Array
from sim.bullet import pb
from sim.fill import REST_SPEED
from sim.items.body import ItemBody
from sim.world import ASLEEP, Contacts, World

NEAR = 0.03  # m around what sleeps in which nothing else may be: 2 m/s cross it in three steps, waking takes two
WINDOW = 0.1  # s between looks at whether a pile moves
STILL = REST_SPEED * WINDOW  # m
QUIET = 3  # looks in a row in which something has not moved, until it sleeps
AWAKE = pb.ACTIVATION_STATE_WAKE_UP | pb.ACTIVATION_STATE_DISABLE_SLEEPING


class Sleepers:
    """The piles of both totes. rooted: PyBullet (body, link) of what is near them and turns where it stands."""

    def __init__(self, world: World, rooted: Iterable[tuple[int, int]] = ()) -> None:
        scenery = {(body, -1) for bodies in world.scenery.values() for body in bodies}
        harmless = frozenset(scenery.union(rooted))
        self._piles = [_Pile(world, world.scenery[tote], harmless) for tote in ("source", "destination")]

    @property
    def asleep(self) -> tuple[ItemBody, ...]:
        """Items that are not stepped now."""
        return tuple(item for pile in self._piles for item in pile.asleep)

    def wake(self) -> None:
        """Wake everything, before something is moved from outside of the physics."""
        for pile in self._piles:
            pile.wake()

    def observe(self, contacts: Contacts) -> None:
        """After each step: wake what something comes near to, and let sleep what has come to rest."""
        for pile in self._piles:
            pile.observe(contacts)


class _Pile:
    """What lies in and over one tote."""

    def __init__(self, world: World, tote: tuple[int, ...], harmless: frozenset[tuple[int, int]]) -> None:
        self._world, self._client = world, world.client
        self._tote, self._harmless = tote, harmless
        self._every, self._step = round(WINDOW / world.dt), 0
        self._corners: dict[ItemBody, Array] = {}  # of what is in the tote, at the last look
        self._quiet: Counter[ItemBody] = Counter()  # looks in a row in which it has not moved
        self.asleep: tuple[ItemBody, ...] = ()
        self._boxes = np.zeros((0, 2, 3))  # around the links of what sleeps
        self._bases = np.zeros((0, 3))  # where it and the tote stand

    def observe(self, contacts: Contacts) -> None:
        self._step += 1
        look = self._step % self._every == 0
        if self.asleep:
            if self._approached() or (look and self._shifted()):
                self.wake()
        elif look:
            self._look(contacts)

    def wake(self) -> None:
        self._set(AWAKE)
        self.asleep, self._corners = (), {}
        self._quiet.clear()

    def _look(self, contacts: Contacts) -> None:
        """See what has moved since the last look, and let sleep what has not for a while."""
        low, high = _around(self._extents((body, -1) for body in self._tote))
        inside = {body for body, _ in self._overlapping(low, high)}
        members = [item for item in self._world.items if not inside.isdisjoint(item.bodies)]
        corners = {item: item.corners() for item in members}
        self._quiet = Counter({item: self._quiet[item] + 1 for item in members if self._rested(item, corners[item])})
        self._corners = corners
        still = tuple(item for item in members if self._quiet[item] >= QUIET)
        if still and self._borne(still, contacts):
            self._sleep(still)

    def _rested(self, item: ItemBody, corners: Array) -> bool:
        before = self._corners.get(item)
        return before is not None and bool(np.linalg.norm(corners - before, axis=-1).max() < STILL)

    def _sleep(self, items: tuple[ItemBody, ...]) -> None:
        self.asleep = items
        self._boxes = self._extents((ref.body, ref.link) for item in items for ref in item.links)
        if self._approached():
            self.asleep = ()
            return
        self._bases = self._where()
        self._set(ASLEEP)

    def _approached(self) -> bool:
        """Whether anything else than the scenery is near a link of what sleeps."""
        own = {body for item in self.asleep for body in item.bodies}
        low, high = _around(self._boxes)
        found = self._overlapping(low - NEAR, high + NEAR)
        others = [ref for ref in found if ref[0] not in own and ref not in self._harmless]
        if not others:
            return False
        boxes, own_boxes = self._extents(others)[:, None], self._boxes[None]
        apart = (boxes[..., 0, :] > own_boxes[..., 1, :] + NEAR) | (boxes[..., 1, :] < own_boxes[..., 0, :] - NEAR)
        return not apart.any(axis=-1).all()

    def _borne(self, items: tuple[ItemBody, ...], contacts: Contacts) -> bool:
        """Whether each of them is pressed on now, as it will then be while it sleeps."""
        pressed = set(contacts.bodies[contacts.force > 0].ravel().tolist())
        return all(not pressed.isdisjoint(item.bodies) for item in items)

    def _shifted(self) -> bool:
        """Whether somebody has moved the tote or what sleeps in it by hand."""
        return bool(np.linalg.norm(self._where() - self._bases, axis=1).max() > STILL)

    def _where(self) -> Array:
        """Of the tote and what sleeps in it, shape (bodies, 3), metres."""
        bodies = (*self._tote, *(body for item in self.asleep for body in item.bodies))
        return np.array([pb.getBasePositionAndOrientation(body, physicsClientId=self._client)[0] for body in bodies])

    def _extents(self, links: Iterable[tuple[int, int]]) -> Array:
        """Least and greatest corner of a box around each link, base frame, shape (links, 2, 3), metres."""
        return np.array([pb.getAABB(body, link, physicsClientId=self._client) for body, link in links])

    def _overlapping(self, low: Array, high: Array) -> Sequence[tuple[int, int]]:
        """Links, as body and index, whose boxes overlap with one."""
        return pb.getOverlappingObjects(low.tolist(), high.tolist(), physicsClientId=self._client) or ()

    def _set(self, state: int) -> None:
        for item in self.asleep:
            for body in item.bodies:
                pb.changeDynamics(body, -1, activationState=state, physicsClientId=self._client)


def _around(boxes: Array) -> tuple[Array, Array]:
    return boxes[:, 0].min(axis=0), boxes[:, 1].max(axis=0)
