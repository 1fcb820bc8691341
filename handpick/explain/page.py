"""index.html: one self-contained page through which one steps look by look."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, PackageLoader

from handpick.explain.verdict import Verdict
from handpick.report.files import OutputError


def write_page(folder: Path, title: str = "") -> Path:
    """Make the page of all looks that are recorded in `folder`, bin by bin, so that no run is too long; its path.

    Raises:
        OutputError: the folder cannot be written; the looks stay where they are.
    """
    environment = Environment(loader=PackageLoader("handpick.explain", "."), autoescape=True)
    page, draft = folder / "index.html", folder / ".index.html.part"
    try:
        stream = environment.get_template("page.html.j2").stream(title=title, verdicts=list(Verdict), bins=bins(folder))
        folder.mkdir(parents=True, exist_ok=True)
        stream.dump(str(draft), encoding="utf-8")
        os.replace(draft, page)
    except OSError as error:
        raise OutputError(f"cannot write {page}: {error.strerror}; the looks are in {folder}/bin-*.jsonl") from error
    finally:
        draft.unlink(missing_ok=True)
    return page


def bins(folder: Path) -> Iterator[tuple[int, str]]:
    """Number and looks of each bin, these as a JSON list that may stand in a script element."""
    for path in sorted(folder.glob("bin-*.jsonl")):
        looks = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for picture in (picture for look in looks for picture in look["pictures"]):
            jpeg = (folder / picture["file"]).read_bytes()
            picture["data"] = "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
        yield int(path.stem.partition("-")[2]), json.dumps(looks, separators=(",", ":")).replace("<", "\\u003c")
