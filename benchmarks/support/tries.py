"""Tries of outcome folders that odds are learned from."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.believed import believed_now
from training.boost import TIP
from training.outcomes import read_folders


def read_tries(folders: Sequence[Path]) -> NDArray[np.void]:
    """All but tips, with what contact mechanics believes of them now."""
    outcomes = read_folders(folders)
    tries = outcomes[outcomes["skill"] != TIP]
    tries["believed"] = believed_now(tries)
    return tries
