"""Weights as an ONNX graph: the arithmetic of `learned_odds`, so that other languages need no trees of their own."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

from grasping.candidates.table import FEATURES
from grasping.quality.learned import BELIEVED, HEADS, INPUTS, SURE, Weights
from grasping.tools import Tool
from grasping.trees import Trees
from perception.pose import Array

OPSETS = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8  # of the file, which runtimes since 2022 read
NAMES = FEATURES.names or ()


def graph_of(weights: Weights) -> ModelProto:
    """A model of both tools.

    Its inputs are float64: `features` (C, len(FEATURES)) in their order, `views` (C, 1), and `believed` (C, 4), the
    odds of contact mechanics. Its outputs `suction` and `pinch` (C, 4) are the odds by that tool to acquire, hold,
    damage and return.
    """
    graph = _Graph()
    graph.add("Clip", ["believed", graph.constant(SURE), graph.constant(1 - SURE)], "sure")
    graph.add("Sub", [graph.constant(1.0), "sure"], "unsure")
    graph.add("Div", ["sure", "unsure"], "ratio")
    graph.add("Log", ["ratio"], "log_odds")
    graph.add("Concat", ["features", "views", "log_odds"], "x", axis=1)
    graph.add("Cast", ["x"], "single", to=TensorProto.FLOAT)
    graph.column("features", NAMES.index("probe"), "probe")
    graph.add("Greater", ["probe", graph.constant(0.0)], "probes")
    graph.add("Cast", ["probes"], "probed", to=TensorProto.DOUBLE)
    for tool in Tool:
        _add_heads(graph, [weights.trees[tool, head] for head in HEADS], tool.value)
        _add_odds(graph, tool.value)
    return graph.model()


class _Graph:
    """Nodes and constants of a graph while it is made."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def add(self, kind: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        """A node; the name of its output."""
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def constant(self, value: Any, kind: type = np.float64) -> str:
        """The name of a constant."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def column(self, matrix: str, number: int, output: str) -> str:
        """A column of a matrix, (C, 1)."""
        return self.add("Gather", [matrix, self.constant([number], np.int64)], output, axis=1)

    def model(self) -> ModelProto:
        real = lambda name, width: helper.make_tensor_value_info(name, TensorProto.DOUBLE, ["C", width])
        inputs = [real("features", len(NAMES)), real("views", 1), real("believed", len(BELIEVED))]
        outputs = [real(tool.value, len(HEADS)) for tool in Tool]
        graph = helper.make_graph(self.nodes, "handpick", inputs, outputs, self.constants)
        opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="handpick")
        helper.set_model_props(model, {"inputs": json.dumps(INPUTS), "outputs": json.dumps(HEADS)})
        checker.check_model(model)
        return model


def _add_heads(graph: _Graph, heads: list[Trees], tool: str) -> None:
    """The calibrated probability of each head, (C, 4), as `TOOL_heads`."""
    lines = np.column_stack([np.r_[np.zeros(len(INPUTS) - len(trees.line)), trees.line] for trees in heads])
    graph.add("MatMul", ["x", graph.constant(lines)], f"{tool}_line")
    raw = graph.add("Add", [f"{tool}_line", graph.constant([trees.base for trees in heads])], f"{tool}_based")
    if any(len(trees.roots) for trees in heads):
        graph.add("TreeEnsembleRegressor", ["single"], f"{tool}_sums", "ai.onnx.ml", **_ensemble(heads))
        graph.add("Cast", [f"{tool}_sums"], f"{tool}_trees", to=TensorProto.DOUBLE)
        raw = graph.add("Add", [raw, f"{tool}_trees"], f"{tool}_raw")
    graph.add("Mul", [raw, graph.constant([trees.scale for trees in heads])], f"{tool}_scaled")
    graph.add("Add", [f"{tool}_scaled", graph.constant([trees.shift for trees in heads])], f"{tool}_margin")
    graph.add("Sigmoid", [f"{tool}_margin"], f"{tool}_heads")


def _ensemble(heads: list[Trees]) -> dict[str, Any]:
    """The trees of all heads as one ensemble, whose targets are the heads. Nodes of a tree follow its root."""
    tree, node, target = [], [], []
    before = 0
    for head, trees in enumerate(heads):
        own = np.searchsorted(trees.roots, np.arange(len(trees.feature)), side="right") - 1
        tree.append(own + before)
        node.append(np.arange(len(own)) - trees.roots[own])
        target.append(np.full(len(own), head))
        before += len(trees.roots)
    first = [np.arange(len(trees.feature)) - own for trees, own in zip(heads, node)]  # each node's root
    joined = lambda name: np.concatenate([getattr(trees, name) for trees in heads])
    leaf = joined("feature") < 0
    child = lambda name: np.where(leaf, 0, joined(name) - np.concatenate(first))
    trees_of, nodes_of, targets = (np.concatenate(part) for part in (tree, node, target))
    return {
        "n_targets": len(heads),
        "aggregate_function": "SUM",
        "post_transform": "NONE",
        "nodes_treeids": trees_of.tolist(),
        "nodes_nodeids": nodes_of.tolist(),
        "nodes_featureids": np.where(leaf, 0, joined("feature")).tolist(),
        "nodes_modes": np.where(leaf, "LEAF", "BRANCH_LEQ").tolist(),
        "nodes_values": _rounded_down(joined("threshold")).tolist(),
        "nodes_truenodeids": child("left").tolist(),
        "nodes_falsenodeids": child("right").tolist(),
        "target_treeids": trees_of[leaf].tolist(),
        "target_nodeids": nodes_of[leaf].tolist(),
        "target_ids": targets[leaf].tolist(),
        "target_weights": joined("value")[leaf].tolist(),
    }


def _rounded_down(threshold: Array) -> Array:
    """The greatest numbers of single precision that are not above: what is compared has single precision, too."""
    single = threshold.astype(np.float32)
    return np.asarray(np.where(single > threshold, np.nextafter(single, np.float32(-np.inf)), single))


def _add_odds(graph: _Graph, tool: str) -> None:
    """The odds of a tool from the probabilities of its heads, as `learned_odds` makes them."""
    name = lambda part: f"{tool}_{part}"
    for number, head in enumerate(HEADS):
        graph.column(name("heads"), number, name(head))
    graph.add("Max", [name("acquire"), graph.constant(SURE)], name("asked"))
    graph.add("Div", [name("damage"), name("asked")], name("per_acquired"))
    graph.add("Min", [name("per_acquired"), graph.constant(1.0)], name("damaged"))
    graph.add("Mul", [name("return"), "probed"], name("returned"))
    graph.add("Add", [name("hold"), name("returned")], name("either"))
    graph.add("Max", [name("either"), graph.constant(1.0)], name("most"))
    graph.add("Div", [name("hold"), name("most")], name("held"))
    graph.add("Concat", [name(part) for part in ("acquire", "held", "damaged", "returned")], tool, axis=1)
