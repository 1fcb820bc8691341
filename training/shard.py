"""Shards: files of arrays and of words about them, whole or not there, of one kind and version each."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perception.pose import Pose
from perception.tote import Tote
from training.errors import ShardError


@dataclass(frozen=True)
class Kind:
    """What shards are of: `what` is in them, in the plural, in this version; `made`: how to come by some."""

    what: str
    version: int
    made: str

    def about(self, path: Path) -> dict[str, Any]:
        """The words in a file. Raises ShardError: it is cut short, or of another version."""
        try:
            with np.load(path, allow_pickle=False) as file:
                about: dict[str, Any] = json.loads(str(file["about"]))
            version = about["origin"]["version"]
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise ShardError(
                f"{path}: expected a whole file of {self.what}, got {error}; remove it and generate again"
            ) from error
        if version != self.version:
            raise ShardError(
                f"{path}: expected version {self.version} of {self.what}, got {version}; generate it again"
            )
        return about

    def files(self, folders: Sequence[Path]) -> Iterator[Path]:
        """The files of some folders, in the order of their names. Raises ShardError: one of them has none."""
        for folder in folders:
            paths = sorted(folder.glob("*.npz"))
            if not paths:
                raise ShardError(f"{folder}: expected files of {self.what} (*.npz), found none; {self.made}")
            yield from paths


def write_whole(path: Path, about: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write a file under a temporary name, then rename it: a file that is there is whole."""
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    with draft.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, about=np.array(json.dumps(about)), **arrays)
    draft.replace(path)


def told_tote(tote: Tote) -> dict[str, Any]:
    """A tote in words."""
    return {"name": tote.name, "pose": tote.T_base_tote.matrix.tolist(), "inner": tote.inner.tolist()}


def tote_of(told: Mapping[str, Any]) -> Tote:
    """A tote out of words."""
    return Tote(told["name"], Pose(np.array(told["pose"])), np.array(told["inner"]))
