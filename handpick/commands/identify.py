"""`handpick identify`: which item of a catalogue is in a picture."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

UNKNOWN = 1  # exit code where nothing could be said of a picture


def run(options: argparse.Namespace) -> int:
    from handpick.catalogue.identify import Identifier
    from handpick.catalogue.look import FlawError, look
    from perception.identity.cutout import Cutout

    identifier = Identifier.open(options.catalogue, options.manifest, options.size, options.mass)
    if identifier.missing:
        print(f"not in the catalogue, though on the manifest: {', '.join(identifier.missing)}")
    looks: dict[str, Cutout] = {}
    refused: dict[str, str] = {}
    for path in pictures(options.path):
        try:
            looks[str(path)] = look(path).cutout
        except FlawError as error:
            refused[str(path)] = str(error)
    groups = (
        {str(options.path): list(looks.values())} if options.views and looks else {p: [c] for p, c in looks.items()}
    )
    answers = {path: identifier.identify(cutouts) for path, cutouts in groups.items()}
    if options.json:
        print(json.dumps({path: as_data(found) for path, found in answers.items()} | {"refused": refused}, indent=1))
    else:
        print("\n".join([*(words(path, found) for path, found in answers.items()), *refused.values()]))
    return UNKNOWN if refused or any(found.given is None for found in answers.values()) else 0


def pictures(path: Path) -> list[Path]:
    """A picture, or those of a folder. Raises PictureError: there are none."""
    from perception.identity.errors import PictureError
    from perception.identity.picture import SUFFIXES

    if not path.is_dir():
        return [path]
    found = sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
    if not found:
        raise PictureError(f"{path}: expected pictures ({', '.join(SUFFIXES)}), got none")
    return found


def words(path: str, found: Any) -> str:
    """An answer in a few lines."""
    sure = [f"{guess.level.value} {guess.name} {guess.confidence:.1%}" for guess in found.guesses]
    if found.given is None:
        first = f"{path}: I don't know"
    else:
        first = f"{path}: {found.given.name} ({found.given.level.value}, {found.given.confidence:.1%})"
    likely = ", ".join(f"{name} {share:.0%}" for name, share in found.likely if share >= 0.01)
    read = f"\n  read on it: {', '.join(found.read)}" if found.read else ""
    return f"{first}\n  {'; '.join(sure)}\n  if of the catalogue: {likely}{read}"


def as_data(found: Any) -> dict[str, Any]:
    return {
        "answer": found.given and {"level": found.given.level.value, "name": found.given.name},
        "levels": {g.level.value: {"name": g.name, "confidence": round(g.confidence, 4)} for g in found.guesses},
        "likely": {name: round(share, 4) for name, share in found.likely},
        "read": list(found.read),
    }
