"""A tote from a JSON file: {"inner": [length, width, depth], "T_base_tote": 4x4, "wall": metres}."""

from __future__ import annotations

from pathlib import Path

from handpick.grasp_plan.read_tool import ToolFileError, json_object
from handpick.recording.squared import squared_pose
from perception.tote import Tote


def read_tote(path: Path) -> Tote:
    """The tote of a file. Its frame: the middle of the inner floor, x along its length, z up.

    Raises:
        ToolFileError: it cannot be read or lacks a field. GeometryError: it is no tote.
    """
    data = json_object(path)
    if not {"inner", "T_base_tote"} <= set(data) <= {"inner", "T_base_tote", "wall"}:
        raise ToolFileError(f"{path}: expected `inner` and `T_base_tote`, and if need be `wall`, got {sorted(data)}")
    wall = {"wall": data["wall"]} if "wall" in data else {}
    pose = squared_pose(data["T_base_tote"], f"{path}: T_base_tote")
    try:
        return Tote("tote", pose, data["inner"], **wall)
    except TypeError as error:
        raise ToolFileError(f"{path}: expected numbers, got: {error}") from error
