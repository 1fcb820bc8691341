"""Alignment of a known shape with what is seen of it: point-to-plane Gauss-Newton."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

from perception.pose import Array, Pose
from perception.scene import ItemShape

NOISE = 0.005  # metres: of the measured points and of the completed shape together
SPREAD = 0.03, 0.3  # metres and radians, standard deviations of a motion before anything is seen of it
GATES = (0.06, 0.04, 0.025, 0.015)  # metres from the shape within which a point belongs to it, by iteration
MOST = 400  # points used


@dataclass(frozen=True, eq=False)
class Shape:
    """A surface to align: points and outward normals (N, 3) in any one frame, metres."""

    points: Array
    normals: Array
    tree: cKDTree

    @staticmethod
    def of(item: ItemShape, T_frame_base: Pose) -> Shape:
        """An item's whole surface."""
        return Shape.of_points(T_frame_base.apply(item.points), T_frame_base.rotate(item.normals))

    @staticmethod
    def of_points(points: Array, normals: Array, most: int = 3000) -> Shape:
        """Points and normals (N, 3), thinned out to about `most`."""
        part = slice(None, None, max(len(points) // most, 1))
        return Shape(points[part], normals[part], cKDTree(points[part]))

    @property
    def centre(self) -> Array:
        return np.asarray(self.points.mean(axis=0))


@dataclass(frozen=True, eq=False)
class Alignment:
    """A fitted motion: what was at p is now at shift.apply(p).

    Attributes:
        share: of the measured points, those that the moved shape explains.
        covariance: (6, 6) of rotation about the shape's centre and translation, rad and metres.
    """

    shift: Pose
    share: float
    covariance: Array


def align(shape: Shape, measured: Array, start: Pose | None = None) -> Alignment:
    """The motion of `shape` that explains the measured points (N, 3) of the same frame best.

    Points that lie far from it are left out more and more (Tukey's biweight with shrinking gates). Neighbouring points
    share their noise: the covariance counts each fourth. measured: one point or more.
    """
    measured = measured[:: max(len(measured) // MOST, 1)]
    prior = np.diag(np.repeat([SPREAD[1], SPREAD[0]], 3) ** -2.0)
    centre = shape.centre
    twist: Array = np.zeros(6)
    shift, hessian, near = start or Pose.identity(), prior, np.zeros(0, bool)
    for gate in GATES:
        local = shift.inverse().apply(measured)
        distance, nearest = shape.tree.query(local, distance_upper_bound=gate)
        near = np.isfinite(distance)
        normals = shift.rotate(shape.normals[nearest[near]])
        residual = ((measured[near] - shift.apply(shape.points[nearest[near]])) * normals).sum(axis=1)
        jacobian = np.hstack([np.cross(measured[near] - shift.apply(centre), normals), normals])
        weight = np.maximum(1 - (residual / gate) ** 2, 0) ** 2 / NOISE**2 / 4
        hessian = prior + (jacobian * weight[:, None]).T @ jacobian
        step = np.linalg.solve(hessian, (jacobian * weight[:, None]).T @ residual - prior @ twist)
        twist = twist + step
        shift = _turned(shift, centre, step)
    return Alignment(shift, float(near.mean()), np.asarray(np.linalg.inv(hessian)))


def _turned(shift: Pose, centre: Array, step: Array) -> Pose:
    """`shift`, then a small rotation about where it puts `centre`, then a translation."""
    pivot = shift.apply(centre)
    turn = Rotation.from_rotvec(step[:3]).as_matrix()
    about = Pose.from_rotation(pivot + step[3:] - turn @ pivot, turn)
    return about @ shift
