"""Writes a cell's folder for an integrator to fill in, or one filled in for the simulated robot."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from grasping.tools import FOUR_CUPS, Tool
from handpick.layout import standard_layout
from motion.robot.load import load_arm
from perception.pose import Pose
from perception.tote import Tote
from ros_nodes.cell_folder import CAMERAS, CELL, PARAMETERS, CellFolderError, empty

CONFIGURATIONS = Path(__file__).parent / "cells"


def write_cell(folder: Path, arm: str, simulated: bool = False, tools: str = "both") -> list[str]:
    """Copy an arm's configuration to a new folder.

    Args:
        simulated: with totes and cameras of the standard cell, which `handpick robot` simulates.
        tools: "both": fingers and a cup; "suction": four cups on a plate, and no fingers.

    Returns:
        What is still to be filled in, one line each.

    Raises:
        CellFolderError: the folder is there already, or cannot be written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise CellFolderError(f"expected a new or an empty folder, {folder} has files in it; name another one")
    try:
        shutil.copytree(CONFIGURATIONS / arm, folder, dirs_exist_ok=True)
        if tools == Tool.SUCTION.value:
            cups_alone(folder)
        if simulated:
            fill_in(folder, arm)
    except OSError as error:
        raise CellFolderError(f"cannot write to {folder}: {error.strerror}") from error
    read = lambda name: json.loads((folder / name).read_text())
    return [line for name in (CELL, CAMERAS) for line in empty(read(name), name)]


def fill_in(folder: Path, arm: str) -> None:
    """Totes, cameras and parameters of the standard cell, as the simulation has them."""
    layout = standard_layout(base_height=load_arm(arm).base_height)
    cell = json.loads((folder / CELL).read_text())
    cell |= {"source": tote(layout.source), "destination": tote(layout.destination)}
    cell["obstacles"] = [{"T_base_box": pose(box.T_base_box), "size": plain(box.size)} for box in layout.obstacles]
    cameras = [
        {
            **{"name": camera.name, "depth": f"{camera.name}/depth", "color": f"{camera.name}/color"},
            **{"info": f"{camera.name}/info", "rectified": True, "unit": None},
            **{"depth_range": list(camera.depth_range), "T_base_camera": pose(camera.T_base_camera)},
        }
        for camera in layout.cameras
    ]
    (folder / CELL).write_text(json.dumps(cell, indent=2) + "\n")
    (folder / CAMERAS).write_text(json.dumps(cameras, indent=2) + "\n")
    (folder / PARAMETERS).write_text((CONFIGURATIONS / "simulated.yaml").read_text())


def cups_alone(folder: Path) -> None:
    """The tool of the suction robot in place of the hand."""
    tool = {name: asdict(part) for name, part in (("gripper", FOUR_CUPS.gripper), ("cup", FOUR_CUPS.cup))}
    cell = json.loads((folder / CELL).read_text())
    cell |= {"tools": [Tool.SUCTION.value], "tool": {**tool, "mount": FOUR_CUPS.mount, "fingers": False}}
    (folder / CELL).write_text(json.dumps(cell, indent=2) + "\n")


def pose(T: Pose) -> dict[str, Any]:
    return {"position": plain(T.position), "quaternion": plain(T.quaternion)}


def tote(tote: Tote) -> dict[str, Any]:
    return {"T_base_tote": pose(tote.T_base_tote), "inner": plain(tote.inner), "wall": tote.wall}


def plain(values: Any) -> list[float]:
    return [round(float(value), 9) + 0.0 for value in values]
