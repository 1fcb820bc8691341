"""Reads an arm's folder: arm.json and the URDF that it names. docs/architecture/arm.md tells what they hold."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from motion.robot.chain import Chain
from motion.robot.description import ArmDescription, ArmError
from motion.robot.limits import Limits
from motion.robot.link_shapes import Capsule
from perception.errors import GeometryError
from perception.pose import Array

SHIPPED = Path(__file__).parent / "arms"
FILE = "arm.json"
UNITS = {"velocity": "rad/s", "acceleration": "rad/s^2", "jerk": "rad/s^3", "torque": "N m"}


def shipped() -> tuple[str, ...]:
    """Names of the arms that come with Handpick."""
    return tuple(sorted(folder.name for folder in SHIPPED.iterdir() if (folder / FILE).is_file()))


def load_arm(name_or_path: str | Path) -> ArmDescription:
    """The arm of a name, or of a folder with an arm.json.

    Raises:
        ArmError: what is missing or wrong, and what to do.
    """
    shelf, given = SHIPPED / str(name_or_path), Path(name_or_path)
    folder = shelf if str(name_or_path) in shipped() else given
    if not (folder / FILE).is_file():
        raise ArmError(
            f"expected one of the arms {', '.join(shipped())} or a folder with an {FILE}, got {str(name_or_path)!r}"
        )
    return _read(folder.resolve())


@lru_cache(maxsize=8)
def _read(folder: Path) -> ArmDescription:
    data = _json(folder / FILE)
    chain = Chain.read(folder / str(_get(data, "urdf", FILE)), str(_get(data, "flange", FILE)))
    try:
        return _described(folder, data, chain)
    except GeometryError as error:
        raise ArmError(f"{folder / FILE}: {error}") from error


def _described(folder: Path, data: dict[str, Any], chain: Chain) -> ArmDescription:
    count, reach = len(chain.joints), _get(data, "reach", FILE)
    held = data.get("held_joint")
    if (held is None) != (count == 6) or count not in (6, 7):
        raise ArmError(
            f"{FILE}: expected six joints, or seven of which `held_joint` names the one that is held, got {count} "
            f"joints and held_joint {held!r}"
        )
    names = [joint.name for joint in chain.joints]
    limits = [_limit(data, name, count) for name in UNITS]
    home, facing = (_numbers(_get(data, name, FILE), count, name) for name in ("home", "facing"))
    for name, q in (("home", home), ("facing", facing)):
        if not ((chain.lower <= q) & (q <= chain.upper)).all():
            raise ArmError(f"{FILE}: expected {name!r} within the joint limits of the URDF, got {q.tolist()}")
    return ArmDescription(
        name=str(_get(data, "name", FILE)),
        folder=folder,
        links=chain.links,
        joints=chain.joints,
        limits=Limits(chain.lower, chain.upper, *limits),
        flange=chain.flange,
        capsules=tuple(_capsules(data, chain)),
        inverse=data.get("inverse"),
        held=None if held is None else _index(names, held, "held_joint"),
        wrist=_index([link.name for link in chain.links], _get(reach, "wrist", "reach"), "wrist"),
        easy_reach=float(_get(reach, "easy", "reach")),
        base_height=float(_get(data, "base_height", FILE)),
        home=home,
        facing=facing,
        apart=int(_get(data, "self_collision", FILE)),
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ArmError(f"expected JSON in {path}, got {error}") from error
    if not isinstance(data, dict):
        raise ArmError(f"expected a JSON object in {path}, got {type(data).__name__}")
    return data


def _get(data: Any, key: str, where: str) -> Any:
    if not isinstance(data, dict) or key not in data:
        raise ArmError(f"{where}: expected an entry {key!r}; add it, see docs/architecture/arm.md")
    return data[key]


def _limit(data: dict[str, Any], name: str, count: int) -> Array:
    """One limit of all joints; where it is from must be said."""
    entry = _get(_get(data, "limits", FILE), name, "limits")
    if _get(entry, "unit", name) != UNITS[name]:
        raise ArmError(f"{FILE}: expected {name} in {UNITS[name]}, got {entry['unit']!r}")
    if not str(_get(entry, "source", name)).strip():
        raise ArmError(f"{FILE}: expected the source of the limits of {name}; name it, or say that they are judgement")
    return _numbers(_get(entry, "values", name), count, name)


def _numbers(values: Any, count: int, name: str) -> Array:
    try:
        numbers = np.array(values, np.float64)
    except (TypeError, ValueError):
        numbers = np.empty(0)
    if numbers.shape != (count,) or not np.isfinite(numbers).all():
        raise ArmError(f"{FILE}: expected {count} numbers for {name!r}, one for each joint of the URDF, got {values}")
    return numbers


def _index(names: list[str], name: str, key: str) -> int:
    if name not in names:
        raise ArmError(f"{FILE}: expected {key!r} to be one of {', '.join(names)}, got {name!r}")
    return names.index(name)


def _capsules(data: dict[str, Any], chain: Chain) -> list[Capsule]:
    """The links' capsules, in the frames of the chain."""
    solids = _get(_get(data, "capsules", FILE), "links", "capsules")
    found = []
    for link, rows in solids.items():
        if link not in chain.placed:
            raise ArmError(f"{FILE}: capsules: expected one of the links {', '.join(chain.placed)}, got {link!r}")
        owner, T_owner_link = chain.placed[link]
        for row in rows:
            try:
                (a, b, radius), ends = row, np.array(row[:2], np.float64)
            except (TypeError, ValueError) as error:
                raise ArmError(f"{FILE}: expected capsules as [[x, y, z], [x, y, z], radius], got {row}") from error
            if ends.shape != (2, 3) or not radius > 0 or np.allclose(a, b):
                raise ArmError(
                    f"{FILE}: expected two different ends and a radius > 0 for a capsule of {link}, got {row}"
                )
            found.append(Capsule(owner, T_owner_link.apply(ends), float(radius)))
    bare = [link.name for link in chain.links if link.name not in {capsule.link for capsule in found}]
    if bare:
        raise ArmError(f"{FILE}: expected capsules around every link, got none for {', '.join(bare)}")
    return found
