"""Each camera's first view compared with the known totes: how far off it is, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from perception.camera import CameraFrame, CameraModel
from perception.capsules import Capsules
from perception.errors import ViewError
from perception.fusion.robot_mask import mask_robot
from perception.fusion.volume import Float32
from perception.tote import Tote
from perception.view_check.causes import suspects
from perception.view_check.sampled import Sampled
from perception.view_check.tote_faces import ToteFaces
from perception.view_check.view_fit import FARTHEST, FEWEST, LEAST, STEEPEST, ViewFit, fit_view

CLEARLY = 0.05  # of agreement by which one mistake must explain the image better than another
MOVED = "it, or the tote, has been moved since the calibration"
NOWHERE = "no usual mistake explains it: is the tote there, of the layout's size, and the calibration this camera's?"


def expect_views(
    frames: Sequence[CameraFrame], cameras: Sequence[CameraModel], totes: Sequence[Tote], robot: Capsules
) -> tuple[ViewFit, ...]:
    """Compare each frame with the totes.

    Raises:
        ViewError: a camera is too far off; names each such camera, how far, and the likely cause.
    """
    fits = compare_views(frames, cameras, totes, robot)
    wrong = [fit for fit in fits if fit.cause]
    if wrong:
        raise ViewError(
            f"expected every camera to show the totes within {1e3 * FARTHEST:.0f} mm and {np.rad2deg(STEEPEST):.0f} "
            f"degree of the layout, got {'; '.join(map(str, wrong))}. Mend the calibration, layout or driver first"
        )
    return fits


def compare_views(
    frames: Sequence[CameraFrame], cameras: Sequence[CameraModel], totes: Sequence[Tote], robot: Capsules
) -> tuple[ViewFit, ...]:
    """How far off each frame's camera is. cameras: all of the cell; robot: its capsules when the frames were taken."""
    faces, known = ToteFaces.of(totes), {camera.name: camera for camera in cameras}
    fits = tuple(_compared(known[f.camera.name], f.depth, cameras, totes, faces, robot) for f in frames)
    return tuple(replace(fit, cause=_shared(fit, fits) or fit.cause) for fit in fits)


def _compared(
    camera: CameraModel,
    depth: Float32,
    cameras: Sequence[CameraModel],
    totes: Sequence[Tote],
    faces: ToteFaces,
    robot: Capsules,
) -> ViewFit:
    view = Sampled.of(camera, camera.T_base_camera, mask_robot(depth, camera, camera.T_base_camera, robot))
    fit = fit_view(camera.name, faces, totes, view)
    if fit.good:
        return fit
    best, cause = fit.agreement, MOVED if fit.judged and fit.agreement >= LEAST else ""
    for words, other in suspects(camera, depth, cameras):
        tried = fit_view(camera.name, faces, totes, other)
        if tried.good and tried.agreement > best + CLEARLY:
            best, cause = tried.agreement, words
    if not cause and faces.firm_hits(view.pose, view.rays) < FEWEST:
        cause = "as calibrated it looks past the totes; check its pose"
    return replace(fit, cause=cause or (NOWHERE if fit.judged else ""))


def _shared(fit: ViewFit, fits: Sequence[ViewFit]) -> str:
    """A cause outside the cameras: two or more that show one tote all have it moved, and alike."""
    alike = [other for other in fits if other.tote == fit.tote and other.judged]
    if len(alike) < 2 or any(other.cause != MOVED for other in alike):
        return ""
    if max(float(np.linalg.norm(other.shift - fit.shift)) for other in alike) > FARTHEST:
        return ""
    return f"all {len(alike)} cameras over this tote have it alike: the tote stands elsewhere, or the arm's base does"
