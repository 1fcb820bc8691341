"""Tools refuse sizes that no tool on a wrist has, and name the unit that was probably meant."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grasping.tools import DualTool, Gripper, SuctionCup
from perception.errors import GeometryError

SIZES = [(tool, field.name) for tool in (Gripper, SuctionCup) for field in fields(tool) if field.type != "bool"]


@given(st.sampled_from(SIZES), st.one_of(st.just(np.nan), st.just(np.inf), st.floats(-1e6, -1e-9)))
def test_nothing_is_negative_or_not_a_number(size, value):
    tool, name = size
    known = getattr(tool(), name)
    broken = value if isinstance(known, float) else (*known[:-1], value)
    with pytest.raises(GeometryError, match="expected"):
        tool(**{name: broken})


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Gripper(opening=(0.0, 140.0)), "widest opening: .*millimetres. Then give 0.14"),
        (lambda: Gripper(finger_length=205.0), "finger_length: .*millimetres"),
        (lambda: Gripper(palm=(60.0, 180.0, 70.0)), "palm along x: .*millimetres"),
        (lambda: Gripper(palm=(0.06, 0.18)), "palm of x, y, z"),
        (lambda: Gripper(opening=(0.14, 0.0)), "least < widest"),
        (lambda: Gripper(force=(125.0, 10.0)), "least < greatest"),
        (lambda: Gripper(pad_length=0.3), "no longer than the fingers"),
        (lambda: SuctionCup(radius=15.0), "3 to 60 mm"),
        (lambda: SuctionCup(extension=0.3), "extension < retraction"),
        (lambda: SuctionCup(press=0.02), "no more than the bellows"),
        (lambda: SuctionCup(pressure_full=80.0, pressure_gentle=30.0), "kilopascals. Then give 80000"),
        (lambda: SuctionCup(pressure_gentle=90e3), "pressure_gentle"),
        (lambda: SuctionCup(fingers_open=0.01), "around the rod"),
        (lambda: DualTool(mount=20.0), "mount: .*millimetres"),
        (lambda: DualTool(Gripper(opening=(0.0, 0.03))), "open around the cup's rod"),
    ],
)
def test_what_is_wrong_is_named(make, words):
    with pytest.raises(GeometryError, match=words):
        make()
