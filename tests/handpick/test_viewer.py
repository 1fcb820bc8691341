"""Looks in the browser: what is drawn tells what was perceived and planned, and real Chromium shows it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import trimesh
from numpy.typing import NDArray

from grasping.grasp import Odds
from grasping.tool_solids import tool_solids
from grasping.tools import DualTool, Tool
from handpick.command import main
from handpick.recording.folder import write_look
from handpick.viewer.colors import odds_colors
from handpick.viewer.layers import Layer
from handpick.viewer.page import Page
from handpick.viewer.panel import MOST, name_of, ranked, told
from handpick.viewer.server import LOOPBACK, AddressRefused, ViserMissing, serve
from handpick.viewer.shown import Offer, Shown
from handpick.viewer.solids import arm_figure, glyphs, tool_at
from handpick.viewer.stored import Choice, stored
from handpick.viewer.surfaces import UNSEEN_CELL, Paint, fused_points, unseen_blocks, vertex_colors
from handpick.viewer.timeline import Timeline
from motion.planning.step import Gripped
from perception.camera import CameraFrame
from perception.depth_image import DepthImage
from perception.draw import item_color
from perception.pose import Pose
from perception.scene import Occupancy, Space
from perception.warm_up import made_up
from tests.support.browser import Tab, browser, chromium
from tests.support.planning import ARM, BOXES, LAYOUT, ONE, PLANNER, top_grasp

SCENE = 700  # pixels from the left that the panel does not hide
TOOL = DualTool()
ITEM = ONE.items[0].id
CUP = top_grasp(ONE, ITEM, Tool.SUCTION)
FINGERS = replace(top_grasp(ONE, ITEM, Tool.PINCH), odds=Odds(0.3, 0.5, 0.2))


@pytest.fixture(scope="module")
def shown() -> Shown:
    frames = tuple(made_up(camera, LAYOUT.source) for camera in LAYOUT.cameras[:2])
    offers = (Offer(CUP, 0.7, "chosen", "It promised <most>."), Offer(FINGERS, 0.1, "outranked"))
    plan = PLANNER.plan(CUP, ONE, ARM.description.home)
    return Shown("a box", ONE, frames, offers, 0, TOOL, plan, ARM, BOXES, ("One note.",))


@pytest.fixture
def page() -> Iterator[Page]:
    pytest.importorskip("viser")
    server = serve(port=8300)
    yield Page(server)
    server.stop()


def image_of(frame: CameraFrame) -> DepthImage:
    camera = frame.camera
    return DepthImage(frame.depth, camera.k, T_base_camera=camera.T_base_camera, color=frame.color, name=camera.name)


def volume(vertices: NDArray[np.generic], triangles: NDArray[np.int32]) -> float:
    """Of a closed mesh whose triangles face outward."""
    mesh = trimesh.Trimesh(vertices, triangles)
    assert mesh.is_watertight
    return float(mesh.volume)


@pytest.mark.parametrize("grasp", [CUP, FINGERS], ids=["suction", "pinch"])
def test_a_timeline_follows_the_plan_from_the_first_posture_to_the_release(grasp) -> None:
    plan = PLANNER.plan(grasp, ONE, ARM.description.home)
    timeline = Timeline(plan, grasp, TOOL)
    motions = sum(step.trajectory.duration for step in plan.steps if step.trajectory)
    assert motions < timeline.duration < motions + 1
    assert timeline.at(0).positions == pytest.approx(plan.start)
    assert timeline.at(1e9).positions == pytest.approx(plan.end)
    assert plan.ending is not None
    T_base_item = timeline.carried(ARM, timeline.duration) @ ARM.T_base_tool(plan.gripping, grasp.tool)
    assert T_base_item.position == pytest.approx(plan.ending.T_base_release.position, abs=1e-6)
    assert timeline.carried(ARM, 0.1).matrix == pytest.approx(np.eye(4))


def test_fingers_close_on_the_item_and_hold_it_until_they_let_go() -> None:
    plan = PLANNER.plan(FINGERS, ONE, ARM.description.home)
    timeline = Timeline(plan, FINGERS, TOOL)
    carry = next(i for i, step in enumerate(plan.steps) if isinstance(step.guard, Gripped)) + 1
    held = timeline.at(timeline.starts[carry] + 0.1)
    assert held.holds and held.opening == pytest.approx(FINGERS.width)
    approaching, done = timeline.at(timeline.starts[carry] - 0.5), timeline.at(timeline.duration)
    assert not approaching.holds and approaching.opening > FINGERS.width
    assert not done.holds and done.opening > FINGERS.width


def test_the_tool_is_drawn_as_large_as_its_solids_and_glyphs_end_where_it_touches() -> None:
    assert len(tool_at(TOOL, 0.05, 1.0)) == len(tool_solids(TOOL))
    lowest = max(float(solid.vertices[:, 2].max()) for solid in tool_at(TOOL, 0.05, 1.0))
    assert lowest == pytest.approx(TOOL.T_flange_cup.position[2], abs=1e-6)
    cup = np.concatenate([solid.vertices for solid in glyphs(TOOL, Tool.SUCTION)])
    assert cup[:, 2].max() == pytest.approx(0, abs=1e-7)
    assert np.hypot(cup[:, 0], cup[:, 1]).max() == pytest.approx(TOOL.cup.radius, abs=1e-6)
    (finger,) = glyphs(TOOL, Tool.PINCH)
    assert finger.vertices[:, 1].min() == pytest.approx(0, abs=1e-7)
    assert volume(finger.vertices, finger.triangles) > 0


def test_every_link_of_the_arm_has_its_capsules() -> None:
    figure = arm_figure(ARM.description)
    assert sum(len(solids) for solids in figure.values()) == len(ARM.description.capsules)
    assert set(figure) <= {link.name for link in ARM.description.links}
    for solids in figure.values():
        for solid in solids:
            assert volume(solid.vertices, solid.triangles) > 0


def test_unseen_space_is_drawn_as_a_closed_hull_of_its_own_size() -> None:
    state = np.full((12, 12, 12), Space.FREE, np.uint8)
    state[3:9, 3:6, 0:6] = Space.UNSEEN
    T_base_grid = Pose.from_euler((0.3, 0.1, 0), (0, 0, 0.4))
    vertices, triangles = unseen_blocks(Occupancy(T_base_grid, 0.01, state, np.full(state.shape, -1, np.int16)))
    assert UNSEEN_CELL == 3
    assert volume(vertices, triangles) == pytest.approx(6 * 3 * 6 * 1e-6, rel=1e-4)
    local = T_base_grid.inverse().apply(vertices)
    assert local.min(axis=0) == pytest.approx((0.025, 0.025, -0.005), abs=1e-6)


def test_items_are_coloured_as_seen_by_identity_or_by_confidence() -> None:
    item = ONE.items[0]
    assert (vertex_colors(item, Paint.ITEM) == item_color(item.id)).all()
    assert vertex_colors(item, Paint.SEEN).shape == item.vertices.shape
    points, colors = fused_points(ONE, Paint.CONFIDENCE)
    assert len(points) == len(colors) == item.seen.sum()


def test_better_odds_are_greener() -> None:
    colors = odds_colors(np.linspace(0, 1, 11)).astype(int)
    assert (np.diff(colors[:, 1] - colors[:, 0]) > 0).all()


def test_the_panel_tells_odds_and_reasons_and_lets_no_markup_in(shown: Shown) -> None:
    words = told(shown.offers[0])
    assert "&lt;most&gt;" in words and f"{CUP.odds.placed_undamaged:.1%}" in words
    many = replace(shown, offers=shown.offers * MOST)
    assert ranked(many, 0).count("<tr") == MOST and f"and {MOST} more" in ranked(many, 0)
    names = [name_of(offer, i) for i, offer in enumerate(many.offers)]
    assert len(set(names)) == len(names)
    assert "no grasp" in ranked(replace(shown, offers=(), chosen=None), None)


def test_looks_are_stepped_through_and_followed(page: Page, shown: Shown) -> None:
    assert page.server.get_host() == LOOPBACK
    page.add(shown)
    page.add(replace(shown, title="empty", offers=(), chosen=None, plan=None))
    assert page.index == 0 and page.robot is not None and page.timeline is not None
    page.seek(page.timeline.duration)
    assert page.layers is not None
    moved = np.array(page.layers.items[ITEM].position)
    assert np.linalg.norm(moved) > 0.1
    page.show(1)
    assert page.timeline is None
    page.controls.follow.value = True
    page.add(shown)
    assert page.index == 2
    page.controls.boxes[Layer.UNSEEN].value = True
    assert Layer.UNSEEN in page.layers.nodes
    page.tell(2, "Placed.")
    assert "Placed." in page.controls.notes.content


def test_a_folder_of_depth_images_is_shown_without_an_arm(page: Page, tmp_path: Path) -> None:
    frames = [made_up(camera, LAYOUT.source) for camera in LAYOUT.cameras[:2]]
    write_look(tmp_path, [image_of(frame) for frame in frames])
    middle, told = LAYOUT.source.T_base_tote.position, list[str]()
    region = middle - np.array((0.28, 0.28, 0.1)), middle + np.array((0.28, 0.28, 0.3))
    (look,) = stored(tmp_path, Choice(region=region), told.append)
    assert look.scene.items and look.offers and look.chosen == 0 and look.notes and not told
    page.add(look)
    assert page.robot is None and page.timeline is None
    assert list(stored(tmp_path, Choice(skip=1), told.append)) == []


def test_a_look_that_shows_nothing_is_left_out_with_its_reason(tmp_path: Path) -> None:
    frame = made_up(LAYOUT.cameras[0], LAYOUT.source)
    write_look(tmp_path, [replace(image_of(frame), depth=np.zeros_like(frame.depth))])
    told: list[str] = []
    assert list(stored(tmp_path, Choice(), told.append)) == []
    assert len(told) == 1 and "look 0" in told[0] and "depth" in told[0]


def test_without_viser_the_command_says_what_to_install(monkeypatch, capsys) -> None:
    monkeypatch.setitem(sys.modules, "viser", None)
    with pytest.raises(ViserMissing, match=r"pip install 'handpick\[view\]'"):
        serve()
    assert main(["view"]) == 2
    assert "handpick[view]" in capsys.readouterr().err


@pytest.mark.parametrize(("host", "port"), [("10.99.99.99", 8300), ("no.such.host.invalid", 8300), (LOOPBACK, 70000)])
def test_an_address_that_is_not_ours_is_refused_at_once(host: str, port: int) -> None:
    pytest.importorskip("viser")
    with pytest.raises(AddressRefused, match="name another"):
        serve(host, port)


@pytest.mark.skipif(chromium() is None, reason="there is no Chromium here: apt-get install chromium")
def test_chromium_shows_the_look(page: Page, shown: Shown) -> None:
    page.add(shown)
    page.controls.paints.value = Paint.ITEM.value
    for layer in (Layer.CANDIDATES, Layer.SURROUNDINGS, Layer.CAMERAS):  # what would stand in the item's way
        page.controls.boxes[layer].value = False
    with browser(page.address, 1080, 560) as tab:
        until(lambda: "Look 1: a box" in tab.text())
        text = tab.text()
        assert "placed undamaged" in text and "One note." in text and "73%" in text
        until(lambda: opened(tab, "Layers", shows="unseen space", hides="placed undamaged"))
        picture = until(lambda: colored(tab.picture()))
        page.seek(page.player.duration)
        until(lambda: len(seen := colored(tab.picture())) and middle(seen)[1] > middle(picture)[1] + 20)


def opened(tab: Tab, label: str, shows: str, hides: str) -> bool:
    """Whether a part of the panel is open; clicked once more where not: it may have moved while it was drawn."""
    if shows in (text := tab.text()) and hides not in text:
        return True
    tab.click(label)
    return False


def until(found: Callable[[], object], patience: float = 90.0):
    """What is found at last."""
    end = time.monotonic() + patience
    while not np.size(last := found()) or not np.any(last):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.3)
    return last


def colored(picture: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Row and column of the pixels that show the item, by its hue, shape (N, 2); none where it is but a speck."""
    as_hsv = lambda rgb: cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV_FULL).astype(int)
    hue = as_hsv(np.array([[item_color(ITEM)]], np.uint8))[0, 0, 0]
    hues, strength, light = np.moveaxis(as_hsv(np.ascontiguousarray(picture[:, :SCENE])), -1, 0)
    near = np.abs((hues - hue + 128) % 256 - 128) < 10
    found = np.argwhere(near & (strength > 130) & (light > 80))
    return found if len(found) > 60 else found[:0]


def middle(pixels: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.asarray(pixels.mean(axis=0))
