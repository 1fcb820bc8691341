"""Joint states are told joint by joint: which answers, how often, and what is wrong with one that does not."""

from __future__ import annotations

import math
import time

import numpy as np

from motion.robot.load import load_arm
from ros_nodes.heard_joints import HeardJoints

ARM = load_arm("panda")
NAMES, HOME = list(ARM.joint_names), list(ARM.home)


def test_joints_that_answer_are_told_with_their_rate_and_room() -> None:
    heard = HeardJoints(ARM)
    for _ in range(10):
        heard.take(["finger", *NAMES[::-1]], [0.01, *HOME[::-1]])
    time.sleep(0.05)
    found = heard.findings()
    assert [joint.name for joint in found] == NAMES and not any(joint.wrong for joint in found)
    assert np.allclose([joint.angle for joint in found], HOME)
    assert all(0 < joint.rate <= 200 for joint in found) and all(joint.room > 0 for joint in found)


def test_a_joint_that_does_not_answer_is_named() -> None:
    heard = HeardJoints(ARM)
    heard.take(NAMES[1:], HOME[1:])
    first, *others = heard.findings()
    assert "no joint state names it" in first.wrong and not any(joint.wrong for joint in others)


def test_angles_that_cannot_be_are_told() -> None:
    heard = HeardJoints(ARM)
    heard.take(NAMES, [math.nan, 9.0, *HOME[2:]])
    lost, beyond, *others = heard.findings()
    assert "finite" in lost.wrong and "beyond its limits" in beyond.wrong and not any(j.wrong for j in others)
