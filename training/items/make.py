"""A path of items made to order: files that can be put into bins, and a page that shows the path."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from handpick.report.files import check_folder, write_texts
from perception.draw import jpeg
from perception.errors import GeometryError
from perception.pose import Array
from sim.items.description import Description
from sim.items.item_file import write_item
from sim.items.made_item import spec_of
from sim.items.spec import ItemSpec
from sim.render.base import Renderer
from sim.render.renderer import make_renderer
from training.errors import ItemError
from training.items.measure import NAMES, measured
from training.items.origin import Start, start_of
from training.items.paths import Order, controlled, gradient, straight
from training.items.photo import FILLED, facing, photo, scene_of
from training.items.possible import notes, problems
from training.items.space import Space, shipped

LOOK = np.array([0.6, 1.0, -0.75])
PIXELS = 260
FINE = 24  # points of a curve
SHORT = 0.8  # of the change that was asked for


@dataclass(frozen=True, eq=False)
class Made:
    """One item of a path.

    Attributes:
        z: latent values. attributes: as measured, (A,). problems: why it cannot be; notes: what a tool cannot do.
        picture: of the item, as a data URI.
    """

    name: str
    z: Array
    description: Description
    spec: ItemSpec
    attributes: Array
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    picture: str


@dataclass(frozen=True, eq=False)
class Path_:
    """Items of a path.

    Attributes:
        asked: change of the varied attribute, in its spreads. units: the spreads of all attributes, (A,).
        curve, line: attributes along the path and along a straight line from its start, (N, A).
    """

    start: Start
    order: Order
    asked: float
    items: tuple[Made, ...]
    curve: Array
    line: Array
    units: Array

    @property
    def changed(self) -> dict[str, float]:
        """By how many spreads each attribute has changed from the first item to the last."""
        moved = (self.items[-1].attributes - self.items[0].attributes) / self.units
        return dict(zip(NAMES, np.round(moved, 4).tolist()))

    @property
    def short(self) -> bool:
        """Whether the path came to less than SHORT of the change that was asked for."""
        return self.changed[self.order.vary] / self.asked < SHORT


def ordered(order: Order, whence: str, change: float, count: int, out: Path) -> tuple[Path_, Path]:
    """Make the items of a path and write them; what was made, and the page.

    Args:
        whence: the item to begin at, as `origin.start_of` takes it.
        change: of the varied attribute, in its spreads over known items. count: of items, the first one counted.

    Raises:
        ItemError, AttributeNameError, HoldError, ItemFileError, UnknownFamilyError: what is wrong with the order.
        OutputError: the folder cannot be written.
    """
    from training.items.page import page

    if count < 2:
        raise ItemError(f"expected 2 items or more along the path, got {count}")
    check_folder(out)
    space, renderer = shipped(), make_renderer()
    try:
        path = followed(space, renderer, order, start_of(whence, space, renderer), change, count)
    finally:
        renderer.close()
    for one in path.items:
        if not one.problems:
            write_item(out / f"{one.name}.json", one.description, about(space, path, one))
    texts = {"items.html": page(path), "path.json": json.dumps(told(path), indent=1) + "\n"}
    return path, write_texts(texts, out) / "items.html"


def followed(space: Space, renderer: Renderer, order: Order, start: Start, change: float, count: int) -> Path_:
    """A path from an item. Raises ItemError: what the space keeps of the item cannot be made."""
    way = controlled(space, start.z, order, change)
    line = straight(space, start.z, gradient(space, start.z, order), change, order)
    some = sorted({round(k) for k in np.linspace(0, len(way) - 1, count)})
    try:
        curve, straight_curve = (curve_of(space, renderer, start.kind, one) for one in (way, line))
        items = [made(space, renderer, start, order, number, way[k]) for number, k in enumerate(some)]
    except GeometryError as error:
        raise ItemError(f"{start.name}: what the space keeps of it cannot be made: {error}") from error
    return Path_(start, order, change, tuple(items), curve, straight_curve, space.units)


def curve_of(space: Space, renderer: Renderer, kind: str, way: Sequence[Array]) -> Array:
    """Measured attributes (N, A) along a path, until what is there cannot be made."""
    found: list[Array] = []
    for k in sorted({round(k) for k in np.linspace(0, len(way) - 1, FINE)}):
        try:
            found.append(measured(spec_of(space.decode(way[k], kind)), renderer))
        except GeometryError:
            if not found:
                raise
            break
    return np.array(found)


def made(space: Space, renderer: Renderer, start: Start, order: Order, number: int, z: Array) -> Made:
    """The item at latent values (Z,). Raises GeometryError: it is too heavy."""
    description = space.decode(z, start.kind)
    spec = spec_of(description)
    name = f"{start.name}_{order.vary}_{number:02d}"
    wrong, told = tuple(problems(spec)), tuple(notes(spec))
    return Made(name, z, description, spec, measured(spec, renderer), wrong, told, picture(spec, renderer))


def picture(spec: ItemSpec, renderer: Renderer) -> str:
    """A picture of an item, as a data URI."""
    width = float(np.linalg.norm(spec.size)) / FILLED
    image = photo(scene_of(spec), renderer, facing(LOOK, np.array([0, 0, 1.0])), width, PIXELS)
    return "data:image/jpeg;base64," + base64.b64encode(jpeg(image.color)).decode()


def about(space: Space, path: Path_, one: Made) -> dict[str, Any]:
    """What a file tells besides the item."""
    return {
        "space": space.meaning,
        "latent": one.z.tolist(),
        "from": path.start.name,
        "vary": path.order.vary,
        "hold": list(path.order.hold),
        "measured": dict(zip(NAMES, np.round(one.attributes, 6).tolist())),
        "notes": list(one.notes),
    }


def told(path: Path_) -> dict[str, Any]:
    """A path as JSON data."""
    return {
        "from": path.start.name,
        "vary": path.order.vary,
        "hold": list(path.order.hold),
        "asked": path.asked,
        "spreads": dict(zip(NAMES, np.round(path.units, 6).tolist())),
        "items": [
            {
                "name": one.name,
                "measured": dict(zip(NAMES, np.round(one.attributes, 6).tolist())),
                "problems": list(one.problems),
                "notes": list(one.notes),
            }
            for one in path.items
        ],
        "changed": path.changed,
    }
