"""What shows little is an item where it stands on the background, and a fragment anywhere else."""

import numpy as np
import pytest

from perception.pose import Pose
from perception.segmentation.find_items import by_geometry
from perception.tote import Tote
from tests.support.surfels import surfels

VOXEL = 0.004
SUPPORT = Tote("table", Pose.identity(), np.array((0.5, 0.5, 0.0)))


def square(side, middle, step=VOXEL):
    """Points of a level square, (N, 3)."""
    count = round(side / step)
    x, y = (a.ravel() for a in np.meshgrid(np.arange(count), np.arange(count)))
    return step * np.column_stack([x - count // 2, y - count // 2, 0 * x]) + middle


def found(*things):
    """How many items lie on a floor that is seen but for the shadow beneath each thing."""
    floor = square(0.4, (0, 0, 0))
    points = np.concatenate([floor, *things])
    normals = np.tile((0.0, 0.0, 1.0), (len(points), 1))
    surface = surfels(points, normals, 0 * points + 90)
    labels = by_geometry(surface, np.arange(len(points)) >= len(floor), VOXEL, SUPPORT).labels
    assert (labels[: len(floor)] == -1).all()
    return labels.max() + 1


@pytest.mark.parametrize("side", [0.016, 0.020, 0.032])
def test_a_small_cube_that_only_its_top_shows_is_an_item(side):
    assert found(square(side, (0, 0, side))) == 1


def test_specks_are_none():
    assert found(square(0.012, (0, 0, 0.012))) == 0


def test_a_small_piece_in_mid_air_is_none():
    assert found(square(0.020, (0, 0, 0.09))) == 0


def test_a_large_piece_is_an_item_wherever_it_is():
    assert found(square(0.040, (0, 0, 0.09))) == 1


def test_pieces_are_judged_one_by_one():
    assert found(square(0.060, (-0.1, 0, 0.05)), square(0.016, (0.05, 0, 0.016)), square(0.016, (0.12, 0, 0.10))) == 2


def test_a_fringe_beside_a_large_thing_is_none():
    assert found(square(0.12, (0, 0, 0.02)), square(0.016, (0.072, 0, 0.012))) == 1
