"""A plan: the steps of a pick, a drag, a set-down or a way home, and what is known of its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from motion.errors import NoPath
from motion.planning.step import Gripped, Step
from motion.robot.tool_state import ToolState
from perception.capsules import Capsules
from perception.pose import Array, Pose
from perception.watch.intent import Phase

CARRYING = (Phase.CARRY, Phase.DRAG, Phase.SET_DOWN)


@dataclass(frozen=True, eq=False)
class Ending:
    """The end of a plan that lets go of an item.

    Attributes:
        T_base_release: the grasp's frame (cup or tip) there. released: the tool when it has let go.
        held: a capsule around the item in hand, in the last link's frame.
        leave: plans the way home from there. Raises PlanError.
    """

    T_base_release: Pose
    released: ToolState
    held: Capsules
    leave: Callable[[], Plan]


@dataclass(frozen=True, eq=False)
class Plan:
    """Steps, each of which begins where the last one ended, at rest.

    ending: where it puts an item down; None where it puts none down, or leaves it in among the others.
    """

    steps: tuple[Step, ...]
    ending: Ending | None = None

    @property
    def approach(self) -> Step:
        """The first step."""
        return self.steps[0]

    @property
    def carry(self) -> Step:
        """The step with an item in hand."""
        return next(step for step in self.steps if step.phase in CARRYING)

    @property
    def gripping(self) -> Array:
        """Joint positions (J,) where the tool closes, rad."""
        closing = next(i for i, step in enumerate(self.steps) if isinstance(step.guard, Gripped))
        return next(step.motion for step in self.steps[closing::-1] if step.trajectory is not None).positions[-1]

    @property
    def start(self) -> Array:
        """Joint positions (J,) where it begins, rad."""
        return self.steps[0].motion.positions[0]

    @property
    def end(self) -> Array:
        """Joint positions (J,) where it ends, rad."""
        return next(step.motion for step in reversed(self.steps) if step.trajectory is not None).positions[-1]

    @cached_property
    def retreat(self) -> Plan:
        """From the release to the rest pose, out of the cameras' view; planned when it is asked for, as it is seldom.

        Raises:
            PlanError: there is no way.
        """
        if self.ending is None:
            raise NoPath("the plan puts nothing down: plan a way home from where the arm is")
        return self.ending.leave()
