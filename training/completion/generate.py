"""Seen and true shapes by the thousand: settled bins looked at by one, two and four noisy cameras, a file each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from handpick.layout import standard_layout
from perception.completion.complete import complete
from perception.completion.surroundings import Surroundings
from perception.errors import HandpickError
from perception.perceiver import Perceiver
from perception.scene import ItemShape
from sim.cameras.rig import CameraRig
from sim.cell import filled
from sim.fill import UnrestError, settle
from sim.items.spec import ItemSpec
from sim.plan import STEP
from sim.render.base import Renderer
from sim.render.renderer import make_renderer
from sim.render.scene import VisualScene
from sim.scenery import show_item, show_scenery
from sim.suites import bin_specs, suite_shares
from sim.workers.pool import run_pool
from sim.world import World
from training.bin import ITERATIONS, NOBODY, take
from training.completion.cases import Cases, Origin, read_origin, write_cases
from training.completion.random_solids import SOLIDS, solid_specs
from training.completion.true_shape import scene_of, tensor
from training.errors import ShardError, TrainingError

TABLE = "table:"  # before the name of a suite whose items lie on tables
VIEWS = (1, 2, 4)
STATES = 3  # of a bin: full, and after items were taken out
STAYS = 0.65  # share of the items that stay each time
NEAR = 0.008  # metres from a true item within which a surfel is its
PURE, WHOLE = 0.8, 0.5  # least share of its surfels that are of one true item, and of this one's that it has
FEWEST = 40  # surfels

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class SceneJob:
    """Which bins to look at: `bins` of them, whose suites take turns. shard: this machine's number, and how many."""

    out: Path
    bins: int
    suites: tuple[str, ...]
    seed: int = 0
    shard: tuple[int, int] = (0, 1)

    def origins(self) -> list[Origin]:
        """Of the files that are this shard's. Raises UnknownSuiteError."""
        for suite in self.suites:
            if suite.removeprefix(TABLE) != SOLIDS:
                suite_shares(suite.removeprefix(TABLE))
        numbers = range(self.shard[0], self.bins, self.shard[1])
        return [Origin(self.suites[number % len(self.suites)], self.seed, number) for number in numbers]

    def path(self, origin: Origin) -> Path:
        return self.out / f"{origin.suite.replace(':', '-')}-{origin.seed}-{origin.bin:06d}.npz"


class Recorder:
    """Completes items, and keeps what they were completed from."""

    def __init__(self) -> None:
        self.found: list[tuple[int, Rows, Surroundings]] = []

    def __call__(self, item: int, rows: Rows, around: Surroundings) -> ItemShape | None:
        self.found.append((item, rows, around))
        return complete(item, rows, around)


def generate_scenes(job: SceneJob, jobs: int, show: Callable[[str], None]) -> tuple[int, bool]:
    """Make the files that are missing; the number of files of this shard, and whether it was interrupted.

    Raises:
        ShardError: a file in the folder comes from something else, or cannot be read.
        TrainingError: a worker failed.
    """
    job.out.mkdir(parents=True, exist_ok=True)
    tasks = [(job.path(origin), origin) for origin in job.origins()]
    missing = [(path, origin) for path, origin in tasks if not _is_there(path, origin)]
    show(f"{len(missing)} of {len(tasks)} bins to be looked at")
    done, interrupted = run_pool(work, missing, jobs, lambda index, found: show(f"{missing[index][0].name}: {found}"))
    errors = [progress.error for progress in done if progress.error and not interrupted]
    if errors:
        raise TrainingError(f"{len(errors)} of {len(missing)} bins failed; the first one said: {errors[0]}")
    return sum(path.exists() for path, _ in tasks), interrupted


def _is_there(path: Path, origin: Origin) -> bool:
    if not path.exists():
        return False
    found = read_origin(path)
    if found != origin:
        raise ShardError(f"{path}: expected scenes of {origin}, got {found}; use another folder")
    return True


def work(task: tuple[Path, Origin], tell: Callable[[str], None]) -> int:
    """Look at one bin, and write its file. A bin that never comes to rest has no cases."""
    path, origin = task
    renderer, content = make_renderer(), Cases()
    try:
        with suppress(UnrestError):
            _look_at_bin(origin, renderer, content)
    finally:
        renderer.close()
    write_cases(path, origin, standard_layout().source, content)
    tell(f"{len(content.cases)} items seen")
    return len(content.cases)


def _look_at_bin(origin: Origin, renderer: Renderer, content: Cases) -> None:
    """Add what is seen of a bin, in each of its states. Raises UnrestError: what was added before stays."""
    rng = np.random.default_rng([origin.seed, origin.bin])
    specs, pours, views, leaving = rng.spawn(4)
    with settled(specs_of(origin.suite, specs), pours) as (world, scene):
        for state in range(STATES):
            _look(world, scene, renderer, views.spawn(1)[0], state, content)
            gone = leaving.permutation(len(world.items))[round(STAYS * len(world.items)) :]
            for item in [world.items[i] for i in gone]:
                take(world, scene, item)
            if not world.items:
                break
            settle(world.client, world.items)


def specs_of(suite: str, rng: Generator) -> list[ItemSpec]:
    return solid_specs(rng) if suite == SOLIDS else bin_specs(suite, rng)


@contextmanager
def settled(specs: list[ItemSpec], rng: Generator) -> Iterator[tuple[World, VisualScene]]:
    """A bin at rest, and what is drawn of it. Raises UnrestError."""
    layout = standard_layout()
    world = filled(layout, specs, rng, STEP, ITERATIONS)
    try:
        scene = VisualScene()
        show_scenery(scene, layout)
        for item in world.items:
            show_item(scene, item)
        yield world, scene
    finally:
        world.close()


def _look(world: World, scene: VisualScene, renderer: Renderer, rng: Generator, state: int, content: Cases) -> None:
    """Add what one, two and four cameras, calibrated anew, see of the items."""
    layout = standard_layout()
    order, sensors = rng.spawn(2)
    over = [camera for camera in layout.cameras if camera.name != layout.destination.name]
    cameras = tuple(over[i] for i in order.permutation(len(over)))
    scene.follow(world.client)
    frames = CameraRig(cameras, renderer, scene, sensors).capture(world.time)
    surfaces = _Surfaces(world)
    numbers: dict[int, int] = {}
    for views in VIEWS:
        recorder = Recorder()
        looking = Perceiver(layout.source, layout.destination, cameras[:views], wary=False, completion=recorder)
        with suppress(HandpickError):
            looking.perceive(frames[:views], NOBODY)
        for index, true, purity, share in surfaces.matched(recorder.found):
            if true not in numbers:
                item = world.items[true]
                numbers[true] = content.add_truth(item.spec.family, item.parts())
            about: dict[str, Any] = {"state": state, "views": views, "purity": purity, "share": share}
            content.add(*recorder.found[index], numbers[true], **about)


class _Surfaces:
    """The true surfaces of all items of a world."""

    def __init__(self, world: World) -> None:
        parts = [item.parts() for item in world.items]
        self.count = len(parts)
        self._scene = scene_of([part for some in parts for part in some])
        self._owner = np.repeat(np.arange(self.count), [len(some) for some in parts])

    def matched(self, found: list[tuple[int, Rows, Surroundings]]) -> list[tuple[int, int, float, float]]:
        """Index of a found item, the true one that most of it is, its purity and share; each true one once."""
        if not found:
            return []
        counts = np.array([self._counts(around.surface.points[rows]) for _, rows, around in found])
        sizes, of_truth = np.array([len(rows) for _, rows, _ in found]), np.maximum(counts.sum(axis=0), 1)
        pairs = []
        for index, true in enumerate(counts.argmax(axis=1)):
            purity, share = counts[index, true] / sizes[index], counts[index, true] / of_truth[true]
            best = index == int(counts[:, true].argmax())
            if best and purity >= PURE and share >= WHOLE and sizes[index] >= FEWEST:
                pairs.append((index, int(true), float(purity), float(share)))
        return pairs

    def _counts(self, points: NDArray[np.float32]) -> NDArray[np.int64]:
        """How many points (N, 3) lie on each true item."""
        told = self._scene.compute_closest_points(tensor(points))
        near = np.linalg.norm(told["points"].numpy() - points, axis=1) < NEAR
        owner = self._owner[told["geometry_ids"].numpy()[near].astype(np.int64)]
        return np.bincount(owner, minlength=self.count)
