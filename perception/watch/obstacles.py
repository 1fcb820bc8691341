"""New obstacles on the part of the motion that is still to come."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from perception.capsules import Capsules
from perception.events import Event, EventKind
from perception.pose import Array, Pose
from perception.tote import Box
from perception.watch.changes import Changes, within
from perception.watch.evidence import PRIOR, SURE, Evidence, count_ratio
from perception.watch.intent import Intent, Posture, joined

NEW = 0.03  # metres before all that was seen there: what moved by less is not in the way, but an item that shifted
MARGIN = 0.015  # metres around the swept volume
CALM, DISTURBED = 0.3, 15.0  # pixels expected in the swept volume of a calm and of a blocked path
TOGETHER = 0.12  # metres from what blocks the way within which the rest of it lies
BEYOND = 0.005  # metres by which a thing reaches further than most of its pixels
LEAST = 0.08  # metres that it measures at least, as a hand does: cameras see one side of it, or a corner
GROWN = 0.02  # metres by which it must reach further than was told to be told again


@dataclass
class Path:
    """Points that were free before, lie in the volume that the robot and its load will sweep, and belong to neither.

    Told once for a motion, and again when more of what blocks the way has come to light.

    load: capsule of the item in hand in the tool's frame, if any.
    """

    intent: Intent
    load: Capsules | None
    evidence: Evidence = field(default_factory=Evidence)
    told: Box | None = None

    @property
    def uneasy(self) -> bool:
        """Whether something may block the way, and one more look will tell."""
        return self.evidence.odds > PRIOR and self.evidence.probability < SURE

    def look(self, changes: Changes, strange: NDArray[np.bool_], posture: Posture) -> tuple[Event, ...]:
        """strange: which changes may be something new, shape (N,)."""
        new = changes.points[strange & (changes.gap > NEW)]
        ahead = self.intent.remaining(posture.stamp)
        hit = within(new, self._sweep(ahead), MARGIN) if len(new) else np.zeros(0, bool)
        sure = self.evidence.add(count_ratio(int(hit.sum()), CALM, DISTURBED))
        if sure < SURE or not hit.any():
            return ()
        box = _around(new, new[hit])
        if self.told is not None and _holds(self.told, box):
            return ()
        self.told = box
        seen = f"{int(hit.sum())} pixels show something new in the swept volume"
        return (Event(EventKind.PATH_BLOCKED, sure, posture.stamp, box=box, evidence=seen),)

    def _sweep(self, ahead: slice) -> Capsules:
        robot = joined(self.intent.swept[ahead])
        if self.load is None:
            return robot
        T = self.intent.T_base_tools[ahead]
        ends = np.einsum("tij,cej->tcei", T[:, :3, :3], self.load.ends) + T[:, None, None, :3, 3]
        return joined((robot, Capsules(ends.reshape(-1, 2, 3), np.tile(self.load.radii, len(T)))))


def _around(new: Array, hit: Array) -> Box:
    """The box, upright in the base frame, around what blocks the way; what is hidden of it lies around, and beneath."""
    near = new[np.linalg.norm(new - np.median(hit, axis=0), axis=1) < TOGETHER]
    near = hit if len(near) == 0 else near
    low, high = np.quantile(near, 0.02, axis=0) - BEYOND, np.quantile(near, 0.98, axis=0) + BEYOND
    size = np.maximum(high - low, LEAST)
    middle = (low + high) / 2
    middle[2] = high[2] - size[2] / 2
    return Box(Pose.from_rotation(middle, np.eye(3)), size)


def _holds(told: Box, box: Box) -> bool:
    """Whether a box reaches nowhere GROWN beyond another, both upright in the base frame."""
    off = np.abs(box.T_base_box.position - told.T_base_box.position)
    return bool((off + box.size / 2 <= told.size / 2 + GROWN).all())


def capsule_around(points: Array) -> Capsules:
    """One capsule along the longest axis of points (N, 3) that holds them all."""
    middle = points.mean(axis=0)
    axis = np.linalg.svd(points - middle, full_matrices=False)[2][0]
    along = (points - middle) @ axis
    across = np.linalg.norm(points - middle - along[:, None] * axis, axis=1)
    ends = middle + np.outer((along.min(), along.max()), axis)
    return Capsules(ends[None], np.array([across.max()]))
