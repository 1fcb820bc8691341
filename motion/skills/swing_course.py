"""The course of a swing: a book's spine goes up over its fore-edge, so that it stays closed on the cup.

The cup sits close to the spine, which rises while the fore-edge stays on what it lies on; the cover turns with the
pages. Once the fore-edge comes off, the book hangs from its spine and its own weight keeps it closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from grasping.beliefs.neighbours import others
from grasping.contact.wrench_limits import rest_shares
from grasping.grasp import Grasp, Load, WrenchLimits
from grasping.skills.swing import UNSURE, Swing
from motion.errors import GraspTooWeak, InCollision, Unreachable
from motion.paths.arches import Router
from motion.paths.splines import b_spline
from motion.timing.grasp_load import Hold
from perception.pose import Array, Pose
from perception.scene import ItemShape, Scene

LAG = np.deg2rad(13)  # of the cover behind the pages when the fore-edge comes off: the tool leans less over the walls
LEANING = np.deg2rad(74)  # tilt of a hanging book's cover at which the wrist clears walls; wide ones open by 30
RAISE = 0.06  # metres straight up, on which the cover turns on to its tilt
TURNS, RAISES = 8, 2  # control points while the book turns about its fore-edge, and while it rises
TWISTED = 0.2, 0.8  # shares of the turn between which it is twisted: no sooner, or all of it would rub over the ground
# drag and twist (rad) of swings to try, the gentlest first: the tool ends level, and cannot point back at the arm
COURSES = tuple((drag, twist) for twist in np.deg2rad((0, 45, -45, 90, -90)) for drag in (0.0, 0.5, 1.0))
# turns of the tool about the cup: its wide palm must not stand on edge
YAWS = tuple(Pose.from_euler((0, 0, 0), (0, 0, yaw)) for yaw in np.deg2rad((0, 30, -30, 180, 150, -150)))
MOST_LIFTS = 3  # ways of the arm to swing that are worth a try
MOST_HIT = 0.01  # share of a book's points that may be believed inside others while it turns
ROOM_POINTS = 600  # of a book's points that tell whether it has room
WALL = 0.008  # metres that a book keeps from walls unless it lies closer to them
OVER_GROUND = 0.012  # metres over what a book is laid on from which it may hit what stands beside
SLENDER = 1.5  # height of books over their width
SWAY = 1.2  # m/s^2 towards the fore-edge's side that a hanging book is accelerated by: it opens by 2 atan(a / g)


def swing(T_base_grasp: Pose, hinge: Swing, drag: float = 0.0, twist: float = 0.0, gap: float = 0.0) -> Array:
    """Poses (N, 4, 4) of the grasp's frame, from where the book lies to where it hangs clear of the ground.

    Backwards they lay the book down. The tilt of the cover lags behind the pages' with the cube of the way.

    Args:
        drag: share of the way over the fore-edge that the spine does not go, but the fore-edge slides back beneath it.
        twist: of the book about the vertical through the middle of its fore-edge meanwhile, rad.
        gap: metres under the fore-edge where the cover lies: so far the pages hang open there.
    """
    T_base_spine = T_base_grasp @ hinge.T_tool_spine
    level, start = _levelled(T_base_spine)
    share, sunk = np.linspace(0, 1, TURNS), float(np.arcsin(np.clip(gap / hinge.width, 0.0, 0.5)))
    angles = start + sunk + (_upright(hinge) - start - sunk) * share
    tilt = angles - LAG * share**3 - sunk * (1 - share)
    turned = np.column_stack([*_risen(hinge, start + sunk, angles, drag, twist), tilt])
    raised = turned[-1] + np.linspace(0, 1, RAISES + 1)[1:, None] * (0, 0, RAISE, 0, hinge.tilt - tilt[-1])
    curve = b_spline(np.vstack([turned, raised]), 5)
    poses = np.zeros((len(curve), 4, 4))
    poses[:, :3, :3] = level @ Rotation.from_euler("ZY", curve[:, 3:]).as_matrix()
    poses[:, :3, 3] = T_base_spine.position + curve[:, :3] @ level.T
    poses[:, 3, 3] = 1
    return np.asarray(poses @ hinge.T_tool_spine.inverse().matrix)


def lying(hinge: Swing) -> Swing:
    """The hinge of a book as it is laid down: a cover no wider than was seen.

    A fore-edge that reaches the ground late stays behind while the cover turns, and the book opens.
    """
    return replace(hinge, width=hinge.width - UNSURE)


def hanging(points: Array, hinge: Swing) -> Array:
    """Points (N, 3) of the closed book in the grasp's frame, where they are while it hangs from its spine."""
    return _droop(hinge).apply(points)


def hung(item: ItemShape, T_base_grasp: Pose, hinge: Swing) -> tuple[ItemShape, Pose]:
    """A level book and its grasp's frame as they are once it hangs."""
    T_base_hung = Pose(swing(T_base_grasp, hinge)[-1])
    move = T_base_hung @ _droop(hinge) @ T_base_grasp.inverse()
    return item.moved(move), T_base_hung


def hanging_load(load: Load, hinge: Swing) -> Load:
    """The load as it is carried: a plate that hangs from the spine, which in its own plane is as good as rigid."""
    w, t, length = hinge.width, hinge.thickness, SLENDER * hinge.width
    R = hinge.T_tool_spine.rotation
    squares = np.array((length**2 + t**2, w**2 + t**2, w**2 + length**2))
    along = hinge.T_tool_spine.inverse().apply(load.centre)[1]
    centre = hanging(hinge.T_tool_spine.apply([(w / 2, along, -t / 2)]), hinge)[0]
    return replace(load, centre=centre, inertia=R @ np.diag(load.mass / 12 * squares) @ R.T)


def hanging_hold(hold: Hold, hinge: Swing) -> Hold:
    """What a hold of a lying book must carry while it hangs."""
    return replace(hold, limits=steady(hold.limits, hold.load, hinge), load=hanging_load(hold.load, hinge))


def steady(limits: WrenchLimits, load: Load, hinge: Swing) -> WrenchLimits:
    """The same limits, and one that keeps a hanging book from swaying open: pages lag behind a hurried cover."""
    across = hinge.T_tool_spine.rotate((np.cos(hinge.tilt), 0, np.sin(hinge.tilt)))
    rows = np.zeros((2, 6))
    rows[:, :3] = across, -across
    bounds = np.full(2, load.mass * SWAY)
    return WrenchLimits(np.vstack([limits.rows, rows]), np.append(limits.bounds, bounds))


def swept(tool: Array, book: Array, T_base_grasp: Pose, hinge: Swing) -> Array:
    """Points (N, 3) in the grasp's frame that `tool` (M, 3) and `book` (K, 3) pass through while it is laid down.

    Of the book those that pass well over the ground it is laid on; it hangs a little beyond where it comes to lie.
    """
    poses = T_base_grasp.inverse().matrix @ swing(T_base_grasp, hinge)[::5]
    down = T_base_grasp.rotation[2]
    ground = float((book @ down).min()) + OVER_GROUND
    found = [moved(tool, pose) for pose in poses]
    hung_book, droop = hanging(book, hinge), np.linspace(0, 1, len(poses)) ** 3  # of the pages under the cover
    for pose, share in zip(poses, droop):
        passing = moved((1 - share) * book + share * hung_book, pose)
        found.append(passing[passing @ down > ground])
    return np.concatenate(found)


def levelled(item: ItemShape, T_base_grasp: Pose) -> tuple[ItemShape, Pose]:
    """A book and its grasp's frame as they are once it lies level: its points turned about the cup, the cup upright."""
    turn = Rotation.align_vectors([(0, 0, -1.0)], [T_base_grasp.rotation[:, 2]])[0].as_matrix()
    centre = T_base_grasp.position
    points = centre + (item.points - centre) @ turn.T
    box = item.T_base_box
    T_base_box = Pose.from_rotation(centre + turn @ (box.position - centre), turn @ box.rotation)
    return replace(item, points=points, T_base_box=T_base_box), Pose.from_rotation(centre, turn @ T_base_grasp.rotation)


def fore_edge(book: Array, hinge: Swing) -> Array:
    """Those points (N, 3) of a lying book, in the grasp's frame, that lie at the foot of its fore-edge."""
    local = hinge.T_tool_spine.inverse().apply(book)
    edge = local[:, 0] > np.percentile(local[:, 0], 90)
    return book[edge & (local[:, 2] <= np.median(local[edge, 2]))]


def moved(points: Array, T: Array) -> Array:
    """Points (N, 3) moved by a pose (4, 4)."""
    return np.asarray(points @ T[:3, :3].T + T[:3, 3])


def swing_of(grasp: Grasp) -> Swing:
    """The swing that a grasp carries."""
    assert isinstance(grasp.skill, Swing)
    return grasp.skill


def attitudes(grasp: Grasp) -> tuple[Grasp, ...]:
    """The grasp of a book in the ways that it may hang, the gentlest first."""
    return grasp, replace(grasp, skill=replace(swing_of(grasp), tilt=float(LEANING)))


def outweighs(load: Load, limits: WrenchLimits, hinge: Swing, share: float, poses: Array) -> bool:
    """Whether at rest a book takes more than `share` of what its grasp carries, at poses (N, 4, 4) of the grasp's frame
    on which it is turned, at the last of which it hangs.
    """
    turned = rest_shares(load, limits, poses[:, :3, :3])
    hangs = rest_shares(hanging_load(load, hinge), steady(limits, load, hinge), poses[-1:, :3, :3])
    return bool(max(turned.max(), hangs.max()) > share)


def lifts(
    router: Router,
    T_base_cup: Pose,
    grasp: Grasp,
    hinge: Swing,
    scene: Scene,
    T_last_cup: Pose,
    near: Array,
    heavy: Callable[[Array], bool],
) -> Iterator[tuple[Pose, Array]]:
    """The grasp's frame in the last link's, and the joint path (N, J) of the swing: the least dragging first.

    The cup is round, so the wrist may be turned about it in any way: as the hanging attitude asks, the hard one.

    Args:
        T_base_cup: where the cup is pressed on. T_last_cup: the cup's frame in the last link's.
        near: (J,) where the arm comes from.
        heavy: whether the grasp cannot hold the book on a swing, poses (N, 4, 4) of the grasp's frame: sooner told than
            tried, since gravity turns about the book in the same way however the arm is put to it.

    Raises:
        InCollision: the book has no room to turn.
        GraspTooWeak: it is too heavy on every swing that has room.
        Unreachable: the arm can follow no swing.
    """
    item, T_base_tool = scene.item(grasp.item), grasp.T_base_tool
    courses = free_courses(scene, item, T_base_tool, hinge.T_tool_spine, hinge.width, hinge.thickness)
    if not courses:
        raise InCollision(f"item {grasp.item} would hit something when its spine is swung up over its fore-edge")
    turns = [T_last_cup @ yaw for yaw in YAWS]
    light = reached = False
    for course in courses:
        up, found = swing(T_base_cup, hinge, *course), []
        if heavy(up):
            continue
        light = True
        for T_last_grasp in turns:
            for path in _from_hanging(router, up[::-1], T_last_grasp, near):
                cost = float(router.inverse.cost(path[[0, -1]], near).sum())
                found.append((cost, T_last_grasp, path))
        for _, T_last_grasp, path in sorted(found, key=lambda lift: lift[0])[:MOST_LIFTS]:
            reached = True
            yield T_last_grasp, path
    if not light:
        raise GraspTooWeak(
            f"expected a swing on which gravity takes less of what the grasp of item {grasp.item} carries; choose one "
            "nearer to the middle of its spine"
        )
    if not reached:
        raise Unreachable(f"the arm cannot swing a book up at {T_base_cup.position.round(3).tolist()} m; turn the tote")


def _from_hanging(router: Router, poses: Array, T_last_grasp: Pose, near: Array) -> Iterator[Array]:
    """Joint paths (N, J) of the swing, found backwards: its end, where the tool leans most, is the hardest to reach."""
    for q in router.inverse.several(Pose(poses[0]) @ T_last_grasp.inverse(), near, thorough=False):
        try:
            yield router.through(poses, q, T_last_grasp)[::-1]
        except Unreachable:
            continue


@lru_cache(maxsize=4)
def free_courses(
    scene: Scene, item: ItemShape, T_base_tool: Pose, T_tool_spine: Pose, width: float, thickness: float
) -> tuple[tuple[float, float], ...]:
    """Those COURSES on which a book can be turned up without hitting walls or others, in whatever attitude it hangs."""
    free = with_room(scene, item, T_base_tool @ T_tool_spine, Swing(T_tool_spine, width, thickness))
    return tuple(course for course, room in zip(COURSES, free) if room)


def with_room(scene: Scene, item: ItemShape, T_base_spine: Pose, hinge: Swing) -> NDArray[np.bool_]:
    """On which of the COURSES a book can be turned up without hitting walls or other items."""
    level, start = _levelled(T_base_spine)
    book = item.points[:: max(len(item.points) // ROOM_POINTS, 1)]
    local = T_base_spine.inverse().apply(book)
    upper = local[:, 0] < 0.8 * hinge.width  # close to the fore-edge it hardly moves, but for a twist
    outside = (~scene.source.contains(book, WALL)).mean()
    angles = np.linspace(start, _upright(hinge), TURNS, dtype=np.float64)[1:]
    drag, twist = np.array(COURSES).T[:, :, None]
    x, y, z, yaw, tilt = np.broadcast_arrays(*_risen(hinge, start, angles, drag, twist), angles)
    turned = Rotation.from_euler("ZY", np.stack([yaw, tilt], axis=-1).reshape(-1, 2)).as_matrix()
    turned = level @ turned.reshape(*tilt.shape, 3, 3)
    spine = T_base_spine.position + np.stack([x, y, z], axis=-1) @ level.T
    points = local @ turned.swapaxes(-1, -2) + spine[..., None, :]
    beyond = ~scene.source.contains(points.reshape(-1, 3), WALL).reshape(points.shape[:-1])
    free = np.asarray(beyond.mean(axis=-1).max(axis=-1) <= max(outside, MOST_HIT / 4))
    above = points[free][:, :, upper]
    hit = others(scene, item, above.reshape(-1, 3)).reshape(above.shape[:-1])
    free[free] = hit.mean(axis=-1).max(axis=-1) <= MOST_HIT
    return free


def _levelled(T_base_spine: Pose) -> tuple[Array, float]:
    """The spine's frame turned about its y axis until x is level (3, 3), and the angle from there, rad."""
    rotation = T_base_spine.rotation
    angle = float(np.arctan2(-rotation[2, 0], rotation[2, 2]))
    return rotation @ Rotation.from_euler("y", -angle).as_matrix(), angle


def _droop(hinge: Swing) -> Pose:
    """What moves the pages, in the grasp's frame, from closed to where they hang."""
    droop = Pose.from_euler((0, 0, 0), (0, _upright(hinge) - hinge.tilt, 0))
    return hinge.T_tool_spine @ droop @ hinge.T_tool_spine.inverse()


def _upright(hinge: Swing) -> float:
    """Angle of the pages, rad, at which the spine is highest over the lower edge of the fore-edge."""
    return float(np.arctan2(hinge.width, hinge.thickness))


def _risen(hinge: Swing, start: float, angles: Array, drag: float | Array, twist: float | Array) -> tuple[Array, ...]:
    """Way of the spine's middle in the levelled frame, x, y, z, metres, and yaw, rad, each (N,), when the pages have
    turned from `start` to `angles` (N,); x, y and yaw are (C, N) for several ways to `drag` and `twist`, each (C, 1).

    They turn about the lower edge of the fore-edge, to which the spine keeps its distance.
    """
    w, t = hinge.width, hinge.thickness
    over = w * (np.cos(start) - np.cos(angles)) - t * (np.sin(start) - np.sin(angles))
    z = w * (np.sin(angles) - np.sin(start)) + t * (np.cos(angles) - np.cos(start))
    share = np.clip(((angles - start) / (_upright(hinge) - start) - TWISTED[0]) / (TWISTED[1] - TWISTED[0]), 0, 1)
    yaw = twist * share**2 * (3 - 2 * share)
    across = w * np.cos(angles) - t * np.sin(angles)  # from the spine to the lower edge of the fore-edge
    return (1 - drag) * over + across * (1 - np.cos(yaw)), -across * np.sin(yaw), z, yaw
