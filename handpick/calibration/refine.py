"""The camera's pose that fits all corners of all looks best, and what remains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from handpick.calibration.description import Session
from handpick.calibration.sight import Sight, missed_by
from perception.pose import Array, Pose


@dataclass(frozen=True, eq=False)
class Fit:
    """Where the camera and the board are.

    Attributes:
        X: the camera in the frame that it is fixed in: T_flange_camera in the hand, T_base_camera at the base.
        Z: the board in the frame that it is fixed in: the other one of base and flange.
    """

    X: Pose
    Z: Pose

    def T_camera_board(self, carrier: Pose) -> Pose:
        return self.X.inverse() @ carrier.inverse() @ self.Z


@dataclass(frozen=True)
class Residual:
    """What remains in one look, or in all (rms).

    Attributes:
        pixels: distance of the corners from where the fit has them, rms.
        millimetres, degrees: between the board's pose by the fit and by this image alone, which mixes the error of the
            arm's pose with that of the image.
    """

    pixels: float
    millimetres: float
    degrees: float


def with_board(X: Pose, carriers: Sequence[Pose], sights: Sequence[Sight]) -> Fit:
    """The fit of a camera's pose with the mean of where the looks have the board."""
    boards = [carrier @ X @ sight.T_camera_board for carrier, sight in zip(carriers, sights)]
    mean = Rotation.from_matrix([board.rotation for board in boards]).mean().as_matrix()
    return Fit(X, Pose.from_rotation(np.mean([board.position for board in boards], axis=0), mean))


def refine(fit: Fit, carriers: Sequence[Pose], sights: Sequence[Sight], session: Session) -> Fit:
    """Least squares of the corners' distances in pixels over both poses."""

    def moved(step: Array) -> Fit:
        return Fit(_stepped(fit.X, step[:6]), _stepped(fit.Z, step[6:]))

    def misses(step: Array) -> Array:
        at = moved(step)
        return np.concatenate([missed_by(s, at.T_camera_board(G), session).ravel() for G, s in zip(carriers, sights)])

    return moved(least_squares(misses, np.zeros(12), method="lm", x_scale=0.01).x)


def residuals(fit: Fit, carriers: Sequence[Pose], sights: Sequence[Sight], session: Session) -> list[Residual]:
    """What remains in each look."""
    found = []
    for carrier, sight in zip(carriers, sights):
        T_camera_board = fit.T_camera_board(carrier)
        missed = missed_by(sight, T_camera_board, session)
        off = sight.T_camera_board.inverse() @ T_camera_board
        turn = Rotation.from_matrix(off.rotation).magnitude()
        centre = sight.points.mean(axis=0)  # where the image knows the board best, not at its far corner
        shift = np.linalg.norm(off.apply(centre) - centre)
        rms = np.sqrt(np.mean(np.sum(missed**2, axis=1)))
        found.append(Residual(float(rms), float(1e3 * shift), float(np.degrees(turn))))
    return found


def overall(each: Sequence[Residual]) -> Residual:
    """Root of the mean square over the looks."""
    table = np.array([(r.pixels, r.millimetres, r.degrees) for r in each])
    return Residual(*map(float, np.sqrt(np.mean(table**2, axis=0))))


def _stepped(T: Pose, step: Array) -> Pose:
    """A pose turned by a rotation vector (rad) in its own frame and shifted (m)."""
    turned = T.rotation @ Rotation.from_rotvec(step[:3]).as_matrix()
    return Pose.from_rotation(T.position + step[3:], turned)
