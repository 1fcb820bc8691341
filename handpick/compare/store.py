"""One result file per run, written beside its place and renamed there, so that a comparison can be taken up again."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from handpick.compare.tally import BinTally
from handpick.compare.variants import Trial
from handpick.report.files import OutputError, write_texts

ROOT = Path(__file__).parents[2]
ROOMS = ("perception", "grasping", "motion", "sim", "handpick")
# of handpick: changes no result
REPORTING = {"report", "compare", "commands", "grammar", "compiling", "command.py", "interrupts.py", "__main__.py"}


def code_hash(root: Path = ROOT) -> str:
    """A short hash of the code that decides a run's result."""
    digest = hashlib.sha256()
    for path in sorted(path for room in ROOMS for path in (root / room).rglob("*.py")):
        inside = path.relative_to(root)
        if not (inside.parts[0] == "handpick" and inside.parts[1] in REPORTING):
            digest.update(str(inside).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def save(folder: Path, trial: Trial, key: str, bins: Sequence[BinTally]) -> None:
    """Keep a run's bins under the key (configuration and code) that they were made with.

    Raises:
        OutputError: the folder cannot be written; says where the bins are instead, and how to go on with them.
    """
    rows = [dataclasses.asdict(bin_) for bin_ in sorted(bins, key=lambda bin_: bin_.index)]
    content = {"variant": trial.variant.key, "suite": trial.suite, "seed": trial.seed, "key": key, "bins": rows}
    try:
        write_texts({trial.file: json.dumps(content, indent=1) + "\n"}, folder)
    except OutputError as error:
        raise OutputError(f"{error}; the same command then goes on from there") from error


def load(folder: Path, trial: Trial, key: str) -> list[BinTally]:
    """The bins that were kept under this key; none where there is no such file or it does not fit."""
    try:
        content = json.loads((folder / trial.file).read_text(encoding="utf-8"))
        return [BinTally(**row) for row in content["bins"]] if content["key"] == key else []
    except (OSError, ValueError, KeyError, TypeError):
        return []
