"""One bin from full to empty: in each state many grasps are tried, then one that works takes its item away."""

from __future__ import annotations

import gc
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from grasping.grasp import Grasp
from grasping.quality.contact_quality import ContactQuality, Quality
from grasping.quality.policies import quality_of
from grasping.tools import DualTool, Tool
from perception.scene import Scene
from sim.items.body import ItemBody
from sim.render.base import Renderer
from sim.trial.attempt import Attempt, attempt, flyable
from sim.trial.branch import branched
from sim.trial.frozen import boxes_of, reached
from sim.trial.rays import item_under
from training.believed import believed_now
from training.bin import Bin, filled_bin
from training.crop import Surroundings, crop
from training.options import Drawn, draw, strata
from training.outcomes import OUTCOME, Origin, mask

AROUND = {Tool.SUCTION: 0.05, Tool.PINCH: 0.03}  # metres around cup and open fingers in which items feel a trial
MARGIN, WIDE = 0.015, 0.06  # metres around the item that it moves; where it is swung or tipped
EXECUTED = 3  # tries to take an item away by one of the grasps that worked


@dataclass(frozen=True, eq=False)
class Tried:
    """A grasp that was drawn in a scene, the item that was meant, and what came of it."""

    scene: Scene
    drawn: Drawn
    target: ItemBody | None
    outcome: Attempt


@dataclass(frozen=True, eq=False)
class Way:
    """A grasp by which an item, the one that is meant, may be taken away."""

    grasp: Grasp
    scene: Scene
    target: ItemBody | None


def emptied(origin: Origin, renderer: Renderer) -> NDArray[np.void]:
    """All outcomes of one bin, of OUTCOME, shape (N,): about `origin.tries`, as many of each state of its emptying."""
    tool, rng = DualTool(), np.random.default_rng([origin.seed, origin.bin])
    quality, rows = quality_of(origin.policy, ContactQuality(tool)), []
    with filled_bin(origin.suite, tool, renderer, rng.spawn(1)[0]) as bin_:
        each = max(1, round(origin.tries / len(bin_.world.items) / len(bin_.eyes)))
        state = 0
        while bin_.world.items:
            tried: list[Tried] = []
            for views, _ in bin_.eyes:
                found, again = _look(bin_, views, each, tool, quality, rng, origin.repeat)
                rows += _records(found + again, origin.bin, state, len(bin_.world.items), views)
                tried += found
            worked = [one for one in tried if one.outcome.held]
            take_one(bin_, [Way(one.drawn.grasp, one.scene, one.target) for one in worked], rng)
            state += 1
            if not bin_.settle():
                break
    outcomes = np.concatenate(rows) if rows else np.zeros(0, OUTCOME)
    outcomes["believed"] = believed_now(outcomes)
    return outcomes


def _look(
    bin_: Bin, views: int, count: int, tool: DualTool, quality: Quality, rng: Generator, repeat: int
) -> tuple[list[Tried], list[Tried]]:
    """Try about `count` grasps that are drawn from what a number of cameras shows; and the same ones again, until each
    is tried `repeat` times.
    """
    scene = bin_.look(bin_.capture(views))
    if scene is None:
        return [], []
    tried, again = list[Tried](), list[Tried]()
    drawn = [one for one in draw(strata(scene, tool, quality), count, tool, rng) if flyable(one.grasp, scene)]
    gc.freeze()
    for one, noise in zip(drawn, rng.spawn(len(drawn))):
        target = item_under(bin_.world, scene.items[one.item])
        for number, other in enumerate((noise, *noise.spawn(repeat - 1))):
            outcome = branched(lambda: alone(bin_, one.grasp, scene, target, other))  # noqa: B023
            (again if number else tried).append(Tried(scene, one, target, outcome))
    gc.unfreeze()
    return tried, again


def alone(bin_: Bin, grasp: Grasp, scene: Scene, target: ItemBody | None, rng: Generator) -> Attempt:
    """Try a grasp with nothing alive but what it may reach. The world is spoiled afterwards."""
    half = AROUND[grasp.tool] + grasp.opening / 2 * (grasp.tool is Tool.PINCH)
    place = grasp.T_base_tool.position
    margin = MARGIN if grasp.skill.name == "lift" else WIDE
    alive = {item.bodies for item in reached(bin_.world, target, (place - half, place + half), margin)}
    bin_.twins.freeze([item for item in bin_.world.items if item.bodies not in alive])
    return attempt(bin_.bench, grasp, scene, target, rng)


def take_one(bin_: Bin, worked: list[Way], rng: Generator) -> None:
    """Take an item away by a grasp that worked, with everything alive; by hand, from the top, where none does."""
    for i in rng.permutation(len(worked))[:EXECUTED]:
        way = worked[i]
        done = attempt(bin_.bench, way.grasp, way.scene, way.target, rng, carried=False)
        bin_.bench.end()
        item = bin_.world.item_of(done.body)
        if done.held and item is not None:
            bin_.take(item)
            return
        if not bin_.settle() or not bin_.world.items:
            return
    bin_.take(max(bin_.world.items, key=lambda item: float(boxes_of(item)[:, 1, 2].max())))


def _records(tried: list[Tried], number: int, state: int, left: int, views: int) -> list[NDArray[np.void]]:
    """One record of each try."""
    if not tried:
        return []
    around, rows = Surroundings.of(tried[0].scene), np.zeros(len(tried), OUTCOME)
    for row, one in zip(rows, tried):
        grasp, drawn, outcome = one.drawn.grasp, one.drawn, one.outcome
        row["bin"], row["state"], row["left"], row["views"] = number, state, left, views
        row["target"], row["tool"], row["skill"] = drawn.item, grasp.tool.value, grasp.skill.name
        row["family"] = one.target.spec.family if one.target else ""
        row["T_base_tool"], row["opening"] = grasp.T_base_tool.matrix, grasp.opening
        row["propensity"], row["features"] = drawn.propensity, drawn.features
        row["acquired"], row["held"], row["returned"] = outcome.acquired, outcome.held, outcome.returned
        row["other"] = outcome.acquired and (one.target is None or outcome.body != one.target.bodies[0])
        row["damage"], row["harm"] = mask(outcome.practical.own), mask(outcome.practical.others)
        row["strict_damage"], row["strict_harm"] = mask(outcome.strict.own), mask(outcome.strict.others)
        row["acceleration"], row["steps"] = outcome.acceleration, outcome.steps
        row["crop"] = crop(around, grasp.T_base_tool.matrix, drawn.item)
    return [rows]
