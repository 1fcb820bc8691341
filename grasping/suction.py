"""Cup sites: seen, smooth patches on which the whole ring of the lip can seal."""

from __future__ import annotations

import numpy as np
from numba import njit

from grasping.candidates import FEATURES, Candidates, frames
from grasping.samples import Surface, spread, surface
from grasping.tools import DualTool, SuctionCup, Tool
from perception.pose import Array
from perception.scene import ItemShape, Scene

RING = 16  # places around the lip
PRESS = 0.4  # fraction of the bellows' stroke that the approach presses in
LIP_GIVE = 1.0e-3  # unevenness that the lip closes by itself, metres; also hides the cameras' noise
OPEN_GAP = 2.0e-3  # height of the gap counted where there is no surface under the lip, metres
YAWS = 4


def suction_candidates(
    scene: Scene, tool: DualTool, rng: np.random.Generator, most: int = 20, tilt: float = np.deg2rad(45)
) -> Candidates:
    """Up to `most` cup sites an item, spread over surfaces within `tilt` of facing up, with the ring's features."""
    parts = []
    for index, item in enumerate(scene.items):
        patch = surface(item, rng)
        seeds = site_seeds(item, patch, most, tilt)
        if len(seeds) == 0:
            continue
        rings = fit_rings(
            patch.points, patch.normals, patch.seen, patch.confidence, seeds, tool.cup.radius, patch.spacing
        )
        parts.append(sites(scene, index, rings, tool.cup, tilt))
    return Candidates.join(Tool.SUCTION, parts)


def site_seeds(item: ItemShape, patch: Surface, most: int, tilt: float) -> Array:
    """Points to try, shape (S, 3): the one nearest over the middle, then always the farthest from those before."""
    eligible = (patch.seen > 0) & (patch.normals[:, 2] > np.cos(tilt))
    if not eligible.any():
        return np.zeros((0, 3))
    aside = np.hypot(*(patch.points - item.T_base_box.position)[:, :2].T)
    start = int(np.argmin(np.where(eligible, aside, np.inf)))
    return patch.points[spread(patch.points, eligible, start, most, 0.009)]


def sites(scene: Scene, index: int, rings: Array, cup: SuctionCup, tilt: float) -> Candidates:
    """Candidates from the rows of `fit_rings`, each in YAWS turns about the cup's axis."""
    leak = leak_area(rings, cup)
    rings, leak = (v[(rings[:, 5] > np.cos(tilt)) & (leak < 40e-6)] for v in (rings, leak))
    n = len(rings)
    inward = -rings[:, 3:6]
    origin = rings[:, :3] + PRESS * cup.bellows_stroke * inward
    across = scene.source.T_base_tote.rotation[:, :2]
    turns = np.pi / YAWS * np.arange(YAWS)
    T = np.concatenate(
        [frames(origin, np.tile(across @ (np.cos(a), np.sin(a)), (n, 1)), inward) for a in turns]
    ).reshape(YAWS * n, 4, 4)
    features = np.zeros(YAWS * n, FEATURES)
    columns = {"leak": leak, **dict(zip(("ring_margin", "roughness", "seen", "confidence"), rings[:, 6:10].T))}
    for name, values in columns.items():
        features[name] = np.tile(values, YAWS)
    return Candidates(Tool.SUCTION, np.full(YAWS * n, index), T, np.full(YAWS * n, cup.fingers_open), features)


def leak_area(rings: Array, cup: SuctionCup) -> Array:
    """Area of the gap under the lip, m^2: unevenness, missing surface, and bending beyond the bellows' reach."""
    beyond = np.maximum(rings[:, 12] - cup.bellows_stroke / 2, 0.0)
    height = rings[:, 10] + rings[:, 11] * OPEN_GAP + beyond / 4
    return np.asarray(2 * np.pi * cup.radius * height)


@njit(cache=True)
def fit_rings(
    points: Array, normals: Array, seen: Array, confidence: Array, seeds: Array, radius: float, spacing: float
) -> Array:
    """The ring of the lip on the surface at each seed, rows of 13:

    0:3 site, 3:6 outward normal, 6 how far the ring may shift before an edge, 7 roughness (rms), 8 fraction seen,
    9 confidence, 10 mean gap height, 11 fraction of the ring without surface, 12 bending (peak to peak of the second
    harmonic, which the bellows follows). All in metres or fractions.
    """
    rows = np.zeros((len(seeds), 13))
    local = np.zeros((len(points), 6))  # u, v, h over the fitted plane, seen, confidence, aligned
    for s in range(len(seeds)):
        site, normal = seeds[s].copy(), np.zeros(3)
        for i in range(len(points)):
            if np.sum((points[i] - site) ** 2) < (0.7 * radius) ** 2:
                normal += normals[i]
        for _ in range(2):
            normal /= np.linalg.norm(normal) + 1e-12
            u, v = _tangents(normal)
            n = _neighbours(points, normals, seen, confidence, site, u, v, normal, 2.2 * radius, local)
            a, b, c = _plane(local[:n], 1.15 * radius)
            site = site + c * normal
            normal = normal - a * u - b * v
        normal /= np.linalg.norm(normal)
        u, v = _tangents(normal)
        n = _neighbours(points, normals, seen, confidence, site, u, v, normal, 2.2 * radius, local)
        rows[s, :3], rows[s, 3:6] = site, normal
        _measure(local[:n], radius, spacing, rows[s])
    return rows


@njit(cache=True)
def _tangents(normal: Array) -> tuple[Array, Array]:
    helper = np.zeros(3)
    helper[np.argmin(np.abs(normal))] = 1.0
    u = np.cross(helper, normal)
    u /= np.linalg.norm(u) + 1e-12
    return u, np.cross(normal, u)


@njit(cache=True)
def _neighbours(
    points: Array,
    normals: Array,
    seen: Array,
    confidence: Array,
    site: Array,
    u: Array,
    v: Array,
    normal: Array,
    reach: float,
    local: Array,
) -> int:
    """Fill `local` with the points within `reach` whose normals agree, and tell how many."""
    count = 0
    for i in range(len(points)):
        d = points[i] - site
        if d[0] ** 2 + d[1] ** 2 + d[2] ** 2 > reach**2:
            continue
        if normals[i, 0] * normal[0] + normals[i, 1] * normal[1] + normals[i, 2] * normal[2] < 0.5:
            continue
        local[count, 0] = d[0] * u[0] + d[1] * u[1] + d[2] * u[2]
        local[count, 1] = d[0] * v[0] + d[1] * v[1] + d[2] * v[2]
        local[count, 2] = d[0] * normal[0] + d[1] * normal[1] + d[2] * normal[2]
        local[count, 3], local[count, 4] = seen[i], confidence[i]
        count += 1
    return count


@njit(cache=True)
def _plane(local: Array, reach: float) -> tuple[float, float, float]:
    """Least-squares h = a u + b v + c within `reach`."""
    M, y = 1e-9 * np.eye(3), np.zeros(3)
    row = np.ones(3)
    for i in range(len(local)):
        if local[i, 0] ** 2 + local[i, 1] ** 2 < reach**2 and abs(local[i, 2]) < 0.5 * reach:
            row[0], row[1] = local[i, 0], local[i, 1]
            for j in range(3):
                y[j] += row[j] * local[i, 2]
                for k in range(3):
                    M[j, k] += row[j] * row[k]
    a, b, c = np.linalg.solve(M, y)
    return a, b, c


@njit(cache=True)
def _measure(local: Array, radius: float, spacing: float, row: Array) -> None:
    """Fill columns 6: of a row of `fit_rings` from points over the fitted plane."""
    near = max(0.004, 1.8 * spacing)
    height, there = np.zeros(RING), np.zeros(RING)
    edge = 2.0 * radius
    for k in range(RING):
        angle = 2 * np.pi * k / RING
        cu, cv = np.cos(angle), np.sin(angle)
        weight, h, w_seen, w_confidence, outermost = 0.0, 0.0, 0.0, 0.0, 0.0
        for i in range(len(local)):
            du, dv = local[i, 0] - radius * cu, local[i, 1] - radius * cv
            d = du * du + dv * dv
            if d < near**2:
                w = 1.0 / (d + (0.25 * near) ** 2)
                weight += w
                h += w * local[i, 2]
                w_seen += w * local[i, 3]
                w_confidence += w * local[i, 4]
            along = local[i, 0] * cu + local[i, 1] * cv
            if along > outermost and abs(local[i, 1] * cu - local[i, 0] * cv) < near and abs(local[i, 2]) < 0.005:
                outermost = along
        edge = min(edge, outermost)
        if weight > 0:
            there[k], height[k] = 1.0, h / weight
            row[8] += w_seen / weight / RING
            row[9] += w_confidence / weight / RING
    row[6] = edge + 0.25 * spacing - radius
    row[11] = 1.0 - there.mean()
    _unevenness(height, there, row)


@njit(cache=True)
def _unevenness(height: Array, there: Array, row: Array) -> None:
    """Columns 7, 10 and 12: what remains of the ring's heights when shift, tilt and second harmonic are followed."""
    M, y, basis = 1e-6 * np.eye(5), np.zeros(5), np.ones((RING, 5))
    for k in range(RING):
        angle = 2 * np.pi * k / RING
        basis[k, 1], basis[k, 2] = np.cos(angle), np.sin(angle)
        basis[k, 3], basis[k, 4] = np.cos(2 * angle), np.sin(2 * angle)
        if there[k] > 0:
            for i in range(5):
                y[i] += basis[k, i] * height[k]
                for j in range(5):
                    M[i, j] += basis[k, i] * basis[k, j]
    wave = np.linalg.solve(M, y)
    squares, gap, count = 0.0, 0.0, 1e-9
    for k in range(RING):
        if there[k] > 0:
            left = abs(height[k] - np.sum(basis[k] * wave))
            squares += left * left
            gap += max(left - LIP_GIVE, 0.0) / RING
            count += 1
    row[7], row[10] = np.sqrt(squares / count), gap
    row[12] = 2 * np.sqrt(wave[3] ** 2 + wave[4] ** 2)
