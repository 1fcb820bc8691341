"""Pictures of looks that flipped: what either policy chose, as it was seen in the grasp's own frame."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from training.crop import NOTHING, UNSEEN
from training.metrics import unharmed
from training.outcomes import CAUSES
from training.release.pairs import Pairs, traits

SIZE = 168  # pixels
LIGHT = np.array([0.35, 0.35, -0.87])  # against the approach, from above and aside
BACK = np.array([246, 247, 249], np.float64)  # of a page, where nothing is seen


@dataclass(frozen=True)
class Choice:
    """One grasp of a look: its picture as a PNG's URI, what it was, and what came of it."""

    picture: str
    grasp: str
    came: str
    good: bool


@dataclass(frozen=True)
class Flip:
    """A look in which the choices ended differently."""

    where: str
    old: Choice
    new: Choice


def flip(pairs: Pairs, look: int, names: tuple[str, ...]) -> Flip:
    """One look of pairs. names: of all bins, by number."""
    old, new = pairs.outcomes[[pairs.old[look]]], pairs.outcomes[[pairs.new[look]]]
    first = old[0]
    cameras = f"{first['views']} camera{'s' * (int(first['views']) > 1)}"
    where = f"{names[int(first['bin'])]}, state {first['state']}, {cameras}, {first['left']} items left"
    return Flip(where, choice(old), choice(new))


def choice(row: NDArray[np.void]) -> Choice:
    """Of one outcome, shape (1,)."""
    words = {trait: str(found[0]) for trait, found in traits(row).items()}
    skill = row["skill"][0].decode()
    family = row["family"][0].decode().replace("_", " ") or "no item"
    grasp = f"{family} ({words['lay']}), {words['tool']}, {skill}"
    return Choice(picture(row["crop"][0]), grasp, came(row), bool(unharmed(row)[0]))


def came(row: NDArray[np.void]) -> str:
    """What came of one outcome, shape (1,), in words."""
    one = row[0]
    mask = int(one["damage"] | one["harm"])
    broke = ", ".join(cause.value.replace("_", " ") for k, cause in enumerate(CAUSES) if mask >> k & 1)
    if one["held"]:
        held = "held to the end"
    elif one["returned"]:
        held = "set down again"
    else:
        held = "lost" if one["acquired"] else "not acquired"
    return f"{held}; damaged: {broke}" if broke else held


def picture(crop: np.void) -> str:
    """A crop as a PNG: colours, lit from aside, what nobody saw pale, and a cross where the tool is."""
    normal, shown = crop["normal"].astype(np.float64) / 127, crop["shown"]
    lit = 0.55 + 0.45 * np.clip(normal @ LIGHT, 0, 1)
    image = crop["color"].astype(np.float64) * lit[..., None]
    image = np.where(((shown & UNSEEN) > 0)[..., None], 0.4 * image + 0.6 * BACK, image)
    image = np.where(((shown & ~np.uint8(UNSEEN)) == NOTHING)[..., None], BACK, image)
    large = cv2.resize(image.astype(np.uint8), (SIZE, SIZE), interpolation=cv2.INTER_NEAREST)
    cv2.drawMarker(large, (SIZE // 2, SIZE // 2), (197, 48, 48), cv2.MARKER_CROSS, SIZE // 6, 2)
    _, data = cv2.imencode(".png", cv2.cvtColor(large, cv2.COLOR_RGB2BGR))
    return "data:image/png;base64," + base64.b64encode(data.tobytes()).decode()
