"""A page that shows completed items: what was seen, what was made of it, the truth and the confidence."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib import colormaps
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from perception.pose import Array
from perception.scene import ItemShape
from training.completion.cases import Case

MOST = 30000  # triangles that are drawn of a mesh
SEEN = (0.15, 0.35, 0.75)
TRUE, MADE = (0.55, 0.75, 0.5), (0.85, 0.65, 0.35)


@dataclass(frozen=True, eq=False)
class Shown:
    """A case, the shapes that completions made of it, by name, and a line about them."""

    case: Case
    shapes: dict[str, ItemShape]
    words: str


def write_page(path: Path, sections: Sequence[tuple[str, Sequence[Shown]]]) -> None:
    """One row of pictures for each item, under its section's title."""
    parts = ["<!doctype html><meta charset=utf-8><title>Completed shapes</title>",
             "<style>body{font:14px sans-serif;margin:1em}img{max-width:100%}</style>"]  # fmt: skip
    for title, items in sections:
        parts.append(f"<h2>{html.escape(title)}</h2>")
        for one in items:
            picture = base64.b64encode(drawn(one)).decode()
            words = html.escape(one.words)
            parts.append(f"<p>{words}</p><img alt='{words}' src='data:image/png;base64,{picture}'>")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(parts))


def drawn(one: Shown) -> bytes:
    """A row of pictures as PNG."""
    surface, truth = one.case.around.surface, one.case.truth.parts
    panels = 2 + 2 * len(one.shapes)
    figure = plt.figure(figsize=(3.2 * panels, 3.2), dpi=70)
    bounds = _bounds(one)
    axes = [figure.add_subplot(1, panels, i + 1, projection="3d") for i in range(panels)]
    axes[0].scatter(*surface.points.T, s=2, color=SEEN)
    axes[0].set_title(f"seen ({one.case.views} view{'s' * (one.case.views > 1)})", fontsize=9)
    for vertices, triangles in truth:
        _mesh(axes[1], vertices, triangles, np.tile(TRUE, (len(triangles), 1)))
    axes[1].set_title(f"true {one.case.family}", fontsize=9)
    for place, (name, shape) in zip(range(2, panels, 2), one.shapes.items()):
        seen = shape.seen[shape.triangles].mean(axis=1) > 0.5
        _mesh(axes[place], shape.vertices, shape.triangles, np.where(seen[:, None], SEEN, MADE))
        axes[place].set_title(f"{name} (blue: seen)", fontsize=9)
        sure = colormaps["RdYlGn"](shape.confidence[shape.triangles].mean(axis=1))[:, :3]
        _mesh(axes[place + 1], shape.vertices, shape.triangles, sure)
        axes[place + 1].set_title(f"{name}: confidence, green: sure", fontsize=9)
    for axis in axes:
        _frame(axis, bounds, one.case.around.eyes[0])
    file = io.BytesIO()
    figure.subplots_adjust(left=0, right=1, bottom=0, top=0.93, wspace=0)
    figure.savefig(file, format="png")
    plt.close(figure)
    return file.getvalue()


def _bounds(one: Shown) -> tuple[Array, float]:
    """Middle (3,) and half edge of a cube around everything that is drawn."""
    every = [one.case.around.surface.points, *(vertices for vertices, _ in one.case.truth.parts)]
    points = np.concatenate([*every, *(shape.vertices for shape in one.shapes.values())])
    low, high = points.min(axis=0), points.max(axis=0)
    return (low + high) / 2, 0.52 * float((high - low).max())


def _mesh(axis: Any, vertices: Array, triangles: Array, colors: Array) -> None:
    some = slice(None, None, 1 + len(triangles) // MOST)
    corners, colors = vertices[triangles[some]], colors[some]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    light = across @ np.array((0.35, -0.45, 0.82)) / np.maximum(np.linalg.norm(across, axis=1), 1e-12)
    axis.add_collection3d(Poly3DCollection(corners, facecolors=colors * (0.7 + 0.3 * light[:, None]), linewidths=0))


def _frame(axis: Any, bounds: tuple[Array, float], eye: Array) -> None:
    """The same cube for all pictures, from beside the first camera, lower, so that what it did not see shows, too."""
    middle, half = bounds
    for set_limit, value in zip((axis.set_xlim, axis.set_ylim, axis.set_zlim), middle):
        set_limit(value - half, value + half)
    axis.set_box_aspect((1, 1, 1), zoom=1.45)
    axis.view_init(elev=18, azim=float(np.degrees(np.arctan2(*(eye - middle)[[1, 0]]))) + 65)
    axis.set_axis_off()
