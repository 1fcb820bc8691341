"""The simulated controller keeps the rules of the real one."""

from __future__ import annotations

import numpy as np
import pytest

from motion.trajectory import TrajectoryError
from ros_nodes.robot.controller_rules import accepted, spliced

NAMES = ("a", "b")
ROWS = [((0.1, 0.2), (0.0, 0.0), ()), ((0.2, 0.4), (0.0, 0.0), ())]


def test_joints_come_in_any_order() -> None:
    times, q, _ = accepted(NAMES, ("b", "a"), [0.0, 1.0], ROWS)
    assert times.tolist() == [0.0, 1.0] and q.tolist() == [[0.2, 0.1], [0.4, 0.2]]


@pytest.mark.parametrize(
    ("given", "times", "rows", "said"),
    [
        (NAMES, [], [], "empty"),
        (NAMES, [1.0, 1.0], ROWS, "strictly increase"),
        (("a",), [0.0, 1.0], ROWS, "expected the joints"),
        (NAMES, [0.0, 1.0], [(*row[:2], (1.0, 1.0)) for row in ROWS], "no efforts"),
        (NAMES, [0.0, 1.0], [(row[0], (0.1, 0.1), ()) for row in ROWS], "at rest"),
    ],
)
def test_what_the_controller_rejects(given: tuple[str, ...], times: list[float], rows: list, said: str) -> None:
    with pytest.raises(TrajectoryError, match=said):
        accepted(NAMES, given, times, rows)


def test_a_trajectory_with_a_stamp_is_joined_where_it_is() -> None:
    times = np.linspace(0, 1, 11)
    q, v = np.outer(times, (1.0, 2.0)), np.tile((1.0, 2.0), (11, 1))
    elsewhere = np.array((9.0, 9.0)), np.zeros(2)
    joined = spliced(times, q, v, 0.25, elsewhere)
    assert joined is not None and np.allclose(joined.positions[0], (0.25, 0.5)) and np.isclose(joined.duration, 0.75)
    early = spliced(times + 0.1, q, v, 0.0, elsewhere)
    assert early is not None and np.allclose(early.positions[0], 9.0)  # from where it is to the first point
    assert spliced(times, q, v, 1.5, elsewhere) is None
