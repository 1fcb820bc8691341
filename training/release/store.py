"""Versions of weights as folders with cards, of which one is in use: FOLDER/current/quality.safetensors.

001/ quality.safetensors  card.json  notes.md           each version, never changed once it is there
002/ ...                             release.html       and what the check of it said
current -> 002                                          the one in use
history.json                                            which ones were in use, the last one now
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grasping.quality.learned import SHIPPED
from training.errors import ReleaseError
from training.release.candidate import CARD, Candidate, digest_of_file
from training.release.notes import notes

CURRENT, HISTORY, NOTES = "current", "history.json", "notes.md"
CHECK, PAGE = "release.json", "release.html"


@dataclass(frozen=True)
class Store:
    """A folder of versions."""

    folder: Path

    @property
    def history(self) -> list[str]:
        """Names of the versions that were in use, the one in use last. Raises ReleaseError: it cannot be read."""
        path = self.folder / HISTORY
        if not path.exists():
            return []
        try:
            found = json.loads(path.read_text())
        except (OSError, ValueError) as error:
            raise ReleaseError(f"{path}: expected a list of versions, got {error}; restore it from a backup") from error
        if not isinstance(found, list) or not all((self.folder / str(name) / SHIPPED).exists() for name in found):
            raise ReleaseError(f"{path}: expected a list of versions that are there, got {found}; restore the folder")
        return [str(name) for name in found]

    @property
    def versions(self) -> list[str]:
        """Names of all versions, the newest last."""
        return sorted(path.name for path in self.folder.glob("[0-9][0-9][0-9]") if (path / SHIPPED).exists())

    @property
    def weights(self) -> Path:
        """The file in use. Raises ReleaseError: there is none."""
        if not self.history:
            raise ReleaseError(f"{self.folder}: expected installed weights, found none; handpick release install FILE")
        return self.folder / CURRENT / SHIPPED

    def install(self, file: str, checked: Path | None) -> Path:
        """Make a version of a file and take it into use; its folder.

        Args:
            checked: folder that `handpick release check` wrote of it against the version in use; None for the first.

        Raises:
            WeightsError, CardError: it cannot be used, or nobody knows what it was made of.
            ReleaseError: it was not checked against the version in use, or was refused.
        """
        one, history = Candidate.read(file), self.history
        check = self._check(one, checked) if history else None
        name = f"{int(self.versions[-1]) + 1 if self.versions else 1:03d}"
        draft, place = self.folder / f".{name}.{os.getpid()}", self.folder / name
        draft.mkdir(parents=True)
        shutil.copyfile(one.path, draft / SHIPPED)
        shutil.copyfile(one.path.resolve().parent / CARD, draft / CARD)
        (draft / NOTES).write_text(notes(name, one, history[-1] if history else "", check))
        if checked is not None and check is not None:
            for wanted in (CHECK, PAGE):
                shutil.copyfile(checked / wanted, draft / wanted)
        draft.replace(place)
        self._use([*history, name])
        return place

    def roll_back(self) -> Path:
        """Take the version into use that was before; its folder. Raises ReleaseError: there was none."""
        history = self.history
        if len(history) < 2:
            had = f"only {history[0]}" if history else "none"
            raise ReleaseError(
                f"{self.folder}: expected a version that was in use before, got {had}; nothing is changed"
            )
        self._use(history[:-1])
        return self.folder / history[-2]

    def _check(self, new: Candidate, checked: Path | None) -> dict[str, Any]:
        """What the check of new weights against those in use said. Raises ReleaseError: not that they may be used."""
        told = f"expected the check of {new.path} against {self.weights}"
        how = f"handpick release check {new.path} --against {self.weights} --on OUTCOMES, then --checked its folder"
        if checked is None:
            raise ReleaseError(f"{self.folder}: {told}, got none; {how}")
        try:
            found = json.loads((checked / CHECK).read_text())
            who = found["new"]["sha256"], found["old"]["sha256"]
            passes = bool(found["passes"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ReleaseError(f"{checked / CHECK}: {told}, got {error!r}; {how}") from error
        if who != (new.digest, digest_of_file(self.weights)):
            raise ReleaseError(f"{checked / CHECK}: {told}, got one of {who[0][:12]} against {who[1][:12]}; {how}")
        if not passes:
            raise ReleaseError(
                f"{checked / CHECK}: expected weights that pass, got a check that refuses them; see {PAGE}"
            )
        return dict(found)

    def _use(self, history: list[str]) -> None:
        """Point to the last one, by renaming what was written under another name; the history is told first."""
        draft = self.folder / f".{HISTORY}.{os.getpid()}"
        draft.write_text(json.dumps(history) + "\n")
        draft.replace(self.folder / HISTORY)
        link = self.folder / f".{CURRENT}.{os.getpid()}"
        link.symlink_to(history[-1])
        link.replace(self.folder / CURRENT)
