"""Imports run one way, and each heavy library stays in its own room."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("perception", "grasping", "motion", "handpick", "sim", "ros_nodes", "training")
MAY_IMPORT = {
    "perception": set(),
    "grasping": {"perception"},
    "motion": {"perception", "grasping"},
    "handpick": {"perception", "grasping", "motion"},
    "sim": {"perception", "grasping", "motion", "handpick"},
    "ros_nodes": {"perception", "grasping", "motion", "handpick"},
    "training": {"perception", "grasping", "motion", "handpick", "sim"},
}
# Only the command line picks an implementation of the Cell, and starts what makes weights.
DOOR = ROOT / "handpick"
FRONT_DOOR = (DOOR / "command.py", *(DOOR / "commands").glob("*.py"), *(DOOR / "grammar").glob("*.py"))
OWNERS = {
    "pybullet": {"sim"},
    "pybullet_data": {"sim"},
    "rclpy": {"ros_nodes"},
    "torch": {"training"},
    "sklearn": {"training"},
    "gymnasium": {"training"},
    "ray": {"training"},
    "mujoco": set(),
    "onnx": {"training"},
    "onnxruntime": {"training", "perception"},
    "lancedb": {"handpick"},
    "pyarrow": {"handpick"},
}
ENGINE = ROOT / "benchmarks" / "support" / "engine"  # the second engine is for comparison alone
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def imported(source: str) -> set[str]:
    """Top-level packages that a module imports anywhere in its code."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." if node.level else (node.module or "").split(".")[0])
    return names


def modules(source: str) -> set[str]:
    """Modules from which a module imports."""
    return {node.module for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ImportFrom) and node.module}


def violations(path: Path, source: str) -> list[str]:
    room = path.relative_to(ROOT).parts[0]
    allowed = MAY_IMPORT[room] | {room} | ({"sim", "ros_nodes", "training"} if path in FRONT_DOOR else set())
    found = imported(source)
    wrong = [name for name in found if name in ROOMS and name not in allowed]
    wrong += [name for name in found if name in OWNERS and room not in OWNERS[name]]
    return sorted(wrong + [name for name in found if name in {".", "tests", "benchmarks"}])


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    assert violations(path, path.read_text()) == []


def folders(room: str) -> dict[str, set[str]]:
    """Which sub-folders of a room each of them imports. The room's own files are what the sub-folders share."""
    edges: dict[str, set[str]] = {}
    for path in (ROOT / room).rglob("*.py"):
        folder = path.relative_to(ROOT / room).parts[0]
        if (ROOT / room / folder).is_dir():
            found = (name.split(".") for name in modules(path.read_text()))
            edges.setdefault(folder, set()).update(
                name[1] for name in found if name[0] == room and (ROOT / room / "/".join(name[1:2])).is_dir()
            )
    return {folder: others - {folder} for folder, others in edges.items()}


@pytest.mark.parametrize("room", ROOMS)
def test_folders_of_a_room_import_one_way(room: str) -> None:
    tuple(TopologicalSorter(folders(room)).static_order())  # raises CycleError


def test_nothing_imports_tests_and_no_test_imports_another() -> None:
    for path in [*SOURCES, *(ROOT / "benchmarks").rglob("*.py")]:
        assert "tests" not in imported(path.read_text()), path
    for path in (ROOT / "tests").rglob("*.py"):
        assert all(name.startswith("tests.support") for name in modules(path.read_text()) if name.startswith("tests"))


def test_the_second_engine_is_imported_in_one_folder_alone() -> None:
    found = {path.parent for path in (ROOT / "benchmarks").rglob("*.py") if "mujoco" in imported(path.read_text())}
    assert found == {ENGINE}


def test_the_check_sees_a_wrong_import() -> None:
    assert violations(ROOT / "perception" / "x.py", "def f():\n    from motion.robot.arm import Arm") == ["motion"]
    assert violations(ROOT / "sim" / "x.py", "import ros_nodes.cell") == ["ros_nodes"]
    assert violations(ROOT / "motion" / "x.py", "import pybullet as p") == ["pybullet"]
    assert violations(ROOT / "sim" / "x.py", "def f():\n    import mujoco") == ["mujoco"]
    assert violations(FRONT_DOOR[0], "import sim.run") == []


def test_launch_never_shadows_the_launch_of_ros() -> None:
    assert not (ROOT / "launch" / "__init__.py").exists()


def test_nothing_else_is_installed_under_our_names() -> None:
    from importlib.metadata import packages_distributions

    for room in ROOMS:
        assert set(packages_distributions().get(room, ["handpick"])) == {"handpick"}
