"""Disturbances of what surrounds arm and items: cameras, computer, people."""

from __future__ import annotations

from numpy.random import Generator

from sim.disturbances.effect import Bench, Effect

LOST = (1, 3)  # cameras
SPIKE = (0.4, 1.0)  # s


class CamerasLost(Effect):
    """Some cameras give no frames until the pick is over."""

    def __init__(self, bench: Bench, names: list[str]) -> None:
        self._cameras, self._names = bench.cameras, names
        for name in names:
            bench.cameras.fail(name)

    def undo(self) -> None:
        for name in self._names:
            self._cameras.revive(name)


def lose_cameras(bench: Bench, rng: Generator) -> Effect:
    names = [camera.name for camera in bench.world.layout.cameras]
    count = int(rng.integers(LOST[0], LOST[1] + 1))
    return CamerasLost(bench, [str(name) for name in rng.choice(names, size=min(count, len(names)), replace=False)])


def spike(bench: Bench, rng: Generator) -> Effect:
    """The computer is busy elsewhere: whatever it waits for or thinks about takes longer; the arm goes on."""
    bench.delay(float(rng.uniform(*SPIKE)))
    return Effect()


def press_stop(bench: Bench, rng: Generator) -> Effect:
    """A person's stop: the arm brakes, and the cell takes no more commands before it is reset."""
    bench.stop("a person's stop")
    return Effect()
