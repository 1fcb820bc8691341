"""One look against an earlier one: where a camera has moved to, and whether anything but the camera has moved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perception.camera import CameraFrame
from perception.pose import Array, Pose
from perception.support.support import cloud

MOST_POINTS = 20_000
REACHES = 0.05, 0.02, 0.01  # metres within which points of two looks are matched, by round
FITS = 0.6  # share of the points that must match for a registration to be believed
GONE = 0.012  # metres, and as much per metre of distance, by which a new look must see past a point that is gone
SHARE_GONE = 0.01  # of the points that both looks show, from which on something has changed


def register(frame: CameraFrame, before: CameraFrame) -> Pose | None:
    """T_base_camera of a camera that was where `before` says; None where the two looks do not match.

    Point-to-plane ICP (Chen and Medioni, 1992), by Open3D, from where the camera was.
    """
    import open3d as o3d  # late: only this needs it

    target = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(cloud([before], MOST_POINTS)[0]))
    target.estimate_normals(o3d.geometry.KDTreeSearchParamHybrid(0.02, 30))
    source = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(_local(frame)))
    pose, done = np.array(before.camera.T_base_camera.matrix), None
    for reach in REACHES:
        step = o3d.pipelines.registration
        done = step.registration_icp(source, target, reach, pose, step.TransformationEstimationPointToPlane())
        pose = np.asarray(done.transformation)
    if done is None or done.fitness < FITS:
        return None
    u, _, vt = np.linalg.svd(pose[:3, :3])
    return Pose.from_rotation(pose[:3, 3], u @ vt)


def changed(frames: Sequence[CameraFrame], before: Sequence[CameraFrame]) -> bool:
    """Whether any of the new frames sees past what the earlier ones saw: it is there no more."""
    points, _ = cloud(before, MOST_POINTS)
    for frame in frames:
        pixels, depth = frame.camera.project(points)
        size = frame.camera.width - 1, frame.camera.height - 1
        inside = (depth > 0.05) & ((pixels >= 0) & (pixels < size)).all(axis=1)
        column, row = np.rint(pixels[inside]).astype(int).T
        seen, expected = frame.depth[row, column], depth[inside]
        past = seen > expected + GONE * (1 + expected)
        if past.sum() > max(20, SHARE_GONE * np.isfinite(seen).sum()):
            return True
    return False


def _local(frame: CameraFrame) -> Array:
    """Points of a frame in its camera's own frame."""
    return frame.camera.T_base_camera.inverse().apply(cloud([frame], MOST_POINTS)[0])
