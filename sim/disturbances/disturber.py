"""Brings the disturbances of an episode: at most one a pick, drawn by seed, at its moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.random import Generator

from sim.disturbances.around import lose_cameras, press_stop, spike
from sim.disturbances.effect import Bench, Effect
from sim.disturbances.kinds import SHARE, Kind, Moment, Record, draw
from sim.disturbances.obstacle import obstruct
from sim.disturbances.shoves import knock, nudge, topple
from sim.disturbances.tool import lose_pump, weaken
from sim.disturbances.tote import shift

EFFECTS: Mapping[Kind, Callable[[Bench, Generator], Effect | None]] = {
    Kind.TARGET_NUDGED: nudge,
    Kind.NEIGHBOUR_TOPPLED: topple,
    Kind.WEAK_GRASP: weaken,
    Kind.PUMP_LOST: lose_pump,
    Kind.DESTINATION_SHIFTED: shift,
    Kind.OBSTACLE: obstruct,
    Kind.ITEM_KNOCKED: knock,
    Kind.CAMERAS_LOST: lose_cameras,
    Kind.LATENCY_SPIKE: spike,
    Kind.PERSON_STOP: press_stop,
}

AGAIN = 0.05  # s after which something is tried again that found nothing to disturb


class Disturber:
    """Watches the phases of each pick from behind the scenes and disturbs it when its moment comes.

    What hits pick number n depends on the seed and on n alone, so that different robots meet the same.

    Args:
        kinds: to choose from.
        seed: of the episode. share: of its picks that are disturbed.
    """

    def __init__(self, bench: Bench, kinds: tuple[Kind, ...], seed: tuple[int, ...], share: float = SHARE) -> None:
        self._bench, self._kinds, self._seed, self._share = bench, kinds, seed, share
        self._past: list[Record] = []
        self._effect: Effect | None = None
        self._now: Record | None = None
        self.begin(0)

    @property
    def records(self) -> tuple[Record, ...]:
        """All picks so far that were disturbed or at least begun by the arm, the one in hand last."""
        return tuple(self._past) if self._now is None else (*self._past, self._now)

    @property
    def at_work(self) -> bool:
        """Whether a disturbance lasts that has not been put back."""
        return self._effect is not None

    def begin(self, pick: int, looking: bool = False) -> None:
        """Pick number `pick` begins; what disturbed the one before is put back.

        looking: the robot has long looked, or does so now; else the pick begins with the next images.
        """
        self.end()
        if self._now is not None:
            self._past.append(replace(self._now, ended=self._bench.world.time))
        self._now = None
        self._pick = pick
        self._rng = np.random.default_rng([*self._seed, pick])
        self._planned = draw(self._kinds, self._rng, self._share)
        self._moment = np.inf
        self._moments: set[Moment] = set()
        self._last = set(self._bench.judge.carried)
        if looking:
            self._enter(Moment.LOOK)

    def end(self) -> None:
        """Put back what the disturbance at work has changed."""
        if self._effect is not None:
            self._effect.undo()
        self._effect = None

    def stopped(self) -> None:
        """The cell has stopped, or the robot does not go on."""
        self._note(stopped=True)

    def looked(self) -> None:
        """Images are about to be taken."""
        self._enter(Moment.LOOK)
        self.step()

    def moved(self) -> None:
        """The arm was given a motion."""
        if Moment.LOOK in self._moments and Moment.APPROACH not in self._moments:
            self._enter(Moment.APPROACH)
            self._note(item=self._bench.target())

    def step(self) -> None:
        """Before each physics step."""
        carried = self._bench.judge.carried
        self._last.intersection_update(carried)
        lifted = [item for item in carried if item not in self._last]  # and not still in the hand from the pick before
        if lifted and Moment.CARRY not in self._moments:
            self._enter(Moment.CARRY)
            self._note(item=lifted[0])
        if self._planned is not None and self._bench.world.time >= self._moment:
            self._strike()
        if self._effect is not None:
            self._effect.step()

    def _enter(self, moment: Moment) -> None:
        """The first time in a pick, this sets the moment of a disturbance that is planned for this moment."""
        if moment in self._moments:
            return
        self._moments.add(moment)
        if self._planned is None:
            return
        if self._planned.moment is Moment.APPROACH and moment is Moment.CARRY:
            self._planned = None  # what it was to disturb is over
        elif self._planned.moment is moment:
            wait = 0.0 if moment is Moment.LOOK else self._planned.share * self._bench.arm.remaining
            self._moment = self._bench.world.time + wait

    def _strike(self) -> None:
        assert self._planned is not None
        kind = self._planned.kind
        self._effect = EFFECTS[kind](self._bench, self._rng)
        if self._effect is None:
            self._moment += AGAIN
        else:
            self._planned = None
            self._note(kind=kind, time=self._bench.world.time)

    def _note(self, **changes: Any) -> None:
        self._now = replace(self._now or Record(self._pick, None, self._bench.world.time, None), **changes)
