"""The simulated cell: a `handpick.cell.Cell` whose clock is simulated time. The truth stays behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from grasping.tools import DualTool, GripCommand
from handpick.cell import CellLayout, CellState, CellStopped, ProtectiveStop
from motion.robot.arm import Arm
from motion.robot.description import ArmDescription
from motion.trajectory import Trajectory
from perception.camera import CameraFrame
from perception.errors import GeometryError
from sim.cameras.noise import DepthNoise
from sim.cameras.rig import CalibrationError, CameraRig
from sim.damage.inspector import Rules
from sim.disturbances.disturber import Disturber
from sim.disturbances.effect import Bench
from sim.disturbances.kinds import SHARE, Kind
from sim.disturbances.obstacle import obstacle_mesh, parked_obstacle
from sim.fill import UnrestError, fill, set_in
from sim.items.spec import ItemSpec
from sim.judge import Truth
from sim.lay import Lay, lays
from sim.render.base import Renderer
from sim.render.scene import VisualScene
from sim.robot.arm import ArmBody
from sim.robot.bowing import Bowing
from sim.robot.fingers import Fingers, Slide
from sim.robot.sensors import ToolSensors
from sim.robot.suction import Suction
from sim.robot.vacuum import Pump
from sim.scenery import show_item, show_scenery
from sim.witness import Witness
from sim.world import World

AnyCell = TypeVar("AnyCell", bound="SimCell")

JAMMED = 0.2  # rad: the arm stops by itself when any joint lags by more
RECOVERY = 3.0  # seconds until it goes again: an unlocked Franka Panda is back in about one, others take up to five


@dataclass(frozen=True)
class Disturbed:
    """What may go wrong in an episode, the seed that says when, and in which share of the picks."""

    kinds: tuple[Kind, ...]
    seed: tuple[int, ...]
    share: float = SHARE


class SimCell:
    """One bin in one simulated cell, from the settled bin to the end of its episode.

    What it shows is what a real cell shows: images, sensor readings, its clock. `truth` is for reports only.

    Args:
        world: with the settled items, and without the arm.
        renderer: draws the images; stays the caller's to close.
        rng: draws calibration errors, image noise and sensor noise.
        pump, rules, noise, calibration: physics of the vacuum, thresholds of damage, errors of the cameras.
        start: joint positions (J,) at the beginning, rad; the arm's home if None.
        arm: the arm as data; a Panda if None.
        disturbed: what may go wrong, by which seed; nothing if None.
    """

    def __init__(
        self,
        world: World,
        tool: DualTool,
        renderer: Renderer,
        rng: Generator,
        pump: Pump | None = None,
        rules: Rules | None = None,
        noise: DepthNoise | None = None,
        calibration: CalibrationError | None = None,
        start: ArrayLike | None = None,
        disturbed: Disturbed | None = None,
        arm: ArmDescription | None = None,
    ) -> None:
        self._world, self._layout = world, world.layout
        camera_rng, sensor_rng = rng.spawn(2)
        self._arm = ArmBody(world.client, tool, world.dt, start, arm=arm)
        self._fingers = Fingers(self._arm, tool.cup.fingers_open)
        self._bowing = Bowing(world, self._arm, self._fingers)
        self._slide = Slide(self._arm)
        self._suction = Suction(world, self._arm, pump)
        self._command = GripCommand(tool.cup.fingers_open)
        self._sensors = ToolSensors(sensor_rng, world.dt, cups=len(tool.cup.places))
        self._scene = VisualScene()
        shown = show_scenery(self._scene, world.layout)
        self._arm.show(self._scene)
        for item in world.items:
            show_item(self._scene, item)
        self.cameras = CameraRig(world.layout.cameras, renderer, self._scene, camera_rng, noise, calibration)
        obstacle = None if disturbed is None else parked_obstacle(world)
        self._witness = Witness(world, self._arm, self._suction, obstacle, rules)
        self._stopped: CellStopped | None = None
        self._late = 0.0  # seconds by which the next wait will be longer
        self._disturber: Disturber | None = None
        if disturbed is not None and obstacle is not None:
            self._scene.add(obstacle, -1, obstacle_mesh())
            bench = Bench(
                world, self._arm, Arm(tool, arm), self._suction, self._fingers, self.cameras, self._witness.judge,
                self._scene, shown, obstacle, self._delay, self._halt,
            )  # fmt: skip
            self._disturber = Disturber(bench, disturbed.kinds, disturbed.seed, disturbed.share)

    @classmethod
    def build(
        cls: type[AnyCell],
        layout: CellLayout,
        tool: DualTool,
        specs: Sequence[ItemSpec],
        renderer: Renderer,
        rng: Generator,
        dt: float = 1 / 240,
        iterations: int = 50,
        **options: object,
    ) -> AnyCell:
        """Fill the source tote with all of the items, let them settle, and hand over the cell, judged from now on.

        The same arguments and the same state of `rng` give the same cell to the byte.

        Raises:
            UnrestError: the items do not come to rest in the tote, however they are poured.
        """
        fill_rng, cell_rng = rng.spawn(2)
        world = filled(layout, specs, fill_rng, dt, iterations)
        cell = cls(world, tool, renderer, cell_rng, **options)  # type: ignore[arg-type]
        cell.start_judging()
        return cell

    @property
    def layout(self) -> CellLayout:
        """As it was calibrated: what has moved since is for the cameras to see."""
        return self._layout

    def clock(self) -> float:
        """Simulated seconds since the cell was built."""
        return self._world.time

    def wait(self, seconds: float) -> None:
        """Let simulated seconds pass: a whole number of physics steps, no less than asked for."""
        if not (np.isfinite(seconds) and seconds >= 0):
            raise GeometryError(f"wait: expected 0 or more seconds, got {seconds}")
        end = self.clock() + seconds - 1e-9
        while self.clock() < end + self._late:
            self._step()
            if self._stopped:
                if self._disturber is not None:
                    self._disturber.stopped()
                raise self._stopped
        self._late = 0.0

    def capture(self) -> tuple[CameraFrame, ...]:
        """One noisy frame of every camera that is alive; takes no simulated time."""
        if self._disturber is not None:
            self._disturber.looked()
        self._scene.follow(self._world.client)
        return self.cameras.capture(self.clock())

    def photograph(self, name: str) -> CameraFrame:
        """One noisy frame of one camera; takes no simulated time. Raises CameraError: no such camera."""
        self._scene.follow(self._world.client)
        return self.cameras.photograph(name, self.clock())

    def state(self) -> CellState:
        """Joint encoders and motor currents, vacuum gauge, rod and finger encoders, pad force sensors."""
        return CellState(
            stamp=self.clock(),
            positions=self._arm.positions,
            velocities=self._arm.velocities,
            efforts=self._arm.effort,
            vacuum=float(self._sensors.vacuum.max()),
            cups=self._sensors.vacuum,
            cup_travel=float(np.clip(self._slide.travel, 0, 1)),
            finger_gap=self._sensors.gap,
            finger_force=self._sensors.force,
        )

    def move(self, trajectory: Trajectory) -> None:
        """Follow a trajectory from now on. Raises TrajectoryError, CellStopped."""
        if self._stopped:
            raise self._stopped
        self._arm.follow(trajectory)
        if self._disturber is not None:
            self._disturber.moved()

    def grip(self, command: GripCommand) -> None:
        """Set the tool's goal; openings and forces beyond the gripper's are kept within its limits."""
        self._command = command
        self._fingers.go(command.opening, command.force)
        self._slide.go(command.cup_extended, command.push)
        self._suction.on, self._suction.relief = command.vacuum > 0, command.vacuum
        if command.vacuum > 0:  # shut off, whatever holds lets go
            self._suction.opened = command.cups

    def stop(self) -> None:
        """Brake to rest along the path."""
        self._arm.stop()

    def recover(self, seconds: float = RECOVERY) -> None:
        """Rest where a protective stop came, and go on `seconds` later. Raises CellStopped after a person's stop."""
        if self._stopped is None:
            return
        if not isinstance(self._stopped, ProtectiveStop):
            raise self._stopped
        self._go_on(seconds)

    def lays(self) -> dict[int, Lay]:
        """How each item in the source lies now, by its number."""
        return lays(self._world)

    def begin_pick(self, number: int) -> None:
        """Pick `number` of the episode follows the one before: what was disturbed in that is put back."""
        if self._disturber is not None:
            self._disturber.begin(number, looking=True)

    def reset(self, seconds: float = 3.0) -> bool:
        """After a stop in a disturbed episode: somebody clears the cell and, `seconds` later, sets it going again.

        The arm rests where it stopped, with the tool as it was. Somebody comes, too, where the robot sees no safe way
        on by itself while something disturbs it. False where nobody comes: there was nothing of either.
        """
        if self._disturber is None or not (self._stopped or self._disturber.at_work):
            return False
        self._disturber.stopped()
        self._disturber.end()
        self._go_on(seconds)
        return True

    def replace_destination(self) -> bool:
        """Somebody takes the destination away with all that is in it, and puts an empty one in its place.

        As with the source, that takes none of the episode's time. False where it is empty: another would not help.
        """
        gone = self._witness.take_away()
        for number in gone:
            item = self._world.items[number]
            self._world.take_away(item)
            for body in item.bodies:
                self._scene.remove_body(body)
        return bool(gone)

    def put_back(self, rng: Generator) -> bool:
        """Somebody puts one item that has left the source back into it; False where all are there.

        For runs without end, which nobody judges: what an item suffers on the way is counted all the same.
        """
        source, items = self._world.layout.source, self._world.items
        gone = [item for item in items if not item.is_inside(source)]
        if gone:
            set_in(gone[0], [item for item in items if item not in gone], source, rng, upright=False)
        return bool(gone)

    def start_judging(self) -> None:
        """From now on, damage counts."""
        self._witness.start_judging()

    def truth(self) -> Truth:
        """What really happened until now, for reports only: nothing that plans may call this."""
        records = () if self._disturber is None else tuple(self._disturber.records)
        return replace(self._witness.truth(), disturbances=records)

    def close(self) -> None:
        """Give the physics client back. Twice does no harm."""
        self._world.close()

    def _delay(self, seconds: float) -> None:
        self._late += seconds

    def _halt(self, why: str) -> None:
        self._stopped = CellStopped(why)
        self._arm.stop()

    def _go_on(self, seconds: float) -> None:
        self._stopped, self._late = None, 0.0
        if self._arm.lag > JAMMED:
            self._arm.hold()
        self.wait(seconds)

    def _step(self) -> None:
        if self._disturber is not None:
            self._disturber.step()
        for part in (self._arm, self._suction):
            part.actuate()
        for drive in (self._fingers, self._slide):
            drive.actuate(self._world.dt)
        self._world.step()
        self._arm.read()
        contacts = self._world.contacts()
        self._suction.observe(contacts)
        self._bowing.observe(contacts)
        gap = self._fingers.gap
        force = self._witness.observe(contacts, self._command.vacuum > 0, self._command.opening > gap)
        self._sensors.observe(self._suction.vacuums, gap, force)
        if self._arm.lag > JAMMED:
            why = f"protective stop: a joint lags {self._arm.lag:.2f} rad behind; the arm is jammed"
            self._stopped = ProtectiveStop(why)


def filled(
    layout: CellLayout, specs: Sequence[ItemSpec], rng: Generator, dt: float, iterations: int, pours: int = 4
) -> World:
    """A world whose source tote holds all of the items at rest. Pours them anew, up to `pours` times, if they do not.

    Raises:
        UnrestError: they never do.
    """
    world = World(layout, dt, iterations)
    try:
        world.adopt(fill(world.client, list(specs), layout.source, rng))
    except UnrestError:
        world.close()
        if pours <= 1:
            raise
        return filled(layout, specs, rng, dt, iterations, pours - 1)
    return world
