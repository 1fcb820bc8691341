"""Bins are found by their rim, wherever they stand; what merely has straight edges is none."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from handpick.grasp_plan.plan import found_support
from perception.camera import CameraFrame
from perception.pose import Array, Pose
from perception.support.background import on_support
from perception.support.walls import find_walls
from perception.tote import Tote
from sim.render.scene import SCENERY
from sim.render.shapes import box_mesh, tote_mesh
from sim.tables import camera_at, table
from tests.support.surfels import surfels

NOISE = 0.001
STEP = 0.005  # metres between points
INNER = np.array((0.40, 0.28, 0.15))
ABOVE, OBLIQUE = (0.05, 0.08, 1.0), (0.35, -0.45, 0.85)  # where a camera stands over a bin


def sheet(low: tuple[float, float], high: tuple[float, float], height: float) -> Array:
    """Points of a level rectangle, (N, 3)."""
    x, y = np.meshgrid(np.arange(low[0], high[0], STEP), np.arange(low[1], high[1], STEP))
    return np.column_stack([x.ravel(), y.ravel(), np.full(x.size, height)])


def seen_from_above(blocks: list[tuple[float, ...]], turn: float = 0.0) -> NDArray[np.float64]:
    """Points of a table 1 m wide and of blocks on it: each x, y, size along both, and height; the highest wins."""
    points = sheet((-0.5, -0.5), (0.5, 0.5), 0.0)
    for x, y, length, width, height in blocks:
        on = (np.abs(points[:, :2] - (x, y)) < (length / 2, width / 2)).all(axis=1)
        points[on, 2] = np.maximum(points[on, 2], height)
    points += np.random.default_rng(0).normal(0, NOISE, points.shape)
    return Pose.from_euler((0, 0, 0.3), (0, 0, turn)).apply(points)


def walled(inner: Array, wall: float = 0.012) -> list[tuple[float, ...]]:
    """The four walls of a bin in the middle, as blocks."""
    length, width, depth = inner
    ends = [(s * (length + wall) / 2, 0, wall, width + 2 * wall, depth) for s in (-1, 1)]
    return ends + [(0, s * (width + wall) / 2, length + 2 * wall, wall, depth) for s in (-1, 1)]


@pytest.mark.parametrize("turn", np.deg2rad((0, 20, 44, 75, 130)))
@pytest.mark.parametrize("depth", (0.03, 0.15))
def test_finds_a_bin_at_any_turn(turn: float, depth: float) -> None:
    inner = np.array((0.40, 0.28, depth))
    found = find_walls(seen_from_above([*walled(inner), (0.1, 0.05, 0.08, 0.06, depth / 2)], turn), NOISE)
    assert found is not None
    pose, tote = found
    np.testing.assert_allclose(tote.inner, inner, atol=0.008)
    np.testing.assert_allclose(pose.position, (0, 0, 0.3), atol=0.006)
    assert abs(np.dot(pose.rotation[:2, 0], (np.cos(turn), np.sin(turn)))) > np.cos(np.deg2rad(1.5))


def test_things_that_stand_out_over_the_rim_hide_no_bin() -> None:
    tall = [(0.15, 0.10, 0.08, 0.06, 0.22), (-0.12, -0.10, 0.10, 0.07, 0.19)]
    found = find_walls(seen_from_above([*walled(INNER), *tall], 0.3), NOISE)
    assert found is not None
    np.testing.assert_allclose(found[1].inner, INNER, atol=0.008)


def test_of_two_bins_it_is_the_one_with_something_in_it() -> None:
    moved = lambda x: [(x + a, b, c, d, e) for a, b, c, d, e in walled(np.array((0.20, 0.28, 0.10)))]
    found = find_walls(seen_from_above([*moved(-0.2), *moved(0.2), (0.2, 0, 0.08, 0.06, 0.05)]), NOISE)
    assert found is not None
    assert found[0].position[0] == pytest.approx(0.2, abs=0.01)


@pytest.mark.parametrize(
    "blocks",
    (
        [],
        [(0, 0, 0.40, 0.30, 0.20)],
        [(0, 0, 0.40, 0.30, 0.20), (0, 0, 0.25, 0.2, 0.3)],
        [(0, 0.032 * n, 0.16, 0.03, 0.22) for n in range(-5, 5)],
        walled(INNER, 0.05)[:3],
        [(0.13 * i, 0.13 * j, 0.1, 0.1, 0.1) for i in (-1, 0, 1) for j in (-1, 0, 1)],
        walled(np.array((0.11, 0.09, 0.08))),
    ),
    ids=("table", "box", "boxes on each other", "row of books", "three sides", "grid of boxes", "open carton"),
)
def test_straight_edges_alone_are_no_bin(blocks: list[tuple[float, ...]]) -> None:
    assert find_walls(seen_from_above(blocks, 0.3), NOISE) is None


def test_a_bowl_is_an_item() -> None:
    points = sheet((-0.4, -0.4), (0.4, 0.4), 0.0)
    radius = np.hypot(points[:, 0], points[:, 1])
    points[:, 2] = np.where(radius < 0.09, 0.01 + 0.06 * (radius / 0.09) ** 2, 0.0)
    points[:, 2] = np.where((radius >= 0.085) & (radius < 0.09), 0.07, points[:, 2])
    assert find_walls(points, NOISE) is None


def look(eyes: tuple[tuple[float, float, float], ...], tote: Tote | None = None) -> list[CameraFrame]:
    """Cameras over a table that bears two boxes, in a bin or not."""
    rng = np.random.default_rng(3)
    with table() as made:
        floor = 0.0
        if tote is not None:
            made.scene.add(SCENERY, None, tote_mesh(tote), tote.T_base_tote)
            floor = float(tote.T_base_tote.position[2])
        for x, size in ((-0.08, (0.10, 0.07, 0.06)), (0.07, (0.08, 0.08, 0.09))):
            made.scene.add(
                SCENERY,
                None,
                box_mesh(np.array(size), (0.6, 0.4, 0.3)),
                Pose.from_euler((x, 0, floor + size[2] / 2), (0, 0, 1)),
            )
        cameras = [camera_at(np.array(eye), np.array((0, 0, 0.05)), 600.0, name=f"c{n}") for n, eye in enumerate(eyes)]
        return [made.photo(camera, rng).frame() for camera in cameras]


@pytest.mark.parametrize("eyes", ((ABOVE,), (OBLIQUE,), (OBLIQUE, (-0.45, 0.3, 0.8))), ids=("above", "oblique", "two"))
def test_cameras_find_a_bin_on_a_table(eyes: tuple[tuple[float, float, float], ...]) -> None:
    tote = Tote("bin", Pose.from_euler((0, 0, 0.03), (0, 0, 0.6)), INNER)
    support = found_support(look(eyes, tote), True)
    np.testing.assert_allclose(support.tote.inner, INNER, atol=0.015)
    np.testing.assert_allclose(support.T_base_support.position, (0, 0, 0.03), atol=0.01)


def test_a_known_support_is_the_floor_of_its_bin() -> None:
    tote = Tote("bin", Pose.from_euler((0, 0, 0.03), (0, 0, 0.6)), INNER)
    support = found_support(look((OBLIQUE,), tote), True, support=tote.T_base_tote)
    assert support.T_base_support.position[2] == pytest.approx(0.03, abs=1e-6)
    assert support.scale == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(support.tote.inner, INNER, atol=0.015)


def test_an_open_table_has_no_walls() -> None:
    assert found_support(look((OBLIQUE,)), True).tote.inner[2] == 0


def test_walls_and_rim_are_background_and_what_lies_within_is_not() -> None:
    tote = Tote("bin", Pose.identity(), INNER)
    points = np.array(
        [(0.199, 0, 0.1), (0.205, 0, 0.15), (0.3, 0, 0.1), (0, 0, 0.0), (0.1, 0.05, 0.06), (0.17, 0, 0.2)]
    )
    found = on_support(
        surfels(points, np.tile((0.0, 0.0, 1.0), (6, 1)), np.full((6, 3), 90.0)), tote, np.full(len(points), 0.004)
    )
    assert found.tolist() == [True, True, True, True, False, False]
