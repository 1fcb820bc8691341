"""What the model of a grasp promises, against the physics."""

import numpy as np
import pytest

from benchmarks.holds import random_case, stays
from grasping.contact.wrench_limits import MOTION_SAFETY
from grasping.tools import Tool


@pytest.mark.parametrize("tool", Tool)
def test_a_box_stays_in_the_grasp_for_which_its_motion_was_planned_and_not_in_one_far_too_weak(tool):
    case = random_case(tool, np.random.default_rng(3))
    assert stays(case, MOTION_SAFETY)
    assert not stays(case, 0.2)
