"""What a policy's own choice comes to on items: each item of a bin tried once, from the same state of the bin."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from grasping.propose import propose
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.policies import quality_of
from grasping.quality.worth import Stakes
from grasping.tools import DualTool, Tool
from sim.fill import UnrestError
from sim.items.made_item import spec_of
from sim.render.renderer import make_renderer
from sim.trial.attempt import flyable
from sim.trial.branch import branched
from sim.trial.rays import item_under
from sim.workers.pool import run_pool
from training.bin import Bin, bin_of
from training.emptying import alone
from training.errors import TrainingError
from training.items.space import shipped

Latent = tuple[tuple[float, ...], str]  # latent values, and what harms the item


@dataclass(frozen=True)
class Task:
    """A bin of items of the space, by their numbers and latent values; seed: of all that is drawn in it."""

    items: tuple[tuple[int, Latent], ...]
    seed: tuple[int, ...]
    policy: str


@dataclass(frozen=True)
class Tried:
    """One try: the item's number, the bin's, whether it was held to the end, and nothing damaged."""

    item: int
    bin: int
    held: bool
    undamaged: bool

    @property
    def failed(self) -> bool:
        return not (self.held and self.undamaged)


def tried(tasks: Sequence[Task], jobs: int, show: Callable[[str], None]) -> list[Tried]:
    """All tries, in the order of the tasks. Raises TrainingError: a worker failed."""
    done, interrupted = run_pool(work, list(enumerate(tasks)), jobs, lambda index, news: show(f"bin {index}: {news}"))
    errors = [one.error for one in done if one.error]
    if interrupted:
        raise KeyboardInterrupt
    if errors:
        raise TrainingError(f"{len(errors)} of {len(tasks)} bins failed; the first one said: {errors[0]}")
    return [one for progress in done for one in progress.result or []]


def work(numbered: tuple[int, Task], tell: Callable[[str], None]) -> list[Tried]:
    """Settle a bin, look at it with all cameras, and try on each item what the policy thinks best. A bin that never
    comes to rest tells nothing, nor does an item on which no grasp is offered.
    """
    number, task = numbered
    renderer = make_renderer()
    rng = np.random.default_rng(task.seed)
    space = shipped()
    specs = [spec_of(space.decode(np.array(z), kind)) for _, (z, kind) in task.items]
    names = {id(spec): item for spec, (item, _) in zip(specs, task.items)}
    try:
        with bin_of(specs, DualTool(), renderer, rng.spawn(3)) as bin_:
            found = _each(bin_, task.policy, names, number, rng)
    except UnrestError:
        found = []
    finally:
        renderer.close()
    tell(f"{len(found)} tries, {sum(one.failed for one in found)} failed")
    return found


def _each(bin_: Bin, policy: str, names: dict[int, int], number: int, rng: np.random.Generator) -> list[Tried]:
    """Try the best grasp of each item that is seen."""
    tool = DualTool()
    scene = bin_.look(bin_.capture(bin_.eyes[-1][0]))
    if scene is None:
        return []
    options = propose(scene, tool, frozenset(Tool), quality_of(policy, ContactQuality(tool)))
    best = {}
    for grasp in sorted(options, key=Stakes().gain):
        if flyable(grasp, scene):
            best[grasp.item] = grasp
    gc.freeze()
    found = []
    for item, grasp in sorted(best.items()):
        target = item_under(bin_.world, scene.item(item))
        if target is None:
            continue
        noise = rng.spawn(1)[0]
        came = branched(lambda: alone(bin_, grasp, scene, target, noise))  # noqa: B023
        meant = came.held and came.body == target.bodies[0]
        undamaged = not (came.practical.own | came.practical.others)
        found.append(Tried(names[id(target.spec)], number, meant, undamaged))
    gc.unfreeze()
    return found
