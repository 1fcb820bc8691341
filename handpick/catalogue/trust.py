"""The calibration of a catalogue, kept beside it and learned anew whenever the pictures have changed."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from handpick.catalogue.database import Database
from perception.identity.answer import INPUTS, TOLD, Calibration, Level, Told
from perception.identity.belief import Scale
from perception.identity.calibrate import calibrate
from perception.identity.spelling import Spelling

FILE = "calibration.json"
SEED = 0  # the same pictures give the same confidence


def calibration(database: Database) -> Calibration:
    """As it is kept for the pictures as they are now; learned, and kept, where they have changed.

    Raises:
        GalleryError: the catalogue is empty.
    """
    path = Path(database.address) / FILE
    stamp = f"{database.model} {database.version()}"
    kept = _read(path, stamp)
    if kept is not None:
        return kept
    made = calibrate(database.gallery(), np.random.default_rng(SEED))
    if path.parent.is_dir():  # else on shared storage, where LanceDB alone can write
        draft = path.with_suffix(".tmp")
        draft.write_text(json.dumps(_told(made, stamp), indent=1) + "\n")
        draft.replace(path)
    return made


def _key(level: Level, told: Told) -> str:
    return " ".join([level.value, *(name for name, is_told in told._asdict().items() if is_told)])


def _told(made: Calibration, stamp: str) -> dict[str, Any]:
    weights = {_key(*known): list(w) for known, w in made.weights.items()}
    scale, spelling = vars(made.scale), vars(made.spelling)
    return {"of": stamp, "scale": scale, "spelling": spelling, "inputs": INPUTS, "weights": weights}


def _read(path: Path, stamp: str) -> Calibration | None:
    """None where there is none for these pictures; a broken file is as good as none."""
    try:
        told = json.loads(path.read_text())
        if told["of"] != stamp or tuple(told["inputs"]) != INPUTS:
            return None
        weights = {known: np.array(told["weights"][_key(*known)], np.float64) for known in product(Level, TOLD)}
        return Calibration(Scale(**told["scale"]), Spelling(**told["spelling"]), weights)
    except (OSError, ValueError, KeyError, TypeError):
        return None
