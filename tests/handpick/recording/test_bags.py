"""Bags of any driver: the same images by any storage and transport, paired by their stamps, posed by transforms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import StoragePlugin

from handpick.recording.errors import RecordingError
from handpick.recording.moment import Moment
from handpick.recording.open_recording import open_recording
from handpick.recording.ros_messages import depth_image, made, time_of, transforms
from perception.pose import Pose
from tests.support.bags import INFO, SECOND, TF, Entry, camera_entries, color, depth, write_bag

STORAGES = (StoragePlugin.MCAP, StoragePlugin.SQLITE3)
STEP = SECOND // 10


def look_images(count: int, seed: int = 0) -> list[tuple[np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(seed)
    return [(depth(rng), color(rng)) for _ in range(count)]


def moments(path: Path, *span: float) -> tuple[list[Moment], dict[str, int]]:
    with open_recording(path) as recording:
        return list(recording.moments(*span)), dict(recording.notes)


@pytest.mark.parametrize("storage", STORAGES)
@pytest.mark.parametrize("how", ["raw", "png", "rvl"])
def test_images_come_back_by_any_storage_and_transport(tmp_path: Path, storage: StoragePlugin, how: str) -> None:
    images = look_images(4)
    entries = [e for i, pair in enumerate(images) for e in camera_entries(SECOND + i * STEP, *pair, how=how)]
    found, notes = moments(write_bag(tmp_path / "bag", entries, storage))
    assert [m.stamp for m in found] == [1.0, 1.1, 1.2, 1.3] and notes == {}
    for moment, (d, c) in zip(found, images, strict=True):
        (image,) = moment.images
        assert image.name == "cam" and (image.depth == d).all() and image.T_base_camera is None
        assert image.color is not None
        assert np.abs(image.color.astype(int) - c).max() == 0 if how == "raw" else image.color.shape == c.shape
    assert [m.stamp for m in moments(tmp_path / "bag", 1.1, 1.3)[0]] == [1.1, 1.2]


def test_a_bag_file_alone_is_a_recording(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "bag", camera_entries(SECOND, *look_images(1)[0]))
    (bag / "metadata.yaml").unlink()
    assert len(moments(bag / "bag.mcap")[0]) == len(moments(bag)[0]) == 1


def test_what_is_written_is_a_bag_to_others(tmp_path: Path) -> None:
    bag = write_bag(tmp_path / "bag", camera_entries(SECOND, *look_images(1)[0]))
    with AnyReader([bag]) as reader:
        found = {c.topic: reader.deserialize(data, c.msgtype) for c, _, data in reader.messages()}
    assert set(found) == {"/cam/depth/camera_info", "/cam/depth/image_raw", "/cam/color/image_raw"}


def test_depth_and_colour_are_paired_by_their_stamps(tmp_path: Path) -> None:
    """Colour of another time is not taken for that of this depth; old and repeated depth is left out and counted."""
    images, entries = look_images(5), list[Entry]()
    for i, (d, c) in enumerate(images):
        taken = camera_entries(SECOND + i * STEP, d, c)
        entries += taken[:2] if i == 2 else taken  # colour is missing once
    entries += camera_entries(SECOND + STEP, images[1][0])[1:]  # again, late
    for i, (topic, kind, stamp, message) in enumerate(entries):
        entries[i] = topic, kind, stamp if i < len(entries) - 1 else 2 * SECOND, message
    found, notes = moments(write_bag(tmp_path / "bag", entries))
    assert [m.images[0].color is not None for m in found] == [True, True, False, True, True]
    told = " ".join(notes)
    assert sum(notes.values()) == 2 and "no newer" in told and "without colour" in told


def test_several_cameras_make_one_look(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    entries = []
    for i in range(3):
        for k, name in enumerate(("left", "right")):
            entries += camera_entries(SECOND + i * STEP + k * SECOND // 100, depth(rng), name=name)
    found, _ = moments(write_bag(tmp_path / "bag", entries))
    assert [[image.name for image in m.images] for m in found] == [["left", "right"]] * 3


def test_cameras_stand_where_the_transforms_say(tmp_path: Path) -> None:
    arm, hand = Pose.from_euler((0.3, 0, 0.8), (np.pi, 0, 0.4)), Pose.from_euler((0.02, 0, 0.05), (0, 0.1, 0))
    entries: list[Entry] = [
        ("/tf_static", TF, SECOND, transforms({"cam_optical": hand}, "hand", SECOND)),
        ("/tf", TF, SECOND, transforms({"hand": arm}, "base_link", SECOND)),
        *camera_entries(SECOND + STEP, *look_images(1)[0]),
    ]
    (moment,), _ = moments(write_bag(tmp_path / "bag", entries))
    pose = moment.images[0].T_base_camera
    assert pose is not None and np.allclose(pose.matrix, (arm @ hand).matrix)


def test_transforms_between_the_lenses_of_one_camera_pose_nothing(tmp_path: Path) -> None:
    inner = transforms({"cam_optical": Pose.identity()}, "cam_link", SECOND)
    entries: list[Entry] = [("/tf_static", TF, SECOND, inner), *camera_entries(SECOND + STEP, *look_images(1)[0])]
    assert moments(write_bag(tmp_path / "bag", entries))[0][0].images[0].T_base_camera is None


@pytest.mark.parametrize("field", ["width", "height", "step", "encoding", "data"])
def test_an_image_that_is_not_what_it_says_is_refused(tmp_path: Path, field: str) -> None:
    entries = camera_entries(SECOND, look_images(1)[0][0])
    topic, kind, stamp, message = entries[1]
    wrong = {"width": 1 << 31, "height": 1 << 31, "step": 3, "encoding": "32FC1", "data": np.zeros(7, np.uint8)}
    setattr(message, field, wrong[field])
    with pytest.raises(RecordingError, match=r"/cam/depth/image_raw at 1\.000 s"):
        moments(write_bag(tmp_path / "bag", [entries[0], (topic, kind, stamp, message)]))


def test_an_info_of_another_size_is_refused(tmp_path: Path) -> None:
    entries = camera_entries(SECOND, look_images(1)[0][0])
    entries[0][3].width = 640
    with pytest.raises(RecordingError, match="640x48"):
        moments(write_bag(tmp_path / "bag", entries))


def test_a_bag_without_depth_is_told_with_its_topics(tmp_path: Path) -> None:
    entries: list[Entry] = [("/chatter", "std_msgs/msg/String", SECOND, made("std_msgs/msg/String", "x"))]
    with pytest.raises(RecordingError, match="/chatter"):
        moments(write_bag(tmp_path / "bag", entries))


def test_big_endian_and_padded_rows_are_read(tmp_path: Path) -> None:
    (d, _), *_ = look_images(1)
    entries = camera_entries(SECOND, d)
    message = depth_image(d, SECOND, "cam_optical")
    padded = np.zeros((48, 64 * 2 + 6), np.uint8)
    padded[:, :128] = d.astype(">u2").view(np.uint8)
    message.step, message.is_bigendian, message.data = padded.shape[1], 1, padded.ravel()
    (moment,), _ = moments(write_bag(tmp_path / "bag", [entries[0], (*entries[1][:3], message)]))
    assert (moment.images[0].depth == d).all()


def test_without_a_stamp_the_time_of_recording_counts(tmp_path: Path) -> None:
    entries = camera_entries(SECOND, look_images(1)[0][0])
    entries[1][3].header.stamp = time_of(0)
    assert moments(write_bag(tmp_path / "bag", entries))[0][0].images[0].stamp == 1.0


def test_infos_are_known_before_the_first_of_them_comes(tmp_path: Path) -> None:
    info, image = camera_entries(SECOND, look_images(1)[0][0])
    late = (info[0], INFO, 5 * SECOND, info[3])
    assert len(moments(write_bag(tmp_path / "bag", [image, late]))[0][0].images) == 1
