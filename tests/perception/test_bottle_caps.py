"""A bottle's cap belongs to its bottle; what merely lies beside a bottle does not."""

import numpy as np
import pytest

from perception.segmentation.bottle_caps import with_caps
from tests.support.surfels import surfels


def lying(radius, start, length, aside=0.0, step=0.003):
    """What cameras see of a cylinder along x that lies on z = 0: points (N, 3) and normals of its top and its ends."""
    x, turn = (a.ravel() for a in np.meshgrid(np.arange(0, length + 1e-6, step), np.arange(0, np.pi, step / radius)))
    out = np.column_stack([0 * x, np.cos(turn), np.sin(turn)])
    parts, normals = [radius * out + x[:, None] * (1, 0, 0)], [out]
    across = np.arange(-radius, radius, step)
    y, z = (a.ravel() for a in np.meshgrid(across, across))
    disc = np.column_stack([0 * y, y, z])[np.hypot(y, z) < radius - step / 2]
    for end, sign in ((0.0, -1), (length, 1)):
        parts.append(disc + np.array((end, 0, 0)))
        normals.append(np.tile((sign, 0, 0), (len(disc), 1)))
    return np.concatenate(parts) + np.array((start, aside, radius)), np.concatenate(normals)


def joined(*parts, raised=0.0):
    """Whether the second of two parts is taken for the first one's."""
    points, normals = (np.concatenate(arrays) for arrays in zip(*parts))
    labels = np.repeat(np.arange(len(parts)), [len(found) for found, _ in parts])
    points[labels == 1, 2] += raised
    found = with_caps(surfels(points, normals, 0 * points + 90), labels)
    assert (found[labels == 0] == 0).all()
    return bool((found[labels == 1] == 0).all())


BOTTLE = lying(0.026, 0.0, 0.12)


@pytest.mark.parametrize("start", [0.120, -0.030])
def test_a_cap_at_either_end_is_the_bottles(start):
    assert joined(BOTTLE, lying(0.013, start, 0.030), raised=0.010)


@pytest.mark.parametrize(
    ("other", "raised"),
    [
        (lying(0.013, 0.120, 0.030, aside=0.024), 0.010),  # off its axis
        (lying(0.013, 0.045, 0.030), 0.050),  # on its middle
        (lying(0.025, 0.120, 0.045), 0.0),  # as thick as itself
        (lying(0.013, 0.120, 0.100), 0.010),  # a tube that meets its end
    ],
)
def test_neighbours_of_a_bottle_stay_items_of_their_own(other, raised):
    assert not joined(BOTTLE, other, raised=raised)


def test_a_cube_has_no_end_to_close():
    assert not joined(lying(0.026, 0.0, 0.05), lying(0.013, 0.05, 0.030), raised=0.010)
