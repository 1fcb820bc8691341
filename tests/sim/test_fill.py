from __future__ import annotations

from functools import cache

import numpy as np
import pybullet as pb
import pytest

from perception.pose import Pose
from perception.tote import Tote
from sim.fill import ABOVE_RIM, UnrestError, fill, spawn_tote
from sim.items.body import ItemBody
from sim.items.catalog import FAMILIES, make_item
from sim.suites import BIN_ITEMS, BIN_VOLUME, SUITES, UnknownSuiteError, bin_specs

TOTE = Tote("source", Pose.from_euler((0.3, -0.4, -0.1), (0, 0, 0.8)), np.array([0.56, 0.36, 0.20]), wall=0.012)
SOFT = ("plush", "granule_bag", "shirt")


@cache
def filled(suite: str, seed: int = 3, again: int = 0) -> tuple[int, list[ItemBody], int]:
    """A world of its own per call of other arguments: client, items, and how many were wanted."""
    client = int(pb.connect(pb.DIRECT))
    pb.setPhysicsEngineParameter(
        fixedTimeStep=1 / 240, numSolverIterations=50, deterministicOverlappingPairs=1, physicsClientId=client
    )
    pb.setGravity(0, 0, -9.81, physicsClientId=client)
    spawn_tote(client, TOTE)
    rng = np.random.default_rng(seed)
    specs = bin_specs(suite, rng)
    return client, fill(client, specs, TOTE, rng), len(specs)


@pytest.mark.parametrize("suite", SUITES)
def test_a_filled_tote_holds_its_items(suite: str) -> None:
    _, items, wanted = filled(suite)
    assert len(items) == wanted
    for item in items:
        vertices = TOTE.T_base_tote.inverse().apply(item.mesh()[0])
        assert item.is_inside(TOTE)
        assert vertices[:, 2].max() < TOTE.inner[2] + ABOVE_RIM
        assert (np.abs(vertices[:, :2]) < TOTE.inner[:2] / 2 + 0.006).all()


@pytest.mark.parametrize("suite", SUITES)
def test_hard_items_hardly_interpenetrate(suite: str) -> None:
    client, items, _ = filled(suite)
    soft = {body for item in items if item.spec.family in SOFT for body in item.bodies}
    pb.performCollisionDetection(physicsClientId=client)
    contacts = pb.getContactPoints(physicsClientId=client)
    depth = np.array([-c[8] for c in contacts if c[1] not in soft and c[2] not in soft and c[1] != c[2]])
    if len(depth):
        assert np.median(depth) < 3e-4 and np.quantile(depth, 0.95) < 1.2e-3 and depth.max() < 3e-3


@pytest.mark.parametrize("suite", SUITES)
def test_a_filled_tote_is_at_rest(suite: str) -> None:
    client, items, _ = filled(suite)
    before = [item.corners() for item in items]
    for _ in range(240):
        pb.stepSimulation(physicsClientId=client)
    for item, corners in zip(items, before):
        moved = np.abs(item.corners() - corners).max()
        assert moved < (6e-3 if item.spec.family in SOFT else 3e-3), item.spec.family
    assert all(item.is_inside(TOTE) for item in items)


def test_what_does_not_fit_is_never_left_out_silently() -> None:
    client = int(pb.connect(pb.DIRECT))
    pb.setGravity(0, 0, -9.81, physicsClientId=client)
    shallow = Tote("source", TOTE.T_base_tote, np.array([0.12, 0.12, 0.021]), wall=0.012)
    spawn_tote(client, shallow)
    with pytest.raises(UnrestError, match="carton"):
        fill(
            client, [make_item("carton", np.random.default_rng(k)) for k in range(2)], shallow, np.random.default_rng()
        )
    pb.disconnect(client)


def test_the_same_seed_fills_the_same_tote_to_the_byte() -> None:
    first, second = (filled("mixed", again=k)[1] for k in (2, 3))
    assert [item.spec.family for item in first] == [item.spec.family for item in second]
    for a, b in zip(first, second):
        assert a.T_base_links().tobytes() == b.T_base_links().tobytes()


def test_some_books_stand() -> None:
    upright = 0
    for seed in (3, 4):
        for item in filled("books", seed)[1]:
            upright += abs(item.pose().rotation[2, 2]) < 0.5
    assert upright >= 3


@pytest.mark.parametrize("suite", SUITES)
def test_bins_have_ten_to_twenty_items_that_fit(suite: str) -> None:
    counts = []
    for seed in range(6):
        specs = bin_specs(suite, np.random.default_rng(seed))
        counts.append(len(specs))
        assert BIN_ITEMS[0] <= len(specs) <= BIN_ITEMS[1]
        assert sum(spec.size.prod() for spec in specs) < 1.1 * BIN_VOLUME
        assert all(spec.family in SUITES[suite] for spec in specs)
    assert max(counts) > min(counts)


def test_where_nothing_drawn_fits_any_more_a_bin_has_fewer_items(monkeypatch) -> None:
    monkeypatch.setattr("sim.suites.MOST_REFUSED", 60)
    specs = bin_specs("bags", np.random.default_rng([0, 54]).spawn(1)[0])  # nine bags leave no room for a tenth
    assert len(specs) == BIN_ITEMS[0] - 1


def test_unseen_families_are_in_no_other_suite() -> None:
    seen = {family for name, shares in SUITES.items() if name != "unseen" for family in shares}
    assert not seen & set(SUITES["unseen"])
    assert seen | set(SUITES["unseen"]) == set(FAMILIES)


def test_an_unknown_suite_is_refused_by_name() -> None:
    with pytest.raises(UnknownSuiteError, match=r"'toys'.*boxes.*books.*bags.*mixed.*unseen"):
        bin_specs("toys", np.random.default_rng(0))
