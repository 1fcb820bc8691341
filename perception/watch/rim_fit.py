"""Where a tote's rim is: four lines fitted to the depth that shows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.fusion.volume import Float32
from perception.pose import Array, Pose
from perception.tote import Tote
from perception.watch.reference import Reference

STEP = 4  # pixels between two that are looked at
REACH = 0.10  # metres by which a rim may have moved to be found
HEIGHT = 0.012  # metres from the rim's height within which a point shows it
CORNER = 0.09  # metres from a corner within which a point may show either side
GATES = (0.10, 0.05, 0.025, 0.015, 0.012)  # metres from a side within which a point belongs to it, by iteration
NOISE = 0.005  # metres: of a point across a rim as wide as a wall, and with what neighbours share
FEWEST = 30  # points on each of two sides that are not parallel


@dataclass(frozen=True, eq=False)
class RimPixels:
    """The pixels of one camera that can show a tote's rim; rays (N, 3) scaled to z = 1, rows and columns (N,)."""

    reference: Reference
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    rays: Array

    @staticmethod
    def of(reference: Reference, tote: Tote) -> RimPixels:
        camera = reference.camera
        rows, columns = np.mgrid[0 : camera.height : STEP, 0 : camera.width : STEP]
        x, y = (columns - camera.k[0, 2]) / camera.k[0, 0], (rows - camera.k[1, 2]) / camera.k[1, 1]
        rays = np.stack([x, y, np.ones_like(x)], axis=-1)
        T = tote.T_base_tote.inverse() @ reference.T_base_camera
        slope = T.rotate(rays)
        with np.errstate(divide="ignore", invalid="ignore"):
            depth = (tote.inner[2] - T.position[2]) / slope[..., 2]
        meets = T.position + slope * np.where(depth > 0, depth, np.nan)[..., None]
        beyond = np.abs(meets[..., :2]) - tote.inner[:2] / 2 - tote.wall / 2
        near = (beyond.max(axis=-1) < REACH) & (beyond.max(axis=-1) > -REACH)
        return RimPixels(reference, rows[near], columns[near], rays[near])

    def points(self, depth: Float32, tote: Tote) -> Array:
        """Points (N, 3) at the rim's height, in the tote's frame, of a depth image (height, width)."""
        T = tote.T_base_tote.inverse() @ self.reference.T_base_camera
        points = T.apply(self.rays * depth[self.rows, self.columns, None])
        return np.asarray(points[np.abs(points[:, 2] - tote.inner[2]) < HEIGHT])


@dataclass(frozen=True, eq=False)
class Rim:
    """A fitted rim: x, y and turn about the tote's own frame, metres and radians, with covariance (3, 3)."""

    motion: Array
    covariance: Array

    def pose(self) -> Pose:
        """T_tote_rim."""
        x, y, turn = self.motion
        return Pose.from_euler((x, y, 0), (0, 0, turn))


def fit_rim(points: Array, tote: Tote) -> Rim | None:
    """The rim through points (N, 3) at its height in the tote's frame; None where too little of it is seen.

    Gauss-Newton with Tukey's biweight; a point belongs to the side that it is nearest to.
    """
    motion, hessian = np.zeros(3), np.eye(3)
    half = tote.inner[:2] / 2 + tote.wall / 2
    for gate in GATES:
        local = Rim(motion, hessian).pose().inverse().apply(points)[:, :2]
        beyond = np.abs(local) - half
        axis = np.argmin(np.abs(beyond), axis=1)
        rows = np.arange(len(local))
        residual = beyond[rows, axis]
        fits = (np.abs(residual) < gate) & (np.abs(local[rows, 1 - axis]) < half[1 - axis] - CORNER)
        if min((fits & (axis == a)).sum() for a in (0, 1)) < FEWEST:
            return None
        local, axis, residual = local[fits], axis[fits], residual[fits]
        normal = np.zeros_like(local)
        normal[np.arange(len(local)), axis] = np.sign(local[np.arange(len(local)), axis])
        jacobian = np.column_stack([normal, local[:, 0] * normal[:, 1] - local[:, 1] * normal[:, 0]])
        weight = (1 - (residual / gate) ** 2) ** 2 / NOISE**2 / 4
        hessian = (jacobian * weight[:, None]).T @ jacobian + np.diag((1.0, 1.0, 1.0))
        step = np.linalg.solve(hessian, (jacobian * weight[:, None]).T @ residual)
        motion += np.append(Rim(motion, hessian).pose().rotation[:2, :2] @ step[:2], step[2])
    return Rim(motion, np.asarray(np.linalg.inv(hessian)))
