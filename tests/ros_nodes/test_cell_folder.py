"""A cell's folder is written, filled in and read; what is open or wrong in it is named."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from grasping.tools import FOUR_CUPS, DualTool, Tool
from handpick.command import main
from handpick.grammar.robots import ARMS
from handpick.layout import standard_layout
from motion.robot.load import load_arm
from ros_nodes.cell_folder import CellFolderError, load_cell
from ros_nodes.new_cell import write_cell


@pytest.mark.parametrize("arm", ARMS)
def test_a_new_folder_says_what_to_fill_in(arm: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    assert main(["cell", "new", str(folder), "--arm", arm]) == 0
    said = capsys.readouterr().out
    assert "source T_base_tote position" in said and "dry run at low speed" in said
    with pytest.raises(CellFolderError, match="source_left T_base_camera position"):
        load_cell(folder)
    text = (folder / "parameters.yaml").read_text()
    assert re.search(r"dry_run: true", text) and re.search(r"speed: 0.1", text)
    assert main(["cell", "new", str(folder), "--arm", arm]) == 2 and "has files in it" in capsys.readouterr().err


@pytest.mark.parametrize("arm", ARMS)
def test_a_simulated_cell_is_the_standard_one(arm: str, tmp_path: Path) -> None:
    assert write_cell(tmp_path / "cell", arm, simulated=True) == []
    cell, layout = load_cell(tmp_path / "cell"), standard_layout(base_height=load_arm(arm).base_height)
    assert cell.arm.name == arm and cell.tools == frozenset(Tool) and cell.tool == DualTool()
    for mine, theirs in ((cell.source, layout.source), (cell.destination, layout.destination)):
        assert np.allclose(mine.T_base_tote.matrix, theirs.T_base_tote.matrix, atol=1e-7)
    for mine, theirs in zip(cell.cameras, layout.cameras):
        assert np.allclose(mine.T_base_camera.matrix, theirs.T_base_camera.matrix, atol=1e-7)
        assert mine.model(theirs.width, theirs.height, theirs.k).name == theirs.name


def test_a_simulated_cell_may_have_four_cups_and_no_fingers(tmp_path: Path) -> None:
    assert write_cell(tmp_path / "cell", "panda", simulated=True, tools="suction") == []
    cell = load_cell(tmp_path / "cell")
    assert cell.tool == FOUR_CUPS and cell.tools == frozenset({Tool.SUCTION})


@pytest.mark.parametrize(
    ("file", "change", "said"),
    [
        ("cell.json", lambda data: data.pop("arm"), "cell.json: arm"),
        ("cell.json", lambda data: data.update(arm="robot"), "expected one of the arms"),
        ("cell.json", lambda data: data["source"].update(inner=[560, 360, 200]), "inner edges between"),
        ("cell.json", lambda data: data["tool"]["gripper"].update(wide=3), "cell.json: tool"),
        ("cameras.json", lambda data: data[0].update(T_base_camera=[0, 0, 1]), "cameras.json: camera 0"),
    ],
)
def test_what_is_wrong_is_named(file: str, change: object, said: str, tmp_path: Path) -> None:
    write_cell(tmp_path / "cell", "panda", simulated=True)
    path = tmp_path / "cell" / file
    data = json.loads(path.read_text())
    change(data)  # type: ignore[operator]
    path.write_text(json.dumps(data))
    with pytest.raises(Exception, match=said):
        load_cell(tmp_path / "cell")


def test_without_a_folder_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CellFolderError, match="handpick cell new DIR"):
        load_cell(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["robot", "--camera-rate", "0"], "0.01 to 1000"),
        (["robot", "--pace", "fast"], "0.01 to 1000"),
        (["cell", "new", "x", "--arm", "elbow"], "invalid choice"),
        (["cell", "old", "x"], "invalid choice"),
        (
            ["sim", "--orders", "1", "--ros-args", "-p", "a:=1"],
            "--ros-args are for robot",
        ),
    ],
)
def test_mistakes_are_answered_at_once(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(arguments)
    assert refusal.value.code == 2 and said in capsys.readouterr().err
