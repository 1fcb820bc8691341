"""The recorder: writes one bin's looks as they happen, so that an interrupted run keeps what it has."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path

from handpick.explain.contributions import contributions
from handpick.explain.offers import graspless
from handpick.explain.picture import pictures
from handpick.explain.record import look_data
from handpick.explain.verdict import considered
from handpick.outcome import PickOutcome
from handpick.picking.decide import Look
from handpick.picking.stack import Stack
from handpick.report.files import write_all


class Recorder:
    """Keeps `folder`/bin-NNN.jsonl whole after every look, and the pictures that it names beside it.

    Where that can no longer be written, it warns and stops: no pick is lost for its explanation.

    Args:
        bin: number of the bin. stack: what the looks were thought out with.
    """

    def __init__(self, folder: Path, bin: int, stack: Stack) -> None:
        self.folder, self.name, self.stack = folder, f"bin-{bin:03d}", stack
        self.lines: list[str] = []
        self.full = False

    def record(self, outcome: PickOutcome, look: Look) -> None:
        """Write one look."""
        if self.full:
            return
        try:
            self._write(outcome, look)
        except OSError as error:
            self.full = True
            warnings.warn(
                f"{self.name} is explained up to look {outcome.index - 1} only: cannot write to {self.folder}: "
                f"{error.strerror}; make room there, or name another folder",
                stacklevel=2,
            )

    def _write(self, outcome: PickOutcome, look: Look) -> None:
        """Pictures first: what the lines name is there."""
        found = considered(look, self.stack.planner.time)
        without = {item.id for item in look.scene.items} - {one.grasp.item for one in found}
        views = pictures(look, [one.grasp for one in found], self.stack.tool)
        why_none, why_this = graspless(look.scene, without, self.stack), contributions(look, self.stack)
        data = look_data(outcome, look, found, why_none, views, why_this)
        (self.folder / self.name).mkdir(parents=True, exist_ok=True)
        for view, picture in zip(views, data["pictures"]):
            picture["file"] = f"{self.name}/look-{outcome.index:03d}-{view.camera.name}.jpg"
            (self.folder / picture["file"]).write_bytes(view.jpeg)
        self.lines.append(json.dumps(data, separators=(",", ":")))
        write_all({f"{self.name}.jsonl": "\n".join(self.lines) + "\n"}, self.folder)


def emptied(folder: Path) -> Path:
    """The folder without the looks of an earlier run."""
    for old in folder.glob("bin-*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    (folder / "index.html").unlink(missing_ok=True)
    return folder
