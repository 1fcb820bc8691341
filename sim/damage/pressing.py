"""Where parts of the tool press on items."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perception.pose import Array
from sim.damage.impulse import Parties
from sim.damage.squeeze import Patch, pad_distance
from sim.items.body import LinkRef
from sim.robot.one_way import one_way
from sim.robot.tool_body import ARM_GROUP, ToolBody
from sim.world import Contacts, World

TOUCHING = 1e-3  # m from a pad's face within which an item that a finger presses on touches it
PADS = {"finger_left": 1.0, "finger_right": -1.0}  # fingers, and the side of y on which their metal is


class Pressing:
    """Finds the patches of one tool on the items of one world."""

    def __init__(self, world: World, arm: ToolBody, parties: Parties) -> None:
        self._world, self._arm, self._parties = world, arm, parties

    def patch(self, name: str, i: int, force: float, contacts: Contacts, cups: int = 1) -> Patch | None:
        """Where a part of the tool presses on an item: under the soft lips of `cups`, under a pad's face, or under bare
        metal."""
        if name == "cup":
            return Patch.of_lips(self._arm.tool.cup.radius, cups)
        rows = self._rows(name, i, contacts)
        if len(rows) == 0:
            return None
        faces = name in PADS and self._faces(name, contacts.normals[rows], contacts.force[rows])
        on_pad = self._pad_patch(name, i, force, faces) if name in PADS else None
        return on_pad or Patch.of_points(contacts.positions[rows], contacts.normals[rows])

    def axis(self, name: str, i: int, contacts: Contacts) -> int:
        """Along which axis of what it presses on most a part of the tool presses: fingers along their y; the rest from
        above."""
        rows = self._rows(name, i, contacts)
        if name not in PADS or len(rows) == 0:
            return 2
        most = int(rows[contacts.force[rows].argmax()])
        side = int(self._parties.of(contacts)[most].argmin())  # items are numbered before parts of the tool
        pressed = LinkRef(int(contacts.bodies[most, side]), int(contacts.links[most, side]))
        return self._world.items[i].axis_along(self._arm.T_base_link(name).rotation[:, 1], pressed)

    def along(self, name: str, i: int, contacts: Contacts) -> float:
        """Share of a part's force on an item that it presses with the way that most of it presses."""
        rows = self._rows(name, i, contacts)
        total = float(contacts.force[rows].sum())
        return one_way(contacts.normals[rows], contacts.force[rows]) / total if total > 0 else 1.0

    def _rows(self, name: str, i: int, contacts: Contacts) -> NDArray[np.int64]:
        """The contacts by which a part of the tool presses on an item."""
        pairs = np.sort(self._parties.of(contacts), axis=1)
        return np.flatnonzero((pairs == (i, self._parties.number(name))).all(axis=1) & (contacts.force > 0))

    def _faces(self, name: str, normals: Array, force: Array) -> bool:
        """Whether a finger presses with its pad rather than with its tip or its sides."""
        across = self._arm.T_base_link(name).rotation[:, 1]
        return bool(force @ np.abs(normals @ across) > 0.7 * force.sum())

    def _pad_patch(self, name: str, i: int, force: float, faces: bool) -> Patch | None:
        """Under a pad's face; None where the item does not touch it.

        Normals that do not face the pad prove nothing: PyBullet keeps a contact's normal in the world's frame as long
        as the contact lasts (bullet3 #2646), while arm and item turn together.
        """
        T_base_finger = self._arm.T_base_link(name)
        gripper = self._arm.tool.gripper
        bodies = self._world.items[i].bodies
        distance = pad_distance(self._world.client, T_base_finger, PADS[name], gripper, bodies, ~ARM_GROUP)
        if not faces and distance.min() > TOUCHING:
            return None
        return Patch.of_pad(distance, (gripper.pad_width, gripper.pad_length), force)
