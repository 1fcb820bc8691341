"""Cameras in the hand and at the base are found to 1 mm and 0.1 degree; looks that do not tell the pose are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from handpick.calibration.closed_form import METHODS
from handpick.calibration.description import Mount
from handpick.calibration.motions import carrier, motions
from handpick.command import main
from perception.pose import Pose
from ros_nodes.cell_folder import CameraTopics, _camera
from tests.support.boards import T_FLANGE_CAMERA, views, write_looks


def off(a: Pose, b: Pose) -> tuple[float, float]:
    """Millimetres and degrees between two poses."""
    turn = Rotation.from_matrix(a.rotation.T @ b.rotation).magnitude()
    return 1e3 * float(np.linalg.norm(a.position - b.position)), float(np.degrees(turn))


def read(path: Path, frame: str) -> Pose:
    found = json.loads(path.read_text())[0][frame]
    return Pose.from_quaternion(found["position"], found["quaternion"])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("mount", Mount)
def test_every_closed_form_finds_the_pose_of_looks_without_noise(method: str, mount: Mount) -> None:
    Z = Pose.from_euler((0.5, 0.1, 0.02), (3, 0.1, 0.4))
    boards = views(6)
    at_camera = [Z @ board.inverse() @ T_FLANGE_CAMERA.inverse() for board in boards]
    flanges = [G if mount is Mount.HAND else G.inverse() for G in at_camera]
    moved = motions([carrier(mount, T_base_flange) for T_base_flange in flanges], boards)
    assert off(METHODS[method](moved), T_FLANGE_CAMERA) == pytest.approx((0, 0), abs=1e-5)


@pytest.mark.parametrize(("mount", "frame"), [("hand", "T_flange_camera"), ("base", "T_base_camera")])
def test_cameras_are_found(mount: str, frame: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth = write_looks(tmp_path, mount, views(15))
    assert main(["calibrate", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    print(said, off(read(tmp_path / "calibration.json", frame), truth))
    millimetres, degrees = off(read(tmp_path / "calibration.json", frame), truth)
    assert millimetres < 1 and degrees < 0.1
    assert "look-14.png" in said and "all (rms)" in said and all(name in said for name in METHODS)


def refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["calibrate", str(folder)]) == 2
    assert not (folder / "calibration.json").exists()
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("looks", "said"),
    [
        (views(4), "expected the board in 6 looks or more (15 are better), got 4 of 4"),
        (views(7, tilt=1.0), "add looks in which the flange is tilted"),
        (views(7, axes=(2,)), "turn about two axes or more"),
        (views(7, axes=(0,)), "turn about two axes or more"),
    ],
)
def test_looks_that_do_not_tell_the_pose_are_refused(
    looks: list[Pose], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_looks(tmp_path, "hand", looks)
    assert said in refused(tmp_path, capsys)


def test_a_board_that_is_not_the_printed_one_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_looks(tmp_path, "hand", views(6), board={"dictionary": "DICT_4X4_50"})
    assert "the board is not seen in look-00.png" in refused(tmp_path, capsys)


def test_looks_of_the_other_mount_disagree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_looks(tmp_path, "hand", views(6))
    change(tmp_path, mount="base")
    assert "expected looks that agree within 10 mm" in refused(tmp_path, capsys)


def change(folder: Path, **entries: Any) -> None:
    data = json.loads((folder / "poses.json").read_text())
    (folder / "poses.json").write_text(json.dumps({**data, **entries}))


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"mount": "ceiling"}, "'ceiling'"),
        ({"camera": {"name": "wrist", "K": [1, 2]}}, "K: expected finite numbers"),
        ({"camera": {"name": "wrist", "K": [9, 0, 9, 0, 9, 9, 0, 0, 1], "D": [1, 2]}}, "expected D as"),
        ({"board": {"squares": [8, 6]}}, "square"),
        ({"board": {"squares": [8, 6], "square": 30, "marker": 22, "dictionary": "DICT_5X5_100"}}, "square < 1 m"),
        ({"board": {"squares": [8, 6], "square": 0.03, "marker": 0.02, "dictionary": "5X5"}}, "DICT_5X5_100"),
        ({"looks": [{"image": "../x.png", "T_base_flange": np.eye(4).tolist()}]}, "leads out of it"),
        ({"looks": [{"image": "look-00.png", "T_base_flange": np.ones((4, 4)).tolist()}]}, "look 0: T_base_flange"),
    ],
)
def test_a_description_that_is_wrong_is_named(
    entries: dict[str, Any], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_looks(tmp_path, "hand", views(1))
    change(tmp_path, **entries)
    assert said in refused(tmp_path, capsys)


def test_a_cells_file_gets_the_pose_and_keeps_the_rest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    truth, out = write_looks(tmp_path, "base", views(8)), tmp_path / "cameras.json"
    empty = {"position": None, "quaternion": None}
    left = {"name": "wrist", "depth": "/d", "info": "/i", "depth_range": [0.2, 2.0], "T_base_camera": empty}
    other = {"name": "other", "T_base_camera": empty}
    out.write_text(json.dumps([left, other]))
    assert main(["calibrate", str(tmp_path), "--out", str(out)]) == 0
    first, second = json.loads(out.read_text())
    camera: CameraTopics = _camera(first)
    assert second == other and camera.depth == "/d" and off(camera.T_base_camera, truth)[0] < 2
    out.write_text(json.dumps([other]))
    assert main(["calibrate", str(tmp_path), "--out", str(out)]) == 2
    assert "expected one camera 'wrist', got ['other']" in capsys.readouterr().err
    assert json.loads(out.read_text()) == [other]
