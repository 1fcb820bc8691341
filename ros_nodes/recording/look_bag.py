"""A bag of what a cell's topics tell, in the form of those that `handpick record` writes of the simulation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from handpick.cell import CellLayout
from handpick.recording import own
from handpick.recording import ros_messages as ros
from handpick.recording.bag_writer import BagWriter
from handpick.recording.plain import to_plain
from handpick.recording.recorder import INFO, JOINT_TOPIC, JOINTS, STRING, TRANSFORMS
from handpick.recording.ros_images import IMAGE
from motion.robot.load import shipped
from perception.camera import CameraModel
from ros_nodes.cameras.frame_pairs import COLOR, DEPTH
from ros_nodes.cell_folder import CellFolder
from ros_nodes.picks.pick_words import pick_of
from ros_nodes.recording.kept_frames import KeptFrames, stamped

RECTIFIED = {DEPTH: "depth/image_rect", COLOR: "color/image_rect"}


class LookBag:
    """Writes looks with what was decided on them, joints and tool between them, and other topics as they come.

    A look's images all get its time, and so do decision and inputs, by which a replay knows them for one.

    Args:
        path: of the bag, a folder. began: ns.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path, folder: CellFolder, cameras: Sequence[CameraModel], began: int) -> None:
        self.cameras, self.frames = {camera.name: camera for camera in cameras}, KeptFrames()
        self.looks = 0
        arm = folder.arm.folder
        layout = folder.layout(tuple(cameras))
        name = arm.name if arm.name in shipped() else str(arm)
        cell = own.RecordedCell(layout, folder.tool, folder.tools, name, version("handpick"))
        self._bag = BagWriter(path)
        self._bag.write(own.CELL, STRING, began, ros.string(to_plain(cell)), latched=True)
        self._bag.write("/tf_static", TRANSFORMS, began, ros.transforms(poses(layout), own.BASE, began), latched=True)

    def decided(self, text: str) -> list[str]:
        """Write a look by what the planner told of it; the images that are missing."""
        words: dict[str, Any] = json.loads(text)
        at = {name: float(stamp) for name, stamp in words["stamps"].items() if name in self.cameras}
        if not at:
            return []
        stamp = round(max(at.values()) * 1e9)
        self._bag.write(own.DECISION, STRING, stamp, ros.string(words["decision"]))
        if words["inputs"] is not None:
            self._bag.write(own.INPUTS, STRING, stamp, ros.string(words["inputs"]))
        self.looks += 1
        return [missing for name, taken in at.items() for missing in self._camera(name, taken, stamp)]

    def picked(self, text: str, now: int) -> None:
        """Write what came of a look. Raises MessageError."""
        outcome, look = pick_of(text), json.loads(text).get("look")
        if look is not None:
            self._bag.write(own.OUTCOME, STRING, now, ros.string(own.outcome_of(int(look), outcome)))

    def joints(self, data: bytes, now: int) -> None:
        """Write a joint state of the arm, as CDR."""
        self._bag.write_bytes(JOINT_TOPIC, JOINTS, now, data)

    def tool(self, vacuums: Sequence[float], travel: float, gap: float, force: float, now: int) -> None:
        """Write what the tool's sensors tell, its gauges cup by cup."""
        told = {
            "vacuum": max(vacuums),
            "cups": list(vacuums),
            "cup_travel": travel,
            "finger_gap": gap,
            "finger_force": force,
        }
        self._bag.write(own.TOOL, STRING, now, ros.string(told))

    def other(self, topic: str, kind: str, data: bytes, now: int) -> None:
        """Write a message of any other topic as it came."""
        self._bag.write_bytes(topic, kind, now, data)

    def close(self) -> Path:
        """Finish the bag; its path."""
        return self._bag.close()

    def _camera(self, name: str, taken: float, stamp: int) -> list[str]:
        self._bag.write(f"/cameras/{name}/camera_info", INFO, stamp, ros.camera_info(self.cameras[name], stamp))
        missing = []
        for kind, topic in RECTIFIED.items():
            data = self.frames.find(name, kind, taken)
            if data is None:
                missing.append(f"{kind} of camera {name}")
            else:
                self._bag.write_bytes(f"/cameras/{name}/{topic}", IMAGE, stamp, stamped(data, stamp))
        return missing


def poses(layout: CellLayout) -> dict[str, Any]:
    return {camera.name: camera.T_base_camera for camera in layout.cameras}
