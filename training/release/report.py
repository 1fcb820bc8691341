"""A check of weights with its files: release.html, release.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from handpick.report.files import check_folder, write_texts
from training.release.candidate import Candidate
from training.release.check import checked, examples
from training.release.page import page
from training.release.pictures import flip

SHOWN = 6  # looks of either direction


def reported(new: str, old: str, folders: Sequence[Path], out: Path, seed: int) -> tuple[dict[str, Any], Path]:
    """Check and write; what was found, and the page.

    Raises:
        WeightsError, CardError: of either weights. ShardError, OverlapError, ToolError, ReleaseError: of the outcomes.
    """
    check_folder(out)
    pairs, names, made = checked(Candidate.read(new), Candidate.read(old), folders, seed)
    lost, won = ([flip(pairs, look, names) for look in looks] for looks in examples(pairs, SHOWN))
    texts = {"release.json": json.dumps(made, indent=1) + "\n", "release.html": page(made, lost, won)}
    return made, write_texts(texts, out) / "release.html"
