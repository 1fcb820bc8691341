"""What the planner tells and what perception hands on becomes a bag that is decided the same when it is replayed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from grasping.tools import DualTool, Tool
from handpick.command import main
from handpick.outcome import PickOutcome, Result
from handpick.picking.decide import Thought
from handpick.picking.stack import Stack
from handpick.recording import own
from handpick.recording import ros_messages as ros
from handpick.recording.bag import STORE
from handpick.recording.open_recording import open_recording
from handpick.recording.recorder import JOINTS
from handpick.recording.ros_images import IMAGE
from motion.robot.load import load_arm
from ros_nodes.cell_folder import CameraTopics, CellFolder
from ros_nodes.picks.pick_words import pick_text
from ros_nodes.recording.kept_frames import KEPT, KeptFrames, stamp_of, stamped
from ros_nodes.recording.look_bag import LookBag
from tests.support.thoughts import LAYOUT, looked

BEGAN = 1_700_000_000.0  # seconds: the clock of a robot begins at no zero
ARM = load_arm("panda")


def folder() -> CellFolder:
    cameras = tuple(CameraTopics(c.name, "depth", "color", "info", c.T_base_camera) for c in LAYOUT.cameras)
    both = LAYOUT.source, LAYOUT.destination
    return CellFolder(Path("cell"), ARM, DualTool(), frozenset(Tool), *both, (), cameras)


def image(kind: str, pixels: np.ndarray, at: float, name: str) -> bytes:
    made = ros.depth_image if kind == "depth" else ros.color_image
    return bytes(STORE.serialize_cdr(made(pixels, round(at * 1e9), name), IMAGE))


def words(thought: Thought, stamps: dict[str, float]) -> str:
    inputs = own.inputs_of(thought)
    return json.dumps({"stamps": stamps, "decision": own.decision_of(0, thought), "inputs": inputs})


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One look of five cameras, each image of its own time, with what came of it."""
    stack = Stack.build(LAYOUT, DualTool(), frozenset(Tool))
    thought = looked(stack, 0.5, 0)
    bag = LookBag(tmp_path_factory.mktemp("record") / "ros-000", folder(), LAYOUT.cameras, round((BEGAN - 0.5) * 1e9))
    stamps = {frame.camera.name: BEGAN + 0.02 * i for i, frame in enumerate(thought.look.frames)}
    for frame in thought.look.frames:
        name = frame.camera.name
        for late in (0.0, 0.5):  # images that nothing is decided on come, too
            bag.frames.add(name, "depth", image("depth", frame.depth + late, stamps[name] + late, name))
            bag.frames.add(name, "color", image("color", frame.color, stamps[name] + late, name))
    state = replace(thought.view.state, stamp=BEGAN)  # type: ignore[union-attr, type-var]
    joints = STORE.serialize_cdr(ros.joint_state(state, ARM.joint_names, round(BEGAN * 1e9)), JOINTS)
    bag.joints(bytes(joints), round(BEGAN * 1e9))
    bag.tool((30e3, 0.0), 1.0, 0.05, 0.0, round(BEGAN * 1e9))
    assert bag.decided(words(thought, {name: at + 1e-7 for name, at in stamps.items()})) == []
    outcome = PickOutcome(0, Result.PLACED, Tool.SUCTION, None, 0.5, 3.5, 3.2, {"carry": 1.0}, 1.0, 1.0)
    bag.picked(pick_text(outcome, 0), round((BEGAN + 3) * 1e9))
    bag.picked(pick_text(outcome), round((BEGAN + 4) * 1e9))  # of a look that nobody numbered
    return bag.close()


def test_a_recorded_cell_decides_the_same_again(recorded: Path, tmp_path: Path) -> None:
    assert main(["replay", str(recorded), "--out", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["compared"], report["otherwise"], report["notes"]) == (1, 0, {})
    assert report["looks"][0]["chosen"] is not None
    assert report["looks"][0]["recorded"]["outcome"]["result"] == "placed"


def test_joints_tool_and_the_time_of_a_look_are_those_that_were_heard(recorded: Path) -> None:
    with open_recording(recorded) as recording:
        (moment,) = recording.moments()
        assert recording.span[0] == pytest.approx(BEGAN - 0.5)
    assert moment.stamp == pytest.approx(BEGAN + 0.08, abs=1e-3)
    assert moment.state is not None and moment.state.joints == ARM.joint_names
    assert moment.state.tool["vacuum"] == 30e3 and moment.state.tool["cups"] == [30e3, 0.0]
    assert len(moment.images) == 5 and all(i.color is not None and i.T_base_camera is not None for i in moment.images)


def test_a_look_whose_images_did_not_come_names_them(tmp_path: Path) -> None:
    bag = LookBag(tmp_path / "ros-000", folder(), LAYOUT.cameras, 0)
    told = json.dumps({"stamps": {"a": 2.0, "stranger": 2.0}, "decision": {"look": 0}, "inputs": None})
    assert bag.decided(told) == ["depth of camera a", "color of camera a"]
    bag.close()


def test_frames_are_found_by_their_time_and_forgotten_in_turn() -> None:
    frames, pixels = KeptFrames(), np.ones((2, 3), np.float32)
    assert frames.find("a", "depth", 1.0) is None
    for i in range(KEPT + 1):
        frames.add("a", "depth", image("depth", pixels * i, 1.0 + 0.1 * i, "a"))
    found = frames.find("a", "depth", 1.2004)
    assert found is not None and stamp_of(found) == 1_200_000_000
    assert frames.find("a", "depth", 1.25) is None and frames.find("a", "depth", 1.0) is None
    assert frames.find("a", "color", 1.2) is None


def test_an_image_at_another_time_is_the_same_image() -> None:
    data = image("depth", np.arange(6, dtype=np.float32).reshape(2, 3), 1.5, "a")
    assert stamp_of(data) == 1_500_000_000
    other = stamped(data, 1_700_000_000_123_456_789)
    assert stamp_of(other) == 1_700_000_000_123_456_789
    assert np.array_equal(STORE.deserialize_cdr(other, IMAGE).data, STORE.deserialize_cdr(data, IMAGE).data)  # type: ignore[attr-defined]
