"""Outcomes: what was known of a grasp, and what came of it, as records in files that prove that they are whole."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from grasping.candidates.table import FEATURES
from sim.damage.ledger import Cause
from training.crop import CROP
from training.errors import ShardError

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
    """What decides a file of outcomes, to the byte."""

    suite: str
    seed: int
    bin: int
    tries: int
    version: int = VERSION


def mask(causes: Iterable[Cause]) -> int:
    """Causes of damage as bits."""
    return sum(1 << CAUSES.index(cause) for cause in set(causes))


def write_shard(path: Path, origin: Origin, outcomes: NDArray[np.void]) -> None:
    """Write a file under a temporary name, then rename it: a file that is there is whole."""
    about = {**asdict(origin), "features": list(FEATURES.names or ()), "sha256": _digest(outcomes)}
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    with draft.open("wb") as file:
        np.savez_compressed(file, about=np.array(json.dumps(about)), outcomes=outcomes)
    draft.replace(path)


def read_shard(path: Path, origin: Origin | None = None) -> NDArray[np.void]:
    """The outcomes of a file, shape (N,), of OUTCOME.

    origin: what the file must come from.

    Raises:
        ShardError: it is cut short or changed, of another version, order of features, or origin.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            about, outcomes = json.loads(str(file["about"])), file["outcomes"]
        found = Origin(**{name: about[name] for name in Origin.__dataclass_fields__})
        names, digest = about["features"], about["sha256"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ShardError(
            f"{path}: expected a whole file of outcomes, got {error}; remove it and generate again"
        ) from error
    if found.version != VERSION:
        raise ShardError(f"{path}: expected version {VERSION} of outcomes, got {found.version}; generate it again")
    if names != list(FEATURES.names or ()) or outcomes.dtype != OUTCOME:
        raise ShardError(f"{path}: expected the features {list(FEATURES.names or ())}, got {names}; generate it again")
    if digest != _digest(outcomes):
        raise ShardError(f"{path}: its outcomes were changed after they were written; remove it and generate again")
    if origin is not None and found != origin:
        raise ShardError(f"{path}: expected outcomes of {origin}, got {found}; use another folder")
    return np.asarray(outcomes)


def read_all(folder: Path) -> NDArray[np.void]:
    """The outcomes of all files of a folder, in the order of their names.

    Raises:
        ShardError: there are none, or one of them cannot be read.
    """
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise ShardError(f"{folder}: expected files of outcomes (*.npz), found none; run handpick generate first")
    return np.concatenate([read_shard(path) for path in paths])


def _digest(outcomes: NDArray[np.void]) -> str:
    return hashlib.sha256(np.ascontiguousarray(outcomes).tobytes()).hexdigest()
