"""items.html: one self-contained page of a path, with the items' pictures and how their attributes change."""

from __future__ import annotations

from typing import Any

import numpy as np
from jinja2 import ChoiceLoader, Environment, PackageLoader

from handpick.report.plots import GOOD, INK, PALE, draw
from training.items.make import Path_
from training.items.measure import ATTRIBUTES, NAMES

UNITS = {
    "flatness": "middle over shortest edge",
    "slenderness": "longest over middle edge",
    "glossiness": "0 matt .. 1 mirror",
    "porosity": "m³/(s Pa)",
    "com": "of the mean edge, off the middle",
    "print": "steps of brightness over those of its shape",
    "mass": "g",
    "volume": "cm³",
    "friction": "on rubber",
}


def page(path: Path_) -> str:
    """The whole page as HTML."""
    loaders = [PackageLoader(package, ".") for package in ("training.items", "handpick.report")]
    environment = Environment(loader=ChoiceLoader(loaders), autoescape=True)
    return environment.get_template("items.html.j2").render(
        path=path,
        kept=[one for one in path.items if not one.problems],
        curves=curves(path),
        rows=[
            (name, UNITS[name], [plain(name, one.attributes[k]) for one in path.items]) for k, name in enumerate(NAMES)
        ],
        attributes=ATTRIBUTES,
    )


def plain(name: str, value: float) -> str:
    """An attribute as a person reads it."""
    if name in ("flatness", "slenderness", "print"):
        return f"{np.exp(value):.2f}"
    if name == "porosity":
        return f"{10**value:.1e}"
    return (
        f"{ {'mass': 1e3, 'volume': 1e6}[name] * np.exp(value):.0f}" if name in ("mass", "volume") else f"{value:.2f}"
    )


def curves(path: Path_) -> str:
    """How far each attribute has gone, in spreads, by how far the varied one has: along the path, and straight on."""
    vary = path.order.varied
    others = [k for k in range(len(NAMES)) if k != vary]
    along, line = ((one - one[0]) / path.units for one in (path.curve, path.line))
    end = np.abs(along[:, vary]).max()
    line = line[np.abs(line[:, vary]) <= 1.02 * max(end, 0.1)]

    def paint(axes: Any) -> None:
        figure = axes.figure
        axes.remove()
        grid = figure.subplots(2, -(-len(others) // 2), sharex=True, sharey=True, squeeze=False).ravel()
        top = 1.1 * max(0.5, np.abs(along[:, others]).max(), min(2.0, np.abs(line[:, others]).max(initial=0)))
        for one, k in zip(grid, others):
            held = NAMES[k] in path.order.hold
            one.axhline(0, color=PALE, linewidth=0.8)
            one.plot(line[:, vary], line[:, k], color=PALE, linewidth=1.6, linestyle=(0, (3, 2)))
            one.plot(along[:, vary], along[:, k], color=GOOD if held else INK, linewidth=2.2)
            one.set_title(f"{NAMES[k]}{', held' if held else ''}", fontsize=10, color=GOOD if held else INK)
            one.set_ylim(-top, top)
        for one in grid[len(others) :]:
            one.remove()
        figure.supxlabel(f"change of {path.order.vary}, in spreads over known items", fontsize=10)
        figure.supylabel("change, in spreads", fontsize=10)

    return draw(10.8, 4.6, paint)
