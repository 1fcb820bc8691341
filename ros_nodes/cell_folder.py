"""An integrator's folder: cell.json, cameras.json and parameters.yaml describe one cell on ROS."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from grasping.tools import DualTool, Gripper, SuctionCup, Tool
from handpick.cell import CellLayout
from motion.robot.arm import Arm
from motion.robot.description import ArmDescription
from motion.robot.load import load_arm, shipped
from perception.camera import CameraModel
from perception.errors import HandpickError
from perception.pose import Pose
from perception.tote import Box, Tote

CELL, CAMERAS, PARAMETERS = "cell.json", "cameras.json", "parameters.yaml"
T = TypeVar("T")


class CellFolderError(HandpickError):
    """A cell's folder that cannot be read, or in which something is not filled in."""


@dataclass(frozen=True)
class CameraTopics:
    """Where a camera's images come from, and how they are to be read.

    Attributes:
        color: empty where the camera has none.
        rectified: whether the images are rectified, whatever distortion its CameraInfo tells.
        unit: metres per unit of depth; None: millimetres of integers, metres of floats (REP 118).
    """

    name: str
    depth: str
    color: str
    info: str
    T_base_camera: Pose
    rectified: bool = False
    unit: float | None = None
    depth_range: tuple[float, float] = (0.2, 2.0)

    def model(self, width: int, height: int, k: Any) -> CameraModel:
        return CameraModel(self.name, width, height, k, self.T_base_camera, self.depth_range)


@dataclass(frozen=True, eq=False)
class CellFolder:
    """What the folder says."""

    folder: Path
    arm: ArmDescription
    tool: DualTool
    tools: frozenset[Tool]
    source: Tote
    destination: Tote
    obstacles: tuple[Box, ...]
    cameras: tuple[CameraTopics, ...]

    def layout(self, cameras: tuple[CameraModel, ...]) -> CellLayout:
        return CellLayout(self.source, self.destination, cameras, self.obstacles)

    def robot(self) -> Arm:
        return Arm(self.tool, self.arm)


def load_cell(folder: str | Path) -> CellFolder:
    """Read a cell's folder.

    Raises:
        CellFolderError: what is missing, wrong or not filled in. ArmError, GeometryError: what cannot be.
    """
    folder = Path(folder)
    cell, cameras = _json(folder / CELL, dict), _json(folder / CAMERAS, list)
    if open_ends := [*empty(cell, CELL), *empty(cameras, CAMERAS)]:
        raise CellFolderError(f"{folder}: expected all to be filled in; still null: {', '.join(open_ends)}")
    return CellFolder(
        folder,
        _read(CELL, "arm", lambda: load_arm(_arm(folder, cell["arm"]))),
        _read(CELL, "tool", lambda: _tool(cell.get("tool", {}))),
        _read(CELL, "tools", lambda: frozenset(map(Tool, cell.get("tools", [tool.value for tool in Tool])))),
        _read(CELL, "source", lambda: _tote("source", cell["source"])),
        _read(CELL, "destination", lambda: _tote("destination", cell["destination"])),
        _read(CELL, "obstacles", lambda: tuple(_box(each) for each in cell.get("obstacles", []))),
        tuple(_read(CAMERAS, f"camera {i}", partial(_camera, each)) for i, each in enumerate(cameras)),
    )


def empty(data: Any, where: str) -> list[str]:
    """The entries that are null, as paths; `unit` alone may be."""
    if isinstance(data, Mapping):
        return [found for key, value in data.items() if key != "unit" for found in empty(value, f"{where} {key}")]
    if isinstance(data, list):
        named = lambda i, value: value.get("name", i) if isinstance(value, Mapping) else i
        return [found for i, value in enumerate(data) for found in empty(value, f"{where} {named(i, value)}")]
    return [where] if data is None else []


def _json(path: Path, kind: type[T]) -> T:
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise CellFolderError(f"expected JSON in {path}, got {error}; `handpick cell new DIR` writes one") from error
    if not isinstance(data, kind):
        raise CellFolderError(f"expected a JSON {kind.__name__} in {path}, got {type(data).__name__}")
    return data


def _read(file: str, what: str, read: Callable[[], T]) -> T:
    try:
        return read()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CellFolderError(f"{file}: {what}: expected the entries of the example, got {error!r}") from error


def _arm(folder: Path, name: str) -> str | Path:
    return name if name in shipped() else folder / name


def _tool(data: dict[str, Any]) -> DualTool:
    def tupled(part: str) -> dict[str, Any]:
        return {key: tuple(v) if isinstance(v, list) else v for key, v in data.get(part, {}).items()}

    others = {name: data[name] for name in ("mount", "apart", "fingers") if name in data}
    return DualTool(Gripper(**tupled("gripper")), SuctionCup(**tupled("cup")), **others)


def _pose(data: dict[str, Any]) -> Pose:
    return Pose.from_quaternion(data["position"], data["quaternion"])


def _tote(name: str, data: dict[str, Any]) -> Tote:
    return Tote(name, _pose(data["T_base_tote"]), data["inner"], data["wall"])


def _box(data: dict[str, Any]) -> Box:
    return Box(_pose(data["T_base_box"]), data["size"])


def _camera(data: dict[str, Any]) -> CameraTopics:
    near, far = data["depth_range"]
    return CameraTopics(
        *(data["name"], data["depth"], data.get("color", ""), data["info"], _pose(data["T_base_camera"])),
        *(bool(data.get("rectified", False)), data.get("unit"), (near, far)),
    )
