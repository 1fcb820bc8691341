"""Replays: what Handpick recorded is decided the same again; other recordings are planned from their images alone."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import StoragePlugin

from grasping.tools import DualTool, Tool
from handpick.command import main
from handpick.outcome import PickOutcome, Result
from handpick.picking.decide import Thought
from handpick.picking.stack import Stack
from handpick.recording import own
from handpick.recording.bag import Bag
from handpick.recording.bag_writer import BagWriter
from handpick.recording.convert import to_folder, to_storage
from handpick.recording.errors import RecordingError
from handpick.recording.folder import read_look, write_look
from handpick.recording.open_recording import open_recording
from handpick.recording.recorder import BinRecorder, forgotten
from handpick.recording.ros_messages import string
from perception.depth_image import DepthImage
from tests.support.bags import depth_entries, write_bag
from tests.support.thoughts import LAYOUT, looked, world

STAMPS = (0.5, 2.25)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, list[Thought]]]:
    """Two looks at a bin that is not physical, and what came of the first."""
    path = tmp_path_factory.mktemp("record") / "bin-000"
    stack = Stack.build(LAYOUT, DualTool(), frozenset(Tool))
    recorder = BinRecorder(path, LAYOUT, stack, "panda")
    stack = replace(stack, on_thought=recorder.decided)
    thoughts = [looked(stack, stamp, seed) for seed, stamp in enumerate(STAMPS)]
    outcome = PickOutcome(0, Result.PLACED, Tool.SUCTION, None, 0.5, 3.5, 3.2, {"carry": 1.0}, 1.0, 1.0)
    recorder.picked(outcome, thoughts[0].look)
    recorder.close()
    yield path, thoughts


def report(path: Path, out: Path) -> dict[str, object]:
    assert main(["replay", str(path), "--out", str(out)]) == 0
    assert (out / "replay.html").exists() and (out / "timings.json").exists()
    found: dict[str, object] = json.loads((out / "report.json").read_text())
    return found


def test_moments_are_what_was_seen_decided_and_came_of_it(recorded: tuple[Path, list[Thought]]) -> None:
    path, thoughts = recorded
    with open_recording(path) as recording:
        moments = list(recording.moments())
        later = list(recording.moments(2.0))
    assert [m.stamp for m in moments] == list(STAMPS) and [m.stamp for m in later] == [2.25]
    for moment, thought in zip(moments, thoughts, strict=True):
        frames = {frame.camera.name: frame for frame in thought.look.frames}
        assert {image.name for image in moment.images} == set(frames)
        for image in moment.images:
            frame = frames[image.name]
            assert np.array_equal(image.depth, frame.depth, equal_nan=True)
            assert image.color is not None and (image.color == frame.color).all()
            assert image.T_base_camera is not None
            assert (image.T_base_camera.matrix == frame.camera.T_base_camera.matrix).all()
        assert moment.state is not None and moment.state.tool["finger_gap"] == 0.05
    assert moments[0].outcome is not None and moments[0].outcome["result"] == "placed" and moments[1].outcome is None


def test_others_read_the_bag(recorded: tuple[Path, list[Thought]]) -> None:
    with AnyReader([recorded[0]]) as reader:
        found = {c.topic: reader.deserialize(data, c.msgtype) for c, _, data in reader.messages()}
    grasp = recorded[1][-1].look.grasp
    assert grasp is not None
    decision = json.loads(found[own.DECISION].data)  # type: ignore[attr-defined]
    assert decision["chosen"]["T_base_tool"] == grasp.T_base_tool.matrix.tolist()
    plan = recorded[1][-1].plan
    assert plan is not None
    points = found[own.PLAN].points  # type: ignore[attr-defined]
    assert (points[0].positions == plan.start).all() and (points[-1].positions == plan.end).all()


def test_a_replay_decides_the_same_by_any_storage_and_the_same_to_the_byte(
    recorded: tuple[Path, list[Thought]], tmp_path: Path
) -> None:
    path, thoughts = recorded
    first = report(path, tmp_path / "a")
    sqlite = to_storage(path, tmp_path / "bin-000", StoragePlugin.SQLITE3)
    report(sqlite, tmp_path / "b")
    assert (tmp_path / "a" / "report.json").read_bytes() == (tmp_path / "b" / "report.json").read_bytes()
    assert (first["compared"], first["otherwise"], first["errors"]) == (2, 0, 0)
    for look, thought in zip(first["looks"], thoughts, strict=True):  # type: ignore[call-overload]
        chosen = look["grasps"][look["chosen"]]
        assert thought.look.grasp is not None and chosen["tool"] == thought.look.grasp.tool.value
        assert np.allclose(chosen["T_base_tool"], thought.look.grasp.T_base_tool.matrix, atol=1e-5)
        assert look["result"] == "not executed" and look["motion"]["seconds"] > 0


def test_what_is_decided_otherwise_is_told_with_its_reason(
    recorded: tuple[Path, list[Thought]], tmp_path: Path
) -> None:
    """A recording that says it took the other tool elsewhere, and one that chose nothing."""
    bag, writer, looks = Bag(recorded[0]), BagWriter(tmp_path / "bin-000"), 0
    for message in bag.read(list(bag.topics)):
        told = bag.message(message)
        if message.topic == own.DECISION:
            data = json.loads(told.data)
            if looks == 0:
                data["chosen"]["tool"] = "pinch" if data["chosen"]["tool"] == "suction" else "suction"
                data["chosen"]["T_base_tool"][0][3] += 0.5
            else:
                data["chosen"], data["cause"] = None, "no grasp"
            told, looks = string(data), looks + 1
        writer.write(message.topic, bag.topics[message.topic], message.stamp, told)
    writer.close()
    found = report(tmp_path / "bin-000", tmp_path / "out")
    first, second = found["looks"]  # type: ignore[misc]
    assert found["otherwise"] == 2
    assert any("other tool" in line for line in first["differs"]) and any("500 mm" in line for line in first["differs"])
    assert "not offered any more" in first["why"][0] and "no grasp" in second["differs"][0]


@pytest.mark.parametrize("topic", [own.CELL, own.DECISION, own.INPUTS, own.OUTCOME])
@pytest.mark.parametrize("data", [{}, {"look": 0}, {"look": 0, "chosen": {"tool": 3}}])
def test_a_recording_of_nonsense_is_refused_by_name(
    recorded: tuple[Path, list[Thought]],
    tmp_path: Path,
    topic: str,
    data: dict[str, object],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each of Handpick's own topics with other content; the report of what was done before is kept."""
    if topic in (own.OUTCOME, own.DECISION) and "chosen" not in data:
        return  # as if none had been recorded
    bag, writer = Bag(recorded[0]), BagWriter(tmp_path / "bin-000")
    for message in bag.read(list(bag.topics)):
        told = string(data) if message.topic == topic else bag.message(message)
        writer.write(message.topic, bag.topics[message.topic], message.stamp, told)
    writer.close()
    code = main(["replay", str(tmp_path / "bin-000"), "--out", str(tmp_path / "out"), "--until", "1"])
    assert code == (0 if topic == own.OUTCOME else 2)
    assert code == 0 or "handpick: " in capsys.readouterr().err


def test_an_arm_that_a_recording_names_by_a_path_is_not_read(
    recorded: tuple[Path, list[Thought]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bag, writer = Bag(recorded[0]), BagWriter(tmp_path / "bin-000")
    for message in bag.read(list(bag.topics)):
        told = bag.message(message)
        if message.topic == own.CELL:
            told = string({**json.loads(told.data), "arm": "../../etc"})
        writer.write(message.topic, bag.topics[message.topic], message.stamp, told)
    writer.close()
    assert main(["replay", str(tmp_path / "bin-000"), "--out", str(tmp_path / "out")]) == 2
    assert "--arm" in capsys.readouterr().err


def test_the_same_looks_give_the_same_grasps_from_mcap_sqlite_and_folders(tmp_path: Path) -> None:
    """One camera whose pose nobody knows, as of a bag that somebody else recorded."""
    images = []
    for number in (1, 2):
        (frame, *_) = world().frames(np.random.default_rng(number))
        depth = np.nan_to_num(frame.depth * 1000).astype(np.uint16)
        images.append(DepthImage(depth, frame.camera.k, color=frame.color, name="cam", stamp=float(number)))
        write_look(tmp_path / "folder" / str(number), images[-1:])
    forms = [tmp_path / "folder"]
    for storage in (StoragePlugin.MCAP, StoragePlugin.SQLITE3):
        entries = [e for image in images for e in depth_entries(round(image.stamp * 1e9), image)]
        forms.append(write_bag(tmp_path / storage.name, entries, storage))
    found = [report(form, tmp_path / f"out-{i}")["looks"] for i, form in enumerate(forms)]
    assert found[0] == found[1] == found[2] and found[0][1]["grasps"]  # type: ignore[index]


def test_looks_come_out_as_folders(recorded: tuple[Path, list[Thought]], tmp_path: Path) -> None:
    with open_recording(recorded[0]) as recording:
        assert to_folder(recording, tmp_path / "looks") == 2
        before = next(recording.moments())
    found = {image.name: image for image in read_look(tmp_path / "looks" / "000000")}
    assert all(np.array_equal(found[i.name].depth, i.depth, equal_nan=True) for i in before.images)
    with open_recording(tmp_path / "looks") as folder:
        assert [m.stamp for m in folder.moments()] == list(STAMPS)


def test_a_full_disk_ends_the_recording_and_not_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    stack = Stack.build(LAYOUT, DualTool(), frozenset(Tool))
    recorder = BinRecorder(tmp_path / "bin-000", LAYOUT, stack, "panda")
    monkeypatch.setattr(BagWriter, "write", full)
    with pytest.warns(UserWarning, match="No space left"):
        recorder.decided(looked(stack, 0.5, 0))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recorder.close()


def test_bags_of_an_earlier_run_are_removed_and_nothing_else(tmp_path: Path) -> None:
    for name in ("bin-000/metadata.yaml", "bin-001/mine.txt", ".bin-002.part/bin-002/bin-002.mcap", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    forgotten(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"bin-001", "notes.txt"}


def test_a_path_that_is_no_recording_is_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "gone", tmp_path / "x.mcap"):
        with pytest.raises(RecordingError, match=str(path)), open_recording(path):
            pass
