"""Cup sites: seen, smooth patches on which the whole ring of the lip can seal."""

from __future__ import annotations

import numpy as np
from numba import njit

from grasping.beliefs.kinds import boxlike, folded
from grasping.beliefs.surface_samples import Surface, spread, surface
from grasping.candidates.rings import STEP, rings_on
from grasping.candidates.table import FEATURES, Candidates, frames
from grasping.contact.wrench_limits import lip_leak
from grasping.tools import Cups, DualTool, SuctionCup, Tool, coded
from perception.arrays import cross
from perception.pose import Array
from perception.scene import ItemShape, Scene

OPEN_GAP = 6.0e-3  # height of the gap counted where there is no surface under the lip, metres
MOST_LEAK = 40e-6  # area under the lip beyond which no seal is tried, m^2
YAWS = 4
HAND = 0.080  # width that a hand reaches around, metres
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
    return [sites(scene, index, rings_on(patch, seeds, along, cup.radius), cup, tilt)]


def site_seeds(item: ItemShape, patch: Surface, most: int, tilt: float) -> Array:
    """Points to try, shape (S, 3): the one nearest over the middle, then always the farthest from those before."""
    eligible = (patch.seen > 0) & (patch.normals[:, 2] > np.cos(tilt))
    if not eligible.any():
        return np.zeros((0, 3))
    aside = np.hypot(*(patch.points - item.T_base_box.position)[:, :2].T)
    start = int(np.argmin(np.where(eligible, aside, np.inf)))
    return patch.points[spread(patch.points, eligible, start, most, 0.009)]


def sites(scene: Scene, index: int, rings: Array, cup: SuctionCup, tilt: float) -> Candidates:
    """Candidates from the rows of `rings_on`, each in YAWS turns about the cup's axis.

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
            rings = rings_on(patch, inside, along, cup.radius, places * (1, -1))
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
    """Candidates whose opened cups are on rows of `rings_on`."""
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
    """Those rows of `rings_on` that may seal and whose normals' z is over `upright`, and their features."""
    gap = rings[:, 10] + rings[:, 11] * OPEN_GAP
    fits = (rings[:, 5] > upright) & (lip_leak(gap, rings[:, 12], cup) < MOST_LEAK)
    rings, gap = rings[fits], gap[fits]
    columns = {"gap": gap, "bend": rings[:, 12]}
    return rings, columns | dict(zip(("ring_margin", "roughness", "seen", "confidence"), rings[:, 6:10].T))
