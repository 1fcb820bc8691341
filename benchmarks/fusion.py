"""Fusion of four 640x480 views at 4 mm against Open3D's UniformTSDFVolume: `python benchmarks/fusion.py`.

Prints the CPU time of both, the error of the fused surface with and without depth noise, and what
refining the cameras' poses on the tote takes away of a calibration error of 1 mm and 0.1 degrees.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import open3d as o3d

from handpick.layout import standard_layout
from perception.camera import CameraModel
from perception.fusion.self_calibration import SelfCalibration
from perception.fusion.surface import extract_surface
from perception.fusion.volume import Fuser, View, VolumeGrid
from perception.pose import Pose
from perception.tote import Box, Tote

VOXEL = 0.004
ROUNDS = 15
BASELINE, SUBPIXEL = 0.050, 0.08  # metres and pixels, of a stereo camera


@dataclass(frozen=True, eq=False)
class Picture:
    """Depth as a camera measures it, the camera as calibrated and where it truly stands."""

    camera: CameraModel
    T_true: Pose
    depth: np.ndarray


def main() -> None:
    layout, rng = standard_layout(), np.random.default_rng(1)
    cameras = layout.cameras[:4]
    boxes = [*layout.source.boxes(), *content(layout.source, rng)]
    world = raycasting(boxes)
    exact = [picture(world, camera, camera.T_base_camera) for camera in cameras]
    real = [noisy(picture(world, camera, shaken(camera.T_base_camera, rng)), rng) for camera in cameras]

    fuser = Fuser(VolumeGrid.over(layout.source, VOXEL))
    views = [view(p, p.camera.T_base_camera) for p in exact]
    ours, theirs = race(lambda: fuser.fuse(views), open3d_fusion(exact, fuser.grid))
    print(f"fuse four views at {1e3 * VOXEL:.0f} mm: {ours:.1f} ms, Open3D UniformTSDFVolume {theirs:.1f} ms, "
          f"ratio {ours / theirs:.2f} (target 0.25)")  # fmt: skip
    print_error("without noise", world, fuser, views)
    print_error("noise and calibration error", world, fuser, [view(p, p.camera.T_base_camera) for p in real])
    calibration = SelfCalibration((layout.source, layout.destination))
    refined = [view(p, calibration.refine(p.camera, p.depth)) for p in real]
    print_error("the same, poses refined", world, fuser, refined)
    corners = fuser.grid.corners()
    before, after = (
        np.mean([displacement(p.T_true, pose(p), corners) for p in real])
        for pose in (lambda p: p.camera.T_base_camera, lambda p: calibration.pose(p.camera))
    )
    print(f"calibration error at the tote: {1e3 * before:.2f} mm before, {1e3 * after:.2f} mm after refinement")


def race(*contestants: Callable[[], object]) -> tuple[float, ...]:
    """Median CPU milliseconds of each, taken in turns."""
    times: list[list[float]] = [[] for _ in contestants]
    for _ in range(ROUNDS + 1):
        for own, contestant in zip(times, contestants):
            start = time.process_time()
            contestant()
            own.append(time.process_time() - start)
    return tuple(1e3 * float(np.median(own[1:])) for own in times)


def open3d_fusion(pictures: Sequence[Picture], grid: VolumeGrid) -> Callable[[], None]:
    """The same views, region and truncation, ready to go; the volume is a cube, its edge the grid's longest."""
    edge = max(grid.shape)
    volume = o3d.pipelines.integration.UniformTSDFVolume(
        length=edge * VOXEL,
        resolution=edge,
        sdf_trunc=3 * VOXEL,
        color_type=o3d.pipelines.integration.TSDFVolumeColorType.NoColor,
        origin=grid.corners().min(axis=0).reshape(3, 1),
    )
    inputs = []
    for p in pictures:
        k, color = p.camera.k, o3d.geometry.Image(np.zeros((*p.depth.shape, 3), np.uint8))
        depth = o3d.geometry.Image(np.nan_to_num(p.depth))
        image = o3d.geometry.RGBDImage.create_from_color_and_depth(color, depth, 1.0, 2.0, False)
        lens = o3d.camera.PinholeCameraIntrinsic(p.camera.width, p.camera.height, k[0, 0], k[1, 1], k[0, 2], k[1, 2])
        inputs.append((image, lens, p.camera.T_base_camera.inverse().matrix))

    def run() -> None:
        volume.reset()
        for one in inputs:
            volume.integrate(*one)

    return run


def print_error(name: str, world: o3d.t.geometry.RaycastingScene, fuser: Fuser, views: list[View]) -> None:
    points = extract_surface(fuser.fuse(views), views).points
    error = 1e3 * world.compute_distance(points).numpy()
    print(f"surface error, {name}: median {np.median(error):.2f} mm, p95 {np.quantile(error, 0.95):.2f} mm")


def content(tote: Tote, rng: np.random.Generator) -> list[Box]:
    """A dozen boxes lying and leaning in the tote."""
    boxes = []
    for _ in range(12):
        size = rng.uniform((0.06, 0.04, 0.02), (0.18, 0.12, 0.09))
        place = np.array([*rng.uniform(-0.35, 0.35, 2) * tote.inner[:2], size[2] / 2 + rng.uniform(0, 0.06)])
        tilt = (*rng.normal(0, 0.2, 2), rng.uniform(-np.pi, np.pi))
        boxes.append(Box(tote.T_base_tote @ Pose.from_euler(place, tilt), size))
    return boxes


def raycasting(boxes: Sequence[Box]) -> o3d.t.geometry.RaycastingScene:
    scene = o3d.t.geometry.RaycastingScene()
    for box in boxes:
        mesh = o3d.geometry.TriangleMesh.create_box(*box.size)
        mesh.translate(-box.size / 2)
        mesh.transform(box.T_base_box.matrix)
        scene.add_triangles(o3d.t.geometry.TriangleMesh.from_legacy(mesh))
    return scene


def picture(world: o3d.t.geometry.RaycastingScene, camera: CameraModel, T_true: Pose) -> Picture:
    directions = T_true.rotate(camera.rays())
    rays = np.concatenate([np.broadcast_to(T_true.position, directions.shape), directions], axis=-1)
    depth = world.cast_rays(rays.astype(np.float32))["t_hit"].numpy()
    return Picture(camera, T_true, np.where(np.isfinite(depth), depth, np.nan).astype(np.float32))


def noisy(p: Picture, rng: np.random.Generator) -> Picture:
    """Correlated, quantised disparity noise; no depth at depth edges."""
    scale = p.camera.k[0, 0] * BASELINE
    noise = cv2.GaussianBlur(rng.normal(size=p.depth.shape), (0, 0), 1.5)
    disparity = np.round((scale / p.depth + noise * SUBPIXEL / noise.std()) * 32) / 32
    filled = np.nan_to_num(p.depth, nan=9.0)
    edge = cv2.dilate(filled, np.ones((3, 3))) - cv2.erode(filled, np.ones((3, 3))) > 0.04
    return Picture(p.camera, p.T_true, np.where(edge, np.nan, scale / disparity).astype(np.float32))


def shaken(pose: Pose, rng: np.random.Generator) -> Pose:
    return pose @ Pose.from_euler(rng.normal(0, 1e-3, 3), rng.normal(0, np.deg2rad(0.1), 3))


def view(p: Picture, T_base_camera: Pose) -> View:
    return View(p.camera, T_base_camera, p.depth, np.zeros((*p.depth.shape, 3), np.uint8))


def displacement(true: Pose, believed: Pose, points: np.ndarray) -> float:
    """Mean distance by which points of the base frame are misplaced, metres."""
    return float(np.linalg.norm(believed.apply(true.inverse().apply(points)) - points, axis=1).mean())


if __name__ == "__main__":
    main()
