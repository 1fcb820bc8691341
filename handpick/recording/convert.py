"""A recording in another form: images as a folder of looks, or a bag with another storage."""

from __future__ import annotations

from pathlib import Path

from rosbags.rosbag2 import StoragePlugin

from handpick.recording.bag import STORE, Bag
from handpick.recording.bag_writer import BagWriter
from handpick.recording.folder import write_look
from handpick.recording.moment import Recording


def to_folder(recording: Recording, folder: Path) -> int:
    """Write every look as a folder with a cameras.json, 000000 and so on; how many.

    Raises:
        RecordingError: the recording cannot be read, or the folder not be written.
    """
    count = 0
    for count, moment in enumerate(recording.moments(), 1):
        write_look(folder / f"{count - 1:06d}", moment.images)
    return count


def to_storage(source: Path, target: Path, storage: StoragePlugin) -> Path:
    """Write those topics of a bag whose types are known as a bag with another storage.

    Raises:
        RecordingError: the bag cannot be read. OSError: the other one cannot be written.
    """
    bag, writer = Bag(source), BagWriter(target, storage)
    try:
        known = [topic for topic, kind in bag.topics.items() if kind in STORE.types]
        for message in bag.read(known):
            writer.write(message.topic, bag.topics[message.topic], message.stamp, bag.message(message))
        return writer.close()
    finally:
        bag.close()
