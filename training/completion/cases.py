"""What was seen of items, and what they truly were, as files: any completion can be run on them again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perception.completion.surroundings import NOBODY, OTHER, Surroundings, vicinity
from perception.fusion.surface import Surface, neighbors_of
from perception.fusion.volume import Volume
from perception.pose import Array, Pose
from perception.tote import Tote
from sim.items.meshes import Triangles
from training.shard import Kind, told_tote, tote_of, write_whole

VERSION = 1
SCENES = Kind("scenes", VERSION, "run handpick generate --scenes")
LEVELS = 127  # of a voxel's distance, within the truncation
UNKNOWN = -128  # the level of a voxel that nobody saw
ITEM = 0  # number of the item in its own surroundings


@dataclass(frozen=True)
class Origin:
    """What decides a file, to the byte."""

    suite: str
    seed: int
    bin: int
    version: int = VERSION


@dataclass(frozen=True, eq=False)
class Truth:
    """A true item: the closed meshes of which it consists, in the base frame."""

    family: str
    parts: tuple[tuple[Array, Triangles], ...]


@dataclass(frozen=True, eq=False)
class Case:
    """One item as it was seen and segmented, and as it truly is.

    Attributes:
        around: the item's own surfels alone, and the volume around them; its number there is ITEM.
        state: how often items were taken out of the bin before. views: number of cameras that looked.
        purity: share of its surfels that lie on the true item; share: of all surfels on the true item, those it has.
    """

    around: Surroundings
    truth: Truth
    bin: int
    state: int
    views: int
    purity: float
    share: float

    @property
    def rows(self) -> NDArray[np.int64]:
        return np.arange(len(self.around.surface.points))

    @property
    def family(self) -> str:
        return self.truth.family


@dataclass
class Cases:
    """The content of a file while it is made: arrays by name, and the rest."""

    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)
    cases: list[dict[str, Any]] = field(default_factory=list)
    truths: list[dict[str, Any]] = field(default_factory=list)

    def add_truth(self, family: str, parts: Sequence[tuple[Array, Triangles]]) -> int:
        """Keep a true item; its number."""
        number = len(self.truths)
        for index, (vertices, triangles) in enumerate(parts):
            self.arrays[f"truth{number}/{index}/vertices"] = np.asarray(vertices, np.float32)
            self.arrays[f"truth{number}/{index}/triangles"] = np.asarray(triangles, np.int32)
        self.truths.append({"family": family, "parts": len(parts)})
        return number

    def add(self, item: int, rows: NDArray[np.int64], around: Surroundings, truth: int, **about: Any) -> None:
        """Keep an item to which the surfels `rows` belong, and the volume around it. about: fields of Case."""
        number, volume, surface = len(self.cases), around.volume, around.surface
        low, high = vicinity(surface.voxels[rows], volume.distance.shape)
        window = tuple(slice(int(a), int(b) + 1) for a, b in zip(low, high))
        level = np.round(volume.distance[window] * (LEVELS / volume.truncation))
        owner = around.owner[window]
        arrays: dict[str, NDArray[Any]] = {
            "level": np.where(volume.weight[window] > 0, level, UNKNOWN).astype(np.int8),
            "owner": np.where(owner == item, ITEM, np.where(owner == NOBODY, NOBODY, OTHER)).astype(np.int8),
            "points": surface.points[rows],
            "normals": surface.normals[rows].astype(np.float16),
            "voxels": (surface.voxels[rows] - low).astype(np.int16),
            "colors": np.clip(surface.colors[rows], 0, 255).astype(np.uint8),
            "views": surface.views[rows],
            "eyes": around.eyes,
            "T_base_grid": (volume.T_base_grid @ Pose.from_rotation(low * volume.voxel, np.eye(3))).matrix,
        }
        self.arrays |= {f"case{number}/{name}": array for name, array in arrays.items()}
        self.cases.append({"truth": truth, "voxel": volume.voxel, "truncation": volume.truncation, **about})


def write_cases(path: Path, origin: Origin, tote: Tote, content: Cases) -> None:
    """Write a file under a temporary name, then rename it: a file that is there is whole."""
    about = {"origin": asdict(origin), "tote": told_tote(tote), "cases": content.cases, "truths": content.truths}
    write_whole(path, about, content.arrays)


def read_origin(path: Path) -> Origin:
    """What a file comes from. Raises ShardError: it is cut short, or of another version."""
    return Origin(**SCENES.about(path)["origin"])


def read_cases(folders: Sequence[Path]) -> Iterator[Case]:
    """All cases of some folders, in the order of their files' names.

    Raises:
        ShardError: one of them has no files, or one of these cannot be read.
    """
    for path in SCENES.files(folders):
        yield from read_file(path)


def read_file(path: Path) -> Iterator[Case]:
    """The cases of a file. Raises ShardError: it is cut short, or of another version."""
    about = SCENES.about(path)
    tote = tote_of(about["tote"])
    with np.load(path, allow_pickle=False) as file:
        truths = [_truth(file, number, one) for number, one in enumerate(about["truths"])]
        for number, one in enumerate(about["cases"]):
            around = _around(file, f"case{number}", one["voxel"], one["truncation"], tote)
            told = {name: one[name] for name in ("state", "views", "purity", "share")}
            yield Case(around, truths[one["truth"]], about["origin"]["bin"], **told)


def _truth(file: Mapping[str, NDArray[Any]], number: int, about: dict[str, Any]) -> Truth:
    places = [f"truth{number}/{index}" for index in range(about["parts"])]
    parts = tuple((file[f"{at}/vertices"].astype(np.float64), file[f"{at}/triangles"]) for at in places)
    return Truth(about["family"], parts)


def _around(
    file: Mapping[str, NDArray[Any]], at: str, voxel: float, truncation: float, tote: Tote
) -> Surroundings:  # fmt: skip
    level, voxels, points = file[f"{at}/level"], file[f"{at}/voxels"].astype(np.int32), file[f"{at}/points"]
    seen = level != UNKNOWN
    distance = np.where(seen, level, 0) * np.float32(truncation / LEVELS)
    pose = Pose(file[f"{at}/T_base_grid"])
    volume = Volume(pose, voxel, truncation, distance.astype(np.float32), seen.astype(np.float32))
    normals, colors = file[f"{at}/normals"].astype(np.float32), file[f"{at}/colors"].astype(np.float32)
    neighbors = neighbors_of(voxels, tuple(n + 2 for n in level.shape))
    surface = Surface(points, normals, voxels, colors, np.zeros_like(colors), file[f"{at}/views"], neighbors)
    labels = np.full(len(points), ITEM, np.int32)
    return Surroundings(volume, surface, labels, file[f"{at}/owner"].astype(np.int16), tote, file[f"{at}/eyes"])
