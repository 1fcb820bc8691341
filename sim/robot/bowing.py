"""Leaves of a paperback that bow between the pads slip out of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.items.body import ItemBody, LinkRef
from sim.robot.fingers import FINGERS, Fingers
from sim.robot.tool_body import ToolBody
from sim.world import Contacts, World

SLIPS_AT = 1.06  # times the load at which leaves bow: by the elastica their ends slope by 40 degrees, rubber's on card
LASTING = 0.02  # s for which the pads press so


class Bowing:
    """Watches what the pads press on, and lets go what bows: the engine's leaves are one rigid block."""

    def __init__(self, world: World, arm: ToolBody, fingers: Fingers) -> None:
        self._world, self._arm, self._fingers = world, arm, fingers
        self._links = [arm.link[name] for name in FINGERS]
        self._steps = 0  # for which the pads have pressed too hard

    def observe(self, contacts: Contacts) -> None:
        """After each step. Once the pads touch nothing any more, what is pinched next does not slip."""
        if self._fingers.slips and not self._on_pads(contacts).any():
            self._fingers.let_slip(False)
        too_hard = not self._fingers.slips and self._too_hard(contacts)
        self._steps = self._steps + 1 if too_hard else 0
        if self._steps * self._world.dt > LASTING:
            self._fingers.let_slip()

    def _on_pads(self, contacts: Contacts) -> NDArray[np.bool_]:
        """Which sides of the contacts are a finger, (N, 2)."""
        return (contacts.bodies == self._arm.body) & np.isin(contacts.links, self._links)

    def _too_hard(self, contacts: Contacts) -> bool:
        """Whether both pads press on an item harder than its leaves bear."""
        on_pads = self._on_pads(contacts)
        rows = np.flatnonzero((on_pads.sum(axis=1) == 1) & (contacts.force > 0))
        if len(rows) < 2:
            return False
        pads = contacts.links[rows][on_pads[rows]]
        bodies, links = contacts.bodies[rows][~on_pads[rows]], contacts.links[rows][~on_pads[rows]]
        for body in np.unique(bodies).tolist():
            item = self._world.item_of(body)
            if item is None or not np.isfinite(item.spec.bows_at).all():
                continue
            on_item = bodies == body
            bears = {link: self._bears(item, LinkRef(body, link)) for link in np.unique(links[on_item]).tolist()}
            shares = contacts.force[rows] / np.array([bears.get(link, np.inf) for link in links.tolist()])
            if min(float(shares[on_item & (pads == link)].sum()) for link in self._links) > SLIPS_AT:
                return True
        return False

    def _bears(self, item: ItemBody, pressed: LinkRef) -> float:
        """Newtons at which leaves bow that are pressed along the fingers' way; infinite from cover to cover, be it of
        an open book."""
        axis = item.axis_along(self._arm.T_base_link(FINGERS[0]).rotation[:, 1], pressed)
        return item.spec.bows_at[axis] if axis < 2 else np.inf
