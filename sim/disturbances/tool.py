"""Faults of the tool: a grip weaker than believed, a pump that fails."""

from __future__ import annotations

from dataclasses import replace

from numpy.random import Generator

from sim.disturbances.effect import Bench, Effect

WEAK = (0.3, 0.7)  # share that is left


class WeakGrasp(Effect):
    """Worn lip, greasy pads, a tired pump: friction of both tools and the pump's vacuum fall to `share`."""

    def __init__(self, bench: Bench, share: float) -> None:
        self._cup, self._fingers = bench.cup, bench.fingers
        self._before = bench.cup.pump, bench.cup.friction
        bench.cup.pump = replace(bench.cup.pump, pressure=share * bench.cup.pump.pressure)
        bench.cup.friction *= share
        bench.fingers.rub(share)

    def undo(self) -> None:
        self._cup.pump, self._cup.friction = self._before
        self._fingers.rub(1.0)


class PumpLost(Effect):
    """The pump draws no more air; what vacuum there is goes through the leaks."""

    def __init__(self, bench: Bench) -> None:
        self._cup, self._before = bench.cup, bench.cup.pump
        bench.cup.pump = replace(bench.cup.pump, flow=0.0)

    def undo(self) -> None:
        self._cup.pump = self._before


def weaken(bench: Bench, rng: Generator) -> Effect:
    return WeakGrasp(bench, float(rng.uniform(*WEAK)))


def lose_pump(bench: Bench, rng: Generator) -> Effect:
    return PumpLost(bench)
