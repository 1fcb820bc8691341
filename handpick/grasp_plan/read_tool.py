"""A tool from a JSON file: {"gripper": {...}, "cup": {...}}, with the fields of `grasping.tools`."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from grasping.tools import DualTool, Gripper, SuctionCup, Tool
from handpick.recording.confined import read_json
from handpick.recording.errors import LookFolderError
from perception.errors import HandpickError

MOST_BYTES = 100_000
T = TypeVar("T", Gripper, SuctionCup)


class ToolFileError(HandpickError):
    """A file that describes no tool."""


def read_tool(path: Path) -> tuple[DualTool, frozenset[Tool]]:
    """The tool of a file, and which of its two parts it names: only these are planned for.

    `opening` may be the widest alone. `together` says whether both sit on one flange, so that the fingers are in the
    way of the cup; false if not given.

    Raises:
        ToolFileError: it cannot be read, or names a field that tools do not have. GeometryError: a figure is none.
    """
    data = json_object(path)
    strange = sorted(set(data) - {"gripper", "cup", "mount", "together"})
    if strange or not data.keys() & {"gripper", "cup"}:
        raise ToolFileError(
            f"{path}: expected `gripper` or `cup` or both, and if need be `mount` and `together`, got {sorted(data)}"
        )
    gripper, cup = _part(Gripper, data.get("gripper", {}), path), _part(SuctionCup, data.get("cup", {}), path)
    mount = {"mount": data["mount"]} if "mount" in data else {}
    named = {Tool.PINCH: "gripper" in data, Tool.SUCTION: "cup" in data}
    tool = DualTool(gripper, cup, apart=not data.get("together", False), **mount)
    return tool, frozenset(kind for kind, there in named.items() if there)


def json_object(path: Path) -> dict[str, Any]:
    """What a small file of JSON holds. Raises ToolFileError: it is none, or no object."""
    try:
        return read_json(path, MOST_BYTES)
    except LookFolderError as error:
        raise ToolFileError(str(error)) from error


def _part(kind: type[T], values: object, path: Path) -> T:
    known = {field.name for field in fields(kind)}
    if not isinstance(values, dict) or set(values) - known:
        raise ToolFileError(f"{path}: expected fields of {kind.__name__} out of {sorted(known)}, got {values!r:.200}")
    given = dict(values)
    for name in ("opening", "force"):
        if isinstance(given.get(name), (int, float)):
            given[name] = (0.0 if name == "opening" else min(10.0, 0.5 * given[name]), given[name])
    try:
        figures: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in given.items()}
        return kind(**figures)
    except (TypeError, ValueError) as error:
        raise ToolFileError(f"{path}: expected numbers for {kind.__name__}, got: {error}") from error
