"""What a replay leaves behind: report.json, timings.json, pictures, and a page. What is done is kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, PackageLoader

from handpick.explain.picture import Picture
from handpick.recording.folder import replace_file
from handpick.recording.moment import Json
from handpick.replay.rethink import Rethought
from handpick.report.files import OutputError, write_all

PICTURES = "looks"


class ReplayReport:
    """Collects looks; their pictures are written as they come.

    Args:
        folder: of the report. name: of the recording. own: whether Handpick recorded it.

    Raises:
        OutputError: the folder cannot be written.
    """

    def __init__(self, folder: Path, name: str, own: bool) -> None:
        self.folder, self.name, self.own = folder, name, own
        self.looks: list[Json] = []
        self.views: list[list[Json]] = []
        self.took: list[dict[str, float]] = []
        try:
            shutil.rmtree(folder / PICTURES, ignore_errors=True)
            (folder / PICTURES).mkdir(parents=True)
        except OSError as error:
            raise self._unwritable(error) from error

    def add(self, rethought: Rethought) -> None:
        """Take a look. Raises OutputError."""
        number = len(self.looks)
        self.looks.append(rethought.data)
        self.took.append({name: round(ms, 1) for name, ms in rethought.took.items()})
        try:
            self.views.append([self._view(number, picture) for picture in rethought.pictures])
        except OSError as error:
            raise self._unwritable(error) from error

    def write(self, notes: Mapping[str, int]) -> Path:
        """Write report.json, timings.json and replay.html; the page. notes: how often what was left out.

        Raises:
            OutputError: the folder cannot be written.
        """
        summary = self.summary(notes)
        page = Environment(loader=PackageLoader("handpick.replay", "."), autoescape=True).get_template("page.html.j2")
        texts = {
            "report.json": json.dumps({**summary, "looks": self.looks}, indent=1) + "\n",
            "timings.json": json.dumps({"looks": self.took}, indent=1) + "\n",
            "replay.html": page.render(summary=summary, looks=list(zip(self.looks, self.views))),
        }
        try:
            write_all(texts, self.folder)
        except OSError as error:
            raise self._unwritable(error) from error
        return self.folder / "replay.html"

    def summary(self, notes: Mapping[str, int]) -> Json:
        """The same recording gives the same summary."""
        return {
            "recording": self.name,
            "recorded_by_handpick": self.own,
            "version": version("handpick"),
            "count": len(self.looks),
            "errors": sum("error" in look for look in self.looks),
            "compared": sum("differs" in look for look in self.looks),
            "otherwise": sum(bool(look.get("differs")) for look in self.looks),
            "notes": dict(sorted(notes.items())),
        }

    def _view(self, number: int, picture: Picture) -> Json:
        """Write a picture; what is drawn over it."""
        name = (
            f"{PICTURES}/look-{number:05d}-{''.join(c if c.isalnum() else '_' for c in picture.camera.name)[:60]}.jpg"
        )
        replace_file(self.folder / name, picture.jpeg)
        return {
            "file": name,
            "camera": picture.camera.name,
            "size": (picture.camera.width, picture.camera.height),
            "outlines": [line for lines in picture.outlines.values() for line in lines],
            "names": [(item, middle) for item, middle in picture.middles.items()],
            "sites": [(i, site) for i, site in enumerate(picture.sites) if site],
            "tool": picture.tool,
        }

    def _unwritable(self, error: OSError) -> OutputError:
        return OutputError(f"cannot write to {self.folder}: {error.strerror}; name another folder with --out")
