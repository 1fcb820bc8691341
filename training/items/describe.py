"""Items of families as descriptions: what the learned space is made of."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull, QhullError

from perception.errors import GeometryError
from perception.pose import Array
from sim.items.damage_classes import CLASSES
from sim.items.description import ALONG, AROUND, BOUNDS, LEAST_RADIUS, PIXELS, Description
from sim.items.spec import ItemSpec, LinkSpec
from sim.render.base import Renderer
from training.items.photo import ITEM, facing, photo, scene_of

WITHIN = 0.999  # of the half extent, at which the outermost slices are cut
SEEN = 48  # pixels of a face's picture


def describe(spec: ItemSpec, renderer: Renderer) -> Description:
    """An item as one rigid solid at rest: of joints and soft films nothing is kept, and each slice is star-shaped.

    Raises:
        GeometryError: its slices around the longest axis hold nothing, or its numbers are out of bounds.
    """
    order = np.argsort(-spec.size, kind="stable")
    axes = np.eye(3)[order]  # rows: the item's axes, longest first
    if np.linalg.det(axes) < 0:
        axes[1] *= -1  # what looks up looks up still
    size = spec.size[order]
    surface, gloss = _outermost(spec)
    values = {
        name: float(np.clip(getattr(surface, name), *BOUNDS[name]))
        for name in ("friction", "leak_conductance", "gap_height", "compliance", "restitution")
    }
    return Description(
        size=size,
        radii=radii_of([part @ axes.T for part in _parts(spec)], size),
        print=_print(spec, axes, renderer),
        openings=np.zeros(6),
        balance=np.zeros(3),
        density=float(np.clip(spec.mass / spec.volume, *BOUNDS["density"])),
        gloss=gloss,
        kind=_kind(spec),
        **values,
    )


def radii_of(parts: list[Array], size: Array) -> Array:
    """From the x axis to the surface in shares of the extents, shape (SLICES, ANGLES).

    Args:
        parts: vertices of convex parts, (V, 3) each, metres, longest extent along x. size: their extents, (3,).
    """
    low = np.min([part.min(axis=0) for part in parts], axis=0)
    high = np.max([part.max(axis=0) for part in parts], axis=0)
    starts = np.zeros((len(ALONG), 1, 3))
    starts[:, 0, 0] = 2 * ALONG * WITHIN / 2
    ways = np.column_stack([np.zeros(len(AROUND)), np.cos(AROUND), np.sin(AROUND)])
    found = np.full((len(ALONG), len(AROUND)), LEAST_RADIUS)
    for part in parts:
        try:
            planes = ConvexHull((part - (low + high) / 2) / size).equations
        except QhullError as error:
            raise GeometryError("item: expected parts with a volume, got a flat one") from error
        away = -(starts @ planes[:, :3].T + planes[:, 3])  # (SLICES, 1, F): distance to each face, inside positive
        rate = ways @ planes[:, :3].T  # (ANGLES, F)
        with np.errstate(divide="ignore", invalid="ignore"):
            meets = away / rate
        leaves = np.where(rate > 1e-9, meets, np.inf).min(axis=-1)
        enters = np.where(rate < -1e-9, meets, 0.0).max(axis=-1)
        outside = ((np.abs(rate) <= 1e-9) & (away < 0)).any(axis=-1)
        found = np.maximum(found, np.where((leaves > enters) & ~outside, leaves, 0.0))
    if (found <= LEAST_RADIUS).all():
        raise GeometryError("item: expected a solid around its longest axis, got one that leaves it free")
    return np.minimum(found, np.sqrt(0.5))


def _parts(spec: ItemSpec) -> list[Array]:
    """Vertices of the convex parts in the item's frame at rest, (V, 3) each."""
    if spec.skin is not None:
        return [spec.skin.mesh.vertices.astype(np.float64)]
    return [one.mesh.vertices + one.T_base_link[:3, 3] for one in scene_of(spec).shown.values()]


def _outermost(spec: ItemSpec) -> tuple:
    """Surface and gloss of the link that has the most of what is seen."""
    if spec.skin is not None:
        return spec.links[0].surface, spec.skin.mesh.gloss
    link = max(spec.links, key=_area)
    return link.surface, link.visual.gloss


def _area(link: LinkSpec) -> float:
    corners = link.visual.vertices[link.visual.triangles].astype(np.float64)
    return float(np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum())


def _kind(spec: ItemSpec) -> str:
    same = [name for name, rules in CLASSES.items() if rules == spec.fragility]
    return same[0] if same else "film bag" if spec.fragility.film_thickness else "sturdy"


def _print(spec: ItemSpec, axes: Array, renderer: Renderer) -> NDArray[np.uint8]:
    """What each of the six faces looks like in the same light, shape (6, PIXELS, PIXELS, 3); beside the item, its mean
    colour.
    """
    faces, extents = [], np.abs(axes @ spec.size)
    down = facing(np.array([0, 0, -1.0]), np.array([0, 1.0, 0]))
    for face in range(6):
        axis, sign = face // 2, 1 - 2 * (face % 2)
        outward, up = sign * axes[axis], axes[1 if axis == 2 else 2]
        turned = np.array([np.cross(up, outward), up, outward])
        size = extents[[1 if axis == 0 else 0, 1 if axis == 2 else 2]]
        image = photo(scene_of(spec, turned), renderer, down, size.max(), SEEN)
        wide, high = np.round(size / size.max() * SEEN / 2).astype(int).clip(2)
        middle = SEEN // 2
        area = np.s_[middle - high : middle + high, middle - wide : middle + wide]
        color, seen = image.color[area].copy(), image.ids[area] == ITEM
        color[~seen] = color[seen].mean(axis=0).astype(np.uint8) if seen.any() else 128
        faces.append(cv2.resize(color, (PIXELS, PIXELS), interpolation=cv2.INTER_AREA))
    return np.array(faces)
