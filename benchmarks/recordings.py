"""Recordings: seconds until a large one is open, megabytes a second as it is read beside rosbags, and peak memory."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rosbags.highlevel import AnyReader

from handpick.layout import standard_layout
from handpick.recording.bag_writer import BagWriter
from handpick.recording.open_recording import open_recording
from handpick.recording.ros_images import IMAGE
from handpick.recording.ros_messages import camera_info, color_image, depth_image
from perception.camera import CameraFrame
from perception.warm_up import made_up

INFO = "sensor_msgs/msg/CameraInfo"
STEP = 2_000_000_000  # ns between looks
DIFFERENT = 4  # looks that are not alike


def noisy(frame: CameraFrame, rng: np.random.Generator) -> CameraFrame:
    """A frame with a camera's noise, which is what makes images hard to compress."""
    depth = frame.depth * (1 + 0.002 * rng.standard_normal(frame.depth.shape, np.float32))
    color = np.clip(frame.color + rng.normal(0, 3, frame.color.shape), 0, 255).astype(np.uint8)
    return CameraFrame(frame.camera, 0.0, depth.astype(np.float32), color)


def record(folder: Path, size: float) -> Path:
    """A bag of `size` bytes on disk, of looks of the standard cell's five cameras."""
    rng, layout = np.random.default_rng(0), standard_layout()
    frames = [made_up(camera, layout.source) for camera in layout.cameras]
    looks = [[noisy(frame, rng) for frame in frames] for _ in range(DIFFERENT)]
    writer, number = BagWriter(folder / "large"), 0
    while sum(file.stat().st_size for file in writer.draft.iterdir()) < size:
        number += 1
        stamp = number * STEP
        for frame in looks[number % DIFFERENT]:
            name, at = frame.camera.name, f"/cameras/{frame.camera.name}"
            writer.write(f"{at}/camera_info", INFO, stamp, camera_info(frame.camera, stamp))
            writer.write(f"{at}/color/image_rect", IMAGE, stamp, color_image(frame.color, stamp, name))
            writer.write(f"{at}/depth/image_rect", IMAGE, stamp, depth_image(frame.depth, stamp, name))
    return writer.close()


def images(path: Path) -> Iterator[int]:
    """Bytes of each image of a recording, decoded, paired and posed, as a replay has them."""
    with open_recording(path) as recording:
        for moment in recording.moments():
            for image in moment.images:
                yield image.depth.nbytes + (image.color.nbytes if image.color is not None else 0)


def messages(path: Path) -> Iterator[int]:
    """Bytes of each image that rosbags alone reads and decodes."""
    with AnyReader([path]) as reader:
        for connection, _, data in reader.messages():
            message = reader.deserialize(data, connection.msgtype)
            if connection.msgtype == IMAGE:
                yield len(message.data)  # type: ignore[attr-defined]


def opened(path: Path) -> Iterator[int]:
    """Nothing but the opening."""
    with open_recording(path):
        yield 0


TASKS = {"open": opened, "replay": images, "rosbags": messages}


def work(task: str, path: Path) -> dict[str, float]:
    """Seconds, bytes and megabytes of peak memory of a task, in this process."""
    before = peak()
    began, used = time.perf_counter(), time.process_time()
    total = sum(TASKS[task](path))
    took = {"wall": time.perf_counter() - began, "used": time.process_time() - used}
    return {**took, "bytes": total, "before": before, "peak": peak()}


def peak() -> float:
    """Megabytes that this process has held at most. getrusage would tell its parent's, where that held more."""
    status = Path("/proc/self/status").read_text()
    return float(status.partition("VmHWM:")[2].split()[0]) / 1024


def child(task: str, path: Path) -> dict[str, float]:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.recordings", "--task", task, "--path", str(path)]
    found: dict[str, float] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=1.0, help="of the recording on disk (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where it is made for the while (default: the temporary folder)")
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.task:
        print(json.dumps(work(options.task, options.path)))
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        path = record(Path(folder), 1e9 * options.gigabytes)
        size = sum(file.stat().st_size for file in path.iterdir())
        print(f"{size / 1e6:.0f} MB of zstd\n{'':10}{'wall':>10}{'processor':>12}{'images':>12}{'peak memory':>14}")
        for task in TASKS:
            found = child(task, path)
            rate = f"{found['bytes'] / 1e6 / found['used']:.0f} MB/s" if found["bytes"] else "-"
            memory = f"{found['before']:.0f} + {found['peak'] - found['before']:.0f} MB"
            print(f"{task:10}{found['wall']:8.2f} s{found['used']:10.2f} s{rate:>12}{memory:>14}", flush=True)


if __name__ == "__main__":
    main()
