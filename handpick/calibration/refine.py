"""The camera's pose that fits all corners of all looks best, and what remains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from handpick.calibration.description import Session
from handpick.calibration.motions import carrier
from handpick.calibration.sight import Sight, missed_by
from perception.pose import Array, Pose

# What is expected of one axis, one standard deviation; only their ratios matter.
CORNER = 0.1  # pixels
ARM_TURN, ARM_SHIFT = np.radians(0.02), 2e-4  # rad and m, of the flange
STEP = 1e-5  # rad and m, of a derivative


@dataclass(frozen=True, eq=False)
class Fit:
    """Where the camera and the board are.

    Attributes:
        X: the camera in the frame that it is fixed in: T_flange_camera in the hand, T_base_camera at the base.
        Z: the board in the frame that it is fixed in: the other one of base and flange.
    """

    X: Pose
    Z: Pose

    def T_camera_board(self, G: Pose) -> Pose:
        return self.X.inverse() @ G.inverse() @ self.Z


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
    boards = [G @ X @ sight.T_camera_board for G, sight in zip(carriers, sights)]
    mean = Rotation.from_matrix([board.rotation for board in boards]).mean().as_matrix()
    return Fit(X, Pose.from_rotation(np.mean([board.position for board in boards], axis=0), mean))


def refine(fit: Fit, carriers: Sequence[Pose], sights: Sequence[Sight], session: Session) -> Fit:
    """Least squares of the corners' distances in pixels over both poses.

    The distances of one look err together where the arm's pose is off; so they are weighed by what CORNER, ARM_TURN and
    ARM_SHIFT let expect of all of them. Weighed as if each erred by itself, they fit worse than the closed forms do.
    """
    weights = [_weights(fit, G, sight, session) for G, sight in zip(carriers, sights)]

    def moved(step: Array) -> Fit:
        return Fit(_stepped(fit.X, step[:6]), _stepped(fit.Z, step[6:]))

    def misses(step: Array) -> Array:
        at = moved(step)
        looks = zip(weights, carriers, sights)
        return np.concatenate([W @ missed_by(s, at.T_camera_board(G), session).ravel() for W, G, s in looks])

    return moved(least_squares(misses, np.zeros(12), method="lm", x_scale=0.01).x)


def residuals(fit: Fit, carriers: Sequence[Pose], sights: Sequence[Sight], session: Session) -> list[Residual]:
    """What remains in each look."""
    found = []
    for G, sight in zip(carriers, sights):
        T_camera_board = fit.T_camera_board(G)
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


def _weights(fit: Fit, G: Pose, sight: Sight, session: Session) -> Array:
    """W, shape (2n, 2n), that makes the errors of a look's pixels independent, each with a deviation of 1."""
    T_base_flange = carrier(session.mount, G)  # to invert is its own inverse
    moved = [carrier(session.mount, _stepped(T_base_flange, step)) for step in STEP * np.eye(6)]
    at_rest = missed_by(sight, fit.T_camera_board(G), session)
    by = np.array([(missed_by(sight, fit.T_camera_board(each), session) - at_rest).ravel() / STEP for each in moved]).T
    by *= np.repeat((ARM_TURN, ARM_SHIFT), 3)
    covariance = CORNER**2 * np.eye(len(by)) + by @ by.T
    return np.asarray(np.linalg.inv(np.linalg.cholesky(covariance)))


def _stepped(T: Pose, step: Array) -> Pose:
    """A pose turned by a rotation vector (rad) in its own frame and shifted (m)."""
    turned = T.rotation @ Rotation.from_rotvec(step[:3]).as_matrix()
    return Pose.from_rotation(T.position + step[3:], turned)
