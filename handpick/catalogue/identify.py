"""A catalogue that is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from handpick.catalogue.database import Database
from handpick.catalogue.errors import CatalogueError
from handpick.catalogue.manifest import read_manifest
from handpick.catalogue.models import Models
from handpick.catalogue.trust import calibration
from perception.identity.answer import Answer, Calibration, answer
from perception.identity.belief import Weight
from perception.identity.cutout import Cutout
from perception.identity.encoder import Encoder
from perception.identity.text import read_all

NONE = "{}: expected a catalogue, got no such folder; make one by  handpick catalogue add"


@dataclass(frozen=True, eq=False)
class Identifier:
    """Answers which item of a catalogue views show.

    Attributes:
        manifest: names of the items meant to be there; None: nobody told. missing: those that the catalogue lacks.
        size: measured extents, metres. weight: as weighed.
    """

    database: Database
    encoder: Encoder
    calibration: Calibration
    manifest: tuple[str, ...] | None
    missing: tuple[str, ...]
    size: tuple[float, ...] | None
    weight: Weight | None

    @staticmethod
    def open(
        folder: Path,
        manifest: Path | None = None,
        size_mm: Sequence[float] | None = None,
        mass_g: float | None = None,
    ) -> Identifier:
        """Open a catalogue.

        Raises:
            CatalogueError: there is none, or the manifest cannot be read. GalleryError: it is empty, or no such mass.
            MissingExtraError: a package is not installed. ModelError: another model made it.
        """
        if not folder.is_dir():
            raise CatalogueError(NONE.format(folder))
        database, encoder = Models(folder).open()
        names = None if manifest is None else read_manifest(manifest)
        known = {item.name for item in database.items()}
        missing = tuple(name for name in names or () if name not in known)
        size = None if size_mm is None else tuple(edge / 1e3 for edge in size_mm)
        weight = None if mass_g is None else Weight(mass_g / 1e3)
        return Identifier(database, encoder, calibration(database), names, missing, size, weight)

    def identify(self, views: Sequence[Cutout]) -> Answer:
        """What views of one item show."""
        vectors = self.encoder.encode(views)
        gallery = self.database.gallery(vectors, self.manifest or ())
        read = read_all(views) if gallery.words else None
        return answer(gallery, self.calibration, vectors, self.manifest, self.size, self.weight, read)
