"""Bins of any size and turn on a table, filled and rendered from any camera: the scenes that find walls."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perception.camera import CameraModel
from perception.pose import Array, Pose
from perception.tote import Tote
from sim.fill import fill, spawn_tote
from sim.render.scene import SCENERY
from sim.render.shapes import tote_mesh
from sim.scenery import show_item
from sim.suites import SUITES
from sim.tables import Table, camera_at, draw_specs

SIZES = {  # least and greatest inner length, width and depth, metres
    "tote": ((0.42, 0.30, 0.14), (0.60, 0.40, 0.26)),
    "crate": ((0.28, 0.20, 0.08), (0.40, 0.30, 0.16)),
    "tray": ((0.28, 0.20, 0.025), (0.50, 0.36, 0.05)),
}
DENSITY = 0.35  # of the bin's volume, of the items' bounding boxes
FARTHEST_OFF = 0.6  # radians off the plumb line from which a camera still looks over the walls of a deep bin


@dataclass(frozen=True)
class View:
    """A way of looking. plumb: least and greatest angle off the plumb line, radians, of each of `count` cameras."""

    name: str
    count: int
    plumb: tuple[float, float]


VIEWS = (
    View("one from straight above", 1, (0.05, 0.09)),
    View("one oblique", 1, (0.25, FARTHEST_OFF)),
    View("four oblique", 4, (0.25, FARTHEST_OFF)),
)


def bin_on_table(made: Table, kind: str, suite: str, rng: np.random.Generator, raised: float = 0.0) -> Tote:
    """Put a bin on a table, and items into it. raised: metres of its floor's underside over the table.

    Raises:
        UnrestError: the items do not come to rest.
    """
    low, high = (np.array(edge) for edge in SIZES[kind])
    inner, wall = np.round(rng.uniform(low, high), 3), float(rng.uniform(0.003, 0.012))
    turn, place = rng.uniform(-np.pi, np.pi), np.append(rng.uniform(-0.05, 0.05, 2), wall + raised)
    tote = Tote("bin", Pose.from_euler(place, (0, 0, turn)), inner, wall)
    spawn_tote(made.client, tote)
    made.scene.add(SCENERY, None, tote_mesh(tote, tuple(rng.uniform(0.2, 0.8, 3))), tote.T_base_tote)
    for item in fill(made.client, _content(tote, suite, rng), tote, rng):
        made.items.append(item)
        show_item(made.scene, item)
    return tote


def cameras_over(tote: Tote, view: View, rng: np.random.Generator) -> list[CameraModel]:
    """Cameras that see all of a bin's rim and, past it, some of its floor."""
    first, found = rng.uniform(-np.pi, np.pi), []
    target = tote.T_base_tote.apply(np.append(rng.uniform(-0.02, 0.02, 2), tote.inner[2] / 2))
    for index in range(view.count):
        around, plumb = first + 2 * np.pi * index / view.count, rng.uniform(*view.plumb)
        far = 1.25 * float(np.linalg.norm(tote.inner[:2])) + float(rng.uniform(0.25, 0.45))
        off = np.array((np.sin(plumb) * np.cos(around), np.sin(plumb) * np.sin(around), np.cos(plumb)))
        found.append(camera_at(target + far * off, target, 600.0, name=f"camera{index}"))
    return found


def _content(tote: Tote, suite: str, rng: np.random.Generator) -> list:  # type: ignore[type-arg]
    """Items of which each fits well into the bin, until they fill a share of it."""
    specs, room = [], DENSITY * float(tote.inner.prod()) * rng.uniform(0.3, 1.0)
    while room > 0 and len(specs) < 18:
        spec = draw_specs(dict(SUITES[suite]), 1, rng, graspable=False)[0]
        edges: Array = np.sort(spec.size)
        if edges[2] < 0.8 * tote.inner[:2].min() and edges[0] < tote.inner[2] + 0.02:
            specs.append(spec)
            room -= float(spec.size.prod())
    return specs
