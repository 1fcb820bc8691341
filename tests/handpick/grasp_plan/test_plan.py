"""Grasps from depth images alone: in the right frame, for the tool at hand, remembered, and refused with a reason."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import handpick
from grasping.tools import DualTool, Gripper, SuctionCup, Tool
from handpick import DepthImage, Tracker, plan
from handpick.command import main
from handpick.grasp_plan.read_tool import ToolFileError, read_tool
from handpick.grasp_plan.read_tote import read_tote
from perception.errors import FrameError, GeometryError, HandpickError, SupportError
from perception.pose import Pose
from tests.support.depth_scenes import K, Solid, image_of, standing

EXAMPLES = Path(__file__).parents[3] / "examples"
SCENE: list[Solid] = [standing((0.10, 0.06, 0.08)), standing((0.05, 0.05, 0.10), (0.16, 0.05))]
EYE = (0.0, -0.45, 0.65)


def test_every_name_of_the_package_is_there() -> None:
    assert all(getattr(handpick, name) for name in handpick._WHERE)
    with pytest.raises(AttributeError, match="Tracker"):
        handpick.Planner  # noqa: B018


def test_both_tools_take_the_boxes_where_they_are() -> None:
    found = plan([image_of(EYE, SCENE)])
    assert len(found.items) == 2 and {grasp.tool for grasp in found.grasps} == set(Tool)
    assert list(found.worth) == sorted(found.worth, reverse=True)
    for grasp in found.grasps:
        middle, size = SCENE[0] if found.T_base_tool(grasp).position[0] < 0.1 else SCENE[1]
        place = found.T_base_tool(grasp).position - middle
        assert (np.abs(place) < np.asarray(size) / 2 + 0.015).all()
    best = found.grasps[0]
    assert best.odds.placed_undamaged > 0.5


def test_the_plan_moves_with_the_base_frame() -> None:
    image = image_of(EYE, SCENE)
    move = Pose.from_euler((0.4, -0.2, 0.3), (0, 0, 0.7))
    there = plan([image.at(move @ image.T_base_camera)])  # type: ignore[operator]
    for a, b in zip(plan([image]).items, there.items):
        assert move.apply(a.T_base_box.position) == pytest.approx(b.T_base_box.position, abs=2e-3)


def test_a_camera_without_a_pose_plans_in_its_own_frame() -> None:
    image = image_of(EYE, SCENE, posed=False)
    known = image_of(EYE, SCENE).T_base_camera
    assert known is not None
    places = sorted(tuple(known.apply(item.T_base_box.position)) for item in plan([image]).items)
    assert np.array(places) == pytest.approx(np.array([SCENE[0][0], SCENE[1][0]]), abs=0.015)


def test_a_region_leaves_the_rest_out() -> None:
    found = plan([image_of(EYE, SCENE)], region=((0.1, -0.1, -0.05), (0.25, 0.2, 0.3)))
    assert len(found.items) == 1 and found.items[0].T_base_box.position[0] > 0.1


def test_missing_depth_beyond_the_scene_is_no_obstacle() -> None:
    image = image_of(EYE, SCENE)
    far = np.where(image.metres > 0.95, np.nan, image.metres)
    assert plan([DepthImage(far, K, T_base_camera=image.T_base_camera)]).grasps


def test_only_the_tool_at_hand_is_planned_for(tmp_path: Path) -> None:
    file = tmp_path / "tool.json"
    file.write_text(json.dumps({"gripper": {"opening": 0.08, "finger_length": 0.05, "adjustable": False}}))
    tool, tools = read_tool(file)
    found = plan([image_of(EYE, SCENE)], tool, tools)
    assert found.grasps and all(g.tool is Tool.PINCH and g.opening == 0.08 for g in found.grasps)
    assert all(grasp.width < 0.08 for grasp in found.grasps)
    file.write_text(json.dumps({"cup": {"radius": 0.01}}))
    tool, tools = read_tool(file)
    assert tools == {Tool.SUCTION} and {g.tool for g in plan([image_of(EYE, SCENE)], tool, tools).grasps} == tools


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ('{"gripper": {"opening": -0.08}}', GeometryError),
        ('{"gripper": {"opening": 80}}', GeometryError),
        ('{"gripper": {"opening": "wide"}}', (GeometryError, ToolFileError)),
        ('{"gripper": {"width": 0.08}}', ToolFileError),
        ('{"hand": {}}', ToolFileError),
        ("[]", ToolFileError),
        ("{", ToolFileError),
        ("[" * 50_000, ToolFileError),
        ("{}", ToolFileError),
    ],
)
def test_a_tool_that_is_none_is_refused(text: str, error: type[Exception], tmp_path: Path) -> None:
    (tmp_path / "tool.json").write_text(text)
    with pytest.raises(error):
        read_tool(tmp_path / "tool.json")


def test_what_cannot_be_planned_says_why() -> None:
    image = image_of(EYE, SCENE)
    other = DepthImage(image.depth, K, name="other")
    with pytest.raises(FrameError, match="one depth image at least"):
        plan([])
    with pytest.raises(FrameError, match="other"):
        plan([image, other])
    with pytest.raises(FrameError, match="one image of each camera"):
        plan([image, image])
    with pytest.raises(FrameError, match="least and its greatest corner"):
        plan([image], region=((0, 0, 0), (-1, 1, 1)))
    with pytest.raises(SupportError, match="all points lie between"):
        plan([image], region=((5, 5, 5), (6, 6, 6)))
    empty = plan([image_of(EYE, [])])
    assert empty.grasps == () and "nothing stands on the support" in empty.notes
    narrow, seen = DualTool(Gripper(opening=(0.0, 0.14))), image_of((0.3, -0.4, 0.6), [standing((0.20, 0.20, 0.16))])
    big = plan([seen], narrow, frozenset({Tool.PINCH}))
    assert not big.grasps and any("more than the fingers open" in note for note in big.notes)


def test_a_tracker_keeps_ranks_until_something_changes() -> None:
    tracker = Tracker()
    first = tracker.plan([image_of(EYE, SCENE, noise=0.001)])
    for step in range(1, 4):
        eye = (0.02 * step, EYE[1], EYE[2])
        again = tracker.plan([image_of(eye, SCENE, noise=0.001)])
        places = [again.T_base_tool(grasp).position for grasp in again.grasps]
        for grasp in first.grasps[:3]:
            assert min(np.linalg.norm(place - first.T_base_tool(grasp).position) for place in places) < 0.02
    gone = tracker.plan([image_of(EYE, SCENE[1:], noise=0.001)])
    assert all(gone.T_base_tool(grasp).position[0] > 0.1 for grasp in gone.grasps)


@pytest.mark.parametrize("ending", [".glb", ".ply", ".pcd"])
def test_the_command_writes_data_a_picture_and_the_scene(ending: str, tmp_path: Path) -> None:
    scene = tmp_path / f"scene{ending}"
    assert main(["plan", str(EXAMPLES / "table"), "--out", str(tmp_path), "--export", str(scene)]) == 0
    data = json.loads((tmp_path / "plan.json").read_text())
    assert {"id", "size", "T_base_item", "confidence"} <= set(data["items"][0])
    assert {"tool", "item", "T_base_tool", "opening", "force", "odds"} <= set(data["grasps"][0])
    assert (tmp_path / "plan.png").read_bytes()[:4] == b"\x89PNG" and scene.stat().st_size > 1000


def test_the_network_may_complete_the_items_and_stays_near_what_was_seen(tmp_path: Path) -> None:
    sizes = []
    for completion in ("analytic", "learned"):
        out = tmp_path / completion
        assert main(["plan", str(EXAMPLES / "table"), "--completion", completion, "--out", str(out)]) == 0
        items = json.loads((out / "plan.json").read_text())["items"]
        sizes.append(np.array([np.sort(item["size"]) for item in items]))
    analytic, learned = sizes
    assert analytic.shape == learned.shape and not np.array_equal(analytic, learned)
    assert np.abs(learned - analytic).max() < 0.08


def test_a_mistake_on_the_command_line_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(tmp_path)]) == 2
    assert main(["plan", str(EXAMPLES / "table"), "--export", str(tmp_path / "scene.txt")]) == 2
    said = capsys.readouterr().err
    assert said.count("handpick: ") == 2 and "cameras.json" in said and ".glb" in said


def test_a_cup_alone_has_no_fingers_in_its_way() -> None:
    wall = [standing((0.04, 0.2, 0.16), (-0.05, 0.0)), standing((0.05, 0.10, 0.06))]
    image, cup = image_of((0.3, 0.0, 0.7), wall), frozenset({Tool.SUCTION})
    together = plan([image], DualTool(), cup)
    apart = plan([image], DualTool(Gripper(), SuctionCup(), apart=True), cup)
    assert len(apart.grasps) >= len(together.grasps)


def test_a_tote_from_a_file_bounds_what_is_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "tote.json"
    file.write_text(json.dumps({"inner": [0.2, 0.2, 0.02], "T_base_tote": np.eye(4).tolist()}))
    found = plan([image_of(EYE, SCENE)], tote=read_tote(file))
    assert len(found.items) == 1 and abs(found.items[0].T_base_box.position[0]) < 0.02
    for text in ('{"inner": [1, 1, 1]}', '{"inner": "a", "T_base_tote": 1}'):
        file.write_text(text)
        with pytest.raises(HandpickError):
            read_tote(file)


@pytest.mark.parametrize("edge", [0.022, 0.03, 0.045])
def test_small_things_that_stand_alone_are_pinched(edge: float) -> None:
    found = plan([image_of((0.0, -0.25, 0.4), [standing((edge, edge, edge))])], tools=frozenset({Tool.PINCH}))
    assert found.grasps and found.grasps[0].odds.acquire > 0.3
