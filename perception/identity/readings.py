"""How well text is read, from a gallery itself: on pictures worn as a bin wears them, once they are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from perception.identity.gallery import Gallery
from perception.identity.spelling import Alignment, Lexicon, Spelling, counted, mixed
from perception.pose import Array

PAIRS = 10_000_000  # of words that are compared at most: half a minute's work
SHOWN, SLIPS = (0.2, 0.35, 0.5, 0.65, 0.8, 0.9), (0.02, 0.05, 0.1, 0.2)  # tried


class LeftOut(Protocol):
    """Views of an item as they would be if some pictures were not in the gallery; see `calibrate.Case`."""

    @property
    def item(self) -> int: ...
    @property
    def views(self) -> NDArray[np.int64]: ...
    @property
    def left_out(self) -> NDArray[np.int64]: ...
    @property
    def present(self) -> bool: ...


@dataclass(frozen=True, eq=False)
class Reading:
    """What is read in a case.

    Attributes:
        lexicon: of the whole gallery. item: that it is. present: whether any picture of it is left.
        words: of the item that are left, as numbers of the lexicon. told: what each word that is read counts, by word.
    """

    lexicon: Lexicon
    item: int
    present: bool
    words: NDArray[np.int64]
    told: dict[str, float]

    @cached_property
    def _alignment(self) -> Alignment:
        return Alignment.of(list(self.told), self.lexicon.words)

    def likelihood(self, spelling: Spelling) -> Array:
        """As `Lexicon.likelihood` would be without the pictures that are left out, shape (I,)."""
        if not self.told or not self.lexicon.words:
            return np.zeros(len(self.lexicon.items))
        each = self._alignment.likelihood(spelling)
        own, written = self.lexicon.own(each), self.lexicon.written.copy()
        written[self.item] = len(self.words) > 0
        own[:, self.item] = each[:, self.words].mean(axis=1) if len(self.words) else 0.0
        return mixed(own, written, spelling, np.array(list(self.told.values())))


def readings(gallery: Gallery, cases: Sequence[LeftOut]) -> list[Reading]:
    """What is read in the first cases, as many as there is time for; none if nobody has read the pictures."""
    if not (gallery.words and gallery.worn_words):
        return []
    lexicon, found, pairs = gallery.lexicon, [], 0
    for case in cases:
        told = counted([gallery.worn_words[view] for view in case.views])
        pairs += len(told) * len(lexicon.words)
        if pairs > PAIRS:
            break
        own = range(gallery.starts[case.item], gallery.starts[case.item] + gallery.counts[case.item])
        gone = set(case.left_out.tolist())
        left = {lexicon.numbers[word] for picture in own if picture not in gone for word in gallery.words[picture]}
        found.append(Reading(lexicon, case.item, case.present, np.array(sorted(left), np.int64), told))
    return found


def learned_spelling(read: Sequence[Reading]) -> Spelling:
    """That under which the right items surprise least."""
    some = [one for one in read if one.present and one.told]

    def surprise(spelling: Spelling) -> float:
        logs = [(one.likelihood(spelling), one.item) for one in some]
        return float(sum(np.log(np.exp(log - log.max()).sum()) + log.max() - log[item] for log, item in logs))

    return min((Spelling(*tried) for tried in product(SHOWN, SLIPS)), key=surprise)
