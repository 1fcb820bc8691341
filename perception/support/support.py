"""The support of a scene: an open table, or a tote whose walls are found, in the frame of its own plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.ndimage import binary_dilation, label

from perception.camera import CameraFrame
from perception.errors import SupportError
from perception.pose import Array, Pose
from perception.support.plane import Plane, find_plane, refine
from perception.support.walls import find_walls
from perception.tote import Tote

STRIDE_PIXELS = 60_000  # pixels of all views that are looked at
THIN = 0.0045, 0.012  # metres over the support, least and most, up to which a surface may be the support itself
SIGMAS = 3.0  # standard deviations of the support's noise that count as the support
OVER_RIM = 0.10  # metres over a known tote's rim up to which its items may stand out
HIGHEST = 0.60  # metres over the support up to which something may stand on it
LARGEST = 1.2  # metres, of a region
AROUND = 0.06  # metres kept around what stands on the support
CELL = 0.02  # metres, of the region's map
NEAR = 0.01  # metres from the plane within which a point is on it
UP = np.array((0.0, 0.0, 1.0))
FEWEST = 2  # points of a cell's column that count as something
SCALES = 0.90, 1.10  # of depth, between which a known support corrects it
TURNS = np.cos(np.deg2rad(5))  # between a known support's normal and the one that is seen


@dataclass(frozen=True, eq=False)
class Support:
    """What items stand on.

    Attributes:
        T_base_support: the support's frame: z is its normal, the origin in the middle of the region that is looked at.
        tote: the same as a tote in that frame, of depth 0 where it has no walls.
        scale: by which depth was corrected, 1 where the support's place is not known.
        highest: metres over it up to which something was seen to stand.
        noise: standard deviation of the points on it, metres. reach: distance from the cameras at which it is so.
    """

    T_base_support: Pose
    tote: Tote
    highest: float
    noise: float = 0.0
    reach: float = 1.0
    scale: float = 1.0

    @property
    def notes(self) -> tuple[str, ...]:
        """What was found and assumed, in words."""
        length, width, depth = 1e3 * self.tote.inner
        what = "an open table" if depth == 0 else f"a tote {depth:.0f} mm deep"
        scaled = "" if self.scale == 1 else f"; depth was multiplied by {self.scale:.4f} to have it where it is known"
        region = f"{what}, {length:.0f} x {width:.0f} mm of it, with {1e3 * self.noise:.1f} mm of noise"
        return (f"support: {region}{scaled}",)

    def thin(self, points: Array, eyes: Array) -> Array:
        """Metres over the support up to which each of the points (N, 3) may be the support itself, shape (N,).

        The noise of depth grows with its square. eyes: where the cameras stand, shape (C, 3), in the points' frame.
        """
        return _thin(self.noise, np.linalg.norm(points[:, None] - eyes, axis=2).min(axis=1), self.reach)

    @staticmethod
    def of(tote: Tote) -> Support:
        """A tote that is known."""
        here = replace(tote, T_base_tote=Pose.identity())
        return Support(tote.T_base_tote, here, float(tote.inner[2]) + OVER_RIM)


def cloud(frames: Sequence[CameraFrame], most: int = STRIDE_PIXELS) -> tuple[Array, Array]:
    """Points of all frames in the base frame, and where the camera of each stands, shape (N, 3) both."""
    points, eyes = [], []
    every = sum(frame.depth.size for frame in frames)
    step = max(1, int(np.ceil(np.sqrt(every / most))))
    for frame in frames:
        depth = frame.depth[::step, ::step]
        rays = frame.camera.rays(step=step)
        seen = np.isfinite(depth)
        local = (rays[seen] * depth[seen][:, None]).astype(np.float64)
        points.append(frame.camera.T_base_camera.apply(local))
        eyes.append(np.tile(frame.camera.T_base_camera.position, (len(local), 1)))
    return np.concatenate(points), np.concatenate(eyes)


def find_support(
    frames: Sequence[CameraFrame],
    up: Array | None = None,
    known: Pose | None = None,
    region: tuple[Array, Array] | None = None,
) -> Support:
    """The support that the frames show: the floor of a bin, else a table and the region of it on which something is.

    Args:
        up: against gravity in the base frame, shape (3,); None: unknown.
        known: the support's pose, of which only the plane counts: its z axis is the normal. Depth is then corrected by
            a factor, where the plane is seen at another distance.
        region: least and greatest corner in the base frame, shape (3,) both, of what is to be looked at; None: all of
            the support and what stands on it.

    Raises:
        SupportError: there is no support, or it is not where it is known to be.
    """
    points, eyes = cloud(frames)
    if region is not None:
        inside = ((points >= region[0]) & (points <= region[1])).all(axis=1)
        if inside.sum() < 100:
            raise SupportError(
                f"region: expected points between {_text(region[0])} and {_text(region[1])} m of the base frame, got "
                f"{int(inside.sum())} there; all points lie between {_text(points.min(axis=0))} and "
                f"{_text(points.max(axis=0))} m"
            )
        points, eyes = points[inside], eyes[inside]
    x = frames[0].camera.T_base_camera.rotation[:, 0]
    seen = find_plane(points, eyes, up if known is None else known.rotation[:, 2])
    plane, scale = seen, 1.0
    if known is not None:
        walls = find_walls(_frame(seen, x).inverse().apply(points), seen.noise)
        floor = replace(seen, offset=seen.offset + walls[0].position[2]) if walls else seen
        plane, scale = _where_known(known, floor, points, eyes)
        points = eyes + scale * (points - eyes)
    T_base_plane = _frame(plane, x)
    local, far = T_base_plane.inverse().apply(points), np.linalg.norm(points - eyes, axis=1)
    walls = find_walls(local, plane.noise)
    if walls is None:
        return _region(T_base_plane, plane.noise, local, far, scale)
    T_plane_tote, tote = walls
    if known is not None:
        T_plane_tote, tote = _on_plane(T_plane_tote, tote)
    return _between(T_base_plane @ T_plane_tote, tote, T_plane_tote.inverse().apply(local), far, scale)


def _where_known(known: Pose, seen: Plane, points: Array, eyes: Array) -> tuple[Plane, float]:
    """The known plane, and the factor by which depth has to grow for it to be seen there."""
    normal = known.rotation[:, 2]
    expected = float(normal @ known.position)
    eye = eyes.mean(axis=0)
    scale = (normal @ eye - expected) / (seen.normal @ eye - seen.offset)
    if float(normal @ seen.normal) < TURNS or not SCALES[0] < scale < SCALES[1]:
        angle = np.rad2deg(np.arccos(np.clip(normal @ seen.normal, -1, 1)))
        raise SupportError(
            f"support: expected its plane where it is said to be, got one that is turned by {angle:.1f} degrees and "
            f"seen at {1 / scale:.3f} of its distance; check T_base_camera and the support's pose"
        )
    scaled = eyes + scale * (points - eyes)
    return Plane(normal, expected, refine(Plane(normal, expected, 0.0), scaled).noise), float(scale)


def _frame(plane: Plane, towards: Array) -> Pose:
    """T_base_plane: z along the plane's normal, x towards a direction (3,) in the plane, or level to it."""
    x = towards - (towards @ plane.normal) * plane.normal
    if np.linalg.norm(x) < 0.1:
        x = np.cross(plane.normal, np.eye(3)[int(np.argmin(np.abs(plane.normal)))])
    x /= np.linalg.norm(x)
    rotation = np.column_stack([x, np.cross(plane.normal, x), plane.normal])
    return Pose.from_rotation(plane.offset * plane.normal, rotation)


def _on_plane(T_plane_tote: Pose, tote: Tote) -> tuple[Pose, Tote]:
    """A tote of which the floor lies in the plane, its rim where it is."""
    x, y, floor = T_plane_tote.position
    inner = tote.inner + np.array((0, 0, floor))
    return Pose.from_rotation((x, y, 0.0), T_plane_tote.rotation), replace(tote, inner=inner)


def _between(T_base_tote: Pose, tote: Tote, local: Array, far: Array, scale: float) -> Support:
    """The floor of a bin. local: points in its frame, shape (N, 3). far: their distances from the cameras, (N,)."""
    inside = (np.abs(local[:, :2]) < tote.inner[:2] / 2 - NEAR).all(axis=1)
    heights, on = local[inside, 2], np.abs(local[:, 2]) < NEAR
    noise = refine(Plane(UP, 0.0, 0.0), local[inside]).noise
    highest = max(float(np.quantile(heights, 0.999)), float(tote.inner[2]))
    return Support(T_base_tote, tote, highest, noise, float(np.median(far[inside & on])), scale)


def _region(T_base_plane: Pose, noise: float, local: Array, far: Array, scale: float) -> Support:
    """The rectangle of an open table that holds what stands on it. local: points in its frame, far: as `_between`."""
    on = np.abs(local[:, 2]) < NEAR
    reach = float(np.median(far[on]))
    near = (np.abs(local[:, :2] - np.median(local[on, :2], axis=0)) < LARGEST).all(axis=1)
    local, far = local[near], far[near]
    low, high = _extent(local, _thin(noise, far, reach))
    size, centre = np.minimum(high - low, LARGEST), (low + high) / 2
    inside = (np.abs(local[:, :2] - centre) < size / 2).all(axis=1) & (local[:, 2] < HIGHEST)
    highest = float(np.quantile(local[inside, 2], 0.999)) if inside.any() else 0.0
    T_base_support = T_base_plane @ Pose.from_rotation((*centre, 0.0), np.eye(3))
    table = Tote("support", Pose.identity(), np.array((*size, 0.0)))
    return Support(T_base_support, table, max(highest, THIN[1]), noise, reach, scale)


def _thin(noise: float, far: Array, reach: float) -> Array:
    """`Support.thin` of points whose distances from the cameras are `far`, shape (N,)."""
    return np.asarray(np.clip(SIGMAS * noise * (far / reach) ** 2, *THIN))


def _extent(local: Array, thin: Array) -> tuple[Array, Array]:
    """Least and greatest x, y (2,) of what stands on the support, or of all of the support where nothing does.

    Only what stands over, or beside, seen support: not a wall behind the table or a floor before it.
    """
    origin = local[:, :2].min(axis=0)
    cells = np.floor((local[:, :2] - origin) / CELL).astype(np.int64)
    shape = tuple(cells.max(axis=0) + 1)
    count = lambda rows: np.bincount(np.ravel_multi_index(cells[rows].T, shape), minlength=shape[0] * shape[1])
    bears = count(np.abs(local[:, 2]) < thin).reshape(shape) >= FEWEST
    stands = count((local[:, 2] > thin) & (local[:, 2] < HIGHEST)).reshape(shape) >= FEWEST
    parts, number = label(binary_dilation(bears, iterations=2) | stands)
    if number == 0:
        return origin, local[:, :2].max(axis=0)
    sizes = np.bincount(parts[bears], minlength=number + 1)
    mine = parts == int(np.argmax(sizes[1:])) + 1
    used = mine & stands & binary_dilation(bears, iterations=6)
    at = np.argwhere(used if used.any() else mine & bears)
    return origin + at.min(axis=0) * CELL - AROUND, origin + (at.max(axis=0) + 1) * CELL + AROUND


def _text(values: Array) -> str:
    return "(" + ", ".join(f"{value:.3f}" for value in values) + ")"
