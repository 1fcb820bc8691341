"""Picks in the simulated cell with the watch looking on at 10 Hz; what it sees is noted and nobody reacts."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from grasping.grasp import Grasp
from grasping.policy import ANALYTIC
from grasping.tools import DualTool, Tool
from handpick.cell import CellState
from handpick.layout import standard_layout
from handpick.loop import Picker
from handpick.outcome import Result
from handpick.picking.camera_monitor import FELT, OpenEyes
from handpick.picking.going_home import go_home
from handpick.picking.outlook import View
from handpick.picking.stack import Stack
from motion.planning.constraints import Setting
from motion.replanning.running import Branch, Running
from motion.robot.arm import Arm
from motion.trajectory import Trajectory
from perception.camera import CameraFrame
from perception.events import Event
from perception.scene import Scene
from perception.tote import Tote
from perception.watch.intent import Hold, Phase, Posture
from perception.watch.watch import Watch
from sim.cell import SimCell
from sim.plan import generators
from sim.render.base import Renderer
from sim.robot.vacuum import Pump
from sim.suites import bin_specs

from .acts import DESTINATION, move_tote
from .pick import Disturbance, Pick
from .truth import angles, is_true, item_poses


class ClockedWatch(Watch):
    """Notes the milliseconds of one core that each tick takes."""

    def __init__(self, source: Tote, destination: Tote) -> None:
        super().__init__(source, destination)
        self.ticks_ms: list[float] = []

    def tick(self, frames: Sequence[CameraFrame], posture: Posture) -> tuple[Event, ...]:
        began = time.process_time()
        events = super().tick(frames, posture)
        self.ticks_ms.append(1e3 * (time.process_time() - began))
        return events


class Onlooker(OpenEyes):
    """Open eyes that note what they see, and whether it is so, and let the motion go on as planned.

    Attributes:
        pick: the one that is looked on, from its first motion on. disturbance: what is to be done to it.
        seen: where all items were at the last frames, as in Pick.truth: they may still roll while the robot thinks.
    """

    cell: SimCell

    def __init__(self, cell: SimCell, arm: Arm) -> None:
        self._clocked = ClockedWatch(cell.layout.source, cell.layout.destination)
        super().__init__(cell, arm, self._clocked)
        self.pick: Pick | None = None
        self.disturbance: Disturbance | None = None
        self.seen = self._calm = item_poses(cell)

    def look(self, view: View | None, scene: Scene) -> None:
        super().look(view, scene)
        self.pick, self._calm = None, self.seen

    def begin(
        self,
        phase: Phase,
        grasp: Grasp,
        motion: Trajectory,
        setting: Setting,
        clear: float = 0.0,
        hold: Hold | None = None,
    ) -> None:
        super().begin(phase, grasp, motion, setting, clear, hold)
        if self.pick is None:
            self.pick = Pick(self._scene, grasp, truth=[(self.cell.clock(), grasp.T_base_tool, self._calm)])
            self.pick.joints = angles(self.cell._world.items[self.pick.target])
            self._clocked.ticks_ms = self.pick.ticks_ms
        self.pick.motions.append((phase, self.cell.clock(), motion))
        if phase is Phase.CARRY:
            self.pick.clear = self.cell.clock() + clear

    def attend(self, state: CellState) -> Running | None:
        if self.pick is not None:
            self._disturb(self.pick)
            self.pick.vacuum = max(self.pick.vacuum, self.cell._suction.vacuum)
        return super().attend(state)

    def _seen(self, state: CellState) -> list[Event]:
        if self.pick is not None and self.cell.clock() >= self._next - 1e-9:
            T_base_tool = self.arm.T_base_tool(state.positions, self.pick.grasp.tool)
            self.pick.truth.append((self.cell.clock(), T_base_tool, item_poses(self.cell)))
        return super()._seen(state)

    def _answer(self, event: Event, state: CellState) -> str:
        if self._fitting(event, state) is None:
            return FELT
        if self.pick is not None:
            self.pick.events.append(event)
            self.pick.false += [] if is_true(event, self.cell, self.pick) else [event]
        return Branch.KEEP.value

    def _disturb(self, pick: Pick) -> None:
        planned = self.disturbance
        if planned is None or pick.disturbed is not None or pick.phase is not planned.phase:
            return
        _, began, motion = pick.motions[-1]
        if self.cell.clock() - began >= planned.after * motion.duration:
            planned.act(self.cell, pick)
            pick.disturbed = self.cell.clock()


class SeenCell(SimCell):
    """Tells an onlooker when frames are taken."""

    onlooker: Onlooker | None = None

    def capture(self) -> tuple[CameraFrame, ...]:
        if self.onlooker is not None:
            self.onlooker.seen = item_poses(self)
        return super().capture()


class WatchedBin:
    """A bin that is picked under the watch, one pick after the other."""

    def __init__(self, suite: str, seed: int, renderer: Renderer, tools: frozenset[Tool] = frozenset(Tool)) -> None:
        items, world = generators(seed, 0)
        layout, tool = standard_layout(), DualTool()
        self.cell = SeenCell.build(layout, tool, bin_specs(suite, items), renderer, world)
        stack = Stack.build(layout, tool, tools, eyes=Onlooker, policy=ANALYTIC)
        self._meshes = len(self.cell._scene.shown)  # what is shown when nothing is disturbed
        go_home(self.cell, stack, None)
        self._picker = Picker(self.cell, stack)
        self._eyes = self._picker.eyes
        assert isinstance(self.cell, SeenCell) and isinstance(self._eyes, Onlooker)
        self.cell.onlooker = self._eyes
        self._picks = 0

    def pick(self, disturbance: Disturbance | None = None) -> Pick | None:
        """The next pick, after the drags that come first; None where nothing can be picked."""
        eyes = self._eyes
        eyes.disturbance = disturbance
        while True:
            outcome, _ = self._picker.pick(self._picks, last=True)
            self._picks += 1
            if outcome.result is Result.NOT_EXECUTED:
                return None
            if outcome.result is not Result.MOVED:
                assert eyes.pick is not None
                eyes.pick.outcome = outcome
                return eyes.pick

    def family(self, pick: Pick) -> str:
        """What the item is that a pick aims at."""
        return self.cell._world.items[pick.target].spec.family

    def restore(self) -> None:
        """Undo what a disturbance did to the cell itself."""
        scene = self.cell._scene
        away = self.cell.layout.destination.T_base_tote.position - scene.shown[DESTINATION].T_base_link[:3, 3]
        if np.abs(away).max() > 1e-6:
            move_tote(self.cell, away)
        for handle in sorted(scene.shown)[self._meshes :]:
            del scene.shown[handle]
            scene.version += 1
        self.cell._suction.pump = Pump()
        self.cell.cameras._failed.clear()

    def close(self) -> None:
        self.cell.close()
