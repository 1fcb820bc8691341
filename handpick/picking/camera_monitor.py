"""Open eyes: cameras watch every motion, which is mended as soon as something is noticed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from grasping.beliefs.kinds import bookish
from grasping.grasp import Grasp
from handpick.cell import Cell, CellState
from handpick.outcome import Noticed
from handpick.picking.monitor import Eyes
from handpick.picking.outlook import View
from handpick.picking.watch_intent import BEFORE_CONTACT, intent_of, posture_of, sensors_of
from motion.errors import PlanError
from motion.planning.constraints import Setting
from motion.planning.task import closed, ready
from motion.replanning.reflexes import Reflexes
from motion.replanning.running import Branch, Running
from motion.robot.arm import Arm
from motion.trajectory import Trajectory
from perception.events import Event, EventKind
from perception.pose import Pose
from perception.scene import Scene
from perception.tote import Box
from perception.watch.intent import Hold, Intent, Phase
from perception.watch.watch import Watch

BOOKISH = 0.2  # belief from which an item may have covers that open
ENDING = "stop"  # the arm was stopped along its path
FELT = "felt otherwise"  # the tool's own sensors contradict
LEFT = 0.5  # share of what seems in the way that must be clear of the robot, be it believed
LATER = "later"  # it matters to the carry, in which it is told again
AROUND = frozenset((EventKind.PATH_BLOCKED, EventKind.NEIGHBOUR_MOVED))
AT_ONCE = frozenset((EventKind.PATH_BLOCKED, EventKind.CAMERAS_STALE, EventKind.STOP))
MINDED = {phase: frozenset(EventKind) for phase in (Phase.APPROACH, Phase.CARRY)}
WAY = frozenset({EventKind.PATH_BLOCKED})  # what is minded in any other motion


class OpenEyes(Eyes):
    """Watches at `1 / period` and answers by reflexes.

    Args:
        period: seconds between two sets of frames. most: answers to one motion, after which the next is a brake.
        soon: seconds until the next set where something may be in the way: as soon as cameras deliver one.
    """

    def __init__(
        self,
        cell: Cell,
        arm: Arm,
        watch: Watch,
        reflexes: Reflexes | None = None,
        period: float = 0.1,
        most: int = 5,
        soon: float = 1 / 30,
    ) -> None:
        super().__init__()
        self.cell, self.arm, self.watch = cell, arm, watch
        self.reflexes, self.period, self.most, self.soon = reflexes or Reflexes(), period, most, soon
        self._running: Running | None = None
        self._known: Setting | None = None

    def look(self, view: View | None, scene: Scene) -> None:
        assert view is not None
        self.watch.look(view.frames, view.robot, scene, None if view.placed is None else view.placed.points)
        self._scene, self._running, self._known = scene, None, None
        self.noticed, self.halted = (), None
        self.stopped = self.displaced = False

    def begin(
        self,
        phase: Phase,
        grasp: Grasp,
        motion: Trajectory,
        setting: Setting,
        clear: float = 0.0,
        hold: Hold | None = None,
    ) -> None:
        self._phase, self._grasp, self._hold = phase, grasp, hold
        self._running = Running(motion, self.cell.clock(), setting)
        self._clear = self.cell.clock() + clear
        self._next = self.cell.clock() + self.period
        self._answers, self._waiting = 0, list[Event]()
        self._minded = MINDED.get(phase, WAY)
        self.displaced = False
        self.watch.begin(self._intent(self._running))

    def continue_with(self, motion: Trajectory, setting: Setting) -> None:
        self._running = Running(motion, self.cell.clock(), setting)
        self._answers, self._waiting = 0, []
        self._minded = WAY
        self.halted, self.stopped = None, False
        self.watch.redirect(self._intent(self._running))

    def leave(self, motion: Trajectory, setting: Setting) -> None:
        self.halted, self.stopped = None, False
        if self._running is None:  # no grasp was gone for yet
            return
        if self._known is not None:
            known = len(self._known.stage.free.obstacles.boxes) - len(self._known.added)
            setting = replace(setting, added=setting.stage.free.obstacles.boxes[known:])
        self.begin(Phase.RETREAT, self._grasp, motion, setting)

    def attend(self, state: CellState) -> Running | None:
        if self._running is None or self.halted is not None:
            return None
        before = self._running
        for event in self._seen(state):
            self._note(event, self._answer(event, state))
            if self.halted is not None:
                break
        if self._running is before or self._running is None:
            return None
        self.watch.redirect(self._intent(self._running))
        return self._running

    @property
    def known(self) -> Setting | None:
        return self._running.setting if self._running else None

    @property
    def boxes(self) -> Sequence[Box] | None:
        if self._known is None:
            return None
        return self._known.standing(self.cell.state().positions).stage.free.obstacles.boxes

    def alive(self, seconds: float) -> bool:
        end = self.cell.clock() + seconds
        while self.cell.clock() < end:
            self.cell.wait(self.period)
            if self.watch.sees(self.cell.capture()):
                return True
        return False

    def _seen(self, state: CellState) -> list[Event]:
        """What sensors and cameras tell now, and what has had to wait until now."""
        events = list(self.watch.feel(sensors_of(state)))
        if self.cell.clock() >= self._next - 1e-9:
            events += self.watch.tick(self.cell.capture(), posture_of(self.arm, state, self._grasp.tool))
            self._next = self.cell.clock() + (self.soon if self.watch.uneasy else self.period)
        events = [event for event in events if event.kind in self._minded]
        waits = [e for e in events if self.cell.clock() < self._ready and e.kind not in AT_ONCE]
        due = [event for event in events if event not in waits]
        if self.cell.clock() >= self._ready:
            due, self._waiting = self._waiting + due, []
        self._waiting += waits
        return due

    @property
    def _ready(self) -> float:
        """From when on a motion may be mended: an approach once the tool may have changed, a drag never."""
        return {Phase.APPROACH: self._clear, Phase.DRAG: np.inf}.get(self._phase, 0.0)

    def _answer(self, event: Event, state: CellState) -> str:
        assert self._running is not None
        fitting = self._fitting(event, state)
        if fitting is None:
            return FELT
        event = fitting
        if self._phase is Phase.APPROACH and event.kind is EventKind.DESTINATION_MOVED:
            return LATER
        now = self.cell.clock()
        if now < self._ready:
            return self._stop(event)
        try:
            mended = self.reflexes.mend(self._running, now, self._told(event))
        except PlanError:
            return self._stop(event)
        if mended.kind is Branch.KEEP and event.kind in AROUND:
            return mended.kind.value  # it is not in the way, and need not stay where it was seen
        self._known = mended.running.setting
        if mended.kind is Branch.KEEP:
            self._running = replace(self._running, setting=self._known)
            return mended.kind.value
        self._answers += 1
        self.displaced = self.displaced or event.kind is EventKind.DESTINATION_MOVED
        self._running = self._send(mended.running)
        if not mended.arrives:
            self.halted = self._known
        return mended.kind.value

    def _fitting(self, event: Event, state: CellState) -> Event | None:
        """An event as far as the robot does not know otherwise: what seems in the way is not where it and its load
        are."""
        if event.kind is EventKind.PATH_BLOCKED and event.box is not None and self._running is not None:
            left = self._running.setting.left_of(event.box, state.positions)
            return None if left is None or left.size[0] < LEFT * event.box.size[0] else replace(event, box=left)
        return event

    def _told(self, event: Event) -> Event:
        """An event as the reflexes take it."""
        if self._answers >= self.most or event.kind is EventKind.TARGET_MOVED:
            return Event(EventKind.STOP, event.certainty, event.stamp)  # where it went is for a calm look to say
        if event.kind is EventKind.NEIGHBOUR_MOVED and event.shift is not None and event.item is not None:
            item = self._scene.item(event.item)
            return replace(event, box=Box(event.shift @ item.T_base_box, np.asarray(item.size)))
        if event.kind is EventKind.ITEM_SLIPPED and event.shift is not None:
            assert self._running is not None
            T_tool_grasp = self.arm.T_last_tool(self._grasp.tool).inverse() @ self._running.setting.stage.T_last_grasp
            return replace(event, shift=T_tool_grasp.inverse() @ event.shift @ T_tool_grasp)
        return event

    def _send(self, running: Running) -> Running:
        """Follow a mended motion, without what has passed meanwhile."""
        row = running.row(self.cell.clock())
        began = running.began + float(running.trajectory.times[row])
        sent = Running(running.between(row), began, running.setting)
        self.cell.move(sent.trajectory)
        return sent

    def _stop(self, event: Event) -> str:
        """Have the arm stopped by the cell's own means, along its path."""
        assert self._running is not None
        setting = self._running.setting
        if event.kind is EventKind.PATH_BLOCKED and event.box is not None:
            setting = setting.blocked(event.box)
        self.halted = self._known = setting
        self.stopped = True
        return ENDING

    def _note(self, event: Event, answer: str) -> None:
        self.noticed += (Noticed(event.kind, event.certainty, event.stamp, answer),)

    def _intent(self, running: Running) -> Intent:
        grasp, approaching = self._grasp, self._phase is Phase.APPROACH
        state = self.cell.state()
        motion = running.trajectory
        tool = ready(grasp) if approaching else replace(closed(grasp), opening=state.finger_gap)
        holding = self._phase in (Phase.CARRY, Phase.DRAG)
        T_base_grasp: Pose = self.arm.T_base_tool(state.positions, grasp.tool) if holding else grasp.T_base_tool
        if (move := grasp.skill.before_grip) is not None:  # the item of the scene is not moved yet
            T_base_grasp = move.inverse() @ T_base_grasp
        contact = motion.duration - BEFORE_CONTACT if approaching else self._clear - running.began
        may_open = bookish(self._scene.item(grasp.item)) > BOOKISH
        return intent_of(
            *(self._phase, self.arm, motion, grasp, running.began, tool, T_base_grasp, contact),
            hold=self._hold,
            may_open=may_open,
        )
