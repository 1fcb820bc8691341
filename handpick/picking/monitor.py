"""Eyes: what watches a motion and mends it. Closed ones notice nothing."""

from __future__ import annotations

from collections.abc import Sequence

from grasping.grasp import Grasp
from handpick.cell import CellState
from handpick.outcome import Cause, Noticed
from handpick.picking.outlook import View
from motion.planning.constraints import Setting
from motion.replanning.running import Running
from motion.trajectory import Trajectory
from perception.events import EventKind
from perception.scene import Scene
from perception.tote import Box
from perception.watch.intent import Hold, Phase


class Eyes:
    """Closed eyes: nothing is noticed, and no motion is mended.

    Attributes:
        noticed: what was seen in the pick at hand, and how it was answered.
        halted: what the motion that had to end short of its goal must respect; None while all goes on.
        stopped: by the cell's own means, since nothing else was safe.
        displaced: the goal of the last motion was moved.
    """

    def __init__(self) -> None:
        self.noticed: tuple[Noticed, ...] = ()
        self.halted: Setting | None = None
        self.stopped = self.displaced = False

    @property
    def why(self) -> Cause:
        """What was answered last."""
        kind = self.noticed[-1].kind if self.noticed else EventKind.STOP
        return Cause.STOPPED if kind is EventKind.STOP else Cause(kind.value)

    def look(self, view: View | None, scene: Scene) -> None:
        """A pick begins, planned in a scene that was perceived from a view."""

    def alive(self, seconds: float) -> bool:
        """Wait until the cameras that saw the scene see again, or so many seconds have passed; whether they do."""
        return True

    def begin(
        self,
        phase: Phase,
        grasp: Grasp,
        motion: Trajectory,
        setting: Setting,
        clear: float = 0.0,
        hold: Hold | None = None,
    ) -> None:
        """A motion begins. Of a drag only what comes into its way is answered, by a stop.

        Args:
            setting: what it must respect from `clear` seconds on; from then on it may be mended. With an item in hand
                that is when it is clear of its neighbours.
            hold: what the sensors show while the tool holds.
        """

    def continue_with(self, motion: Trajectory, setting: Setting) -> None:
        """After a halt in a carry, another motion begins with the same item in hand; only what comes into its way is
        answered now."""

    def leave(self, motion: Trajectory, setting: Setting) -> None:
        """A motion begins with the tool empty after a grasp; only what comes into its way is answered."""

    def attend(self, state: CellState) -> Running | None:
        """The motion that was sent in place of the one under way, if one was; else it goes on, or the arm stops."""
        return None

    @property
    def known(self) -> Setting | None:
        """What the motion under way, or the last one, must respect by all that was noticed; None: as it was planned."""
        return None

    @property
    def boxes(self) -> Sequence[Box] | None:
        """All known boxes around the robot as they stand now; None where they stand as ever."""
        return None


CLOSED = Eyes()
