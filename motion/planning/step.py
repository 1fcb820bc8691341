"""A step: one phase of a plan as it is sent, and what must hold along it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from grasping.tools import GripCommand
from motion.planning.constraints import Setting
from motion.trajectory import Trajectory
from perception.pose import Pose
from perception.watch.intent import Phase


@dataclass(frozen=True)
class Guard:
    """A condition on the tool's own sensors; the step ends where it is broken. The plain one asks nothing."""


@dataclass(frozen=True)
class Touch(Guard):
    """The tool comes in gently: it stops and grips where it meets something, or where the cup seals.

    push: newtons more than usual that it may push with, since the cup tips what it is put on.
    """

    push: float = 0.0


@dataclass(frozen=True)
class RodYields(Guard):
    """Fingers go down beside what the cup is on: from `spread` seconds on its rod must give way, at `push` newtons."""

    spread: float
    push: float


@dataclass(frozen=True)
class Gripped(Guard):
    """The tool closes until something is held."""


@dataclass(frozen=True)
class Held(Guard):
    """The item stays in hand."""


@dataclass(frozen=True)
class Probing(Held):
    """The item comes up as a whole, and the hold bears it: felt in the last `dwell` seconds, at rest.

    least: kilograms that it weighs at least; what weighs less has left a part of it below.
    T_last_grasp: the grasp's frame in the last link's.
    """

    dwell: float
    least: float
    T_last_grasp: Pose


@dataclass(frozen=True)
class Landing(Held):
    """The item stays in hand until it lands, in the last `due` seconds at the earliest."""

    due: float


@dataclass(frozen=True)
class Released(Guard):
    """The tool opens until nothing is held."""


@dataclass(frozen=True)
class ToolCommand:
    """A command to the tool, `at` seconds into a step."""

    at: float
    command: GripCommand


@dataclass(frozen=True, eq=False)
class Step:
    """One phase of a plan.

    Attributes:
        trajectory: from rest to rest; None: the arm rests while the tool acts.
        constraints: what the motion must respect, so that it can be mended while it runs; None: it is not mended.
        commands: to the tool, in the order of their times.
        clear: seconds into it from which it may be mended; with an item in hand, from which that is clear of others.
        passed: seconds into it from which on neither arm nor item hide the source; None where they always do.
        paced: whether a measured seal says how fast the motion may be.
        undo: a motion back, after which the item stands where it stood, for where the guard is not content at the end.
    """

    phase: Phase
    guard: Guard = field(default_factory=Guard)
    trajectory: Trajectory | None = None
    constraints: Setting | None = None
    commands: tuple[ToolCommand, ...] = ()
    clear: float = 0.0
    passed: float | None = None
    paced: bool = False
    undo: Trajectory | None = None

    @property
    def motion(self) -> Trajectory:
        """The trajectory of a step that has one."""
        assert self.trajectory is not None
        return self.trajectory

    def slowed(self, factor: float) -> Step:
        """The same step in so many times the time."""
        guard = replace(self.guard, due=self.guard.due * factor) if isinstance(self.guard, Landing) else self.guard
        return replace(
            self,
            trajectory=self.motion.slowed(factor),
            guard=guard,
            commands=tuple(replace(command, at=command.at * factor) for command in self.commands),
            clear=self.clear * factor,
            passed=None if self.passed is None else self.passed * factor,
        )
