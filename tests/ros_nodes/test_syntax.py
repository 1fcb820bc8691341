"""The nodes use what Humble, Jazzy and Kilted have in common, and only they import rclpy."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*(ROOT / "ros_nodes").rglob("*.py"), *(ROOT / "launch").glob("*.py")])
# What Humble lacks, by attribute, argument or name; and lifecycle nodes, which one invalid request ends.
NOT_IN_HUMBLE = {
    "wait_for_node",
    "add_pre_set_parameters_callback",
    "add_post_set_parameters_callback",
    "ParameterEventHandler",
    "ContentFilterOptions",
    "TimerInfo",
    "MessageInfo",
    "EventsExecutor",
    "LifecycleNode",
}
NOT_AS_ARGUMENT = {"autostart", "content_filter_options"}
MESSAGES = {"builtin_interfaces", "diagnostic_msgs", "geometry_msgs", "rosgraph_msgs", "sensor_msgs", "std_msgs"}
MESSAGES |= {"std_srvs", "trajectory_msgs", "visualization_msgs"}
ALLOWED = MESSAGES | {"rclpy", "control_msgs", "launch", "launch_ros", "ament_index_python"}
ROOMS = {"perception", "grasping", "motion", "handpick", "ros_nodes"}


def violations(source: str) -> list[str]:
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in NOT_IN_HUMBLE:
            found.append(node.attr)
        elif isinstance(node, (ast.ImportFrom, ast.Import)):
            found += [alias.name for alias in node.names if alias.name in NOT_IN_HUMBLE]
        elif isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = {keyword.arg for keyword in node.keywords}
            found += sorted(given & NOT_AS_ARGUMENT)
            found += [f"{called}(timeout_sec)"] if called == "call" and "timeout_sec" in given else []
        elif isinstance(node, ast.With):
            for item in node.items:
                if "rclpy.init" in ast.unparse(item.context_expr) or "Node(" in ast.unparse(item.context_expr):
                    found.append(f"with {ast.unparse(item.context_expr)}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_common_subset_is_used(path: Path) -> None:
    assert violations(path.read_text()) == []


def test_the_check_sees_what_humble_lacks() -> None:
    assert violations("with rclpy.init() as context: pass") == ["with rclpy.init()"]
    assert violations("client.call(request, timeout_sec=1.0)") == ["call(timeout_sec)"]
    assert violations("node.create_timer(1.0, f, autostart=False)") == ["autostart"]
    assert violations("from rclpy.lifecycle import LifecycleNode") == ["LifecycleNode"]


def test_no_other_package_of_ros_is_imported() -> None:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            tops = {name.split(".")[0] for name in names}
            assert tops <= ALLOWED | ROOMS | {"numpy"} | sys.stdlib_module_names, path


def test_control_msgs_is_no_dependency() -> None:
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        guarded = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.Try) for inner in ast.walk(node)}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("control_msgs"):
                assert id(node) in guarded, path


def test_services_are_never_called_synchronously() -> None:
    """A call that waits inside a callback waits for ever."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr != "call", path
