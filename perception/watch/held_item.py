"""The item in hand: is it still there, as it was gripped, and in one piece?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from perception.capsules import Capsules
from perception.events import Event, EventKind
from perception.fusion.volume import Float32
from perception.pose import Array, Pose
from perception.scene import Scene
from perception.watch.alignment import Alignment, Shape, align
from perception.watch.changes import Changes
from perception.watch.evidence import SURER, Ledger, beyond_ratio, share_ratio
from perception.watch.intent import Intent, Posture
from perception.watch.obstacles import capsule_around
from perception.watch.reference import Reference, project

AROUND = 0.06  # metres around the item's box within which what is new belongs to the item
FEWEST = 30  # pixels that must show the item before its pose is believed
SLIP = 0.015  # metres by which a held item moves at the tool at most while it is held well: bellows, swing
TURN = float(np.deg2rad(30.0))  # angle through which it swings at most between the pads
SLIP_ERROR, TURN_ERROR = 0.004, float(np.deg2rad(4.0))  # of a fitted pose, beside noise: the shape is a belief
SETTLED = 0.008, float(np.deg2rad(8.0))  # standard deviations from which a fit serves as the pose to compare with
WHOLE = 0.92  # share of what is seen that the moved shape explains of a rigid item; a limp one changes its shape
BELIEVED = 0.4  # the same, from which a fit is believed
GONE = 0.03  # metres in depth behind an item's surface, from which it is not there
CALM_GONE, GONE_SHARE = 0.2, 0.85  # share of its points that are seen past while it is held, and when it is lost
ODD = 0.025  # metres from the moved shape from which a pixel shows what it cannot explain
CALM_ODD, OPEN_SHARE = 0.02, 0.1  # share of such pixels of a whole item, and of one that begins to open


@dataclass
class Carried:
    """Compares what is seen at the tool with the item as it was gripped.

    shape: whole surface, and `seen` what cameras saw of it, in the frame of the tool that holds it.
    """

    intent: Intent
    shape: Shape
    seen: Shape
    ledger: Ledger = field(default_factory=Ledger)
    _last: Pose = field(default_factory=Pose.identity)
    _first: Alignment | None = None
    _least_odd: float = 1.0
    _whole: bool = True

    @staticmethod
    def of(scene: Scene, intent: Intent) -> Carried:
        """The intent's target as the tool took it from the scene."""
        item, T = scene.item(intent.target), intent.T_base_grasp.inverse()
        seen = item.seen if item.seen.any() else np.ones(len(item.points), bool)
        part = Shape.of_points(T.apply(item.points[seen]), T.rotate(item.normals[seen]), 400)
        return Carried(intent, Shape.of(item, T), part)

    def load(self) -> Capsules:
        """A capsule around the item in the tool's frame."""
        return capsule_around(self.shape.points)

    def holds(self, points: Array, T_base_tool: Pose, around: float = AROUND) -> NDArray[np.bool_]:
        """Which points (N, 3) of the base frame are within some metres of the item in hand, or hang down from it."""
        local = T_base_tool.inverse().apply(points)
        low, high = self.shape.points.min(axis=0), self.shape.points.max(axis=0)
        hanging = float((high - low)[:2].max())  # covers, bags and what is held by an edge swing down by their width
        low, high = low - around, high + around + (0.0, 0.0, hanging)
        return np.asarray(((local > low) & (local < high)).all(axis=1))

    def look(
        self,
        changes: Changes,
        mine: NDArray[np.bool_],
        views: Sequence[tuple[Reference, Float32]],
        posture: Posture,
        felt: bool = False,
    ) -> tuple[Event, ...]:
        """mine: which changes may show the item, shape (N,). felt: the tool's own sensors say that it is there."""
        clear = posture.stamp - self.intent.began >= self.intent.contact
        points = posture.T_base_tool.inverse().apply(changes.points[mine & (changes.gap > 0)])
        events = [self._lost(views, posture)] if clear and not felt else []
        if len(points) >= FEWEST:
            fit = align(self.shape, points, self._last)
            self._last = fit.shift if fit.share > BELIEVED else self._last
            if self.intent.may_open:
                events.append(self._opening(points, posture))
            if clear:
                self._whole = self._whole and fit.share > WHOLE
                events.append(self._slipped(fit, posture) if self._whole else None)
        return tuple(event for event in events if event is not None)

    @property
    def _hangs(self) -> bool:
        """Whether it hangs from a cup: a bag swings there at will, anything stiff as far as the seal bears."""
        return self.intent.hold is not None and self.intent.hold.suction

    def _lost(self, views: Sequence[tuple[Reference, Float32]], posture: Posture) -> Event | None:
        """Whether cameras see past where the item's surface would be, more often than they see it."""
        T = posture.T_base_tool @ self._last
        points, normals = T.apply(self.seen.points), T.rotate(self.seen.normals)
        gone = there = 0
        for reference, depth in views:
            pixels, expected = project(reference.camera, reference.T_base_camera, points)
            facing = (normals * (points - reference.T_base_camera.position)).sum(axis=1) < 0
            gap = depth[pixels[:, 1], pixels[:, 0]] - expected
            gone += int((facing & (gap > GONE)).sum())
            there += int((facing & (np.abs(gap) <= GONE)).sum())
        if gone + there < FEWEST:
            return None
        sure = self.ledger.sure(EventKind.ITEM_LOST, share_ratio(gone, gone + there, CALM_GONE, GONE_SHARE))
        words = f"cameras see past {gone} of the item's {gone + there} points in view"
        return None if sure is None else Event(EventKind.ITEM_LOST, sure, posture.stamp, evidence=words)

    def _slipped(self, fit: Alignment, posture: Posture) -> Event | None:
        """Whether the item moved in the hand since it was first seen there, at the tool or about it.

        What a seal holds slides along the lip, if at all: what seems to come nearer or to part from it changes shape.
        """
        slip_covariance, turn_error = _errors(fit, self.shape.centre)
        if self._first is None:
            worst = float(np.linalg.eigvalsh(slip_covariance)[-1] ** 0.5)
            if worst < SETTLED[0] and turn_error < SETTLED[1]:
                self._first = fit
            return None
        shift = fit.shift @ self._first.shift.inverse()
        way = shift.position * ((1, 1, 0) if self._hangs else (1, 1, 1))  # where the tool's own origin went
        slip = float(np.linalg.norm(way))
        along = way / max(slip, 1e-9)
        slip_error = float(np.sqrt(along @ slip_covariance @ along))
        turn = float(np.arccos(np.clip((np.trace(shift.rotation) - 1) / 2, -1, 1)))
        ratio = beyond_ratio(slip, SLIP, float(np.hypot(slip_error, SLIP_ERROR)))
        if not self._hangs:
            ratio = max(ratio, beyond_ratio(turn, TURN, float(np.hypot(turn_error, TURN_ERROR))))
        sure = self.ledger.sure(EventKind.ITEM_SLIPPED, ratio)
        words = f"moved {1e3 * slip:.0f} mm at the tool and turned {np.degrees(turn):.0f} degrees"
        return None if sure is None else Event(EventKind.ITEM_SLIPPED, sure, posture.stamp, shift=shift, evidence=words)

    def _opening(self, points: Array, posture: Posture) -> Event | None:
        """Whether more and more hangs from the tool than the moved shape explains."""
        distance, _ = self.shape.tree.query(self._last.inverse().apply(points), distance_upper_bound=ODD)
        odd = int(np.isinf(distance).sum())
        self._least_odd = min(self._least_odd, odd / len(points))
        calm = min(CALM_ODD + self._least_odd, 0.5)
        ratio = share_ratio(odd, len(points), calm, min(OPEN_SHARE + self._least_odd, 0.9))
        sure = self.ledger.sure(EventKind.BOOK_OPENING, ratio, SURER)
        words = f"{odd} of {len(points)} pixels at the tool lie outside the item as gripped"
        return None if sure is None else Event(EventKind.BOOK_OPENING, sure, posture.stamp, evidence=words)


def _errors(fit: Alignment, centre: Array) -> tuple[Array, float]:
    """Covariance (3, 3) of the motion at the tool's origin, m^2; worst standard deviation of the turn, rad."""
    x, y, z = -centre
    arm = np.array([[0, z, -y], [-z, 0, x], [y, -x, 0]])  # translation that a turn about the centre gives the origin
    to_origin = np.hstack([arm, np.eye(3)])
    turn = np.linalg.eigvalsh(fit.covariance[:3, :3])[-1]
    return np.asarray(to_origin @ fit.covariance @ to_origin.T), float(turn**0.5)
