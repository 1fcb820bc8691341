"""Trajectories refuse what no arm may be sent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from motion.trajectory import Trajectory, TrajectoryError

TIMES, ROWS = np.linspace(0, 1, 5), np.zeros((5, 7))
NAMES = ("times", "positions", "velocities", "accelerations")


def made(**changes: object) -> Trajectory:
    parts = {"times": TIMES, "positions": ROWS, "velocities": ROWS, "accelerations": ROWS}
    return Trajectory(**{**parts, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES[1:])
@pytest.mark.parametrize("shape", [(5, 6), (4, 7), (6, 7), (5,), (5, 7, 1), (7, 5)])
def test_shapes_that_differ_are_refused(name, shape):
    with pytest.raises(TrajectoryError, match="a row a sample, a column a joint"):
        made(**{name: np.zeros(shape)})


@given(st.sampled_from(NAMES), st.integers(0, 4), st.sampled_from([np.nan, np.inf, -np.inf]))
def test_what_is_not_finite_is_named_with_its_sample(name, sample, value):
    values = np.array({"times": TIMES}.get(name, ROWS))
    values[sample] = value
    with pytest.raises(TrajectoryError, match=f"expected finite {name}, sample {sample} is not"):
        made(**{name: values})


@pytest.mark.parametrize(
    "times, sample", [((0, 1, 1, 2, 3), 2), ((0, 1, 2, 1.5, 3), 3), ((0.1, 1, 2, 3, 4), 0), ((-1, 0, 1, 2, 3), 0)]
)
def test_times_that_do_not_increase_from_0_are_named(times, sample):
    with pytest.raises(TrajectoryError, match=f"strictly increasing times from 0, got .* at sample {sample}"):
        made(times=np.array(times))


@pytest.mark.parametrize("samples, joints", [(0, 7), (1, 7), (5, 0)])
def test_nothing_is_no_trajectory(samples, joints):
    rows = np.zeros((samples, joints))
    with pytest.raises(TrajectoryError, match="two or more samples of one joint or more"):
        Trajectory(TIMES[:samples], rows, rows, rows)


@given(st.lists(arrays(np.float64, array_shapes(min_dims=0, max_dims=2, max_side=3)), min_size=4, max_size=4))
def test_anything_is_a_trajectory_that_can_be_sampled_or_a_named_error(parts):
    try:
        trajectory = Trajectory(*parts)
    except TrajectoryError:
        return
    joints = trajectory.positions.shape[1]
    assert joints > 0 and all(part.shape == (joints,) for part in trajectory.sample(trajectory.duration / 2))


def test_a_slowed_motion_can_be_told_as_finely_as_others():
    times = np.linspace(0.0, 1.0, 101)[:, None]
    rows = np.sin(2 * times), 2 * np.cos(2 * times), -4 * np.sin(2 * times)
    slow = Trajectory(times[:, 0], *rows).slowed(1.7)
    fine = slow.spaced(1e-3)
    assert fine.duration == slow.duration and np.diff(fine.times).max() <= 1e-3 + 1e-12
    for time in (0.0, 0.4321, 1.7):
        for ours, told in zip(fine.sample(time), slow.sample(time)):
            np.testing.assert_allclose(ours, told, atol=1e-3)


def test_it_owns_its_samples():
    rows = ROWS.copy()
    trajectory = made(positions=rows)
    rows[:] = 1
    assert (trajectory.positions == 0).all()
