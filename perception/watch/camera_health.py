"""Camera health: which cameras deliver depth, and new depth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from perception.camera import CameraFrame, CameraModel
from perception.events import Event, EventKind
from perception.pose import Pose
from perception.tote import Tote
from perception.watch.intent import Phase
from perception.watch.reference import project

STALE = 0.18  # seconds without a new image after which a camera counts as dead
LEAST = 0.02  # share of sampled pixels that must have depth
SURE = 0.99


@dataclass
class Freshness:
    """When each camera was last seen alive, and which cameras watch which tote."""

    watching: Mapping[str, frozenset[str]]
    _alive: dict[str, float] = field(default_factory=dict)
    _told: bool = False

    @staticmethod
    def of(cameras: Mapping[CameraModel, Pose], source: Tote, destination: Tote, stamp: float) -> Freshness:
        """cameras: with their poses T_base_camera, all alive at `stamp`."""
        watching = {
            tote.name: frozenset(camera.name for camera, pose in cameras.items() if _sees(camera, pose, tote))
            for tote in (source, destination)
        }
        return Freshness(watching, {camera.name: stamp for camera in cameras})

    def begin(self) -> None:
        self._told = False

    def alive(self, frames: Sequence[CameraFrame]) -> list[CameraFrame]:
        """The frames that show something new."""
        fresh = [f for f in frames if f.stamp > self._alive.get(f.camera.name, -np.inf) and _shows(f)]
        self._alive.update({frame.camera.name: frame.stamp for frame in fresh})
        return fresh

    def look(self, phase: Phase, source: str, destination: str, stamp: float) -> tuple[Event, ...]:
        """Blind where it matters: at the source before contact, at the destination with an item in hand, anywhere."""
        dead = {name for name, last in self._alive.items() if stamp - last > STALE}
        needed = {Phase.APPROACH: [source], Phase.CARRY: [destination]}.get(phase, [])
        blind = [tote for tote in needed if self.watching[tote] <= dead]
        if self._told or not (blind or dead >= set(self._alive)):
            return ()
        self._told = True
        words = f"no new image of {', '.join(sorted(dead))} for {STALE:.2f} s: nothing watches {blind or 'the cell'}"
        return (Event(EventKind.CAMERAS_STALE, SURE, stamp, evidence=words),)


def _shows(frame: CameraFrame) -> bool:
    return float(np.isfinite(frame.depth[::8, ::8]).mean()) > LEAST


def _sees(camera: CameraModel, pose: Pose, tote: Tote) -> bool:
    """Whether the middle of each half of the tote's floor is in the image."""
    half = tote.inner[0] / 4
    middles = tote.T_base_tote.apply([(-half, 0, 0), (half, 0, 0)])
    return bool(np.isfinite(project(camera, pose, middles)[1]).all())
