"""Swing: a book lifted by a cup beside its spine. The cover turns with the pages there, and the book stays closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from grasping.beliefs.kinds import bookish
from grasping.beliefs.spine_side import side_belief
from grasping.beliefs.surface_samples import surface
from grasping.candidates.rings import rings_on
from grasping.candidates.suction import fitting
from grasping.candidates.table import FEATURES, Candidates, frames
from grasping.grasp import Load
from grasping.skill import Skill
from grasping.tools import DualTool, Tool, coded
from perception.errors import GeometryError
from perception.pose import Array, Pose
from perception.scene import ItemShape, Scene

ASIDE = 0.008  # metres from the lip to the spine's edge: what the cover's edge is perceived wrong by must fit in
LEAST_BOOK, LEAST_SPINE = 0.15, 0.6  # beliefs below which nothing is gained
UNSURE = 0.010  # metres by which a cover may be wider than seen: too high a swing does no harm, too low a one jams
LEVEL = float(np.cos(np.deg2rad(45)))  # of a cover that faces up enough: on piles books lie askew


@dataclass(frozen=True, eq=False)
class Swing(Skill):
    """A book swung up by its spine: the cup holds its cover close to it, and the book hangs closed.

    Attributes:
        T_tool_spine: frame on the spine's edge of that cover: x across the cover to the fore-edge, y along the spine,
            z out of the cover. The tool frame is the cup's.
        width: of the cover from spine to fore-edge, metres, rather more than less.
        thickness: of the book, metres.
        tilt: of the cover while the pages hang beneath the spine, rad: the less, the wider it opens.
    """

    name: ClassVar[str] = "swing"
    seconds: ClassVar[float] = 3.0  # 1.5 up over its fore-edge, and as many down
    needs_room: ClassVar[bool] = True
    paced: ClassVar[bool] = False

    T_tool_spine: Pose
    width: float
    thickness: float
    tilt: float = float(np.deg2rad(82))

    def __post_init__(self) -> None:
        if not 0 < self.thickness < self.width:
            raise GeometryError(f"swing: expected 0 < thickness < width, got {self.thickness} and {self.width} m")

    def carried(self, load: Load) -> Load:
        """The load that turns freely about the spine's edge: a point mass halfway to it.

        While the lever is long the ground still bears half of the weight.
        """
        lever = float(self.T_tool_spine.position[0])
        return Load(load.mass, np.array((lever / 2, load.centre[1], 0.0)), 1e-3 * load.inertia, load.mass_range, 0.0)


@dataclass(frozen=True, eq=False)
class Spine:
    """Where a book's spine is believed to be: on the side to which `out` points.

    Attributes:
        T_base_book: centred in the book; x away from the spine, y along it, z up.
        size: (3,) metres along these. belief: that it is this side, if the item is a book.
    """

    T_base_book: Pose
    size: Array
    belief: float


def spine(item: ItemShape) -> Spine | None:
    """The likelier spine of an item that lies like a book, None where it does not lie on its cover."""
    thin, middle, long = np.argsort(item.size, kind="stable")
    axes = item.T_base_box.rotation
    up = axes[:, thin] * np.sign(axes[2, thin])
    if up[2] < LEVEL:
        return None
    belief = side_belief(item, int(thin), int(middle))
    x = axes[:, middle] * (1.0 if belief < 0.5 else -1.0)
    rotation = np.column_stack([x, np.cross(up, x), up])
    return Spine(
        Pose.from_rotation(item.T_base_box.position, rotation), item.size[[middle, long, thin]], max(belief, 1 - belief)
    )


def spine_candidates(scene: Scene, tool: DualTool) -> Candidates:
    """Sites of all cups beside the spines of what may be books, with the rings' features and the spine's."""
    parts = []
    for index, item in enumerate(scene.items):
        found = spine(item) if bookish(item) > LEAST_BOOK else None
        if found is not None and found.belief > LEAST_SPINE:
            parts.append(_sites(index, item, found, tool))
    return Candidates.join(Tool.SUCTION, parts)


def _sites(index: int, item: ItemShape, found: Spine, tool: DualTool) -> Candidates:
    patch, cup, T_base_book = surface(item), tool.cup, found.T_base_book
    local = T_base_book.inverse().apply(patch.points)
    top = (patch.normals @ T_base_book.rotation[:, 2] > 0.8) & (local[:, 2] > 0)
    if top.sum() < 100:
        return Candidates.join(Tool.SUCTION, [])
    edge, far = np.percentile(local[top, 0], (1, 99))
    places = np.array(cup.places)
    inward = float(places[:, 0].max()) + cup.radius + ASIDE
    site = np.array((edge + inward, 0.0))  # in the middle of the spine, where the book hangs straight
    nearest = [int(np.argmin(np.hypot(*(local[:, :2] - site).T) + 1.0 * ~top))]
    along = T_base_book.rotation[:, 0].copy()
    rings = rings_on(patch, patch.points[nearest], along, cup.radius, places)
    rings, columns = fitting(rings, cup, LEVEL)
    n = len(rings)
    T = frames(rings[:, :3], np.tile(T_base_book.rotation[:, 1], (n, 1)), -rings[:, 3:6])
    features = np.zeros(n, FEATURES)
    for name, values in columns.items():
        features[name] = values
    features["spine_at"] = (edge - T_base_book.inverse().apply(rings[:, :3])[:, 0]) * np.sign(T[:, :3, 0] @ along)
    features["vacuum"], features["cups"] = cup.pressure_full, coded(tuple(range(len(places))))
    features["spine"], features["span"], features["thickness"] = found.belief, far - edge + UNSURE, found.size[2]
    return Candidates(Tool.SUCTION, np.full(n, index), T, np.full(n, cup.fingers_open), features)


def swing(f: np.void) -> Swing | None:
    """The swing of a candidate whose cup is beside a spine, from its features."""
    if f["spine_at"] == 0:
        return None
    x, z = np.array((-np.sign(f["spine_at"]), 0, 0)), np.array((0, 0, -1.0))
    T_tool_spine = Pose.from_rotation((f["spine_at"], 0, 0), np.column_stack([x, np.cross(z, x), z]))
    return Swing(T_tool_spine, float(f["span"]), float(np.clip(f["thickness"], 0.005, f["span"] / 2)))
