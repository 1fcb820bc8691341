"""Joint readings: a hair beyond a limit is let back in, anything worse is named for what it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from grasping.tools import DualTool
from motion.errors import LimitsExceeded
from motion.robot.arm import Arm
from motion.robot.joint_check import HAIR, JointStateError, within_limits
from perception.errors import HandpickError

ARM = Arm(DualTool())
LIMITS, JOINTS = ARM.limits, [joint.name for joint in ARM.description.joints]
MIDDLE = (LIMITS.lower + LIMITS.upper) / 2


def at(joint: int, value: float) -> np.ndarray:
    positions = MIDDLE.copy()
    positions[joint] = value
    return positions


@given(st.integers(0, 6), st.floats(0, 0.999 * HAIR), st.booleans())
def test_a_hair_beyond_is_put_on_the_limit(joint, beyond, upper):
    limit = LIMITS.upper[joint] if upper else LIMITS.lower[joint]
    inside = within_limits(at(joint, limit + (beyond if upper else -beyond)), LIMITS, JOINTS)
    np.testing.assert_array_equal(inside, at(joint, limit))


@given(st.floats(0, 1))
def test_what_lies_within_stays_as_it_is(share):
    positions = LIMITS.lower + share * (LIMITS.upper - LIMITS.lower)
    positions = np.clip(positions, LIMITS.lower, LIMITS.upper)
    np.testing.assert_array_equal(within_limits(positions, LIMITS, JOINTS), positions)


@given(st.integers(0, 6), st.floats(1.1 * HAIR, 0.5), st.booleans())
def test_further_out_the_joint_and_the_distance_are_named(joint, beyond, upper):
    limit = LIMITS.upper[joint] if upper else LIMITS.lower[joint]
    with pytest.raises(LimitsExceeded) as caught:
        within_limits(at(joint, limit + (beyond if upper else -beyond)), LIMITS, JOINTS)
    words = str(caught.value)
    assert JOINTS[joint] in words and f"{beyond:.4f} rad {'over' if upper else 'under'}" in words
    assert not any(name in words for name in JOINTS if name != JOINTS[joint])


def test_degrees_are_recognised():
    with pytest.raises(JointStateError, match="these are degrees"):
        within_limits(np.rad2deg((0.0, -0.78, 0.0, -2.35, 0.0, 1.57, 0.78)), LIMITS, JOINTS)


def test_a_joint_that_says_nothing_is_not_moved_by_hand():
    with pytest.raises(JointStateError, match=r"panda_joint3.*encoder") as caught:
        within_limits(at(2, np.nan), LIMITS, JOINTS)
    assert "by hand" not in str(caught.value)


@pytest.mark.parametrize("count", [0, 6, 9])
def test_a_wrong_number_of_joints_is_told(count):
    with pytest.raises(JointStateError, match=rf"expected 7 joint positions.*got shape \({count},\)"):
        within_limits(np.zeros(count), LIMITS, JOINTS)


@given(
    st.one_of(
        arrays(np.float64, array_shapes(min_dims=0, max_dims=2, max_side=8)),
        st.lists(st.one_of(st.none(), st.text(max_size=2), st.floats()), max_size=9),
    )
)
def test_anything_else_ends_in_a_named_error_or_within_the_limits(positions):
    try:
        inside = within_limits(positions, LIMITS, JOINTS)
    except HandpickError:
        return
    assert ((LIMITS.lower <= inside) & (inside <= LIMITS.upper)).all()
