"""Films: in real time, of what truly happened, which they do not change."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from grasping.tools import Tool
from handpick.command import main
from handpick.viewer.shown import Offer, Shown
from perception.pose import Pose
from perception.warm_up import made_up
from sim.cell import SimCell
from sim.film.filmed_cell import FilmedCell, Picture
from sim.film.light import creases, looking_at, shadows
from sim.film.movie import FilmError, write_movie
from sim.film.played import NoMotion, play, played
from sim.film.studio import before_the_totes
from sim.one_bin import one_bin
from sim.plan import SimPlan
from sim.render.renderer import make_renderer
from sim.render.scene import VisualScene
from sim.render.shapes import box_mesh
from tests.support.planning import ARM, LAYOUT, ONE, PLANNER, top_grasp

RATE = 15


def moving_square(count: int = 31) -> list[np.ndarray]:
    pictures = []
    for i in range(count):
        picture = np.full((72, 96, 3), (90, 120, 140), np.uint8)
        picture[20:40, 2 * i : 2 * i + 20] = (220, 60, 40)
        pictures.append(picture)
    return pictures


def test_a_gif_shows_every_picture_at_its_time(tmp_path: Path) -> None:
    pictures = moving_square()
    with Image.open(write_movie(tmp_path / "film.gif", pictures, RATE)) as film:
        shown, milliseconds = [], 0
        for i in range(film.n_frames):
            film.seek(i)
            milliseconds += film.info["duration"]
            shown.append(np.asarray(film.convert("RGB")).astype(int))
    assert milliseconds == pytest.approx(1000 * len(pictures) / RATE, abs=10)
    assert max(np.abs(a - b).max() for a, b in zip(shown, pictures, strict=True)) <= 3


def test_an_mp4_shows_every_picture(tmp_path: Path) -> None:
    film = cv2.VideoCapture(str(write_movie(tmp_path / "film.mp4", moving_square(), RATE)))
    assert film.get(cv2.CAP_PROP_FPS) == RATE and film.get(cv2.CAP_PROP_FRAME_COUNT) == 31


@pytest.mark.parametrize("name", ["film.webm", "film"])
def test_a_film_of_no_known_kind_is_refused_before_any_work(tmp_path: Path, capsys, name: str) -> None:
    assert main(["film", "--suite", "boxes", "--orders", "1", "--out", str(tmp_path / name)]) == 2
    assert ".gif or .mp4" in capsys.readouterr().err


def test_a_film_without_pictures_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FilmError, match="nothing was picked"):
        write_movie(tmp_path / "film.gif", [], RATE)


def test_a_box_casts_its_shadow_away_from_the_lamp_and_a_plain_floor_has_no_creases() -> None:
    renderer, scene = make_renderer(), VisualScene()
    try:
        scene.add(1, None, box_mesh((2, 2, 0.02), (0.7, 0.7, 0.7)), Pose.from_rotation((0, 0, -0.01), np.eye(3)))
        camera = looking_at("film", np.array((0.01, -1.2, 1.2)), np.zeros(3), (240, 180), 0.8)
        lamp = looking_at("lamp", np.array((-2.0, 0.0, 2.0)), np.zeros(3), (400, 400), 0.8)
        views = lambda: [renderer.render(view, view.T_base_camera, scene).depth for view in (camera, lamp)]
        bare, from_lamp = views()
        assert creases(bare)[20:-20, 20:-20].min() > 0.97
        assert shadows(bare, camera, from_lamp, lamp).min() > 0.99
        scene.add(2, None, box_mesh((0.2, 0.2, 0.2), (0.7, 0.2, 0.2)), Pose.from_rotation((0, 0, 0.1), np.eye(3)))
        light = shadows(*(part for pair in zip(views(), (camera, lamp)) for part in pair))
        at = lambda x: light[tuple(np.rint(camera.project(np.array([(x, 0.0, 0.0)]))[0][0, ::-1]).astype(int))]
        assert at(0.2) < 0.7 < 0.95 < at(-0.3)
    finally:
        renderer.close()


def test_a_plan_is_filmed_from_its_begin_to_its_end_with_the_item_in_hand() -> None:
    frame = made_up(LAYOUT.cameras[0], LAYOUT.source)
    grasp = top_grasp(ONE, ONE.items[0].id, Tool.SUCTION)
    plan = PLANNER.plan(grasp, ONE, ARM.description.home)
    shown = Shown("a box", ONE, (frame,), (Offer(grasp, 0.7),), 0, ARM.tool, plan, ARM)
    moved: list[np.ndarray] = []

    def shoot(scene: VisualScene) -> np.ndarray:
        box = ONE.items[0].vertices.astype(np.float32)
        (held,) = (one for one in scene.shown.values() if np.array_equal(one.vertices, box))
        moved.append(held.T_base_link[:3, 3])
        return np.zeros((90, 160, 3), np.uint8)

    pictures = list(played(shown, shoot))
    seconds = sum(step.trajectory.duration for step in plan.steps if step.trajectory)
    assert seconds < len(pictures) / RATE < seconds + 1
    assert np.linalg.norm(moved[0]) == 0 and np.linalg.norm(moved[-1]) > 0.2
    assert pictures[0].max() > 200  # captions


def test_looks_without_a_motion_make_no_film(tmp_path: Path) -> None:
    shown = Shown("a box", ONE, (), (), None, ARM.tool)
    with pytest.raises(NoMotion, match="planned motion"):
        play([shown], tmp_path / "film.gif")


def test_being_filmed_changes_nothing() -> None:
    def run(kind: type[SimCell], pictures: list[Picture]) -> tuple[float, list[np.ndarray]]:
        with one_bin(SimPlan("boxes", 1), kind) as bin_:
            if isinstance(bin_.cell, FilmedCell):
                bin_.cell.film(before_the_totes(bin_.cell.cameras.renderer, (96, 64)), 0.25, pictures.append)
            (outcome,) = bin_.pick()
            return outcome.ended, [np.asarray(bin_.cell.state().positions)]

    pictures: list[Picture] = []
    plain, filmed = run(SimCell, []), run(FilmedCell, pictures)
    assert filmed[0] == plain[0]
    assert all((a == b).all() for a, b in zip(filmed[1], plain[1]))
    assert np.diff([picture.stamp for picture in pictures]) == pytest.approx(0.25, abs=1 / 240)
    assert plain[0] - pictures[-1].stamp < 0.25 + 1 / 240
