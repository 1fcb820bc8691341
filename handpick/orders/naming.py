"""Names for the items of a tote: what the cameras show of them there, and what they showed of them in hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np

from handpick.catalogue.identify import Identifier
from perception.camera import CameraFrame
from perception.identity.answer import Answer, Calibration, Guess, Level
from perception.identity.belief import Weight
from perception.identity.cutout import Cutout
from perception.identity.encoder import Encoder, Vectors
from perception.identity.gallery import Gallery
from perception.identity.segments import seen_in_tote
from perception.identity.text import Words, read_all
from perception.identity.together import Seen, answers
from perception.pose import Array
from perception.scene import ItemShape, Scene

HERE = 0.05  # metres within which an item lies that was put there
UNSEEN = Answer(None, (Guess(Level.ITEM, "", 0.0),), (("", 0.0),))  # what is told of what no view shows


@dataclass(frozen=True, eq=False)
class Handled:
    """An item that was looked at in hand: the views of it, the words on them, and where its middle came to lie, base
    frame, metres.

    refused: the number of the order for which it was not taken; None: it was no candidate.
    """

    views: Vectors
    read: tuple[Words, ...] | None
    centre: Array
    refused: int | None


@dataclass(frozen=True, eq=False)
class Named:
    """The items of a scene and what they are.

    Attributes:
        seen: of each item that shows well enough, by its id. answers: in the same order.
        manifest: names that were meant to be there.
    """

    scene: Scene
    seen: dict[int, Seen]
    answers: tuple[Answer, ...]
    manifest: tuple[str, ...]

    def chance(self, item: int, name: str) -> float:
        """Probability that an item is the one of a name; 0 of what is hardly seen."""
        return next((dict(a.likely).get(name, 0.0) for i, a in zip(self.seen, self.answers) if i == item), 0.0)

    def best(self, item: int) -> str:
        """What an item is most likely; empty where nobody knows."""
        return next((called(a) for i, a in zip(self.seen, self.answers) if i == item), "")


class Naming:
    """Names items with a catalogue, and remembers what it was shown in hand.

    Args:
        manifest: names of what should be in the tote.
    """

    def __init__(self, encoder: Encoder, gallery: Gallery, calibration: Calibration, manifest: Sequence[str]) -> None:
        self.encoder, self.gallery, self.calibration = encoder, gallery, calibration
        self.manifest = tuple(manifest)
        self.handled: list[Handled] = []

    @staticmethod
    def open(catalogue: Path, manifest: Sequence[str]) -> Naming:
        """From a catalogue's folder. Raises as `Identifier.open` does."""
        found = Identifier.open(catalogue)
        return Naming(found.encoder, found.database.gallery(), found.calibration, manifest)

    def names(self, frames: Sequence[CameraFrame], scene: Scene, gone: frozenset[str]) -> Named:
        """What the items of a scene are. gone: names of what has left the tote."""
        views = {item: own for item, own in seen_in_tote(frames, scene).items() if own}
        vectors = self.encoder.encode([view for own in views.values() for view in own])
        ends = np.cumsum([len(own) for own in views.values()])[:-1]
        seen: dict[int, Seen] = {}
        for item, own in zip(views, np.split(vectors, ends)):
            shape = scene.item(item)
            before = [handled for handled in self.handled if _lies(handled, shape)]
            read = [handled.read for handled in before if handled.read is not None]
            a, b, c = shape.size.tolist()
            views_of = np.concatenate([own, *(handled.views for handled in before)])
            seen[item] = Seen(views_of, (a, b, c), read=tuple(chain(*read)) if read else None)
        left = tuple(name for name in self.manifest if name not in gone)
        return Named(scene, seen, self._answers(list(seen.values()), left), left)

    def read(self, views: Sequence[Cutout]) -> tuple[Words, ...] | None:
        """The words on some views; None where the catalogue knows none that they could be compared with."""
        return read_all(views) if self.gallery.words else None

    def once_more(
        self,
        named: Named,
        item: int,
        views: Vectors,
        weight: Weight | None = None,
        read: tuple[Words, ...] | None = None,
    ) -> Answer:
        """What an item is, with views (V, D) of it, its weight in hand and words beside what was seen in the tote;
        UNSEEN where there is no view of it at all.
        """
        seen = dict(named.seen)
        a, b, c = named.scene.item(item).size.tolist()
        old = seen.pop(item, Seen(views[:0], (a, b, c)))
        known = old.read if read is None else (*(old.read or ()), *read)
        shown = np.concatenate([old.views, views])
        if not len(shown):
            return UNSEEN
        told = [replace(old, views=shown, weight=weight, read=known), *seen.values()]
        return self._answers(told, named.manifest)[0]

    def remember(self, views: Vectors, read: tuple[Words, ...] | None, centre: Array, refused: int | None) -> None:
        """Keep what was seen and read of an item in hand, whose middle now lies at `centre` (3,), base frame."""
        self.handled = [old for old in self.handled if np.linalg.norm(old.centre - centre) > HERE]
        self.handled.append(Handled(views, read, np.asarray(centre), refused))

    def refused(self, shape: ItemShape, order: int) -> bool:
        """Whether an item seems to be one that was in hand for an order, and not taken for it."""
        return any(handled.refused == order and _lies(handled, shape) for handled in self.handled)

    def _answers(self, seen: Sequence[Seen], manifest: tuple[str, ...]) -> tuple[Answer, ...]:
        return tuple(answers(self.gallery, self.calibration, seen, manifest)) if seen else ()


def called(answer: Answer) -> str:
    """The item that is more likely than not, if there is one; else empty: by all items of the tote together
    (`perception.identity.together`). Confidence, which is learned of single pictures, knows nothing of the others.
    """
    name, sure = answer.likely[0]
    return name if sure > 0.5 else ""


def _lies(handled: Handled, shape: ItemShape) -> bool:
    return bool(np.linalg.norm(handled.centre - shape.T_base_box.position) < HERE)
