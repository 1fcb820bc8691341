"""Looks out of files: of a folder with one look the grasps that it offers, of a recording its looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grasping.tools import DualTool
from handpick.grasp_plan.plan import BOTH, Region, plan
from handpick.grasp_plan.read_tool import read_tool
from handpick.recording.folder import read_look
from handpick.viewer.shown import Shown, of_grasp_plan


def stored(path: Path, tool_file: Path | None = None, region: Region | None = None) -> Iterator[Shown]:
    """What is stored at a path, look by look.

    Args:
        tool_file: describes the tool; Handpick's own if None.
        region: least and greatest corner (3,) in base, metres, of what to look at; None: all that is seen.

    Raises:
        RecordingError: it cannot be read. SupportError, FrameError: no grasps can be planned on it.
    """
    tool, tools = read_tool(tool_file) if tool_file else (DualTool(), BOTH)
    yield of_grasp_plan(plan(read_look(path), tool, tools, region), tool, path.resolve().name)
