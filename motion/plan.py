"""What the planner hands on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from motion.planning.constraints import Setting
from motion.robot.tool_state import ToolState
from motion.skills.tip import Entry
from motion.trajectory import Trajectory
from perception.capsules import Capsules
from perception.pose import Pose


@dataclass(frozen=True, eq=False)
class Homeward:
    """A way home with an empty tool, from rest to rest, and what it must respect."""

    trajectory: Trajectory
    setting: Setting


@dataclass(frozen=True, eq=False)
class PickMotion:
    """The motions of a pick, each from rest to rest.

    Attributes:
        approach: from where the arm is to the grasp, or to where the item is tipped first.
        ready: seconds into `approach` from which on the tool may be made ready for the grasp.
        entry: from there to the grasp, where the item is tipped first.
        carry: from the grasp to where the tool lets go.
        lifted: seconds into `carry` when the item is clear of its neighbours.
        passed: seconds into `carry` from which on neither arm nor item hide the source; None where they always do.
        landing: seconds into `carry` from which the item may touch what it is put down on.
        leave: plans `retreat`.
        T_base_release: the grasp's frame (cup or tip) at the release.
        released: the tool when it has let go.
        held: a capsule around the item in hand, in the last link's frame.
        approaching, carrying: what the approach from `ready` on and the carry must respect, for mending them in flight.
    """

    approach: Trajectory
    ready: float
    entry: Entry | None
    carry: Trajectory
    lifted: float
    passed: float | None
    landing: float
    leave: Callable[[], Homeward]
    T_base_release: Pose
    released: ToolState
    held: Capsules
    approaching: Setting
    carrying: Setting

    @cached_property
    def retreat(self) -> Homeward:
        """From the release to the rest pose, out of the cameras' view; planned when it is asked for, as it is seldom.

        Raises:
            PlanError: there is no way.
        """
        return self.leave()

    def carried_slower(self, factor: float) -> PickMotion:
        """The same pick, its carry in so many times the time."""
        return replace(
            self,
            carry=self.carry.slowed(factor),
            lifted=self.lifted * factor,
            passed=None if self.passed is None else self.passed * factor,
            landing=self.landing * factor,
        )


@dataclass(frozen=True, eq=False)
class DragMotion:
    """The two motions that drag an item aside, each from rest to rest.

    Attributes:
        approach, ready, approaching: as of a pick.
        drag: from where the cup seals to where it lets go. dragging: what it must respect.
    """

    approach: Trajectory
    ready: float
    drag: Trajectory
    approaching: Setting
    dragging: Setting
