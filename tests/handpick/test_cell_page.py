"""The page of a check tells each camera, joint and sensor, and what is wrong with which."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from handpick.report.cell_findings import (
    CameraFinding,
    CellFindings,
    JointFinding,
    NodeFinding,
    ToolFinding,
    tote_edges,
)
from handpick.report.cell_page import write_cell_page
from perception.camera import CameraFrame
from perception.pose import Pose
from perception.view_check.check_views import compare_views
from tests.support.pictures import CAMERAS, DESTINATION, NO_ROBOT, SOURCE, World

TOTES = (SOURCE, DESTINATION)


def seen(shift: tuple[float, float, float]) -> tuple[CameraFinding, ...]:
    """The cameras of a bin; the first one hangs elsewhere than its calibration says."""
    moved = {"a": Pose.from_euler(shift, (0, 0, 0)) @ CAMERAS[0].T_base_camera}
    frames = World().frames(np.random.default_rng(0), moved)
    fits = compare_views(frames, CAMERAS, TOTES, NO_ROBOT)
    return tuple(CameraFinding.of(frame, fit, 0.03, TOTES) for frame, fit in zip(frames, fits))


@pytest.fixture(scope="module")
def findings() -> CellFindings:
    joints = JointFinding("elbow", 0.5, 1.0, 60.0), JointFinding("wrist", 0.0, 0.0, 0.0, "no joint state names it")
    tool = ToolFinding("vacuum", "0.0 kPa below atmosphere"), ToolFinding("rod", "", "NaN for cup_travel")
    cameras = (*seen((0.03, 0.0, 0.0)), CameraFinding("lost", "no image came"))
    return CellFindings("my <cell>", cameras, joints, tool, (NodeFinding("arm", "ready", ""),), "camera a is off")


def test_each_camera_is_told_with_how_far_it_is_off(findings: CellFindings) -> None:
    first, *others, lost = findings.cameras
    assert first.wrong and first.fit is not None and first.fit.distance == pytest.approx(0.03, abs=0.01)
    assert not any(camera.wrong for camera in others) and lost.measured == 0.0
    lines = findings.lines()
    assert lines[0].startswith("camera a: 3") and "moved" in lines[0]
    assert "camera lost: no image came" in lines and "joint wrist: no joint state names it" in lines
    assert "tool: vacuum 0.0 kPa below atmosphere" in lines and lines[-1] == "node arm: ready"


def test_the_page_counts_what_is_right_and_shows_what_was_seen(findings: CellFindings, tmp_path: Path) -> None:
    page = write_cell_page(findings, tmp_path)
    text = page.read_text()
    assert page == tmp_path / "check.html" and "my &lt;cell&gt;" in text
    for figure in ("4 of 6", "1 of 2"):
        assert f"<b>{figure}</b>" in text
    assert len(re.findall(r"data:image/jpeg;base64,/9j/", text)) == 5 and text.count('class="edge"') >= 5 * 12
    assert "camera a is off" in text and "Nothing is wrong" not in text and "no image came" in text


def test_a_cell_without_faults_is_told_so(findings: CellFindings, tmp_path: Path) -> None:
    fine = replace(
        findings, cameras=findings.cameras[1:-1], joints=findings.joints[:1], tool=findings.tool[:1], wrong=""
    )
    text = write_cell_page(fine, tmp_path).read_text()
    assert "Nothing is wrong" in text and "To be put right" not in text


def test_edges_behind_a_camera_are_not_drawn() -> None:
    camera = CAMERAS[0]
    frame = CameraFrame(camera, 0.0, np.ones((240, 320), np.float32), np.zeros((240, 320, 3), np.uint8))
    assert len(tote_edges(frame, SOURCE)) == 12
    turned = replace(camera, T_base_camera=camera.T_base_camera @ Pose.from_euler((0, 0, 0), (np.pi, 0, 0)))
    assert tote_edges(replace(frame, camera=turned), SOURCE) == []
