"""What the merge model learns from: patches of rendered scenes, and of which item each of their surfels truly is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.shapes import Bin, make_bin
from handpick.grasp_plan.plan import grounded
from handpick.layout import standard_layout
from perception.camera import CameraFrame, CameraModel
from perception.fusion.self_calibration import SelfCalibration
from perception.fusion.surface import Surface, extract_surface
from perception.fusion.volume import Fuser, View, VolumeGrid
from perception.segmentation.merge import Graph, graph
from perception.segmentation.segments import patches
from perception.segmentation.tote_surface import on_tote
from perception.support.background import on_support
from perception.support.on_support import grid_over, in_support
from sim.cameras.noise import DepthNoise, noisy_color, noisy_depth
from sim.suites import SUITES
from sim.tables import Table, camera_at, draw_specs, eye_at, packed, pile, table, wavy

VOXEL = 0.004
SUITE_ORDER = ("mixed", "mixed", "mixed", "mixed", "boxes", "books", "bags")
GREY = 128


@dataclass(frozen=True, eq=False)
class Case:
    """Patches of a scene, and how many surfels of each item every patch has: (P, 1 + items), the first for none."""

    sums: Graph
    counts: np.ndarray


def bin_case(seed: int, number: int) -> Case:
    """A bin from the cell's four cameras, in colour, as the perceiver goes about a first look, up to the patches."""
    content: Bin = make_bin(SUITE_ORDER[number % len(SUITE_ORDER)], seed)
    layout = standard_layout()
    fuser = Fuser(VolumeGrid.over(layout.source, VOXEL))
    calibration = SelfCalibration((layout.source, layout.destination))
    views, ids = [], []
    for frame, image in zip(content.frames, content.ids):
        view = View(frame.camera, calibration.refine(frame.camera, frame.depth), frame.depth, frame.color)
        if fuser.sees(view):
            views.append(view)
            ids.append(image)
    surface = extract_surface(fuser.fuse(views), views)
    surface = surface.select(~on_tote(surface, layout.source))
    return _case(surface, views, ids, len(content.families), VOXEL)


def table_case(seed: int, number: int, color: bool) -> Case:
    """Items on a table from one to four cameras, up to the patches, as `plan` goes about it."""
    rng = np.random.default_rng([seed, number, 5])
    with table(tuple(rng.uniform(0.2, 0.8, 3))) as made:
        count = int(rng.integers(3, 13))
        arrange = pile if rng.random() < 0.6 else packed
        arrange(made, draw_specs(dict(SUITES["mixed"]), count, rng, graspable=False), rng, 0.30 + 0.02 * count)
        frames, ids = [], []
        for camera in cameras(rng):
            frame, image = photo(made, camera, rng)
            frames.append(frame if color else replace(frame, color=np.full_like(frame.color, GREY)))
            ids.append(image)
        surface, views, support = seen(frames)
        return _case(surface, views, ids, len(made.items), support)


def cameras(rng: np.random.Generator) -> list[CameraModel]:
    """One camera in two scenes of three, else up to four around the table."""
    count = 1 if rng.random() < 0.65 else int(rng.integers(2, 5))
    first = rng.uniform(-np.pi, np.pi)
    found = []
    for index in range(count):
        around, plumb, far = first + 2 * np.pi * index / count, rng.uniform(0.0, 1.1), rng.uniform(0.55, 1.0)
        found.append(
            camera_at(eye_at(around, plumb, far), rng.normal(0, 0.02, 3), rng.uniform(480, 620), name=f"camera{index}")
        )
    return found


def photo(made: Table, camera: CameraModel, rng: np.random.Generator) -> tuple[CameraFrame, np.ndarray]:
    """A frame by one of three kinds of noise, and the item of each of its pixels."""
    image, kind = made.render(camera), rng.random()
    noise = DepthNoise.none() if kind < 0.15 else DepthNoise()
    depth = noisy_depth(image, camera, noise, rng)
    if kind > 0.75:
        depth = wavy(depth, rng.uniform(0.001, 0.005), rng)
    return CameraFrame(camera, 0.0, depth, noisy_color(image, noise, rng)), made.item_ids(image)


def seen(frames: list[CameraFrame]) -> tuple[Surface, list[View], float]:
    """Foreground surfels, the views that show them, and the voxel."""
    calm, support = grounded(frames, posed=True)
    local = [in_support(frame, support) for frame in calm]
    views = [View(frame.camera, frame.camera.T_base_camera, frame.depth, frame.color) for frame in local]
    grid = grid_over(support)
    surface = extract_surface(Fuser(grid, steps=True).fuse(views), views)
    thin = support.thin(surface.points.astype(np.float64), np.array([view.T_base_camera.position for view in views]))
    return surface.select(~on_support(surface, support.tote, thin)), views, grid.voxel


def _case(surface: Surface, views: list[View], ids: list[np.ndarray], items: int, voxel: float) -> Case:
    labels = patches(surface)
    counts = np.zeros((labels.max() + 1, 1 + items))
    np.add.at(counts, (labels, 1 + truth(surface, views, ids, items)), 1)
    return Case(graph(surface, labels, voxel), counts)


def truth(surface: Surface, views: list[View], ids: list[np.ndarray], items: int) -> np.ndarray:
    """Item that most views show at each surfel, -1 for none, shape (N,)."""
    votes = np.zeros((len(surface.points), items + 1))
    for view, image in zip(views, ids):
        points = view.T_base_camera.inverse().apply(surface.points)
        k, size = view.camera.k, (view.camera.width, view.camera.height)
        pixel = np.round(points[:, :2] / points[:, 2:] * (k[0, 0], k[1, 1]) + k[:2, 2]).astype(int)
        rows = np.flatnonzero(((pixel >= 0) & (pixel < size)).all(axis=1))
        u, v = pixel[rows].T
        shown = np.abs(view.depth[v, u] - points[rows, 2]) < 0.012
        np.add.at(votes, (rows[shown], 1 + image[v, u][shown]), 1)
    return np.asarray(votes.argmax(axis=1) - 1)
