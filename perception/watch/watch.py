"""The watch, front of this folder: what cameras and sensors show while the arm moves, as events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from perception.camera import CameraFrame
from perception.capsules import Capsules
from perception.errors import HandpickError
from perception.events import Event, EventKind
from perception.fusion.volume import Float32
from perception.pose import Array, Pose
from perception.scene import Scene
from perception.tote import Tote
from perception.watch.camera_health import Freshness
from perception.watch.changes import Changes, find_changes
from perception.watch.destination_tote import Standing
from perception.watch.held_item import Carried
from perception.watch.hold_sensing import Feeling
from perception.watch.intent import Intent, Phase, Posture, Sensors, joined
from perception.watch.obstacles import NEW, Path
from perception.watch.reference import Reference
from perception.watch.resting_items import Still
from perception.watch.trailing_parts import Along

REACH = 0.25  # metres around the item in hand within which what gapes from it may be
HIDDEN = 0.01  # share of an image that the robot may have hidden in the look
FALLEN = 0.02  # metres over the rim, and over where it was to be put down, up to which an item may have come to lie


class WatchError(HandpickError):
    """The watch was asked before it was told what to watch."""


class Watch:
    """Compares what cameras and sensors show during a motion with what the look before it lets expect.

    `look` at the calm scene, `begin` each motion, then `tick` with every set of frames (10 Hz or more) and `feel` as
    often as the sensors are read. Each event is told once per motion; that the destination moved, again each time that
    it has moved on, and what is in the way, when more of it is seen.

    Args:
        source, destination: the totes that are picked from and placed in.
    """

    def __init__(self, source: Tote, destination: Tote) -> None:
        self._source, self._destination = source, destination
        self._references: dict[str, Reference] = {}
        self._scene: Scene | None = None
        self._intent: Intent | None = None

    def look(self, frames: Sequence[CameraFrame], robot: Capsules, scene: Scene, placed: Array | None = None) -> None:
        """What is calm: the frames that `scene` was made of, and the robot's capsules then.

        Look again after the scene changed and was perceived anew: what is known then is no event any more.

        placed: surface points (N, 3), base frame, of an item that has been put down since.
        """
        usable = [frame for frame in frames if np.isfinite(frame.depth).any()]
        references = {frame.camera.name: Reference.of(frame, robot, scene) for frame in usable}
        depths = {frame.camera.name: frame.depth for frame in usable}
        poses = {reference.camera: reference.T_base_camera for reference in references.values()}
        stamp = max((frame.stamp for frame in usable), default=scene.stamp)
        self._references, self._scene, self._intent = references, scene, None
        self._fresh = Freshness.of(poses, self._source, self._destination, stamp)
        self._standing = Standing.of(self._destination, references, depths, robot)
        self._laid: tuple[Carried, Pose] | None = None
        self._filled = None if placed is None else float(placed[:, 2].max())

    def begin(self, intent: Intent) -> None:
        """What the arm does from now on.

        Raises:
            WatchError: nothing was looked at yet.
        """
        if self._scene is None:
            raise WatchError("begin: expected a look at the calm scene before any motion; call `look` first")
        self._still = Still.of(self._scene, intent.target)
        held = Carried.of(self._scene, intent)
        self._carried = held if intent.phase in (Phase.CARRY, Phase.DRAG) else None
        self._path = Path(intent, None if self._carried is None else self._carried.load())
        self._laid = (held, Pose(intent.T_base_tools[0])) if intent.phase is Phase.RETREAT else None
        self._feeling = Feeling(intent.hold) if intent.hold is not None else None
        self._along, self._felt = Along(), False
        self._standing.begin()
        self._lost = False
        self._fresh.begin()
        self._intent = intent

    def redirect(self, intent: Intent) -> None:
        """The motion that is watched was mended and goes on as told; all evidence so far remains.

        Raises:
            WatchError: no motion has begun.
        """
        if self._intent is None:
            raise WatchError("redirect: expected a motion under way; call `begin` first")
        self._path = replace(self._path, intent=intent, told=None)
        self._intent = intent

    @property
    def uneasy(self) -> bool:
        """Whether something may be in the way, which the next images will tell: they had better come at once."""
        return self._intent is not None and self._path.uneasy

    def sees(self, frames: Sequence[CameraFrame]) -> bool:
        """Whether all cameras that saw the calm scene deliver again."""
        known = [frame for frame in frames if frame.camera.name in self._references]
        return len(self._fresh.alive(known)) == len(self._references)

    def feel(self, sensors: Sensors) -> tuple[Event, ...]:
        """What the tool's own sensors tell; cheap enough for every reading of them."""
        if self._feeling is None:
            return ()
        self._felt = self._feeling.hold.there(sensors)
        return self._told(self._feeling.feel(sensors))

    def tick(self, frames: Sequence[CameraFrame], posture: Posture) -> tuple[Event, ...]:
        """What the frames tell, taken with the robot in `posture`.

        Raises:
            WatchError: no motion has begun.
        """
        intent = self._intent
        if intent is None:
            raise WatchError("tick: expected a motion to watch; call `begin` first")
        known = [frame for frame in frames if frame.camera.name in self._references]
        fresh = self._fresh.alive(known)
        events = list(self._fresh.look(intent.phase, self._source.name, self._destination.name, posture.stamp))
        views = [(self._references[frame.camera.name], frame.depth) for frame in fresh]
        changes = find_changes(views, posture.robot)
        depths: dict[str, Float32] = {frame.camera.name: frame.depth for frame in fresh}
        shifted = self._standing.look(depths, self._hiding(posture), posture.stamp)
        standing = self._standing.explains(changes.points)
        mine = self._mine(changes.points, posture)
        if self._carried is not None:
            mine |= self._come_along(self._carried, changes, ~(mine | standing), posture)
        if intent.phase is Phase.APPROACH and posture.stamp - intent.began < intent.contact:
            events += self._still.look(changes, views, posture.stamp)
        if self._carried is not None and not self._lost:
            events += self._told(self._carried.look(changes, mine, views, posture, self._felt))
        events += shifted
        events += self._path.look(changes, ~(mine | standing), posture)
        if intent.phase is Phase.APPROACH:
            self._renew(fresh, posture.robot)
        return tuple(events)

    def _renew(self, frames: Sequence[CameraFrame], robot: Capsules) -> None:
        """While the tool is still empty, what the robot hid in the look, and the last item where it was put down, count
        as calm as they are seen now.
        """
        assert self._scene is not None
        for frame in frames:
            known = self._references[frame.camera.name]
            if self._filled is not None or known.hidden.mean() > HIDDEN:
                self._references[frame.camera.name] = known.renewed(frame, robot, self._scene, self._put_down)

    def _told(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Events of the item in hand: once it is lost, nothing more is said of it."""
        self._lost = self._lost or any(event.kind is EventKind.ITEM_LOST for event in events)
        return tuple(e for e in events if e.kind is EventKind.ITEM_LOST) if self._lost else events

    def _mine(self, points: Array, posture: Posture) -> NDArray[np.bool_]:
        """Which points (N, 3) of the base frame may show the item in hand, one laid down since the look, or others
        that a drag or a pick has moved.
        """
        assert self._intent is not None
        phase = self._intent.phase
        mine = self._put_down(points) if phase is Phase.APPROACH else np.zeros(len(points), bool)
        if self._carried is not None:
            mine |= self._carried.holds(points, posture.T_base_tool)
        if self._laid is not None:
            held, T_base_tool = self._laid
            mine |= held.holds(points, T_base_tool)
        if phase in (Phase.DRAG, Phase.RETREAT):
            mine |= _low_in(self._source, points) | _low_in(self._destination, points)
        return mine

    def _come_along(
        self, held: Carried, changes: Changes, strange: NDArray[np.bool_], posture: Posture
    ) -> NDArray[np.bool_]:
        """Which changes move along with the tool, though the item as it was gripped does not explain them."""
        new = changes.gap > NEW
        around = strange & held.holds(changes.points, posture.T_base_tool, REACH)
        along = np.zeros(len(new), bool)
        along[new] = self._along.look(changes.points[new], around[new], posture.T_base_tool)
        return along

    def _put_down(self, points: Array) -> NDArray[np.bool_]:
        """Which points (N, 3) of the base frame may show the last item where it was put down since the look."""
        if self._filled is None:
            return np.zeros(len(points), bool)
        return _low_in(self._destination, points, self._filled)

    def _hiding(self, posture: Posture) -> Capsules:
        """The robot and what it holds."""
        if self._carried is None:
            return posture.robot
        load = self._carried.load()
        return joined((posture.robot, Capsules(posture.T_base_tool.apply(load.ends), load.radii)))


def _low_in(tote: Tote, points: Array, filled: float = -np.inf) -> NDArray[np.bool_]:
    """Which points (N, 3) of the base frame may show what has come to lie in a tote, however it did.

    filled: height in the base frame up to which something was put there.
    """
    local = np.abs(tote.T_base_tote.inverse().apply(points))
    rim = float(tote.T_base_tote.position[2] + tote.inner[2])
    beside = (local[:, :2] < tote.inner[:2] / 2 + tote.wall).all(axis=1)
    return np.asarray(beside & (points[:, 2] < max(rim, filled) + FALLEN))
