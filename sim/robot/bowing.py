"""Leaves of a paperback that bow between the pads give way, and slip out of them in the end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.items.body import ItemBody, LinkRef
from sim.items.leaves import GLUED
from sim.robot.fingers import FINGERS, Fingers, Strut
from sim.robot.one_way import one_way
from sim.robot.tool_body import ToolBody
from sim.world import Contacts, World


class Bowing:
    """Watches what the pads press on, and tells the fingers how it gives way: the engine's leaves are one rigid
    block."""

    def __init__(self, world: World, arm: ToolBody, fingers: Fingers) -> None:
        self._world, self._arm, self._fingers = world, arm, fingers
        self._links = [arm.link[name] for name in FINGERS]

    def observe(self, contacts: Contacts) -> None:
        """After each step. Once the pads touch nothing any more, what is pinched next does not bow."""
        on_pads = self._on_pads(contacts)
        if not on_pads.any():
            self._fingers.free()
        else:
            self._fingers.press(*self._pressed(contacts, on_pads))

    def _on_pads(self, contacts: Contacts) -> NDArray[np.bool_]:
        """Which sides of the contacts are a finger, (N, 2)."""
        return (contacts.bodies == self._arm.body) & np.isin(contacts.links, self._links)

    def _pressed(self, contacts: Contacts, on_pads: NDArray[np.bool_]) -> tuple[Strut | None, float]:
        """What both pads press on that may bow, and with how many newtons."""
        rows = np.flatnonzero((on_pads.sum(axis=1) == 1) & (contacts.force > 0))
        pads = contacts.links[rows][on_pads[rows]]
        bodies, links = contacts.bodies[rows][~on_pads[rows]], contacts.links[rows][~on_pads[rows]]
        for body in np.unique(bodies).tolist():
            item = self._world.item_of(body)
            if item is None or not np.isfinite(item.spec.bows_at).all():
                continue
            on_item = bodies == body
            struts = {link: self._strut(item, LinkRef(body, link)) for link in np.unique(links[on_item]).tolist()}
            bowing = {link: strut for link, strut in struts.items() if strut is not None}
            bows = on_item & np.isin(links, list(bowing))
            forces = [self._force(contacts, rows[bows & (pads == link)]) for link in self._links]
            if min(forces) > 0:
                return next(iter(bowing.values())), max(forces)
        return None, 0.0

    @staticmethod
    def _force(contacts: Contacts, rows: NDArray[np.int64]) -> float:
        """Newtons with which one pad presses on leaves."""
        return one_way(contacts.normals[rows], contacts.force[rows])

    def _strut(self, item: ItemBody, pressed: LinkRef) -> Strut | None:
        """Leaves that are pressed along the fingers' way; None from cover to cover, be it of an open book."""
        axis = item.axis_along(self._arm.T_base_link(FINGERS[0]).rotation[:, 1], pressed)
        if axis > 1:
            return None
        return Strut(item.spec.bows_at[axis], float(item.spec.size[axis]) * (GLUED if axis == 0 else 1.0))
