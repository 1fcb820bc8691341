"""Files of items made to order: NAME.json says all that the simulation needs, NAME.obj is its mesh for others."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from perception.errors import GeometryError, HandpickError
from sim.items.description import Description
from sim.items.made_item import spec_of, texture_of
from sim.items.spec import ItemSpec

VERSION = 1
SUFFIX = ".json"
FORMAT = "handpick item"


class ItemFileError(HandpickError):
    """A file or a folder that holds no items made to order."""


def write_item(path: Path, description: Description, about: dict[str, Any] | None = None) -> Path:
    """Write NAME.json, and beside it the mesh as NAME.obj, .mtl and .png; each under a temporary name, then renamed.

    Args:
        path: with the suffix .json. about: what else is to be known of it, as JSON data.
    """
    data = {field.name: _plain(getattr(description, field.name)) for field in fields(description)}
    told = {"format": FORMAT, "version": VERSION, "item": data, "sha256": _digest(data), "about": about or {}}
    path.parent.mkdir(parents=True, exist_ok=True)
    done, texture = cv2.imencode(".png", texture_of(description)[..., ::-1])
    assert done
    material = f"newmtl print\nKd 1 1 1\nKs {description.gloss:.3f} {description.gloss:.3f} {description.gloss:.3f}\n"
    _write(path.with_suffix(".png"), texture.tobytes())
    _write(path.with_suffix(".mtl"), f"{material}map_Kd {path.stem}.png\n".encode())
    _write(path.with_suffix(".obj"), obj_text(spec_of(description), f"{path.stem}.mtl").encode())
    _write(path, (json.dumps(told, indent=1) + "\n").encode())
    return path


def read_item(path: Path) -> tuple[Description, dict[str, Any]]:
    """The description in a file, and what else is told about it.

    Raises:
        ItemFileError: the file is missing, is no item, was changed, or describes an item that cannot be.
    """
    expected = f"{path}: expected an item as handpick items make writes it"
    try:
        told = json.loads(path.read_text())
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise ItemFileError(f"{expected}, got a file of something else")
        if told["version"] != VERSION:
            raise ItemFileError(f"{expected} of version {VERSION}, got version {told['version']}; make it again")
        data = told["item"]
        if told["sha256"] != _digest(data):
            raise ItemFileError(f"{expected}, got one that was changed afterwards; make it again")
        values = {name: data[name] for name in (field.name for field in fields(Description))}
        return Description(**values), dict(told["about"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError, GeometryError) as error:
        raise ItemFileError(f"{expected}, got {type(error).__name__}: {error}") from error


@lru_cache(maxsize=512)
def item_from(path: Path) -> ItemSpec:
    """The item of a file, as the simulation spawns it. Raises ItemFileError."""
    try:
        return spec_of(read_item(path)[0])
    except GeometryError as error:
        raise ItemFileError(f"{path}: expected an item that can be, got {error}") from error


def item_files(folder: Path) -> tuple[Path, ...]:
    """The items of a folder, by name. Raises ItemFileError: it has none."""
    found = tuple(path for path in sorted(folder.glob(f"*{SUFFIX}")) if _is_item(path))
    if not found:
        raise ItemFileError(f"{folder}: expected items (*{SUFFIX}), found none; make some with handpick items make")
    return found


def digest_of_items(folder: Path) -> str:
    """SHA-256 of what a folder's items are. Raises ItemFileError."""
    told = [(path.name, json.loads(path.read_text())["sha256"]) for path in item_files(folder)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def obj_text(spec: ItemSpec, material: str) -> str:
    """The item's surface in its frame as a Wavefront OBJ, an object for each of its links."""
    lines, start = [f"mtllib {material}", "usemtl print"], 1
    for number, link in enumerate(spec.links):
        lines.append(f"o {number}_{link.name}")
        placed = link.visual.vertices + spec.bodies[0].origin
        lines += [f"v {x:.6f} {y:.6f} {z:.6f}" for x, y, z in placed]
        uv = link.visual.uv if link.visual.uv is not None else np.zeros((len(placed), 2))
        lines += [f"vt {u:.5f} {1 - v:.5f}" for u, v in uv]
        lines += ["f " + " ".join(f"{k + start}/{k + start}" for k in triangle) for triangle in link.visual.triangles]
        start += len(placed)
    return "\n".join(lines) + "\n"


def _is_item(path: Path) -> bool:
    try:
        told = json.loads(path.read_text())
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("format") == FORMAT


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist() if value.dtype == np.uint8 else np.round(value, 9).tolist()
    return value if isinstance(value, str) else float(value)


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _write(path: Path, data: bytes) -> None:
    draft = path.with_name(path.name + ".tmp")
    draft.write_bytes(data)
    draft.replace(path)
