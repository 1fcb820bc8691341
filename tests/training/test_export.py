"""Exported weights say the same in onnxruntime, and the same grasp is chosen by them."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.support.scenes import box, make_scene
from grasping.candidates.table import Candidates
from grasping.propose import propose
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.learned import HEADS, LearnedQuality, Weights, learned_odds, shipped
from grasping.quality.worth import Stakes
from grasping.tools import DualTool, Tool
from grasping.trees import Trees
from handpick.command import main
from perception.pose import Array
from perception.scene import Scene
from training.errors import ExportError
from training.export import ALIKE, around_thresholds, export_onnx, onnx_odds

pytest.importorskip("onnxruntime")
pytest.importorskip("onnx")
SCENES = 12


class OnnxQuality:
    """Odds of candidates by an exported file."""

    def __init__(self, path: Path) -> None:
        self.path, self.contact = str(path), ContactQuality()

    def __call__(self, scene: Scene, candidates: Candidates) -> Array:
        views = np.full(len(candidates), len(scene.cameras), np.uint8)
        return onnx_odds(self.path, candidates.tool, candidates.features, views, self.contact(scene, candidates))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path: Path = tmp_path_factory.mktemp("onnx") / "quality.onnx"
    assert main(["export", "learned", "--onnx", str(path)]) == 0
    return path


@pytest.mark.parametrize("seed", range(SCENES))
def test_the_same_grasp_is_chosen_by_the_exported_file(exported: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = np.array([(-0.16, -0.08), (0.0, 0.08), (0.15, -0.06)]) + rng.uniform(-0.02, 0.02, (3, 2))
    sizes = rng.uniform((0.04, 0.04, 0.02), (0.11, 0.13, 0.10), (3, 3))
    scene = make_scene([box((x, y, size[2] / 2), tuple(size)) for (x, y), size in zip(places, sizes)])
    ours, theirs = (
        propose(scene, DualTool(), frozenset(Tool), quality)
        for quality in (LearnedQuality(shipped()), OnnxQuality(exported))
    )
    assert len(ours) == len(theirs) > 1
    a, b = (max(grasps, key=Stakes().gain) for grasps in (ours, theirs))
    assert (a.tool, a.item) == (b.tool, b.item)
    np.testing.assert_array_equal(a.T_base_tool.matrix, b.T_base_tool.matrix)


def changed(weights: Weights, **change: object) -> Weights:
    """The same weights, but for some fields of what tells whether a cup acquires."""
    key = Tool.SUCTION, "acquire"
    return Weights({**weights.trees, key: replace(weights.trees[key], **change)})  # type: ignore[arg-type]


def without_trees(weights: Weights) -> Weights:
    none = np.zeros(0)
    return Weights({key: Trees(*[none] * 6, base=0.1 * i) for i, key in enumerate(weights.trees)})


@pytest.mark.parametrize(
    "weights",
    [
        shipped(),
        changed(shipped(), scale=0.7, shift=-0.4, line=np.linspace(-0.1, 0.1, 20)),
        without_trees(shipped()),
    ],
    ids=["shipped", "calibrated otherwise", "constant"],
)
def test_odds_are_the_same_on_either_side_of_each_threshold(tmp_path: Path, weights: Weights) -> None:
    assert export_onnx(weights, tmp_path / "quality.onnx") <= ALIKE
    for tool in Tool:
        candidates = around_thresholds(weights, tool, 300)
        odds = learned_odds(weights, tool, *candidates)
        theirs = onnx_odds(str(tmp_path / "quality.onnx"), tool, *candidates)
        assert theirs.shape == (300, len(HEADS))
        assert np.ptp(odds[:, 0]) > 0.1 or not len(weights.trees[tool, "acquire"].roots)
        np.testing.assert_allclose(theirs, odds, atol=ALIKE)


def test_a_file_that_says_something_else_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from training import onnx_graph

    path, whole = tmp_path / "quality.onnx", onnx_graph.graph_of
    monkeypatch.setattr(onnx_graph, "graph_of", lambda weights: whole(changed(weights, shift=0.01)))
    with pytest.raises(ExportError, match="no file is written"):
        export_onnx(shipped(), path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["onnx", "onnxruntime"])
def test_what_is_missing_is_named_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delitem(sys.modules, "training.onnx_graph", raising=False)
    assert main(["export", "learned", "--onnx", str(tmp_path / "quality.onnx")]) == 2
    told = capsys.readouterr().err
    assert "pip install 'handpick[onnx]'" in told and told.count("\n") == 1
