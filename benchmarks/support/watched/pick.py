"""One pick as it was planned and as it was watched, and what may be done to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from grasping.grasp import Grasp
from handpick.outcome import PickOutcome
from motion.trajectory import Trajectory
from perception.events import Event
from perception.pose import Array, Pose
from perception.scene import Scene
from perception.watch.intent import Phase
from sim.cell import SimCell


@dataclass
class Pick:
    """One pick as it was planned and as it was watched.

    Attributes:
        motions: phase of each motion so far, when it began by the clock, and the motion.
        clear: clock from which the item in hand is clear of the others.
        events: what the watch told. false: those of them that nothing in the cell bore out as they were told.
        ticks_ms: milliseconds of computing of each tick.
        disturbed: clock at which it was disturbed, if it was.
        truth: clock, tool's frame and where all items' first links truly are, (N, 4, 4), at each tick. For scores only.
        joints: angles of the target's joints as it was looked at, rad. vacuum: most that the cup held by, pascals.
    """

    scene: Scene
    grasp: Grasp
    motions: list[tuple[Phase, float, Trajectory]] = field(default_factory=list)
    clear: float = np.inf
    events: list[Event] = field(default_factory=list)
    false: list[Event] = field(default_factory=list)
    ticks_ms: list[float] = field(default_factory=list)
    disturbed: float | None = None
    truth: list[tuple[float, Pose, Array]] = field(default_factory=list)
    joints: Array = field(default_factory=lambda: np.zeros(0))
    vacuum: float = 0.0
    outcome: PickOutcome | None = None

    @property
    def phase(self) -> Phase:
        return self.motions[-1][0]

    @property
    def target(self) -> int:
        """Which of the bodies in the cell is meant."""
        return self.body(self.grasp.item)

    def at(self, clock: float) -> tuple[Phase, float]:
        """Where in the pick that was: its phase, and seconds since this began."""
        phase, began, _ = [motion for motion in self.motions if motion[1] <= clock + 1e-9][-1]
        return phase, clock - began

    def body(self, item: int) -> int:
        """Which of the bodies in the cell an item of the scene truly is: the one nearest to where it was seen."""
        middle = self.scene.item(item).T_base_box.position
        return int(np.argmin(np.linalg.norm(self.truth[0][2][:, :3, 3] - middle, axis=1)))


Act = Callable[[SimCell, Pick], None]


@dataclass
class Disturbance:
    """Something done to the cell once, `after` a share of a phase's planned duration."""

    phase: Phase
    after: float
    act: Act
