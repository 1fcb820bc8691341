"""The place of the destination tote now, against where it stood at the look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from perception.capsules import Capsules
from perception.events import Event, EventKind
from perception.fusion.robot_mask import mask_robot
from perception.fusion.volume import Float32
from perception.pose import Array, Pose
from perception.tote import Tote
from perception.watch.changes import within
from perception.watch.evidence import Ledger, beyond_ratio
from perception.watch.reference import Reference
from perception.watch.rim_fit import HEIGHT, Rim, RimPixels, fit_rim

SHIFT = 0.012  # metres by which a corner may move without harm to a place that was planned
STILL = Pose.identity()
ERROR = 0.003  # metres, of a fitted rim beside noise
MARGIN = 0.015  # metres around the robot's capsules


@dataclass
class Standing:
    """Fits the tote's rim in every tick and compares it with the first fit."""

    tote: Tote
    pixels: dict[str, RimPixels]
    first: Rim | None
    ledger: Ledger = field(default_factory=Ledger)
    _moved: Pose | None = None
    _fitted: Pose | None = None

    @staticmethod
    def of(tote: Tote, references: Mapping[str, Reference], depths: Mapping[str, Float32], robot: Capsules) -> Standing:
        """From the depth images (height, width) of the look; cameras that see no rim are left out."""
        pixels = {name: RimPixels.of(reference, tote) for name, reference in references.items()}
        pixels = {name: part for name, part in pixels.items() if len(part.rows)}
        masked = {
            name: mask_robot(depths[name], part.reference.camera, part.reference.T_base_camera, robot)
            for name, part in pixels.items()
        }
        return Standing(tote, pixels, fit_rim(_points(tote, pixels, masked), tote))

    def begin(self) -> None:
        """Forget the evidence so far."""
        self.ledger, self._moved, self._fitted = Ledger(), None, None

    def explains(self, points: Array) -> NDArray[np.bool_]:
        """Which points (N, 3) of the base frame belong to the tote, its walls and content, where it was fitted last."""
        if self._fitted is None:
            return np.zeros(len(points), bool)
        local = np.abs((self._fitted @ self.tote.T_base_tote).inverse().apply(points))
        half = self.tote.inner[:2] / 2 + self.tote.wall
        return np.asarray((local < np.append(half, self.tote.inner[2]) + HEIGHT).all(axis=1))

    def look(self, depths: Mapping[str, Float32], robot: Capsules, stamp: float) -> tuple[Event, ...]:
        """depths: the images (height, width) of fresh cameras; robot: its capsules, and the load's, now."""
        rim = self._rim(depths, robot)
        if rim is None or self.first is None:
            return ()
        moved = self.tote.T_base_tote @ rim.pose() @ self.first.pose().inverse() @ self.tote.T_base_tote.inverse()
        known = self._moved or STILL
        corner = self.tote.T_base_tote.apply((*self.tote.inner[:2] / 2, 0))
        spots = corner, self.tote.T_base_tote.position
        shift, whole = (max(np.linalg.norm(moved.apply(at) - was.apply(at)) for at in spots) for was in (known, STILL))
        self._fitted = moved if whole > SHIFT / 2 else None
        deviation = float(np.sqrt(np.linalg.eigvalsh(rim.covariance[:2, :2])[-1] + ERROR**2))
        sure = self.ledger.sure(EventKind.DESTINATION_MOVED, beyond_ratio(float(shift), SHIFT, deviation))
        if sure is None:
            return ()
        self._moved, self.ledger = moved, Ledger()  # from now on, against where it stands now
        words = f"the rim stands {1e3 * shift:.0f} mm from where it stood"
        return (Event(EventKind.DESTINATION_MOVED, sure, stamp, shift=moved, evidence=words),)

    def _rim(self, depths: Mapping[str, Float32], robot: Capsules) -> Rim | None:
        points = _points(self.tote, self.pixels, depths)
        base = self.tote.T_base_tote.apply(points)
        hidden: NDArray[np.bool_] = within(base, robot, MARGIN)
        return fit_rim(points[~hidden], self.tote)


def _points(tote: Tote, pixels: Mapping[str, RimPixels], depths: Mapping[str, Float32]) -> Array:
    found = [part.points(depths[name], tote) for name, part in pixels.items() if name in depths]
    return np.concatenate([np.zeros((0, 3)), *found])
