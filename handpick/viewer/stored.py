"""Looks out of files: of a folder with one look the grasps that it offers, of a recording its looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from grasping.tools import DualTool
from handpick.grasp_plan.plan import plan
from handpick.recording.folder import read_look
from handpick.viewer.shown import Shown, of_grasp_plan


def stored(path: Path, tool: DualTool | None = None) -> Iterator[Shown]:
    """What is stored at a path, look by look.

    Raises:
        RecordingError: it cannot be read.
    """
    tool = tool or DualTool()
    yield of_grasp_plan(plan(read_look(path), tool), tool, path.name)
