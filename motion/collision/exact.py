"""Exact collision checks: the solids of the arm against boxes, by coal."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import lru_cache

import coal
import numpy as np
from numba import njit
from numpy.typing import NDArray

from grasping.tool_solids import Block, Rod
from motion.collision.spheres import box_arrays
from motion.errors import InCollision
from motion.robot.arm import Arm
from motion.robot.kinematics import link_poses
from motion.robot.link_shapes import Capsule, Primitive
from perception.arrays import own
from perception.pose import Array, Pose
from perception.tote import Box


class ExactChecker:
    """The solids of the arm, tool in a given state, against boxes, of which they stay `gap` metres clear.

    The base link, which never moves, and the bellows, which give way, are left out.
    """

    def __init__(self, arm: Arm, opening: float, cup_travel: float, boxes: Sequence[Box], gap: float = 0.0) -> None:
        self.arm, self.gap = arm, gap
        number, solids = arm.description.number, arm.solids(opening, cup_travel)
        hard = [solid for solid in solids if number(solid.link) > 0 and not (isinstance(solid, Rod) and solid.soft)]
        self.solids = [(number(solid.link), *_placed(solid)) for solid in hard]
        self.links = np.array([link for link, _, _ in self.solids])
        self.poses = np.array([T for _, _, T in self.solids])
        self.extents = np.array([_extents(shape) for _, shape, _ in self.solids])
        self._surround(boxes)

    def amid(self, boxes: Sequence[Box]) -> ExactChecker:
        """The same solids among other boxes."""
        other = copy.copy(self)
        other._surround(boxes)
        return other

    def _surround(self, boxes: Sequence[Box]) -> None:
        self.boxes, self.rotations, self.centres, self.halves = _grown(tuple(boxes), self.gap)

    def collision(self, positions: Array) -> tuple[str, Box] | None:
        """The first link and box that overlap at joint positions (J,), or None."""
        found = self._first(positions[None])
        return None if found is None else found[1:]

    def verify(self, path: Array) -> None:
        """Check configurations (N, J).

        Raises:
            InCollision: one of them touches a box.
        """
        found = self._first(path)
        if found is not None:
            row, link, box = found
            raise InCollision(
                f"{link} or the tool on it overlaps the box at {box.T_base_box.position.round(3).tolist()} m "
                f"at joints {path[row].round(3).tolist()}"
            )

    def _first(self, path: Array) -> tuple[int, str, Box] | None:
        """Row of the first configuration that touches a box, and link and box that do."""
        if len(path) == 0:
            return None
        poses, near = _near(
            *(self.arm.placements, own(path), self.links, self.poses, self.extents),
            *(self.rotations, self.centres, self.halves),
        )
        request, result = coal.CollisionRequest(), coal.CollisionResult()
        for row, solid, number in near:
            link, shape, _ = self.solids[solid]
            box, T_box, source = self.boxes[number]
            result.clear()
            if coal.collide(shape, _transform(poses[row, solid]), box, T_box, request, result):
                return int(row), self.arm.description.links[link].name, source
        return None


@njit(cache=True)
def _near(placements, path, links, T_link_solid, extents, rotations, centres, halves):  # type: ignore[no-untyped-def]
    """Poses (N, S, 4, 4) of the solids along a path (N, J), and which solids no face of which boxes keeps apart:
    rows (row, solid, box)."""
    poses = np.zeros((len(path), len(links), 4, 4))
    count = 0
    near: NDArray[np.int64] = np.empty((64, 3), np.int64)
    for n in range(len(path)):
        joints = link_poses(placements, path[n])
        for s in range(len(links)):
            joint, pose = joints[links[s]], poses[n, s]
            for i in range(3):
                for k in range(4):
                    pose[i, k] = joint[i, 3] if k == 3 else 0.0
                    for m in range(3):
                        pose[i, k] += joint[i, m] * T_link_solid[s, m, k]
            pose[3, 3] = 1.0
            for b in range(len(centres)):
                apart = False
                for k in range(3):
                    x, y, z = rotations[b, 0, k], rotations[b, 1, k], rotations[b, 2, k]
                    along = (
                        (pose[0, 3] - centres[b, 0]) * x
                        + (pose[1, 3] - centres[b, 1]) * y
                        + (pose[2, 3] - centres[b, 2]) * z
                    )
                    reach = halves[b, k]
                    for m in range(3):
                        reach += abs(pose[0, m] * x + pose[1, m] * y + pose[2, m] * z) * extents[s, m]
                    apart |= abs(along) > reach
                if not apart:
                    if count == len(near):
                        near = np.concatenate((near, np.empty_like(near)))
                    near[count, 0], near[count, 1], near[count, 2] = n, s, b
                    count += 1
    return poses, near[:count]


@lru_cache(maxsize=8)  # most robots stand among the same boxes
def _grown(
    boxes: tuple[Box, ...], gap: float
) -> tuple[list[tuple[coal.Box, coal.Transform3s, Box]], Array, Array, Array]:
    """Boxes larger by `gap` metres on each side, for coal and as rotations (B, 3, 3), centres and halves (B, 3)."""
    solids = [(coal.Box(*(box.size + 2 * gap)), _transform(box.T_base_box.matrix), box) for box in boxes]
    rotations, centres, halves = box_arrays(boxes)
    return solids, rotations, centres, halves + gap


@lru_cache(maxsize=128)
def _placed(solid: Primitive) -> tuple[coal.CollisionGeometry, Array]:
    """coal's shape and its pose (4, 4) in its link."""
    if isinstance(solid, Block):
        return coal.Box(*solid.size), solid.T_link_box.matrix
    if isinstance(solid, Capsule):
        axis = solid.ends[1] - solid.ends[0]
        length = float(np.linalg.norm(axis))
        return coal.Capsule(solid.radius, length), _along(axis / length, solid.ends.mean(axis=0))
    centre = np.array((0, 0, (solid.start + solid.end) / 2))
    return coal.Cylinder(solid.radius, solid.end - solid.start), Pose.from_rotation(centre, np.eye(3)).matrix


def _extents(shape: coal.CollisionGeometry) -> Array:
    """How far a shape reaches from its middle along its axes (3,), metres."""
    shape.computeLocalAABB()
    return np.asarray(shape.aabb_local.max_)


def _along(axis: Array, centre: Array) -> Array:
    """A pose whose z axis points along `axis`."""
    side = np.eye(3)[int(np.argmin(np.abs(axis)))]
    x = np.cross(side, axis)
    x /= np.linalg.norm(x)
    return Pose.from_rotation(centre, np.column_stack([x, np.cross(axis, x), axis])).matrix


def _transform(matrix: Array) -> coal.Transform3s:
    return coal.Transform3s(np.ascontiguousarray(matrix[:3, :3]), np.ascontiguousarray(matrix[:3, 3]))
