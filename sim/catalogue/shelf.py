"""The catalogue of a shop: its items rendered, a few pictures of each, in folders as a person would lay them out."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.random import Generator

from handpick.catalogue.add import add_folder
from handpick.catalogue.folder import EDGES, MASS, TOLD
from handpick.catalogue.models import Models
from handpick.catalogue.trust import calibration
from perception.errors import HandpickError
from perception.identity.foreground import foreground
from perception.identity.gate import flaw
from sim.catalogue.lookalikes import CatalogueItem
from sim.catalogue.pictures import portrait
from sim.catalogue.shop import Shop, stock
from sim.render.base import Renderer
from sim.render.renderer import make_renderer

RECIPE, PICTURES, CATALOGUE = "recipe.json", "pictures", "catalogue"
SIDES = {0: False, 1: True}  # the front first, then the back, then anyhow
TRIES = 4  # for each picture that is wanted: the gate refuses some
SIZE_ERROR = 0.01  # of the sizes told, relative
SHOWN = 100  # pictures after which it is told how far it is


class ShelfError(HandpickError):
    """A folder that holds the catalogue of another shop."""


def stocked(shop: Shop, folder: Path, show: Callable[[str], None] = lambda line: None) -> Path:
    """The folder of a shop's catalogue; what it lacks is rendered and added, so that an interrupted one goes on.

    Raises:
        ShelfError: the folder holds another shop's. CatalogueError, MissingExtraError: it cannot be used.
    """
    recipe = json.dumps(shop.catalogue(), indent=1) + "\n"
    path = folder / RECIPE
    if path.exists() and path.read_text() != recipe:
        raise ShelfError(
            f"{folder}: expected the catalogue of {shop.catalogue()}, got that of {json.loads(path.read_text())}; name "
            "another folder with --shelf"
        )
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(recipe)
    if _render(shop, folder / PICTURES, show):
        show(f"{folder}: pictures are added to the catalogue")
    database, encoder = Models(folder / CATALOGUE).open()
    if database.count() < len(list((folder / PICTURES).rglob("*.png"))):
        added = lambda done, of: show(f"{folder}: {done} of {of} pictures added") if done % SHOWN == 0 else None
        add_folder(database, encoder, folder / PICTURES, added)
    calibration(database)
    return folder / CATALOGUE


def _render(shop: Shop, root: Path, show: Callable[[str], None]) -> bool:
    """Render the items that have no folder yet; whether there were any."""
    items = stock(shop)
    missing = [(k, item) for k, item in enumerate(items) if not _home(root, item).is_dir()]
    if not missing:
        return False
    renderer = make_renderer()
    try:
        for done, (k, item) in enumerate(missing):
            _photograph(renderer, item, _home(root, item), shop.pictures, np.random.default_rng([shop.seed, 8, k]))
            if done % 25 == 0:
                show(f"{root}: {len(items) - len(missing) + done} of {len(items)} items rendered")
    finally:
        renderer.close()
    (root / TOLD).write_text(_measures(shop, root))
    return True


def _home(root: Path, item: CatalogueItem) -> Path:
    return root / item.kind / item.family / item.name


def _photograph(renderer: Renderer, item: CatalogueItem, home: Path, wanted: int, rng: Generator) -> None:
    """Pictures that pass the gate, in a folder that is there whole or not at all."""
    draft = home.with_name(f".{home.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    found = 0
    for _ in range(TRIES * wanted):
        color = portrait(renderer, item.spec, rng, over=SIDES.get(found)).color
        if flaw(color, foreground(color)) is None:
            cv2.imwrite(str(draft / f"{found}.png"), color[..., ::-1])
            found += 1
        if found == wanted:
            break
    draft.rename(home)


def _measures(shop: Shop, root: Path) -> str:
    """A table of sizes as a tape measure has them, in millimetres, and of masses as a scale has them, in grams."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("item", *EDGES, MASS))
    for k, item in enumerate(stock(shop)):
        if not any(_home(root, item).iterdir()):
            continue
        off = np.random.default_rng([shop.seed, 9, k]).normal(0, SIZE_ERROR, 3)
        edges = item.spec.size * np.exp(off)
        writer.writerow((item.name, *(f"{1e3 * edge:.1f}" for edge in edges), f"{1e3 * item.spec.mass:.0f}"))
    return out.getvalue()
