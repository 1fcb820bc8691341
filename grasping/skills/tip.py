"""Tip: the combined hold. Items that stand flush at a wall or at others are tipped by the cup, then pinched.

Behind them is no room for a finger. The cup, pressed on their top edge, draws it away by its friction; it stays there
while the fingers go down on both sides and close.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy.spatial.transform import Rotation

from grasping.beliefs.belief import Belief
from grasping.beliefs.load import moved_load
from grasping.beliefs.neighbours import others
from grasping.beliefs.surface_samples import surface
from grasping.build import build
from grasping.candidates.clearance import clear
from grasping.candidates.features import describe
from grasping.candidates.pinch import ROOM, pads, tool_frames, tops
from grasping.candidates.table import Candidates
from grasping.grasp import Grasp
from grasping.quality.contact_quality import Quality
from grasping.quality.pinch_force import with_force
from grasping.quality.select import distinct
from grasping.quality.worth import Stakes
from grasping.skill import Skill
from grasping.tools import DualTool
from perception.arrays import cross, own, readonly
from perception.pose import Array, Pose
from perception.scene import ItemShape, Scene, Space
from perception.tote import Tote

STANDING = float(np.sin(np.deg2rad(25)))  # of the thin axis over level, at most
THICK, HIGH = (0.006, 0.055), 0.09  # metres that tall, flat items measure: thickness, least height
FLAT = 0.5  # of their width, at most, that they are thick: what is round or square would roll or twist
BESIDE = 0.010  # metres behind and before an item, about where the middles of the fingers would be
BLOCKED = 0.3  # share of the upper back side that has something so close behind it
MOST_HIT = 0.02  # share of the tipped item that may be believed inside others
TIPS = 0.030  # metres below the top to which the fingertips may go
MOST_ANGLE = np.deg2rad(25)  # from upright that an item is tipped or a tool leans
LEAST_TURN = np.deg2rad(2)
# Share of its height above which something before an item keeps it from being tipped, and points of its front at which
# something is believed by chance: of 17 tips 8 of 12 that failed and none of 5 that succeeded were propped.
PROPPED, FEW = 0.5, 1
WALL = 0.005  # metres that the fingers keep from what the item stands at while the cup is put on
LIP_ROOM = 0.002  # metres by which the cup's lip passes the rim
STEPS = (0.0, 0.03, -0.03)  # metres from the middle of the top edge: further out it would twist
ALONG = float(np.cos(np.deg2rad(6)))  # of the fingers along the item's sides
SEEN = 0.5  # share of the top about the cup that must have been seen


@dataclass(frozen=True, eq=False)
class Tip(Skill):
    """An item that stands is tipped by the cup before the fingers go down on both sides of it.

    It turns first about the lower edge that it leans over, until it stands upright, then about the other one.

    Attributes:
        foot, edge: points on these two edges in the base frame, shape (3,), metres.
        axis: unit vector along both in the base frame, shape (3,), about which it turns.
        upright, angle: what it turns by until it stands upright, and altogether, rad.
        site: where on its top, as it stands, the middle of the cup is put, base frame, shape (3,), metres.
        lean: of the tool about `axis` while the cup is put on, beyond its attitude at the grasp, rad: the fingers then
            stay clear of what the item stands at.
        narrow: opening of the fingers until the item is tipped, metres.
    """

    name: ClassVar[str] = "tip"
    hold: ClassVar[str] = "combined"
    seconds: ClassVar[float] = 1.5  # to tip it and to go down beside it
    cup_out: ClassVar[bool] = True
    push: ClassVar[float] = 9.0  # with which the cup stays on what it tips: a little over its bellows

    foot: Array
    edge: Array
    axis: Array
    upright: float
    angle: float
    site: Array
    lean: float
    narrow: float

    def __post_init__(self) -> None:
        for name in ("foot", "edge", "axis", "site"):
            object.__setattr__(self, name, readonly(getattr(self, name), np.float64, (3,), f"tip: {name}"))

    def turned(self, angle: float) -> Pose:
        """What moves points of the standing item, in the base frame, to where they are once it turned by `angle`."""
        first = min(angle, self.upright)
        return turn(self.edge, self.axis, angle - first) @ turn(self.foot, self.axis, first)

    def leaning(self, share: float) -> Array:
        """Rotation (3, 3) from the tool's attitude at the grasp to the one with this share of the lean."""
        return Rotation.from_rotvec(share * self.lean * self.axis).as_matrix()

    @property
    def before_grip(self) -> Pose:
        """The same for the tipped item."""
        return self.turned(self.angle)

    def opening(self, opening: float) -> float:
        return self.narrow


def tips(scene: Scene, item: ItemShape, tool: DualTool) -> Iterator[Tip]:
    """The ways in which an item may be tipped away from what it stands at; the site is in the middle of its top."""
    axes, size = item.T_base_box.rotation, item.size
    thin, up = _thin_and_up(item)
    flat = thin != up and THICK[0] < size[thin] < min(THICK[1], FLAT * size[3 - thin - up])
    if not flat or abs(axes[2, thin]) > STANDING or size[up] < HIGH:
        return
    upward = axes[:, up] * np.sign(axes[2, up])
    for sign in (1.0, -1.0):
        found = _tip(scene, item, tool, sign * axes[:, thin], upward, size[[thin, up]])
        if found is not None and _has_room(scene, item, item.moved(found.before_grip)):
            yield found


def _thin_and_up(item: ItemShape) -> tuple[int, int]:
    """Which axes of an item's box are its thinnest and its most upright one."""
    return int(np.argmin(item.size)), int(np.argmax(np.abs(item.T_base_box.rotation[2])))


def _tip(scene: Scene, item: ItemShape, tool: DualTool, ahead: Array, upward: Array, size: Array) -> Tip | None:
    """The tip along a thin axis (3,), None where nothing stands close behind or it leans far enough already."""
    (thickness, height), gripper, cup = size, tool.gripper, tool.cup
    level = np.array((ahead[0], ahead[1], 0.0)) / np.hypot(ahead[0], ahead[1])
    leaning = -float(np.arcsin(np.clip(upward @ level, -1, 1)))  # over what it stands at
    gap = gripper.finger_thickness + 2 * ROOM
    angle = leaning + float(np.arcsin(min(gap / (height - TIPS), 1.0)))
    offset = item.points - item.T_base_box.position
    back = item.points[(offset @ ahead < -thickness / 4) & (offset @ upward > height / 2 - 2 * TIPS)]
    if angle - leaning > MOST_ANGLE or leaning > MOST_ANGLE or angle < LEAST_TURN or len(back) == 0:
        return None
    behind = back - BESIDE * level
    if (others(scene, item, behind) | ~scene.source.contains(behind)).mean() < BLOCKED:
        return None
    front = item.points[(offset @ ahead > thickness / 4) & (offset @ upward > (PROPPED - 0.5) * height)]
    if others(scene, item, front + BESIDE * level).sum() > FEW:
        return None
    axis, centre = np.array((-level[1], level[0], 0.0)), item.T_base_box.position
    corner = centre - height / 2 * upward
    foot = corner - thickness / 2 * ahead
    edge = foot + thickness * level if leaning > 0 else corner + thickness / 2 * ahead
    opening = 2 * (cup.rod_radius + 1e-3)
    lean = _clear_of_wall(thickness / 2 - WALL, opening / 2 + gripper.finger_thickness, cup.extension)
    site = centre + height / 2 * upward
    return Tip(foot, edge, axis, max(leaning, 0.0), angle, site, max(lean - (angle - leaning), 0.0), opening)


def _clear_of_wall(room: float, half: float, above: float) -> float:
    """Lean of the tool, rad, at which a fingertip `half` metres from its axis and `above` over the cup's face is no
    further than `room` metres behind the cup: half cos(a) - above sin(a) = room.
    """
    return float(np.arccos(min(room / np.hypot(half, above), 1.0)) - np.arctan2(above, half))


def _has_room(scene: Scene, item: ItemShape, after: ItemShape) -> bool:
    """Whether a tipped item hits neither walls nor others."""
    outside = (~scene.source.contains(item.points)).mean()
    if (~scene.source.contains(after.points)).mean() > outside + MOST_HIT:
        return False
    return bool(others(scene, item, after.points).mean() < others(scene, item, item.points).mean() + MOST_HIT)


def ahead_of(scene: Scene, item: ItemShape, tip: Tip) -> Scene:
    """The scene in which an item is tipped; the space that it filled is free, and its new place not yet filled."""
    grid = scene.occupancy
    own = grid.item == item.id
    freed = replace(
        grid, state=np.where(own, np.uint8(Space.FREE), grid.state), item=np.where(own, np.int16(-1), grid.item)
    )
    after = item.moved(tip.before_grip)
    return replace(scene, occupancy=freed, items=tuple(after if other is item else other for other in scene.items))


def tip_candidates(ahead: Scene, index: int, tool: DualTool) -> Candidates:
    """Pinches of the tipped item `index` of a scene `ahead`, whose cup then is on the middle of its top."""
    item = ahead.items[index]
    axes = item.T_base_box.rotation
    thin, up = _thin_and_up(item)
    along = axes[:, 3 - thin - up]
    points = item.T_base_box.position + np.outer(STEPS, along)
    lines = np.hstack([points, np.tile(axes[:, thin], (len(points), 1))])
    patch = surface(item)
    T = tool_frames(lines, patch, ahead.source, tool)
    straight = np.abs(T[:, :3, 2] @ axes[:, up]) > ALONG
    return pads(index, T[straight], patch, tool.gripper)


def with_site(scene: Scene, tip: Tip, item: ItemShape, T_base_tool: Array, radius: float) -> Tip | None:
    """A tip whose cup is put on where the axis of a tool at T_base_tool (4, 4) leaves the tipped `item` above.

    Where the lip of `radius` metres would come down on the source's rim, it is put on further inside. None where the
    item's top was hardly seen there, or its middle would come down beside the top, off which it slides.
    """
    top = tops(own(item.points), own(T_base_tool[None]), radius, radius)[0]
    site = T_base_tool[:3, 3] + top * T_base_tool[:3, 2]
    near = np.linalg.norm(cross(item.points - site, T_base_tool[:3, 2]), axis=1) < radius
    near &= (item.points - site) @ T_base_tool[:3, 2] < radius
    if not np.isfinite(top) or item.seen[near].mean() < SEEN:
        return None
    site = tip.before_grip.inverse().apply(site)
    inward = cross(tip.axis, np.array((0.0, 0.0, 1.0)))
    approach = tip.leaning(1.0) @ T_base_tool[:3, 2]
    site = site + _on_wall(scene.source, site, approach, inward, radius) * inward
    thin, _ = _thin_and_up(item)
    beside = item.T_base_box.inverse().apply(tip.before_grip.apply(site))[thin]
    return replace(tip, site=site) if abs(beside) < item.size[thin] / 2 else None


def _on_wall(tote: Tote, site: Array, approach: Array, inward: Array, radius: float) -> float:
    """Metres by which a lip of `radius` put on `site` along `approach`, both (3,), would meet a wall or its rim.

    inward: level unit vector (3,) away from the wall.
    """
    into_tote = tote.T_base_tote.inverse()
    place, outward = into_tote.apply(site), -into_tote.rotate(inward)
    rise = tote.inner[2] - place[2]
    if rise < 0:
        return 0.0
    way = np.maximum(np.abs(outward[:2]), 1e-9)
    room = float(((tote.inner[:2] / 2 - np.sign(outward[:2]) * place[:2]) / way).min())
    room += min(rise * float(approach @ inward) / float(approach[2]), 0.0)  # where it passes the rim, if that is less
    return max(radius * abs(float(approach[2])) + LIP_ROOM - room, 0.0)


def turn(point: Array, axis: Array, angle: float) -> Pose:
    """The rotation by `angle` rad about the line through `point` (3,) along the unit vector `axis` (3,)."""
    rotation = Rotation.from_rotvec(angle * axis).as_matrix()
    return Pose.from_rotation(point - rotation @ point, rotation)


def tip_grasps(
    scene: Scene, index: int, tool: DualTool, beliefs: list[Belief], quality: Quality, stakes: Stakes
) -> list[Grasp]:
    """Good pinches of item `index` once the cup has tipped it, in each way that it may be."""
    ways = tips(scene, scene.items[index], tool)
    return [grasp for tip in ways for grasp in _pinches(scene, index, tip, tool, beliefs, quality, stakes)]


def _pinches(
    scene: Scene, index: int, tip: Tip, tool: DualTool, beliefs: list[Belief], quality: Quality, stakes: Stakes
) -> list[Grasp]:
    pinches = tipped(scene, index, tip, tool, beliefs, quality, stakes)
    best = distinct(pinches.candidates, pinches.odds, 2, pinches.build, stakes=stakes)
    sited = (pinches.sited(option) for option in best)
    return [grasp for grasp in sited if grasp is not None]


@dataclass(frozen=True, eq=False)
class Tipped:
    """The pinches of item `index` once it is tipped: candidates in the scene `ahead`, and odds, shape (C, 4)."""

    scene: Scene
    ahead: Scene
    index: int
    tip: Tip
    tool: DualTool
    beliefs: list[Belief]
    candidates: Candidates
    odds: Array

    def build(self, i: int) -> Grasp:
        """Candidate `i` as a Grasp whose cup is put on in the middle of the top."""
        return build(self.candidates, i, self.odds[i], self.ahead, self.tool, self.beliefs, self.tip)

    def sited(self, grasp: Grasp) -> Grasp | None:
        """The same with its cup where it will be; None where the item's top was hardly seen there."""
        item, T_base_tool = self.ahead.items[self.index], grasp.T_base_tool.matrix
        sited = with_site(self.scene, self.tip, item, T_base_tool, self.tool.cup.radius)
        return None if sited is None else replace(grasp, skill=sited)


def tipped(
    scene: Scene,
    index: int,
    tip: Tip,
    tool: DualTool,
    beliefs: list[Belief],
    quality: Quality,
    stakes: Stakes | None = None,
) -> Tipped:
    """All pinches of item `index` of a scene once it is tipped."""
    ahead, move = ahead_of(scene, scene.items[index], tip), tip.before_grip
    believed = [*beliefs]
    before = beliefs[index]
    believed[index] = replace(before, load=moved_load(before.load, move), thin=move.rotate(before.thin), wedged=0.0)
    candidates = describe(clear(ahead, tool, tip_candidates(ahead, index, tool)), believed)
    candidates, odds = with_force(ahead, candidates, quality, tool.gripper, stakes)
    return Tipped(scene, ahead, index, tip, tool, believed, candidates, odds)
