"""Looks out of recordings: what Handpick recorded itself is thought out anew, of others the grasps are planned."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from grasping.tools import DualTool
from handpick.grasp_plan.plan import BOTH, Region, plan
from handpick.grasp_plan.read_tool import read_tool
from handpick.recording.moment import Json, Moment
from handpick.recording.open_recording import open_recording
from handpick.replay.rethink import OwnThinker
from handpick.viewer.shown import Shown, of_grasp_plan, of_thought
from perception.errors import HandpickError


@dataclass(frozen=True)
class Choice:
    """Which looks of a recording are shown, and with what they are thought out.

    Attributes:
        skip: looks that are left out at the beginning. most: looks that are shown after that.
        arm: its name or folder, in place of the one that was recorded.
        tool: file that describes the tool, for what was not recorded by Handpick; its own if None.
        region: least and greatest corner (3,) in base, metres, of what to look at there; None: all that is seen.
    """

    skip: int = 0
    most: int | None = None
    arm: str | None = None
    tool: Path | None = None
    region: Region | None = None


def stored(path: Path, choice: Choice, left_out: Callable[[str], None]) -> Iterator[Shown]:
    """The looks at a path, one by one.

    left_out: is told why a look is none that could be shown.

    Raises:
        RecordingError: it cannot be read. ArmError, ToolFileError: what `choice` names.
    """
    with open_recording(path) as recording:
        began = recording.span[0]
        show = _own(recording.cell, choice, path) if recording.cell is not None else _images(choice)
        end = None if choice.most is None else choice.skip + choice.most
        for number, moment in enumerate(islice(recording.moments(), choice.skip, end), start=choice.skip):
            title = f"{path.resolve().name}, {moment.stamp - began:.1f} s"
            try:
                yield show(moment, title)
            except HandpickError as error:
                left_out(f"look {number}: {error}")


def _own(cell: Json, choice: Choice, path: Path) -> Callable[[Moment, str], Shown]:
    """Shows looks as the stack of a recorded cell decides on them now."""
    thinker = OwnThinker(cell, choice.arm, str(path))
    stack, obstacles = thinker.stack, thinker.cell.layout.obstacles
    return lambda moment, title: of_thought(
        thinker.think(moment), stack.arm, stack.planner.time, obstacles, title, _ending(moment)
    )


def _images(choice: Choice) -> Callable[[Moment, str], Shown]:
    """Shows the grasps that images alone offer."""
    tool, tools = read_tool(choice.tool) if choice.tool else (DualTool(), BOTH)
    return lambda moment, title: of_grasp_plan(plan(moment.images, tool, tools, choice.region), tool, title)


def _ending(moment: Moment) -> tuple[str, ...]:
    """How the pick ended that was decided then."""
    if not moment.outcome:
        return ()
    cause = moment.outcome.get("cause")
    return (f"Then: {moment.outcome.get('result')}{f', {cause}' if cause else ''}.",)
