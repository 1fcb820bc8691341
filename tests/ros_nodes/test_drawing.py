"""A look on standard topics: points, markers and a motion that RViz and Foxglove can show."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy")

import rclpy
from builtin_interfaces.msg import Time
from ruamel.yaml import YAML
from visualization_msgs.msg import Marker

from grasping.tools import DualTool, Tool
from handpick.picking.decide import Thought
from handpick.picking.stack import Stack
from motion.robot.arm import Arm
from ros_nodes.drawing.cloud import cloud_message, heights
from ros_nodes.drawing.look_topics import planned, tool_way
from ros_nodes.drawing.markers import MOST, look_markers
from ros_nodes.picks.decisions import Decisions
from ros_nodes.recording.recorder_node import type_name
from tests.support.ros_graph import domain
from tests.support.thoughts import LAYOUT, looked

NOW = Time(sec=7)
RVIZ = Path(__file__).parents[2] / "launch" / "handpick.rviz"


@pytest.fixture(scope="module")
def thought() -> Thought:
    return looked(Stack.build(LAYOUT, DualTool(), frozenset(Tool)), 0.5, 0)


def test_the_cloud_holds_every_point_of_the_items_in_its_colour(thought: Thought) -> None:
    scene = thought.look.scene
    message = cloud_message(scene, NOW, "base")
    assert message.header.frame_id == "base" and [field.name for field in message.fields] == ["x", "y", "z", "rgb"]
    rows = np.frombuffer(message.data, np.dtype([("xyz", "<f4", 3), ("bgr", "u1", 4)]))
    items = np.vstack([item.points for item in scene.items])
    assert len(rows) == message.width == len(items) + len(heights(scene.destination))
    assert np.abs(rows["xyz"][: len(items)] - items).max() < 1e-6
    colors = np.vstack([item.colors for item in scene.items])
    assert np.array_equal(rows["bgr"][: len(items), 2::-1], colors)


def test_heights_lie_on_the_floor_of_an_empty_tote(thought: Thought) -> None:
    floor = heights(thought.look.scene.destination)
    inside = LAYOUT.destination.T_base_tote.inverse().apply(floor)
    assert len(floor) > 1000 and np.median(np.abs(inside[:, 2])) < 0.005
    assert LAYOUT.destination.contains(floor).all()


def test_markers_tell_totes_items_and_grasps_apart(thought: Thought) -> None:
    look, arm = thought.look, Arm()
    motion = planned(thought)
    assert motion is not None and look.grasp is not None
    way = tool_way(arm, look.grasp, motion)
    markers = look_markers(look.scene, look.options, look.grasp, way, NOW, "base").markers
    assert markers[0].action == Marker.DELETEALL
    kinds = [marker.ns for marker in markers[1:]]
    assert len({(marker.ns, marker.id) for marker in markers}) == len(markers)
    assert kinds.count("totes") == 2 and kinds.count("items") == kinds.count("numbers") == len(look.scene.items)
    assert len(look.options[:MOST]) - 1 <= kinds.count("grasps") <= MOST and kinds.count("chosen") == 1
    tip = next(marker for marker in markers if marker.ns == "chosen").points[1]
    assert np.allclose((tip.x, tip.y, tip.z), look.grasp.T_base_tool.position)
    assert np.abs(way - look.grasp.T_base_tool.position).max(axis=1).min() < 0.02  # the tool comes there
    assert all(marker.header.frame_id == "base" for marker in markers)


def test_without_a_grasp_there_is_no_way(thought: Thought) -> None:
    markers = look_markers(thought.look.scene, (), None, np.zeros((0, 3)), NOW, "base").markers
    assert not {"grasps", "chosen", "way", "words"} & {marker.ns for marker in markers}


@pytest.fixture
def context() -> Iterator[None]:
    with domain():
        rclpy.init()
        yield
        rclpy.try_shutdown()


def test_rviz_shows_topics_that_are_published(context: None, tmp_path: Path) -> None:
    from ros_nodes.new_cell import write_cell
    from ros_nodes.node import CellNode

    write_cell(tmp_path, "panda", simulated=True)
    node = CellNode("planner")
    Decisions(node, Arm())
    told = {topic.lstrip("/"): kinds for topic, kinds in node.get_topic_names_and_types()}
    config = YAML(typ="safe").load(RVIZ.read_text())["Visualization Manager"]
    shown = {display["Topic"]["Value"]: display["Class"] for display in config["Displays"] if "Topic" in display}
    planner = {topic: kind for topic, kind in shown.items() if topic.startswith("planner/")}
    assert planner == {
        "planner/scene": "rviz_default_plugins/PointCloud2",
        "planner/markers": "rviz_default_plugins/MarkerArray",
    }
    assert set(planner) <= set(told)
    assert config["Global Options"]["Fixed Frame"] == "base"
    latched = [
        d["Topic"]["Durability Policy"] for d in config["Displays"] if d.get("Topic", {}).get("Value") in planner
    ]
    assert set(latched) == {"Transient Local"}
    node.destroy_node()


def test_a_decision_that_cannot_be_told_loses_no_pick(context: None, thought: Thought) -> None:
    from ros_nodes.node import CellNode

    node, said = CellNode("planner"), list[Exception]()
    node.failed = said.append  # type: ignore[method-assign]
    decisions = Decisions(node, Arm())
    decisions.decided(None)  # type: ignore[arg-type]
    assert len(said) == 1 and isinstance(said[0], AttributeError)
    decisions.decided(thought)
    assert len(said) == 1 and decisions.numbers.of(thought.look) == 0
    node.destroy_node()


def test_types_are_named_as_bags_name_them() -> None:
    assert type_name(Marker) == "visualization_msgs/msg/Marker"
