"""Outcomes: what was known of a grasp, and what came of it, as records in files that prove that they are whole."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grasping.candidates.table import FEATURES
from grasping.policy import ANALYTIC
from sim.damage.ledger import Cause
from training.crop import CROP
from training.errors import ShardError
from training.shard import write_whole

VERSION = 1  # of what the records mean
CAUSES = tuple(Cause)  # bit k of a damage mask is cause k
OUTCOME = np.dtype(
    [
        ("bin", np.int32),  # global number of the bin, from which all its seeds come
        ("state", np.int16),  # of its emptying, from the full bin on
        ("left", np.int16),  # items that were in the bin
        ("views", np.uint8),  # cameras that were looked through
        ("target", np.int16),  # number of the perceived item in its look
        ("tool", "S8"),
        ("skill", "S8"),
        ("family", "S16"),  # of the item that was meant, empty where none: for splits, never a feature
        ("T_base_tool", np.float32, (4, 4)),
        ("opening", np.float32),
        ("propensity", np.float64),  # expected number of times that the candidate was drawn in its look
        ("believed", np.float64, (4,)),  # odds of contact mechanics: acquire, hold, damage, return
        ("acquired", np.bool_),
        ("held", np.bool_),
        ("returned", np.bool_),
        ("other", np.bool_),  # another item was acquired than was meant
        ("damage", np.uint16),  # mask of the causes of damage to the item by the practical rules
        ("harm", np.uint16),  # the same for all other items
        ("strict_damage", np.uint16),  # the same two by the strict rules
        ("strict_harm", np.uint16),
        ("acceleration", np.float32),  # at the peak of the carry, m/s^2
        ("steps", np.int32),  # of the physics
        ("features", FEATURES),
        ("crop", CROP),
    ]
)


@dataclass(frozen=True)
class Origin:
    """What decides a file of outcomes, to the byte.

    policy: by whose odds grasps are drawn. weights: SHA-256 of the file that it comes from, empty where there is none.
    repeat: how often each grasp is tried, with other noise of the sensors.
    items: SHA-256 of the items, where the suite is a folder of them; empty where it has a name.
    """

    suite: str
    seed: int
    bin: int
    tries: int
    version: int = VERSION
    policy: str = ANALYTIC
    weights: str = ""
    repeat: int = 1
    items: str = ""

    @property
    def world(self) -> tuple[str, int, int]:
        """What decides the bin itself."""
        suite = f"{Path(self.suite).name}@{self.items[:12]}" if self.items else self.suite
        return suite, self.seed, self.bin


def mask(causes: Iterable[Cause]) -> int:
    """Causes of damage as bits."""
    return sum(1 << CAUSES.index(cause) for cause in set(causes))


def write_shard(path: Path, origin: Origin, outcomes: NDArray[np.void]) -> None:
    """Write a file under a temporary name, then rename it: a file that is there is whole."""
    about = {**asdict(origin), "features": list(FEATURES.names or ()), "sha256": _digest(outcomes)}
    write_whole(path, about, {"outcomes": outcomes})


def read_shard(path: Path, origin: Origin | None = None) -> NDArray[np.void]:
    """The outcomes of a file, shape (N,), of OUTCOME.

    origin: what the file must come from.

    Raises:
        ShardError: it is cut short or changed, of another version, order of features, or origin.
    """
    found, outcomes = _read(path)
    if origin is not None and found != origin:
        raise ShardError(f"{path}: expected outcomes of {origin}, got {found}; use another folder")
    return outcomes


def _read(path: Path) -> tuple[Origin, NDArray[np.void]]:
    """Origin and outcomes of a file. Raises ShardError."""
    try:
        with np.load(path, allow_pickle=False) as file:
            about, outcomes = json.loads(str(file["about"])), file["outcomes"]
        told = {field.name: about.get(field.name, field.default) for field in fields(Origin)}
        found = Origin(**{name: value for name, value in told.items() if value is not MISSING})
        names, digest = about["features"], about["sha256"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, zipfile.BadZipFile) as error:
        raise ShardError(
            f"{path}: expected a whole file of outcomes, got {error}; remove it and generate again"
        ) from error
    if found.version != VERSION:
        raise ShardError(f"{path}: expected version {VERSION} of outcomes, got {found.version}; generate it again")
    if names != list(FEATURES.names or ()) or outcomes.dtype != OUTCOME:
        raise ShardError(f"{path}: expected the features {list(FEATURES.names or ())}, got {names}; generate it again")
    if digest != _digest(outcomes):
        raise ShardError(f"{path}: its outcomes were changed after they were written; remove it and generate again")
    return found, np.asarray(outcomes)


def read_folders(folders: Sequence[Path]) -> NDArray[np.void]:
    """The outcomes of several folders, whose bins are numbered anew: the same bin has the same number in all of them.

    Raises:
        ShardError: one of them has no outcomes, or one of its files cannot be read.
    """
    return read_bins(folders)[0]


def read_bins(folders: Sequence[Path]) -> tuple[NDArray[np.void], tuple[str, ...]]:
    """The outcomes of several folders as `read_folders` gives them, and the name of each bin, by its number.

    Raises:
        ShardError: as by `read_folders`.
    """
    files = [file for folder in folders for file in _files(folder)]
    worlds = sorted({origin.world for origin, _ in files})
    for origin, rows in files:
        rows["bin"] = worlds.index(origin.world)
    return np.concatenate([rows for _, rows in files]), tuple(
        f"{suite}-{seed}-{bin_:06d}" for suite, seed, bin_ in worlds
    )


def _files(folder: Path) -> list[tuple[Origin, NDArray[np.void]]]:
    """Origins and outcomes of a folder's files, in the order of their names."""
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise ShardError(f"{folder}: expected files of outcomes (*.npz), found none; run handpick generate first")
    return [_read(path) for path in paths]


def _digest(outcomes: NDArray[np.void]) -> str:
    return hashlib.sha256(np.ascontiguousarray(outcomes).tobytes()).hexdigest()
