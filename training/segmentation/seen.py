"""Bins and tables as cameras see them: a surface, and of which item each part of it truly is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from handpick.grasp_plan.plan import grounded
from handpick.layout import standard_layout
from perception.camera import CameraFrame
from perception.errors import HandpickError
from perception.fusion.surface import Surface
from perception.perceiver import Perceiver
from perception.pose import Pose
from perception.segmentation.partition import Partition
from perception.support.on_support import perceive_on_support
from perception.tote import Tote
from sim.cameras.noise import DepthNoise, noisy_color, noisy_depth
from sim.cameras.rig import CameraRig
from sim.fill import settle
from sim.render.base import Renderer
from sim.render.scene import VisualScene
from sim.suites import suite_shares
from sim.table_scenes import grained, seats
from sim.tables import NO_ITEM, Table, draw_specs, packed, pile, table, wavy
from sim.world import World
from training.bin import NOBODY, take
from training.completion.cases import Origin
from training.completion.generate import STATES, STAYS, settled, specs_of
from training.completion.random_solids import SOLIDS, solid_specs
from training.segmentation.looks import Look, Looks

VIEWS = (1, 4)  # cameras over a bin
SEEN = 0.012  # metres between a surfel and a pixel's depth up to which the pixel shows the surfel
GREY = 128

Images = Sequence[tuple[CameraFrame, NDArray[np.int64]]]


@dataclass
class Recorder:
    """In place of a segmentation, keeps what there is to be segmented; there are no items."""

    asked: list[tuple[Surface, NDArray[np.bool_], float, Tote]] = field(default_factory=list)

    def __call__(self, surface: Surface, foreground: NDArray[np.bool_], voxel: float, tote: Tote) -> Partition:
        self.asked.append((surface, foreground, voxel, tote))
        return Partition(np.full(len(foreground), -1, np.int32), np.zeros(0))


def truth(
    points: NDArray[np.float32], poses: Sequence[Pose], frames: Sequence[CameraFrame], ids: Sequence[NDArray[np.int64]]
) -> NDArray[np.int64]:
    """Item that most views show at each point (N, 3), NO_ITEM for none, shape (N,).

    poses: of the cameras in the frame of the points. ids: item of each pixel, shape (H, W) each.
    """
    votes = np.zeros((len(points), 2 + max(int(image.max()) for image in ids)))
    for pose, frame, image in zip(poses, frames, ids):
        local, camera = pose.inverse().apply(points), frame.camera
        pixel = np.rint(local[:, :2] / local[:, 2:] * np.diag(camera.k)[:2] + camera.k[:2, 2]).astype(int)
        rows = np.flatnonzero(((pixel >= 0) & (pixel < (camera.width, camera.height))).all(axis=1))
        u, v = pixel[rows].T
        shown = np.abs(frame.depth[v, u] - local[rows, 2]) < SEEN
        np.add.at(votes, (rows[shown], 1 + image[v, u][shown]), 1)
    return np.asarray(votes.argmax(axis=1) - 1)


def look_at_bin(origin: Origin, renderer: Renderer, content: Looks) -> None:
    """Add what is seen of a bin, in each of its states. Raises UnrestError: what was added before stays."""
    rng = np.random.default_rng([origin.seed, origin.bin])
    drawn, pours, views, leaving = rng.spawn(4)
    with settled(specs_of(origin.suite, drawn), pours) as (world, scene):
        for _ in range(STATES):
            _look(world, scene, renderer, views.spawn(1)[0], origin.bin, content)
            gone = leaving.permutation(len(world.items))[round(STAYS * len(world.items)) :]
            for item in [world.items[i] for i in gone]:
                take(world, scene, item)
            if not world.items:
                break
            settle(world.client, world.items)


def _look(
    world: World, scene: VisualScene, renderer: Renderer, rng: Generator, number: int, content: Looks
) -> None:  # fmt: skip
    layout = standard_layout()
    order, sensors = rng.spawn(2)
    over = [camera for camera in layout.cameras if camera.name != layout.destination.name]
    cameras = tuple(over[i] for i in order.permutation(len(over)))
    scene.follow(world.client)
    rig = CameraRig(cameras, renderer, scene, sensors)
    frames = rig.capture(world.time)
    numbers = {body: index for index, item in enumerate(world.items) for body in item.bodies}
    ids = [_items(rig.ideal(camera.name).ids, numbers) for camera in cameras]
    families = tuple(item.spec.family for item in world.items)
    for views in VIEWS:
        for color in (True, False):
            images = list(zip(frames[:views] if color else [_grey(frame) for frame in frames[:views]], ids))
            recorder = Recorder()
            looking = Perceiver(layout.source, layout.destination, cameras[:views], wary=False, segmentation=recorder)
            with suppress(HandpickError):
                found = looking.perceive([frame for frame, _ in images], NOBODY)
                seen = _by_name(images, found.cameras)
                _keep(recorder, found.T_base_cameras, seen, families, ("bin", number, views, color), content)


def look_at_table(origin: Origin, suite: str, content: Looks) -> None:
    """Add what one camera and some around a table see of it. Raises UnrestError."""
    rng = np.random.default_rng([origin.seed, origin.bin])
    plain = tuple(rng.uniform(0.2, 0.8, 3))
    with table(grained(rng) if rng.random() < 0.7 else plain) as made:
        count = int(rng.integers(3, 13))
        specs = solid_specs(rng)[:count] if suite == SOLIDS else draw_specs(_shares(suite), count, rng, graspable=False)
        arrange = pile if rng.random() < 0.5 else packed
        arrange(made, specs, rng, 0.32 + 0.025 * count)
        if not made.items:
            return
        images = photos(made, rng)
        families = tuple(item.spec.family for item in made.items)
        for views in sorted({1, len(images)}):
            recorder = Recorder()
            with suppress(HandpickError):
                calm, support = grounded([frame for frame, _ in images[:views]], posed=True)
                found, local = perceive_on_support(calm, support, segmentation=recorder)
                some = [(frame, ids) for frame, (_, ids) in zip(local, images)]
                seen = _by_name(some, found.cameras)
                _keep(recorder, found.T_base_cameras, seen, families, ("table", origin.bin, views, True), content)


def photos(made: Table, rng: Generator) -> Images:
    """Of one camera, as often as not of four, by one of three kinds of noise."""
    count = 1 if rng.random() < 0.5 else int(rng.integers(2, 5))
    found, kind = [], rng.random()
    noise = DepthNoise.none() if kind < 0.1 else DepthNoise()
    for camera in seats(count, rng):
        image = made.render(camera)
        depth = noisy_depth(image, camera, noise, rng)
        if kind > 0.8:
            depth = wavy(depth, rng.uniform(0.001, 0.005), rng)
        found.append((CameraFrame(camera, 0.0, depth, noisy_color(image, noise, rng)), made.item_ids(image)))
    return found


def _keep(
    recorder: Recorder,
    poses: Sequence[Pose],
    images: Images,
    families: tuple[str, ...],
    about: tuple[str, int, int, bool],
    content: Looks,
) -> None:
    surface, foreground, voxel, tote = recorder.asked[-1]
    true = truth(surface.points, poses, [frame for frame, _ in images], [ids for _, ids in images])
    content.add(Look(surface, foreground, true, families, voxel, tote, *about))


def _by_name(images: Images, names: Sequence[str]) -> Images:
    return [next(image for image in images if image[0].camera.name == name) for name in names]


def _items(ids: NDArray[np.int32], numbers: dict[int, int]) -> NDArray[np.int64]:
    bodies, inverse = np.unique(ids, return_inverse=True)
    return np.array([numbers.get(int(body), NO_ITEM) for body in bodies])[inverse].reshape(ids.shape)


def _grey(frame: CameraFrame) -> CameraFrame:
    return replace(frame, color=np.full_like(frame.color, GREY))


def _shares(suite: str) -> dict[str, float]:
    return dict(suite_shares(suite))
