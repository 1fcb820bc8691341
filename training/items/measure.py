"""What an item is like, measured on what the simulation spawns and on pictures of it; never by what the space tells."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from perception.pose import Array
from sim.items.made_item import WINDOW
from sim.items.meshes import mass_properties
from sim.items.spec import ItemSpec
from sim.render.base import Rendered, Renderer
from training.items.photo import FILLED, ITEM, facing, photo, scene_of

ATTRIBUTES: dict[str, str] = {
    "flatness": "middle over shortest edge of the box with the same moments of inertia, as logarithm",
    "slenderness": "longest over middle edge of that box, as logarithm",
    "glossiness": "mean gloss of what pictures show, 0 to 1",
    "porosity": "air that a cup draws through the wall, mean over the surface, m^3/(s Pa), as decimal logarithm",
    "com": "from the middle of the solid to its centre of mass, over the mean edge",
    "print": "how print hides edges: steps of brightness over those of the plain grey shape, in pictures, as logarithm",
    "mass": "kilograms, as logarithm",
    "volume": "cubic metres, as logarithm",
    "friction": "against rubber, as coefficient",
}
NAMES = tuple(ATTRIBUTES)
SEALED = 1e-11  # m^3/(s Pa) that are added: below it a wall is as good as sealed
SOFTENED = 0.005  # of the mean edge: the distance of the centres is rounded off near zero
PIXELS = 64
LOOKS = ((0.6, 1.0, -0.75), (-1.0, -0.45, -0.8), (0.35, -0.8, 1.0))  # directions from which pictures are taken
FAINT = 0.5  # of brightness 0 to 255 a pixel, below which steps hardly count


def measured(spec: ItemSpec, renderer: Renderer) -> Array:
    """All attributes in the order of NAMES, shape (A,)."""
    pictures = taken(spec, renderer)
    values = {name: measure(spec, pictures) for name, measure in MEASURES.items()}
    return np.array([values[name] for name in NAMES])


def taken(spec: ItemSpec, renderer: Renderer) -> list[Rendered]:
    """Pictures from three sides, of the item as it is and then in plain grey."""
    width = float(np.linalg.norm(spec.size)) / FILLED
    ways = [facing(np.array(look), np.array([0, 0, 1.0])) for look in LOOKS]
    scenes = scene_of(spec), scene_of(spec, plain=True)
    return [photo(scene, renderer, way, width, PIXELS) for scene in scenes for way in ways]


def _solid(spec: ItemSpec) -> tuple[float, Array, Array]:
    """Volume, centre (3,) in the first link's frame, and inertia at unit density, from the meshes."""
    found = [mass_properties(link.visual.vertices, link.visual.triangles) for link in spec.links if link.name != WINDOW]
    volume = sum(v for v, _, _ in found)
    centre = np.asarray(sum(v * c for v, c, _ in found)) / volume
    inertia = np.zeros((3, 3))
    for v, c, unit in found:
        away = c - centre
        inertia += unit + v * (away @ away * np.eye(3) - np.outer(away, away))
    return float(volume), centre, inertia


def _edges(spec: ItemSpec) -> Array:
    """Edges of the box of the same moments of inertia, longest first, (3,), metres."""
    volume, _, inertia = _solid(spec)
    moments = np.linalg.eigvalsh(inertia)
    return np.sqrt(np.sort(6 * (moments.sum() - 2 * moments) / volume)[::-1])


def _flatness(spec: ItemSpec, pictures: list[Rendered]) -> float:
    _, middle, short = _edges(spec)
    return float(np.log(middle / short))


def _slenderness(spec: ItemSpec, pictures: list[Rendered]) -> float:
    long, middle, _ = _edges(spec)
    return float(np.log(long / middle))


def _glossiness(spec: ItemSpec, pictures: list[Rendered]) -> float:
    return float(np.concatenate([image.gloss[image.ids == ITEM] for image in pictures]).mean() / 255)


def _porosity(spec: ItemSpec, pictures: list[Rendered]) -> float:
    """Windows count by the half of their mesh that looks outward."""
    area, drawn = 0.0, 0.0
    for link in spec.links:
        corners = link.visual.vertices[link.visual.triangles].astype(np.float64)
        normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        own = float(np.linalg.norm(normals, axis=1).sum()) / 2
        if link.name == WINDOW:
            own = _disc(corners, normals)
            area -= own  # of the wall behind it
            drawn -= own * spec.links[0].surface.leak_conductance
        area += own
        drawn += own * link.surface.leak_conductance
    return float(np.log10(drawn / area + SEALED))


def _disc(corners: Array, normals: Array) -> float:
    """The area of one face of a disc's mesh."""
    axis = int(np.argmin(np.ptp(corners.reshape(-1, 3), axis=0)))
    return float(np.abs(normals[:, axis]).sum()) / 4


def _com(spec: ItemSpec, pictures: list[Rendered]) -> float:
    _, centre, _ = _solid(spec)
    away = centre / np.exp(np.log(_edges(spec)).mean())
    return float(np.sqrt(away @ away + SOFTENED**2) - SOFTENED)


def _mass(spec: ItemSpec, pictures: list[Rendered]) -> float:
    return float(np.log(spec.mass))


def _volume(spec: ItemSpec, pictures: list[Rendered]) -> float:
    return float(np.log(_solid(spec)[0]))


def _friction(spec: ItemSpec, pictures: list[Rendered]) -> float:
    return spec.friction


def _hiding(spec: ItemSpec, pictures: list[Rendered]) -> float:
    """Brightness steps from pixel to pixel over those of the same item in plain grey."""
    printed, plain = (_steps(some) for some in (pictures[: len(LOOKS)], pictures[len(LOOKS) :]))
    return float(np.log((printed + FAINT) / (plain + FAINT)))


def _steps(pictures: list[Rendered]) -> float:
    """Mean step of brightness from one pixel of the item to the next."""
    found = []
    for image in pictures:
        inside = cv2.erode((image.ids == ITEM).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        bright = cv2.cvtColor(image.color, cv2.COLOR_RGB2GRAY).astype(np.float32)
        slope = np.hypot(cv2.Sobel(bright, cv2.CV_32F, 1, 0), cv2.Sobel(bright, cv2.CV_32F, 0, 1)) / 8
        found.append(slope[inside])
    steps = np.concatenate(found)
    return float(steps.mean()) if len(steps) else 0.0


MEASURES: dict[str, Callable[[ItemSpec, list[Rendered]], float]] = {
    "flatness": _flatness,
    "slenderness": _slenderness,
    "glossiness": _glossiness,
    "porosity": _porosity,
    "com": _com,
    "print": _hiding,
    "mass": _mass,
    "volume": _volume,
    "friction": _friction,
}
