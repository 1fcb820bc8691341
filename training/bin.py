"""A bin to try grasps in: settled once, seen by noisy cameras, and emptied as picks succeed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from grasping.tools import DualTool
from handpick.cell import CellLayout
from handpick.layout import standard_layout
from perception.camera import CameraFrame
from perception.capsules import Capsules
from perception.errors import HandpickError
from perception.perceiver import Perceiver
from perception.scene import Scene
from sim.cameras.rig import CameraRig
from sim.cell import filled
from sim.fill import UnrestError, settle
from sim.items.body import ItemBody, remove
from sim.items.spec import ItemSpec
from sim.plan import STEP
from sim.render.base import Renderer
from sim.render.scene import VisualScene
from sim.scenery import show_item, show_scenery
from sim.suites import bin_specs
from sim.trial.bench import Bench
from sim.trial.frozen import Twins
from sim.world import World

ITERATIONS = 50  # of the contact solver, as in the cell
NOBODY = Capsules(np.full((1, 2, 3), 50.0), np.array([0.01]))  # there is no arm to be masked out


@dataclass(frozen=True, eq=False)
class Bin:
    """A world with a bench, and two pairs of eyes: all cameras over the source, and a single one of them."""

    world: World
    bench: Bench
    twins: Twins
    eyes: tuple[tuple[int, Perceiver], ...]  # number of cameras, and who looks through the first of them
    rig: CameraRig
    scene: VisualScene

    def capture(self, views: int) -> tuple[CameraFrame, ...]:
        """Images of a number of cameras."""
        self.scene.follow(self.world.client)
        return self.rig.capture(self.world.time)[:views]

    def look(self, frames: tuple[CameraFrame, ...]) -> Scene | None:
        """What images show; None where that is nothing."""
        try:
            return dict(self.eyes)[len(frames)].perceive(frames, NOBODY)
        except HandpickError:
            return None

    def take(self, item: ItemBody) -> None:
        """Take an item away for good."""
        take(self.world, self.scene, item)

    def settle(self) -> bool:
        """Let everything come to rest, without what lies outside of the source; whether it does."""
        self.bench.end()
        with suppress(UnrestError):
            settle(self.world.client, self.world.items)
            for item in [item for item in self.world.items if not item.is_inside(self.world.layout.source)]:
                self.take(item)
            return True
        return False


def take(world: World, scene: VisualScene, item: ItemBody) -> None:
    """Take an item out of a world, and of what is drawn of it, for good."""
    for body in item.bodies:
        scene.remove_body(body)
    remove(item)
    world.drop([item])


@contextmanager
def filled_bin(
    suite: str, tool: DualTool, renderer: Renderer, rng: Generator, most: int | None = None
) -> Iterator[Bin]:
    """A bin of a suite, with `most` items at most, drawn and settled. Raises UnrestError."""
    items, *others = rng.spawn(4)
    with bin_of(bin_specs(suite, items)[:most], tool, renderer, others) as bin_:
        yield bin_


@contextmanager
def bin_of(specs: Sequence[ItemSpec], tool: DualTool, renderer: Renderer, rngs: Sequence[Generator]) -> Iterator[Bin]:
    """A bin of these items, settled.

    Args:
        rngs: of how they are poured, of the sensors, and of the order of the cameras.

    Raises:
        UnrestError: they do not come to rest.
    """
    layout, (pours, sensors, views) = standard_layout(), rngs
    world = filled(layout, specs, pours, STEP, ITERATIONS)
    try:
        cameras = _cameras(layout, views)
        scene = VisualScene()
        show_scenery(scene, layout)
        for item in world.items:
            show_item(scene, item)
        rig = CameraRig(cameras, renderer, scene, sensors)
        eyes = tuple(
            (count, Perceiver(layout.source, layout.destination, cameras[:count], wary=False))
            for count in (1, len(cameras))
        )
        yield Bin(world, Bench(world, tool), Twins(world), eyes, rig, scene)
    finally:
        world.close()


def _cameras(layout: CellLayout, rng: Generator) -> tuple:
    """The cameras over the source, the one that looks alone first."""
    over = [camera for camera in layout.cameras if camera.name != layout.destination.name]
    return tuple(over[i] for i in rng.permutation(len(over)))
