"""Leaves of a paperback that bow between the pads slip out of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.items.body import ItemBody
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
        by_arm, on_pads = contacts.bodies == self._arm.body, self._on_pads(contacts)
        rows = np.flatnonzero(on_pads.any(axis=1) & (contacts.force > 0))
        if len(rows) < 2:
            return False
        pads = np.where(on_pads[rows], contacts.links[rows], 0).sum(axis=1)
        others = np.where(by_arm[rows], 0, contacts.bodies[rows]).sum(axis=1)
        for body in np.unique(others).tolist():
            item = self._world.item_of(body)
            if item is None or not np.isfinite(item.spec.bows_at).all():
                continue
            force = contacts.force[rows]
            press = min(float(force[(others == body) & (pads == link)].sum()) for link in self._links)
            if press > SLIPS_AT * self._bears(item):
                return True
        return False

    def _bears(self, item: ItemBody) -> float:
        """Newtons at which an item bows that is pressed along the fingers' way; infinite from cover to cover."""
        axis = item.axis_along(self._arm.T_base_link(FINGERS[0]).rotation[:, 1])
        return item.spec.bows_at[axis] if axis < 2 else np.inf
