"""Items on which a policy fails: a search in the space of items, by tries of its own choices."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from grasping.policy import LEARNED
from grasping.quality.policies import digest_of
from perception.pose import Array
from sim.items.item_file import write_item
from sim.render.base import Renderer
from sim.render.renderer import make_renderer
from training.card import tool_digest
from training.errors import ItemError, ToolError
from training.items.candidates import Candidates, drawn, inputs, made
from training.items.measure import NAMES
from training.items.search_state import State
from training.items.space import Space, shipped
from training.items.surrogate import Surrogate
from training.items.tries import Task, tried
from training.release.candidate import Candidate

PER_BIN = 6  # items that lie in a bin together
TWICE = 2  # bins that each item lies in, in a round
POOL = 96  # items that the surrogate chooses a round's from
AROUND = 0.3  # spread of the latent values of half of them around those that failed most, in spreads of known items
KEEN = 1.0  # standard deviations that are added to the expected rate of failure


@dataclass(frozen=True)
class Search:
    """What to search. items: that are kept. rounds, each: of how many items. policy: whose choices are tried."""

    items: int = 24
    rounds: int = 4
    each: int = 24
    policy: str = LEARNED
    seed: int = 0
    jobs: int = 1

    def key(self, space: Space) -> str:
        """What decides each round: policy, seed, space, and how many items a round has."""
        return json.dumps([self.policy, digest_of(self.policy), self.seed, self.each, space.meaning])


def check_policy(name: str) -> None:
    """Refuse weights that were trained with another tool than the one that tries.

    Raises:
        ToolError: they were. PolicyError, WeightsError, CardError: they cannot be used.
    """
    digest_of(name)
    if name.endswith(".safetensors"):
        got = Candidate.read(name).tool
        if got != tool_digest():
            raise ToolError(
                f"--policy {name}: expected weights for the tool that tries ({tool_digest()[:12]}), got weights for "
                f"{got[:12]}"
            )


def search(order: Search, show: Callable[[str], None], kept: Path) -> tuple[Candidates, list[dict[str, Any]]]:
    """The items that fail most, and of each how often it was tried and failed, and what rate is expected.

    Args:
        kept: a file of the rounds that are done, from which the same search goes on.

    Raises:
        ToolError, PolicyError, WeightsError, CardError: the policy cannot be used. ItemError: nothing to search.
    """
    if min(order.items, order.rounds, order.each) < 1 or order.items > order.rounds * order.each:
        raise ItemError(f"expected to keep 1 to {order.rounds * order.each} items, got {order.items}")
    check_policy(order.policy)
    space, renderer = shipped(), make_renderer()
    state = State.read(kept, order.key(space)) or State(order.key(space), ())
    for number in range(len(state.rounds), order.rounds):
        new = _next(space, state, order, renderer, np.random.default_rng([order.seed, 1, number]))
        known, first = state.items.with_(new) if state.rounds else new, len(state.counts)
        counts = np.zeros((order.each, 2))
        bins = tasks(known, range(first, len(known)), TWICE, order.policy, (order.seed, 2, number))
        for one in tried(bins, order.jobs, lambda line: None):
            counts[one.item - first] += one.failed, 1
        state = state.after(new, counts)
        state.write(kept)
        show(f"round {number + 1}: {counts[:, 0].sum():.0f} of {counts[:, 1].sum():.0f} tries failed")
    renderer.close()
    return _best(space, state, order.items)


def _next(space: Space, state: State, order: Search, renderer: Renderer, rng: Generator) -> Candidates:
    """The items of the next round."""
    if not state.rounds:
        return drawn(space, order.each, renderer, rng)
    pool = _pool(space, state.items, state.counts, renderer, rng)
    return pool.only(_keenest(space, state.items, state.counts, pool, order.each))


def _best(space: Space, state: State, count: int) -> tuple[Candidates, list[dict[str, Any]]]:
    known, counts = state.items, state.counts
    rates, spreads = _surrogate(space, known, counts).rates(_inputs(space, known, known))
    best = np.argsort(-rates, kind="stable")[:count]
    told = [
        {
            "tries": int(counts[k, 1]),
            "failed": int(counts[k, 0]),
            "expected": float(rates[k]),
            "spread": float(spreads[k]),
        }
        for k in best
    ]
    return known.only(best.tolist()), told


def tasks(
    items: Candidates, numbers: Sequence[int], times: int, policy: str, seed: tuple[int, ...], per_bin: int = PER_BIN
) -> list[Task]:
    """Bins in which each of some items lies so many times, with others each time."""
    rng, made = np.random.default_rng(seed), list[Task]()
    for _ in range(times):
        order = rng.permutation(np.asarray(numbers))
        for start in range(0, len(order), per_bin):
            some = tuple((int(k), items.latent(int(k))) for k in order[start : start + per_bin])
            made.append(Task(some, (*seed, len(made)), policy))
    return made


def write(found: Candidates, told: Sequence[dict[str, Any]], order: Search, out: Path) -> list[Path]:
    """Write the items as files of a folder, which is a suite."""
    space, paths = shipped(), []
    for number, about in enumerate(told):
        z, kind = found.latent(number)
        measured_ = dict(zip(NAMES, np.round(found.attributes[number], 6).tolist()))
        whence = {"space": space.meaning, "latent": list(z), "measured": measured_, "policy": order.policy, **about}
        paths.append(write_item(out / f"hard_{number:03d}.json", space.decode(np.array(z), kind), whence))
    return paths


def _surrogate(space: Space, known: Candidates, counts: Array) -> Surrogate:
    seen = counts[:, 1] > 0
    return Surrogate(_inputs(space, known, known)[seen], counts[seen, 0], counts[seen, 1])


def _inputs(space: Space, items: Candidates, known: Candidates) -> Array:
    """Inputs of the surrogate; attributes over their spreads over known items."""
    return inputs(space, items, np.maximum(known.attributes.std(axis=0), 1e-3))


def _pool(space: Space, known: Candidates, counts: Array, renderer: Renderer, rng: Generator) -> Candidates:
    """Items to choose from: drawn, and near those that are expected to fail most."""
    rates = _surrogate(space, known, counts).rates(_inputs(space, known, known))[0]
    best = np.argsort(-rates, kind="stable")[: max(4, len(known) // 6)]

    def near() -> tuple[Array, str]:
        k = int(rng.choice(best))
        away = AROUND * space.tensors["latent_scale"] * rng.normal(size=space.size)
        return np.asarray(known.z[k] + away), known.kinds[k]

    return drawn(space, POOL // 2, renderer, rng).with_(made(space, POOL // 2, renderer, near))


def _keenest(space: Space, known: Candidates, counts: Array, pool: Candidates, count: int) -> list[int]:
    """Items of the pool that may fail most; each choice is taken as if tried, so that the next is another kind."""
    seen, chosen = counts[:, 1] > 0, list[int]()
    x, failed, tries = _inputs(space, known, known)[seen], counts[seen, 0], counts[seen, 1]
    options = _inputs(space, pool, known)
    for _ in range(count):
        rates, spreads = Surrogate(x, failed, tries).rates(options)
        keen = rates + KEEN * spreads
        keen[chosen] = -np.inf
        best = int(np.argmax(keen))
        chosen.append(best)
        x = np.concatenate([x, options[best : best + 1]])
        failed, tries = np.append(failed, TWICE * rates[best]), np.append(tries, TWICE)
    return chosen
