"""Rings of cups' lips on a surface: where they may lie, and what is under them."""

from __future__ import annotations

import numpy as np
from numba import njit

from grasping.beliefs.surface_samples import Surface
from perception.pose import Array

RING = 16  # places around the lip
NOISE = 1.0e-3  # unevenness that may be the cameras' own, metres
STEP = 6.0e-3  # height over the lip from which a part of the item, or what was joined with it, is in the cup's way
AMID = np.zeros((1, 2))  # the place of a cup that is alone


def rings_on(patch: Surface, seeds: Array, along: Array, radius: float, places: Array = AMID) -> Array:
    """The rows of `fit_rings` on an item's surface."""
    shape = patch.points, patch.normals, patch.seen, patch.confidence
    return np.asarray(fit_rings(*shape, seeds, along, radius, patch.spacing, places))


@njit(cache=True)
def fit_rings(
    points: Array,
    normals: Array,
    seen: Array,
    confidence: Array,
    seeds: Array,
    along: Array,
    radius: float,
    spacing: float,
    places: Array,
) -> Array:
    """The rings of the lips on the surface near each seed, rows of 13:

    0:3 site, 3:6 outward normal, 6 how far a ring may shift before an edge, 7 roughness (rms), 8 fraction seen,
    9 confidence, 10 mean gap height, 11 fraction of a ring without surface (1 where the cup does not get there), 12
    bending (peak to peak of the second harmonic). All in metres or fractions; of several rings 8 and 9 are means, the
    rest that of the worst. The site of one ring near an edge moves to the middle between it and the opposite edge.
    along: direction that a ring starts from, shape (3,). places: of the rings about the site, (K, 2) metres along that
    direction and across, z out of the surface.
    """
    rows = np.zeros((len(seeds), 13))
    local = np.zeros((len(points), 5))  # u, v, height over the fitted plane, seen, confidence
    wide = np.sqrt((places**2).sum(axis=1).max())
    reach, strip = 2.2 * radius, max(0.004, 1.8 * spacing)
    for s in range(len(seeds)):
        site, normal = seeds[s].copy(), _mean_normal(points, normals, seeds[s], 0.7 * radius + wide)
        if np.linalg.norm(normal) < 0.5:
            continue  # nothing is there; the row stays 0
        for _ in range(3):
            u, v = _tangents(normal, along)
            n = _neighbours(points, normals, seen, confidence, site, u, v, normal, reach + wide, local)
            a, b, c = _plane(local[:n], 1.15 * radius + wide)
            du, dv = _to_middle(local[:n], radius, strip) if len(places) == 1 else (0.0, 0.0)
            site = site + (c + a * du + b * dv) * normal + du * u + dv * v
            normal = normal - a * u - b * v
            normal /= np.linalg.norm(normal)
        u, v = _tangents(normal, along)
        rows[s, :3], rows[s, 3:6], rows[s, 6] = site, normal, np.inf
        for k in range(len(places)):
            ring, row = site + places[k, 0] * u + places[k, 1] * v, np.zeros(13)
            n = _neighbours(points, normals, seen, confidence, ring, u, v, normal, reach, local)
            row[6] = _edges(local[:n], radius, strip).min() - radius
            row[12] = _bend(local[:n], radius)
            _measure(local[:n], radius, strip, row)
            if _in_the_way(points, ring, normal, radius):
                row[11] = 1.0
            rows[s, 6] = min(rows[s, 6], row[6])
            rows[s, 8:10] += row[8:10] / len(places)
            for column in (7, 10, 11, 12):
                rows[s, column] = max(rows[s, column], row[column])
    return rows


@njit(cache=True)
def _in_the_way(points: Array, site: Array, normal: Array, radius: float) -> bool:
    """Whether the item itself rises over the lip's plane within the lip's radius."""
    for i in range(len(points)):
        dx, dy, dz = points[i, 0] - site[0], points[i, 1] - site[1], points[i, 2] - site[2]
        height = dx * normal[0] + dy * normal[1] + dz * normal[2]
        if height > STEP and dx * dx + dy * dy + dz * dz - height * height < radius * radius:
            return True
    return False


@njit(cache=True)
def _mean_normal(points: Array, normals: Array, site: Array, reach: float) -> Array:
    total = np.zeros(3)
    for i in range(len(points)):
        dx, dy, dz = points[i, 0] - site[0], points[i, 1] - site[1], points[i, 2] - site[2]
        if dx * dx + dy * dy + dz * dz < reach * reach and normals[i, 2] > 0:
            total += normals[i]
    return total / (np.linalg.norm(total) + 1e-12)


@njit(cache=True)
def _tangents(normal: Array, along: Array) -> tuple[Array, Array]:
    u = along - np.sum(along * normal) * normal
    u /= np.linalg.norm(u) + 1e-12
    return u, np.cross(normal, u).astype(np.float64)


@njit(cache=True)
def _edges(local: Array, radius: float, strip: float) -> Array:
    """How far the surface reaches in each direction of the ring, up to 2 radii, shape (RING,)."""
    edges = np.zeros(RING)
    for k in range(RING):
        cu, cv = np.cos(2 * np.pi * k / RING), np.sin(2 * np.pi * k / RING)
        for i in range(len(local)):
            ahead = local[i, 0] * cu + local[i, 1] * cv
            aside = abs(local[i, 1] * cu - local[i, 0] * cv)
            if ahead > edges[k] and aside < strip and abs(local[i, 2]) < radius / 3:
                edges[k] = ahead
        edges[k] = min(edges[k], 2 * radius)
    return edges


@njit(cache=True)
def _to_middle(local: Array, radius: float, strip: float) -> tuple[float, float]:
    """Shift (u, v) that centres the site between an edge under or near the ring and the edge opposite."""
    edges = _edges(local, radius, strip)
    k = int(np.argmin(edges))
    if edges[k] > radius + 0.005:
        return 0.0, 0.0
    away = (edges[(k + RING // 2) % RING] - edges[k]) / 2
    return -away * np.cos(2 * np.pi * k / RING), -away * np.sin(2 * np.pi * k / RING)


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
        dx, dy, dz = points[i, 0] - site[0], points[i, 1] - site[1], points[i, 2] - site[2]
        if dx * dx + dy * dy + dz * dz > reach * reach:
            continue
        if normals[i, 0] * normal[0] + normals[i, 1] * normal[1] + normals[i, 2] * normal[2] < 0.5:
            continue
        local[count, 0] = dx * u[0] + dy * u[1] + dz * u[2]
        local[count, 1] = dx * v[0] + dy * v[1] + dz * v[2]
        local[count, 2] = dx * normal[0] + dy * normal[1] + dz * normal[2]
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
def _bend(local: Array, radius: float) -> float:
    """Peak to peak of the second harmonic around the ring, of the least-squares quadric over the disc."""
    M, y, row = 1e-12 * np.eye(6), np.zeros(6), np.ones(6)
    for i in range(len(local)):
        u, v = local[i, 0] / radius, local[i, 1] / radius
        if u * u + v * v > 1.3**2 or abs(local[i, 2]) > 0.5 * radius:
            continue
        row[1], row[2], row[3], row[4], row[5] = u, v, u * u - v * v, u * v, u * u + v * v
        for j in range(6):
            y[j] += row[j] * local[i, 2]
            for k in range(6):
                M[j, k] += row[j] * row[k]
    shape = np.linalg.solve(M, y)
    return 2 * np.sqrt(shape[3] ** 2 + (shape[4] / 2) ** 2)


@njit(cache=True)
def _measure(local: Array, radius: float, near: float, row: Array) -> None:
    """Columns 7 to 11 of a row of `fit_rings`, from the points near each place of the ring."""
    height, there = np.zeros(RING), np.zeros(RING)
    for k in range(RING):
        u, v = radius * np.cos(2 * np.pi * k / RING), radius * np.sin(2 * np.pi * k / RING)
        weight, sums = 0.0, np.zeros(3)
        for i in range(len(local)):
            d = (local[i, 0] - u) ** 2 + (local[i, 1] - v) ** 2
            if d < near**2:
                w = 1.0 / (d + (0.25 * near) ** 2)
                weight += w
                for j in range(3):
                    sums[j] += w * local[i, 2 + j]
        if weight > 0:
            there[k], height[k] = 1.0, sums[0] / weight
            row[8] += sums[1] / weight / RING
            row[9] += sums[2] / weight / RING
    row[11] = 1.0 - there.mean()
    _unevenness(height, there, row)


@njit(cache=True)
def _unevenness(height: Array, there: Array, row: Array) -> None:
    """Columns 7 and 10: what remains of the ring's heights when shift, tilt and second harmonic are followed."""
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
            gap += max(left - NOISE, 0.0) / RING
            count += 1
    row[7], row[10] = np.sqrt(squares / count), gap
