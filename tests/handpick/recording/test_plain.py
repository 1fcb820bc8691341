"""Plain data: values come back to the bit, and data of another type is refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grasping.attempts import UNKNOWN, Attempt, Attempts, Failure
from grasping.beliefs.weighed import Weighed
from grasping.grasp import Load
from grasping.tools import DualTool, Gripper, Tool
from handpick.cell import CellLayout
from handpick.layout import standard_layout
from handpick.picking.outlook import Placed
from handpick.recording.errors import RecordingError
from handpick.recording.own import Inputs
from handpick.recording.plain import from_plain, to_plain
from motion.robot.tool_state import ToolState
from perception.capsules import Capsules
from perception.pose import Pose
from perception.scene import HeightMap

LAYOUT = standard_layout()


def again(kind: Any, value: Any) -> Any:
    return from_plain(kind, json.loads(json.dumps(to_plain(value), allow_nan=False)), "here")


def inputs(rng: np.random.Generator) -> Inputs:
    load = Load(rng.random(), rng.random(3), rng.random((3, 3)), (0.1, np.inf))
    attempt = Attempt(Tool.PINCH, rng.random((4, 4)), rng.random(3), load, rng.random(3), Failure.LOST, "ä")
    floor = HeightMap(LAYOUT.source, 0.01, rng.random((56, 36)).astype(np.float32), rng.random((56, 36)) > 0.5)
    placed = Placed(rng.random((200, 3)), True, np.empty((0, 3)), floor)
    past = Attempts(failed=[attempt], weighed=[Weighed(0.3, rng.random(3))])
    return Inputs(Capsules(rng.random((4, 2, 3)), rng.random(4)), rng.random(7), ToolState(0.1, 1.0), placed, past)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=5)
def test_what_a_decision_was_thought_out_from_comes_back_to_the_bit(seed: int) -> None:
    value = inputs(np.random.default_rng(seed))
    found = again(Inputs, value)
    assert to_plain(found) == to_plain(value)
    assert found.placed.floor.height.dtype == np.float32 and found.placed.beside.shape == (0, 3)
    assert found.past.failed[0].failure is Failure.LOST and found.left == value.left


def test_layouts_and_tools_come_back() -> None:
    assert again(DualTool, DualTool(Gripper(speed=0.2))) == DualTool(Gripper(speed=0.2))
    assert to_plain(again(CellLayout, LAYOUT)) == to_plain(LAYOUT)
    assert again(frozenset[Tool], frozenset(Tool)) == frozenset(Tool)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (DualTool, None),
        (DualTool, {}),
        (CellLayout, {"source": 3}),
        (Pose, [[2]]),
        (Tool, "__class__"),
        (int, True),
        (np.ndarray, {"dtype": "O", "shape": [1], "base64": "AAAA"}),
        (np.ndarray, {"dtype": "<f8", "shape": [1 << 60], "base64": "AAAA"}),
        (np.ndarray, {"dtype": "<f8", "shape": [-1, 0], "base64": ""}),
        (tuple[float, float], [1.0]),
        (dict, {}),
        (object, 1),
    ],
)
def test_data_of_another_type_is_refused_by_name(kind: Any, data: Any) -> None:
    with pytest.raises(RecordingError, match="here"):
        from_plain(kind, data, "here")


def test_what_an_earlier_version_did_not_tell_is_as_by_default() -> None:
    attempt = inputs(np.random.default_rng(3)).past.failed[0]
    data = to_plain(attempt)
    del data["skill"], data["odds"]
    earlier = from_plain(Attempt, json.loads(json.dumps(data)), "here")
    assert (earlier.skill, earlier.odds) == ("lift", UNKNOWN) and earlier.failure is attempt.failure
    del data["tool"]
    with pytest.raises(RecordingError):
        from_plain(Attempt, data, "here")
