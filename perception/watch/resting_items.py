"""The target and its neighbours before contact: do they lie as they lay?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from perception.events import Event, EventKind
from perception.fusion.volume import Float32
from perception.pose import Array, Pose
from perception.scene import ItemShape, Scene
from perception.watch.alignment import Shape
from perception.watch.changes import Changes
from perception.watch.evidence import SURE, SURER, Ledger, share_ratio
from perception.watch.reference import Reference
from perception.watch.relocation import Found, find_again

CALM, DISTURBED = 0.004, 0.10  # share of an item's pixels that change while it lies still, and when it moved
RAISED = 0.06  # metres nearer to a camera, beyond which it is something before the item and not the item itself
FEWEST = 6  # pixels that must show an item before anything can be said of it
SEEN, SAME = 0.8, 0.006  # share of its points seen, metres from where it lay: then it lies still, half hidden
NEIGHBOURHOOD = 0.08  # metres from the target within which an item is its neighbour


@dataclass
class Still:
    """Watches the pixels that showed the target and its neighbours."""

    target: ItemShape
    neighbours: tuple[ItemShape, ...]
    ledger: Ledger = field(default_factory=Ledger)

    @staticmethod
    def of(scene: Scene, target: int) -> Still:
        """The items of a scene near its item `target`."""
        item = scene.item(target)
        tree = Shape.of(item, Pose.identity()).tree
        near = lambda other: float(tree.query(other.points[::10])[0].min()) < NEIGHBOURHOOD
        return Still(item, tuple(other for other in scene.items if other.id != target and near(other)))

    def look(
        self, changes: Changes, views: Sequence[tuple[Reference, Float32]], stamp: float
    ) -> tuple[Event, ...]:  # fmt: skip
        items = [(EventKind.TARGET_MOVED, self.target)] + [(EventKind.NEIGHBOUR_MOVED, n) for n in self.neighbours]
        events = []
        for kind, item in items:
            changed, same = changes.of(item.id)
            moved = int((changed & (changes.gap < RAISED)).sum())
            if moved + same < FEWEST:
                continue
            ratio = share_ratio(moved, moved + same, CALM, DISTURBED)
            found = find_again(seen_shape(item), views) if ratio > 0 else None
            if found is not None and _lies_still(found, item):
                ratio = -ratio  # something else moved before it
            sure = self.ledger.sure(item.id, ratio, SURE if kind is EventKind.TARGET_MOVED else SURER)
            if sure is not None and found is not None:
                words = f"{moved} of {moved + same} pixels changed; {_words(found, item)}"
                events.append(Event(kind, sure, stamp, shift=found.shift, item=item.id, evidence=words))
        return tuple(events)


def seen_shape(item: ItemShape) -> Shape:
    """The part of an item's surface that cameras saw, in the base frame."""
    seen = item.seen if item.seen.any() else np.ones(len(item.points), bool)
    return Shape.of_points(item.points[seen], item.normals[seen])


def _lies_still(found: Found, item: ItemShape) -> bool:
    """Whether what can be seen of the item is seen where it lay."""
    return found.share > SEEN and float(np.linalg.norm(_way(found, item))) < SAME


def _way(found: Found, item: ItemShape) -> Array:
    """How far the item's middle moved, (3,) metres."""
    middle = item.T_base_box.position
    return found.shift.apply(middle) - middle


def _words(found: Found, item: ItemShape) -> str:
    x, y, _ = 1e3 * _way(found, item)
    return f"seen again to {found.share:.0%} after a shift of ({x:.0f}, {y:.0f}) mm"
