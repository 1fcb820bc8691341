"""What is written on an item: lines of text, read by RapidOCR, whose wheel brings the PP-OCR networks."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from perception.identity.cutout import Cutout
from perception.identity.errors import INSTALL, MissingExtraError

EDGES = 384, 1024  # pixels of the longer edge: smaller cut-outs are enlarged, larger ones made smaller
LEAST_EDGE = 192  # pixels of the shorter edge that text is looked for in
FEWEST, MOST = 2, 40  # letters of a word: single ones are read into anything

Words = tuple[str, ...]


class Reader:
    """Reads text that lies any way round.

    Raises:
        MissingExtraError: RapidOCR is not installed.
    """

    def __init__(self) -> None:
        try:
            from rapidocr import RapidOCR
        except ImportError as error:
            raise MissingExtraError(f"reading text needs a package that is not installed; run  {INSTALL}") from error
        alone = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
        found = {"Det.limit_type": "min", "Det.limit_side_len": LEAST_EDGE, "Global.log_level": "critical"}
        self._engine, self._lock = RapidOCR(params=alone | found), Lock()

    def read(self, cutout: Cutout) -> Words:
        """The words on an item, each once, in small letters and figures; what is written beside it does not count."""
        edge = max(cutout.mask.shape)
        factor = float(np.clip(edge, *EDGES)) / edge
        how = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
        image = cv2.resize(np.ascontiguousarray(cutout.color[..., ::-1]), None, fx=factor, fy=factor, interpolation=how)
        with self._lock:  # one engine is not made to be asked by two threads at once
            found = self._engine(image)
        if not found.txts:
            return ()
        lines = [text for text, box in zip(found.txts, found.boxes) if _on(cutout.mask, box.mean(axis=0) / factor)]
        return tuple(dict.fromkeys(word for line in lines for word in words(line)))


@lru_cache(maxsize=1)
def reader() -> Reader:
    """The one of this process. Raises MissingExtraError."""
    return Reader()


def words(line: str) -> Words:
    """Words of a line, as they are compared: small letters and figures, FEWEST of them at least and MOST at most."""
    plain = "".join(sign if sign.isalnum() else " " for sign in unicodedata.normalize("NFKC", line).casefold())
    return tuple(word[:MOST] for word in plain.split() if len(word) >= FEWEST)


def read_all(cutouts: Sequence[Cutout]) -> tuple[Words, ...]:
    """The words on each of some cut-outs. Raises MissingExtraError."""
    return tuple(reader().read(cutout) for cutout in cutouts)


def _on(mask: NDArray[np.bool_], middle: NDArray[Any]) -> bool:
    """Whether a line's middle (x, y), pixels, lies on the item."""
    x, y = (int(np.clip(round(float(at)), 0, edge - 1)) for at, edge in zip(middle, mask.shape[::-1]))
    return bool(mask[y, x])
