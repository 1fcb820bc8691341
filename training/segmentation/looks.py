"""What cameras saw of a bin or a table, as a surface, and of which item each part of it truly is: as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perception.fusion.surface import Surface, neighbors_of, to_lab
from perception.tote import Tote
from training.completion.cases import Origin
from training.shard import Kind, told_tote, tote_of, write_whole

LOOKS = Kind("looks", 1, "run python -m training.segmentation.generate")
UNIT = 1e-4  # metres, of a surfel's place in its voxel grid
TURN = 32767  # of a component of a unit normal
FIELDS = ("points", "normals", "voxels", "colors", "views", "foreground", "truth")


@dataclass(frozen=True, eq=False)
class Look:
    """One look at items by some cameras.

    Attributes:
        surface: the fused surface, base frame. foreground: which of its surfels may be an item's, shape (N,).
        truth: number of the true item of each surfel, -1 where it is none's, shape (N,).
        families: of the true items. voxel: edge length, metres. tote: what they are in, or the support.
        place: `bin` or `table`. number: of the bin or table. views: of cameras. color: whether they told colours.
    """

    surface: Surface
    foreground: NDArray[np.bool_]
    truth: NDArray[np.int64]
    families: tuple[str, ...]
    voxel: float
    tote: Tote
    place: str
    number: int
    views: int
    color: bool


class Looks:
    """The content of a file while it is made: arrays by name, and the rest."""

    def __init__(self) -> None:
        self.arrays: dict[str, NDArray[Any]] = {}
        self.about: list[dict[str, Any]] = []

    def add(self, look: Look) -> None:
        surface = look.surface
        local = look.tote.T_base_tote.inverse().apply(surface.points)
        arrays: dict[str, NDArray[Any]] = {
            "points": np.rint(local / UNIT).astype(np.int16),
            "normals": np.rint(look.tote.T_base_tote.inverse().rotate(surface.normals) * TURN).astype(np.int16),
            "voxels": surface.voxels.astype(np.int16),
            "colors": np.clip(np.rint(surface.colors), 0, 255).astype(np.uint8),
            "views": surface.views,
            "foreground": look.foreground,
            "truth": look.truth.astype(np.int8),
        }
        number = len(self.about)
        self.arrays |= {f"look{number}/{name}": array for name, array in arrays.items()}
        told = {"families": look.families, "voxel": look.voxel, "place": look.place, "number": look.number}
        self.about.append(told | {"tote": told_tote(look.tote), "views": look.views, "color": look.color})

    def write(self, path: Path, origin: Origin) -> None:
        """Write a file under a temporary name, then rename it: a file that is there is whole."""
        write_whole(path, {"origin": asdict(origin), "looks": self.about}, self.arrays)


def read_origin(path: Path) -> Origin:
    """What a file comes from. Raises ShardError: it is cut short, or of another version."""
    return Origin(**LOOKS.about(path)["origin"])


def read_looks(folders: Sequence[Path]) -> Iterator[Look]:
    """All looks of some folders, in the order of their files' names.

    Raises:
        ShardError: one of them has no files, or one of these cannot be read.
    """
    for path in LOOKS.files(folders):
        yield from read_file(path)


def read_file(path: Path) -> Iterator[Look]:
    """The looks of a file. Raises ShardError: it is cut short, or of another version."""
    about = LOOKS.about(path)["looks"]
    with np.load(path, allow_pickle=False) as file:
        for number, one in enumerate(about):
            yield _look({name: file[f"look{number}/{name}"] for name in FIELDS}, one)


def _look(file: Mapping[str, NDArray[Any]], about: Mapping[str, Any]) -> Look:
    tote = tote_of(about["tote"])
    voxels, colors = file["voxels"].astype(np.int32), file["colors"].astype(np.float32)
    surface = Surface(
        points=tote.T_base_tote.apply(file["points"] * UNIT).astype(np.float32),
        normals=tote.T_base_tote.rotate(file["normals"] / TURN).astype(np.float32),
        voxels=voxels,
        colors=colors,
        lab=to_lab(colors),
        views=file["views"],
        neighbors=neighbors_of(voxels, tuple(voxels.max(axis=0, initial=0) + 2)),
    )
    return Look(
        surface, file["foreground"], file["truth"].astype(np.int64), tuple(about["families"]), about["voxel"], tote,
        about["place"], about["number"], about["views"], about["color"],
    )  # fmt: skip
