"""Many looks as folders, as frames of one file, and as a BOP scene."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from handpick.recording.errors import RecordingError
from handpick.recording.folder import FILE, write_look
from handpick.recording.moment import Moment
from handpick.recording.open_recording import open_recording
from perception.depth_image import DepthImage
from perception.pose import Pose
from tests.support.bags import K, depth


def moments(path: Path, *span: float) -> list[Moment]:
    with open_recording(path) as recording:
        return list(recording.moments(*span))


def looks(count: int) -> list[DepthImage]:
    rng = np.random.default_rng(0)
    return [DepthImage(depth(rng), K, name="cam", stamp=10.0 - i) for i in range(count)]


def test_folders_are_looks_in_the_order_of_their_stamps(tmp_path: Path) -> None:
    images = looks(3)
    for i, image in enumerate(images):
        write_look(tmp_path / "looks" / str(i), [image])
    (tmp_path / "looks" / "notes").mkdir()
    (tmp_path / "looks" / "linked").symlink_to(tmp_path)
    found = moments(tmp_path / "looks")
    assert [m.stamp for m in found] == [8.0, 9.0, 10.0] and (found[0].images[0].depth == images[2].depth).all()
    assert [m.stamp for m in moments(tmp_path / "looks", 9.0, 10.0)] == [9.0]


def test_frames_of_one_file_are_looks(tmp_path: Path) -> None:
    file = write_look(tmp_path, looks(1))
    (camera,) = json.loads(file.read_text())["cameras"]
    camera.pop("stamp")
    frames = [{"stamp": stamp, "cameras": [camera]} for stamp in (1.5, 0.5)]
    file.write_text(json.dumps({"frames": frames}))
    assert [m.stamp for m in moments(tmp_path)] == [m.images[0].stamp for m in moments(file)] == [0.5, 1.5]


@pytest.mark.parametrize("data", [{"frames": []}, {"frames": 3}, {"frames": [3]}, {"frames": [{}]}, {"stamp": "x"}])
def test_frames_that_are_none_are_refused(tmp_path: Path, data: dict[str, Any]) -> None:
    (tmp_path / FILE).write_text(json.dumps(data))
    with pytest.raises(RecordingError, match=FILE):
        moments(tmp_path)


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    rng, cameras = np.random.default_rng(0), {}
    T_world_camera = Pose.from_euler((0.1, 0.2, 0.9), (np.pi, 0.1, 0))
    w2c = T_world_camera.inverse().matrix
    for kind in ("depth", "rgb"):
        (tmp_path / kind).mkdir()
    for number in (3, 11):
        Image.fromarray(depth(rng)).save(tmp_path / "depth" / f"{number:06d}.png")
        Image.fromarray(np.full((48, 64, 3), number, np.uint8)).save(tmp_path / "rgb" / f"{number:06d}.jpg")
        cameras[str(number)] = {
            "cam_K": K.ravel().tolist(),
            "depth_scale": 0.1,
            "cam_R_w2c": w2c[:3, :3].round(6).ravel().tolist(),
            "cam_t_w2c": (1000 * w2c[:3, 3]).tolist(),
        }
    (tmp_path / "scene_camera.json").write_text(json.dumps(cameras))
    return tmp_path


def test_a_bop_scene_is_one_look_after_the_other(scene: Path) -> None:
    found = moments(scene)
    (image,) = found[0].images
    assert [m.stamp for m in found] == [3.0, 11.0] and image.unit == pytest.approx(1e-4)
    assert image.color is not None and (image.color == 3).all()
    assert image.T_base_camera is not None and np.allclose(image.T_base_camera.position, (0.1, 0.2, 0.9), atol=1e-5)


@pytest.mark.parametrize(
    "entry",
    [
        3,
        {},
        {"cam_K": [1]},
        {"cam_K": K.ravel().tolist(), "depth_scale": -1},
        {"cam_K": K.ravel().tolist(), "cam_R_w2c": [2] * 9, "cam_t_w2c": [0, 0, 0]},
    ],
)
def test_a_wrong_entry_of_a_bop_scene_is_refused(scene: Path, entry: object) -> None:
    (scene / "scene_camera.json").write_text(json.dumps({"3": entry}))
    with pytest.raises(RecordingError, match=r"scene_camera\.json"):
        moments(scene)


def test_a_bop_image_that_leads_elsewhere_is_not_read(scene: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("secret") / "depth.png"
    (scene / "depth" / "000003.png").rename(secret)
    (scene / "depth" / "000003.png").symlink_to(secret)
    with pytest.raises(RecordingError, match="leads out of it"):
        moments(scene)
