"""Cup sites: seen, smooth patches on which the whole ring of the lip can seal."""

from __future__ import annotations

import numpy as np
from numba import njit

from grasping.beliefs.kinds import boxlike, folded
from grasping.beliefs.surface_samples import Surface, spread, surface
from grasping.candidates.table import FEATURES, Candidates, frames
from grasping.contact.wrench_limits import lip_leak
from grasping.tools import Cups, DualTool, SuctionCup, Tool, coded
from perception.arrays import cross
from perception.pose import Array
from perception.scene import ItemShape, Scene

RING = 16  # places around the lip
NOISE = 1.0e-3  # unevenness that may be the cameras' own, metres
OPEN_GAP = 6.0e-3  # height of the gap counted where there is no surface under the lip, metres
STEP = 6.0e-3  # height over the lip from which a part of the item, or what was joined with it, is in the cup's way
MOST_LEAK = 40e-6  # area under the lip beyond which no seal is tried, m^2
YAWS = 4
HAND = 0.080  # width that a hand reaches around, metres
AMID = np.zeros((1, 2))  # the place of a cup that is alone
WIDE = 8  # seeds, of a few more, that several cups are tried at: they reach further around each
INSIDE = 0.002  # metres that a lip stays from an item's edge, where it can


def suction_candidates(scene: Scene, tool: DualTool, most: int = 14, tilt: float = np.deg2rad(45)) -> Candidates:
    """Up to `most` cup sites an item, spread over surfaces within `tilt` of facing up, with the ring's features."""
    parts = []
    for index, item in enumerate(scene.items):
        patch = surface(item)
        seeds = site_seeds(item, patch, most, tilt)
        if len(seeds) == 0:
            continue
        parts += at_seeds(scene, index, patch, seeds, tool.cup, tilt)
    return Candidates.join(Tool.SUCTION, parts)


def at_seeds(
    scene: Scene, index: int, patch: Surface, seeds: Array, cup: SuctionCup, tilt: float, only: Cups | None = None
) -> list[Candidates]:
    """Candidates of an item at points (S, 3) of its surface; `only`: with these cups opened, else with any choice."""
    if len(cup.places) > 1:
        return plate_sites(scene, index, patch, seeds, cup, tilt, only)
    along = scene.source.T_base_tote.rotation[:, 0].copy()
    shapes = patch.points, patch.normals, patch.seen, patch.confidence
    rings = fit_rings(*shapes, seeds, along, cup.radius, patch.spacing, AMID)
    return [sites(scene, index, rings, cup, tilt)]


def site_seeds(item: ItemShape, patch: Surface, most: int, tilt: float) -> Array:
    """Points to try, shape (S, 3): the one nearest over the middle, then always the farthest from those before."""
    eligible = (patch.seen > 0) & (patch.normals[:, 2] > np.cos(tilt))
    if not eligible.any():
        return np.zeros((0, 3))
    aside = np.hypot(*(patch.points - item.T_base_box.position)[:, :2].T)
    start = int(np.argmin(np.where(eligible, aside, np.inf)))
    return patch.points[spread(patch.points, eligible, start, most, 0.009)]


def sites(scene: Scene, index: int, rings: Array, cup: SuctionCup, tilt: float) -> Candidates:
    """Candidates from the rows of `fit_rings`, each in YAWS turns about the cup's axis.

    What is wide and no plain box, or is folded flat, may be in a film bag: it gets the gentle vacuum, which marks no
    film and holds nearly all goods. What a hand reaches around is no bag, but a bottle or a can.
    """
    rings, columns = fitting(rings, cup, np.cos(tilt))
    n = len(rings)
    inward = -rings[:, 3:6]
    across = scene.source.T_base_tote.rotation[:, :2]
    turns = np.pi / YAWS * np.arange(YAWS)
    closing = np.stack([np.cos(turns), np.sin(turns)], axis=1) @ across.T
    T = frames(np.tile(rings[:, :3], (YAWS, 1)), np.repeat(closing, n, axis=0), np.tile(inward, (YAWS, 1)))
    features = np.zeros(YAWS * n, FEATURES)
    features["vacuum"], features["cups"] = _vacuum(scene.items[index], cup), coded((0,))
    for name, values in columns.items():
        features[name] = np.tile(values, YAWS)
    return Candidates(Tool.SUCTION, np.full(YAWS * n, index), T, np.full(YAWS * n, cup.fingers_open), features)


def _vacuum(item: ItemShape, cup: SuctionCup) -> float:
    gentle = (boxlike(item) < 0.9 and float(np.sort(item.size)[1]) > HAND) or folded(item)
    return cup.pressure_gentle if gentle else cup.pressure_full


def plate_sites(
    scene: Scene, index: int, patch: Surface, seeds: Array, cup: SuctionCup, tilt: float, only: Cups | None = None
) -> list[Candidates]:
    """Candidates of several cups: for every choice of cups to open, these amid each seed, or as near as they fit on the
    item, in turns along its box and between; the shut ones are wherever the plate has them."""
    item, parts = scene.items[index], []
    turns = np.pi / YAWS * np.arange(YAWS // 2 if square(cup) else YAWS)
    for places, alike in patterns(cup, (only,) if only else choices(cup)):
        some = seeds if len(places) == 1 else seeds[:WIDE]
        for turn in turns:
            along = _along_box(item, turn)
            along = along if along @ item.T_base_box.position > 0 else -along  # away from the arm, as in `frames`
            inside = onto_box(item, some, along, np.abs(places).max(axis=0) + cup.radius + INSIDE)
            shapes = patch.points, patch.normals, patch.seen, patch.confidence
            rings = fit_rings(*shapes, inside, along, cup.radius, patch.spacing, places * (1, -1))
            parts += [_plates(index, rings, along, opened, item, cup, tilt, patch) for opened in alike]
    return parts


def square(cup: SuctionCup) -> bool:
    """Whether a quarter of a turn takes every cup to where another one was."""
    turned = [(-y, x) for x, y in cup.places]
    return np.allclose(sorted(np.round(turned, 6).tolist()), sorted(np.round(cup.places, 6).tolist()))


def patterns(cup: SuctionCup, opened: tuple[Cups, ...]) -> list[tuple[Array, list[Cups]]]:
    """Choices of cups by where they are about their own middle, (K, 2) metres: those alike need one look for all."""
    found: dict[bytes, tuple[Array, list[Cups]]] = {}
    for cups in opened:
        places = np.array([cup.places[i] for i in cups]) - cup.middle(cups)[:2]
        found.setdefault(places.round(6).tobytes(), (places, []))[1].append(cups)
    return list(found.values())


def choices(cup: SuctionCup) -> tuple[Cups, ...]:
    """Which cups may be opened together: all, each pair of neighbours, each alone."""
    every = tuple(range(len(cup.places)))
    pairs = [(i, j) for i in every for j in every[i + 1 :]]
    apart = [float(np.hypot(*np.subtract(cup.places[i], cup.places[j]))) for i, j in pairs]
    near = [pair for pair, distance in zip(pairs, apart) if distance < 1.01 * min(apart)]
    return tuple(dict.fromkeys((every, *near, *((i,) for i in every))))


def _along_box(item: ItemShape, turn: float) -> Array:
    """A level direction (3,), turned by `turn` from the item's longest level edge."""
    level = item.T_base_box.rotation * item.size
    longest = level[:, int(np.argmax(np.hypot(level[0], level[1])))]
    angle = np.arctan2(longest[1], longest[0]) + turn
    return np.array((np.cos(angle), np.sin(angle), 0.0))


def onto_box(item: ItemShape, seeds: Array, along: Array, half: Array) -> Array:
    """Points (S, 3) moved so that a rectangle of half edges `half` (2,), turned `along` (3,), lies on the item's box,
    amid it where it is too wide."""
    R, size = item.T_base_box.rotation, item.size
    up = int(np.argmax(np.abs(R[2])))
    across = np.array((-along[1], along[0], 0.0))
    local = (seeds - item.T_base_box.position) @ R
    for axis in {0, 1, 2} - {up}:
        room = size[axis] / 2 - half[0] * abs(along @ R[:, axis]) - half[1] * abs(across @ R[:, axis])
        local[:, axis] = np.clip(local[:, axis], -max(room, 0.0), max(room, 0.0))
    return np.asarray(local @ R.T + item.T_base_box.position)


def _plates(
    index: int, rings: Array, along: Array, opened: Cups, item: ItemShape, cup: SuctionCup, tilt: float,
    patch: Surface,
) -> Candidates:  # fmt: skip
    """Candidates whose opened cups are on rows of `fit_rings`."""
    rings, columns = fitting(rings, cup, np.cos(tilt))
    z = -rings[:, 3:6]
    x = along - (z @ along)[:, None] * z
    x = x / np.linalg.norm(x, axis=1, keepdims=True)
    T = np.tile(np.eye(4), (len(rings), 1, 1))
    T[:, :3, :3] = np.stack([x, cross(z, x), z], axis=-1)
    T[:, :3, 3] = rings[:, :3] - T[:, :3, :3] @ cup.middle(opened)
    free = ~np.array([under_plate(patch.points, pose, np.array(cup.half)) for pose in T], dtype=bool)
    T, columns = T[free], {name: values[free] for name, values in columns.items()}
    n = len(T)
    features = np.zeros(n, FEATURES)
    for name, values in columns.items():
        features[name] = values
    features["vacuum"], features["cups"] = _vacuum(item, cup), coded(opened)
    return Candidates(Tool.SUCTION, np.full(n, index), T, np.full(n, cup.fingers_open), features)


@njit(cache=True)
def under_plate(points: Array, T: Array, half: Array) -> bool:
    """Whether the item itself rises over the lips' plane anywhere under the plate at T (4, 4)."""
    for i in range(len(points)):
        dx, dy, dz = points[i, 0] - T[0, 3], points[i, 1] - T[1, 3], points[i, 2] - T[2, 3]
        if -(dx * T[0, 2] + dy * T[1, 2] + dz * T[2, 2]) < STEP:
            continue
        x, y = dx * T[0, 0] + dy * T[1, 0] + dz * T[2, 0], dx * T[0, 1] + dy * T[1, 1] + dz * T[2, 1]
        if abs(x) < half[0] and abs(y) < half[1]:
            return True
    return False


def fitting(rings: Array, cup: SuctionCup, upright: float) -> tuple[Array, dict[str, Array]]:
    """Those rows of `fit_rings` that may seal and whose normals' z is over `upright`, and their features."""
    gap = rings[:, 10] + rings[:, 11] * OPEN_GAP
    fits = (rings[:, 5] > upright) & (lip_leak(gap, rings[:, 12], cup) < MOST_LEAK)
    rings, gap = rings[fits], gap[fits]
    columns = {"gap": gap, "bend": rings[:, 12]}
    return rings, columns | dict(zip(("ring_margin", "roughness", "seen", "confidence"), rings[:, 6:10].T))


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
