import numpy as np
import pytest

from perception.events import SHIFTED, Event, EventError, EventKind
from perception.pose import Pose
from perception.tote import Box

GIVEN = {"shift": Pose.identity(), "box": Box(Pose.identity(), np.full(3, 0.1)), "share": 0.5}


@pytest.mark.parametrize("kind", list(EventKind))
def test_each_kind_demands_the_geometry_that_answering_it_takes(kind):
    needed = {
        "shift": kind in SHIFTED,
        "box": kind is EventKind.PATH_BLOCKED,
        "share": kind is EventKind.GRASP_WEAK,
    }
    Event(kind, 0.9, 1.0, **GIVEN)
    for name, matters in needed.items():
        rest = {other: value for other, value in GIVEN.items() if other != name}
        if matters:
            with pytest.raises(EventError, match=name):
                Event(kind, 0.9, 1.0, **rest)
        else:
            Event(kind, 0.9, 1.0, **rest)


@pytest.mark.parametrize("certainty, stamp", [(-0.1, 0.0), (1.1, 0.0), (np.nan, 0.0), (0.5, np.inf)])
def test_impossible_numbers_are_refused(certainty, stamp):
    with pytest.raises(EventError, match="certainty"):
        Event(EventKind.STOP, certainty, stamp)


def test_a_share_beyond_all_strength_is_refused():
    with pytest.raises(EventError, match="share"):
        Event(EventKind.GRASP_WEAK, 0.9, 0.0, share=1.2)
