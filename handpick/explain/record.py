"""A look as plain JSON data: items, options, the memory of failed tries, the outcome, pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from grasping.attempts import Attempt, Attempts
from grasping.beliefs.belief import Belief, believe
from grasping.beliefs.load import DensityPrior
from grasping.beliefs.overlap import Tops
from handpick.explain.picture import Picture
from handpick.explain.verdict import Considered, nearest, summary
from handpick.outcome import PickOutcome
from handpick.picking.decide import Look
from perception.draw import item_color
from perception.scene import ItemShape, Scene

Json = dict[str, Any]

GRASPLESS = "no grasp"  # the verdict on an item without any option


def look_data(
    outcome: PickOutcome,
    look: Look,
    found: Sequence[Considered],
    graspless: Mapping[int, list[str]],
    views: Sequence[Picture],
    contributions: Sequence[Json] = (),
) -> Json:
    """One record. Lengths are metres, times seconds, poses 4x4 in the base frame; sites follow the options' order.

    graspless: by the id of each item without options, why it has none. contributions: of inputs to the choice.
    """
    return {
        "look": outcome.index,
        "outcome": _outcome(outcome),
        "chosen": next((i for i, one in enumerate(found) if one.grasp is look.grasp), None),
        "items": items_data(look.scene, found, graspless),
        "options": [option_data(one) for one in found],
        "memory": memory_data(look.past or Attempts(), found),
        "contributions": list(contributions),
        "pictures": [_picture(view) for view in views],
    }


def _outcome(outcome: PickOutcome) -> Json:
    cause = outcome.cause
    return {
        "result": outcome.result.value,
        "cause": cause.value if cause else "",
        "meaning": cause.explanation if cause else "",
        "hold": outcome.hold,
        "skill": outcome.skill,
        "started": _short(outcome.started),
        "seconds": _short(outcome.ended - outcome.started),
        "stages": {name: _short(seconds) for name, seconds in outcome.stages.items()},
        "events": [f"{event.kind.value} ({event.certainty:.0%} sure): {event.answer}" for event in outcome.events],
    }


def items_data(scene: Scene, found: Sequence[Considered], graspless: Mapping[int, list[str]]) -> list[Json]:
    """The items of a scene, with what is believed of each and why it was taken or not."""
    tops, prior = Tops.of(scene.occupancy), DensityPrior()
    data = []
    for item in scene.items:
        options = [one for one in found if one.grasp.item == item.id]
        verdict = nearest(options).verdict.value if options else GRASPLESS
        why = summary(options) if options else graspless[item.id]
        data.append({**_item(item, believe(scene, item, tops, prior)), "verdict": verdict, "why": why})
    return data


def _item(item: ItemShape, belief: Belief) -> Json:
    return {
        "id": item.id,
        "size": _array(item.size),
        "T_base_item": _array(item.T_base_box.matrix),
        "color": [round(float(value)) for value in belief.appearance],
        "mark": item_color(item.id),
        "volume": _short(item.volume, 7),
        "beliefs": {
            "mass": _short(belief.load.mass),
            "mass_range": [_short(mass) for mass in belief.load.mass_range],
            **{name: _short(getattr(belief, name), 3) for name in ("boxlike", "bookish", "burden", "wedged")},
        },
    }


def option_data(one: Considered) -> Json:
    """One option. Odds by name, as the grasp has them."""
    grasp = one.grasp
    return {
        "item": grasp.item,
        "tool": grasp.tool.value,
        "skill": grasp.skill.name,
        "probe": grasp.probe,
        "position": _array(grasp.T_base_tool.position),
        "approach": _array(grasp.T_base_tool.rotation[:, 2]),
        "odds": {name: _short(value) for name, value in asdict(grasp.odds).items()},
        "gain": _short(one.gain),
        "trust": _short(one.trust),
        "seconds": _short(one.seconds) if np.isfinite(one.seconds) else None,
        "rank": one.rank,
        "verdict": one.verdict.value,
        "why": one.why,
    }


def memory_data(past: Attempts, found: Sequence[Considered]) -> list[Json]:
    """What was remembered before the look, each with the ids of the items that it seems to be about."""
    return [
        *(_attempt(past, attempt, attempt.failure.value, found) for attempt in past.failed),
        *(_attempt(past, attempt, "it was moved aside", found) for attempt in past.dragged),
    ]


def _attempt(past: Attempts, attempt: Attempt, what: str, found: Sequence[Considered]) -> Json:
    return {
        "tool": attempt.tool.value,
        "what": what,
        "note": attempt.note,
        "position": _array(attempt.T_base_tool[:3, 3]),
        "items": sorted({one.grasp.item for one in found if past.same_item(attempt, one.grasp)}),
    }


def _picture(view: Picture) -> Json:
    return {
        "camera": view.camera.name,
        "size": [view.camera.width, view.camera.height],
        "outlines": view.outlines,
        "middles": view.middles,
        "sites": view.sites,
        "tool": view.tool,
    }


def _array(values: Any) -> Any:
    return np.round(np.asarray(values, np.float64), 4).tolist()


def _short(value: float, digits: int = 4) -> float:
    return round(float(value), digits)
