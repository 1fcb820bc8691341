import threading

import numpy as np
import pytest

from perception.parallel import each, shared


@pytest.mark.parametrize("count", [0, 1, 2, 7, 1000])
def test_every_part_is_worked_on_once(count):
    done = np.zeros(count, int)

    def work(first, last):
        done[first:last] += 1

    shared(work, count)
    assert (done == 1).all()


def test_parts_run_at_the_same_time():
    meeting = threading.Barrier(2, timeout=10)
    shared(lambda first, last: meeting.wait(), 2)  # of two that take turns the first would wait for ever
    assert each(lambda value: (meeting.wait(), value)[1], "ab") == ["a", "b"]


@pytest.mark.parametrize("bad", [0, 1])
def test_an_error_in_any_part_is_raised(bad):
    def work(first, last):
        if first == bad:
            raise ValueError(f"part {first}")

    with pytest.raises(ValueError, match=f"part {bad}"):
        shared(work, 2)
    with pytest.raises(ZeroDivisionError):
        each(lambda value: 1 / value, [2, 1 - 1])
