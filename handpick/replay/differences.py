"""Where a look is decided otherwise than it was recorded, and why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from grasping.grasp import Odds
from grasping.quality.worth import Stakes
from grasping.tools import Tool
from handpick.explain.verdict import Considered
from handpick.picking.decide import Look
from handpick.recording.errors import RecordingError
from handpick.recording.moment import Json, Moment
from handpick.recording.squared import numbers
from perception.errors import GeometryError
from perception.pose import Array

PLACE = 0.02  # metres between two grasps from which on they are at different places
ITEM = 0.05  # metres between the middles of two items from which on they are different ones
KINDS = ("result", "cause")


def compared(moment: Moment, look: Look, found: Sequence[Considered]) -> Json:
    """What was recorded of a look beside what is decided now: `recorded`, `differs` (in words; empty: the same) and
    `why`. All of them are empty where no decision was recorded.

    Raises:
        RecordingError: the recorded decision cannot be read.
    """
    if moment.decision is None:
        return {}
    told, where = moment.decision.told, f"decision on look {moment.decision.look}"
    before = _recorded(told.get("chosen"), where, look.stakes)
    now = next((one for one in found if one.grasp is look.grasp), None)
    outcome, cause = moment.outcome or {}, str(told.get("cause", ""))
    recorded = {
        "chosen": before,
        "cause": cause,
        "outcome": {key: str(outcome.get(key, "")) for key in KINDS},
        "refused": [
            {key: refused.get(key) for key in ("tool", "item", "cause", "words")}
            for refused in told.get("refused", [])
            if isinstance(refused, dict)
        ],
    }
    differs = _differs(before, cause, now, look)
    return {"recorded": recorded, "differs": differs, "why": _why(before, now, look, found) if differs else []}


def _recorded(chosen: object, where: str, stakes: Stakes) -> Json | None:
    """The recorded choice with its worth."""
    if chosen is None:
        return None
    try:
        if not isinstance(chosen, dict):
            raise TypeError("expected an object")
        T = numbers(chosen["T_base_tool"], ((4, 4),), "T_base_tool")
        item = numbers(chosen["item_position"], ((3,),), "item_position")
        odds = Odds(*(float(chosen["odds"][name]) for name in ("acquire", "hold", "damage", "returned")))
        return {
            "tool": Tool(chosen["tool"]).value,
            "item": int(chosen["item"]),
            "item_position": item.round(4).tolist(),
            "position": T[:3, 3].round(4).tolist(),
            "odds": {"placed_undamaged": round(odds.placed_undamaged, 4), "damage": round(odds.damage, 4)},
            "gain": round(stakes.worth(odds), 4),
        }
    except (KeyError, TypeError, ValueError, GeometryError) as error:
        raise RecordingError(f"{where}: expected a grasp, got {error!r:.200}") from error


def _differs(before: Json | None, cause: str, now: Considered | None, look: Look) -> list[str]:
    if before is None or now is None:
        if before is None and now is None:
            return []
        return ["nothing is chosen now"] if now is None else [f"something is chosen now, then nothing ({cause})"]
    told = []
    if before["tool"] != now.grasp.tool.value:
        told.append(f"other tool: {now.grasp.tool.value}, then {before['tool']}")
    if _apart(before["item_position"], look.scene.item(now.grasp.item).T_base_box.position) > ITEM:
        told.append("other item")
    if (far := _apart(before["position"], now.grasp.T_base_tool.position)) > PLACE:
        told.append(f"other place: {1000 * far:.0f} mm away")
    return told


def _why(before: Json | None, now: Considered | None, look: Look, found: Sequence[Considered]) -> list[str]:
    """What became of the grasp that was recorded, and what is said of the one that is chosen now."""
    told = []
    if before is not None:
        promised = f"then {before['odds']['placed_undamaged']:.0%} odds and {before['gain']:.2f} units"
        alike = [one for one in found if one.grasp.tool.value == before["tool"]]
        near = min(alike, key=lambda one: _apart(before["position"], one.grasp.T_base_tool.position), default=None)
        if near is None or _apart(before["position"], near.grasp.T_base_tool.position) > PLACE:
            told.append(f"What was recorded ({promised}) is not offered any more within {1000 * PLACE:.0f} mm.")
        else:
            odds = near.grasp.odds.placed_undamaged
            told.append(
                f"What was recorded ({promised}, now {odds:.0%} and {near.gain:.2f}): {near.verdict.value}. {near.why}"
            )
    if now is not None:
        odds = now.grasp.odds.placed_undamaged
        told.append(f"What is chosen now ({odds:.0%} odds, {now.gain:.2f} units): {now.why}")
    told += [f"No plan for {r.grasp.tool.value} on item {r.grasp.item}: {r.cause}: {r.words}" for r in look.refused]
    return told


def _apart(a: Sequence[float] | Array, b: Sequence[float] | Array) -> float:
    return float(np.linalg.norm(np.asarray(a) - np.asarray(b)))
