"""One camera's view fitted to the known totes: how far off it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from perception.arrays import readonly
from perception.pose import Array, Pose
from perception.tote import Tote
from perception.view_check.sampled import Sampled
from perception.view_check.tote_faces import ToteFaces
from perception.view_check.tote_fit import fit_pose

FARTHEST = 0.010  # metres off at the tote that the self-calibration may be left to mend
STEEPEST = float(np.deg2rad(1.0))
AGREES = 0.015  # metres along the ray
LEAST = 0.5  # agreement with which a tote is believed to be where it should
BEFORE = 1 / 3  # weight of what is nearer than a rim, as loads, cables and persons may be; nothing is seen behind one
CONTENT = (1.0, 0.1)  # weights of floor and inner walls: full totes may mislead there, empty ones tell most
FEWEST = 40  # sampled pixels on rims and outer walls from which a view is judged


@dataclass(frozen=True, eq=False)
class ViewFit:
    """What one view says of its camera.

    Attributes:
        camera, tote: names; the tote is the one that the view shows most of, "" where it shows none.
        shift: from where the layout has the tote to where the calibrated camera sees it, base frame, (3,), metres.
        turn: the same, radians.
        agreement: share of the rims and outer walls in view that are where the layout has them, after the fit; what
            hides them counts less than what is seen through them.
        seen: number of sampled pixels with depth by which that is judged; with few it is not.
        cause: what is wrong in words, "" where nothing is.
    """

    camera: str
    tote: str
    shift: Array
    turn: float
    agreement: float
    seen: int
    cause: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "shift", readonly(self.shift, np.float64, (3,), "shift"))

    @property
    def judged(self) -> bool:
        """Whether enough is seen to tell."""
        return self.seen >= FEWEST

    @property
    def distance(self) -> float:
        return float(np.linalg.norm(self.shift))

    @property
    def good(self) -> bool:
        """Whether the totes are seen, and where they should be."""
        return self.judged and self.agreement >= LEAST and self.distance <= FARTHEST and self.turn <= STEEPEST

    def __str__(self) -> str:
        if not self.judged:
            return f"camera {self.camera}: {self.cause or 'too little depth on rims and outer walls to tell'}"
        why = f": {self.cause}" if self.cause else ""
        if self.agreement < LEAST:
            return (
                f"camera {self.camera}: rims and outer walls in its view agree with the layout by only "
                f"{self.agreement:.0%}{why}"
            )
        return (
            f"camera {self.camera}: {1e3 * self.distance:.0f} mm and {np.rad2deg(self.turn):.1f} degrees off at the "
            f"{self.tote} tote{why}"
        )


def fit_view(name: str, faces: ToteFaces, totes: Sequence[Tote], view: Sampled) -> ViewFit:
    """Compare what camera `name` sees with the totes' faces: the best of several fits, and of none."""
    tote = _main_tote(faces, view, len(totes))
    if tote < 0:
        return ViewFit(name, "", np.zeros(3), 0.0, 0.0, 0)
    tries = [view.pose, *(fit_pose(faces, tote, view.pose, view.points, content) for content in CONTENT)]
    pose = max(tries, key=lambda pose: _closeness(faces, pose, view))
    moved = view.pose @ pose.inverse()
    middle = faces.middle(tote)
    turn = float(np.linalg.norm(Rotation.from_matrix(moved.rotation).as_rotvec()))
    gap = _gaps(faces, pose, view)
    return ViewFit(name, totes[tote].name, moved.apply(middle) - middle, turn, _agreement(gap), len(gap))


def _main_tote(faces: ToteFaces, view: Sampled, count: int) -> int:
    face = faces.first_hits(view.pose, view.rays)[1]
    seen = np.bincount(faces.tote[face[face >= 0]], minlength=count)
    return int(seen.argmax()) if seen.any() else -1


def _gaps(faces: ToteFaces, pose: Pose, view: Sampled) -> Array:
    """Measured less expected depth of the pixels that should show rims and outer walls, seen from `pose`."""
    expected, face = faces.first_hits(pose, view.rays)
    judged = faces.firm[face] & (face >= 0) & np.isfinite(view.depth)
    return np.asarray(view.depth[judged] - expected[judged])


def _agreement(gap: Array) -> float:
    agree, before = int((np.abs(gap) < AGREES).sum()), int((gap <= -AGREES).sum())
    behind = len(gap) - agree - before
    return agree / max(agree + behind + before * BEFORE, 1.0)


def _closeness(faces: ToteFaces, pose: Pose, view: Sampled) -> float:
    """How well rims and outer walls are met, 0 to 1: the mean of a biweight."""
    gap = _gaps(faces, pose, view)
    return float((np.maximum(1 - (gap / AGREES) ** 2, 0) ** 2).mean()) if len(gap) >= FEWEST else 0.0
