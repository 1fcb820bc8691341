"""Lines of sight: what the cameras see of the totes past the arm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numba import njit

from motion.collision.spheres import segment_distance_squared
from motion.robot.arm import Arm
from motion.robot.tool_state import ToolState
from motion.trajectory import Trajectory
from perception.camera import CameraModel
from perception.capsules import Capsules
from perception.pose import Array, Pose
from perception.scene import ItemShape
from perception.tote import Tote

LOOKS = 40  # samples of a motion between two at which it is asked what the cameras see
MARGIN = 0.02  # metres by which a solid must pass beside a line of sight


class Sight:
    """The lines of sight from cameras to points inside the totes that they look at.

    Args:
        totes: of these a camera looks at the one nearest its axis. cameras: as calibrated.
        seen: the totes whose view counts.
    """

    def __init__(self, totes: Sequence[Tote], cameras: Sequence[CameraModel], seen: Sequence[Tote]) -> None:
        looked_at = [(camera, totes[_aim(camera, totes)]) for camera in cameras]
        self.views = [_view(c.T_base_camera.position, _inside(c, tote)) for c, tote in looked_at if tote in seen]

    def free(self, solids: Capsules) -> bool:
        """Whether no line of sight is blocked."""
        return not any(_blocked(*view, solids.ends, solids.radii, MARGIN) for view in self.views)

    def freed(self, arm: Arm, motion: Trajectory, tool: ToolState, held: Capsules) -> float | None:
        """Seconds into a motion from which on no line of sight is blocked any more, None where one always is.

        tool: as it is on the way. held: the item in hand, in the last link's frame.
        """
        numbers, around = arm.outline(tool.opening, tool.travel)
        freed = None
        for row in range(len(motion.times) - 1, -1, -LOOKS):
            links = arm.links(motion.positions[row])
            if not (self.free(held.moved(Pose(links[-1]))) and self.free(around.placed(links[numbers]))):
                break
            freed = float(motion.times[row])
        return freed


def capsule_of(item: ItemShape, T_base_frame: Pose) -> Capsules:
    """A capsule around an item's box, in a frame at T_base_frame."""
    longest = int(np.argmax(item.size))
    half = item.size / 2
    end = half[longest] * np.eye(3)[longest]
    radius = float(np.linalg.norm(np.delete(half, longest)))
    around = Capsules(np.stack([end, -end])[None], np.array([radius]))
    return around.moved(T_base_frame.inverse() @ item.T_base_box)


def _aim(camera: CameraModel, totes: Sequence[Tote]) -> int:
    axis, eye = camera.T_base_camera.rotation[:, 2], camera.T_base_camera.position
    return int(np.argmin([np.linalg.norm(np.cross(axis, tote.T_base_tote.position - eye)) for tote in totes]))


def _inside(camera: CameraModel, tote: Tote) -> Array:
    """Points (N, 3) of a tote's inside that lie in the camera's image."""
    steps = [np.linspace(-n / 2, n / 2, count) for n, count in zip(tote.inner[:2], (9, 7))]
    grid = np.stack(np.meshgrid(*steps, np.linspace(0, tote.inner[2], 3), indexing="ij"), axis=-1).reshape(-1, 3)
    points = tote.T_base_tote.apply(grid)
    pixels, depth = camera.project(points)
    inside = (depth > 0) & (pixels >= 0).all(axis=1) & (pixels < (camera.width, camera.height)).all(axis=1)
    return np.asarray(points[inside])


def _view(eye: Array, points: Array) -> tuple[Array, Array, Array, float]:
    """Lines of sight from an eye (3,) to points (N, 3), and the cone that holds them: axis (3,), half angle, rad."""
    rays = (points - eye) / np.linalg.norm(points - eye, axis=1, keepdims=True)
    axis = rays.sum(axis=0)
    axis /= max(float(np.linalg.norm(axis)), 1e-9)
    return eye, points, axis, float(np.arccos(np.clip(rays @ axis, -1, 1)).max(initial=0.0))


@njit(cache=True)
def _blocked(eye: Array, points: Array, axis: Array, angle: float, ends: Array, radii: Array, margin: float) -> bool:
    """Whether a capsule crosses a line of sight; most lie beside the cone that holds them all."""
    for c in range(len(radii)):
        first, last, reach = ends[c, 0], ends[c, 1], radii[c] + margin
        if _beside(eye, axis, angle, (first + last) / 2, reach + np.linalg.norm(last - first) / 2):
            continue
        for point in points:
            if segment_distance_squared(eye, point, first, last) < reach**2:
                return True
    return False


@njit(cache=True)
def _beside(eye: Array, axis: Array, angle: float, centre: Array, radius: float) -> bool:
    """Whether a ball lies beside a cone."""
    ray = centre - eye
    far = np.linalg.norm(ray)
    if far <= radius:
        return False
    cosine = min(max(np.sum(ray * axis) / far, -1.0), 1.0)
    return bool(np.arccos(cosine) - np.arcsin(radius / far) > angle)
