"""What a camera can see of a body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perception.arrays import readonly


@dataclass(frozen=True, eq=False)
class VisualMesh:
    """A triangle mesh in its link's frame with one texture or one colour.

    Attributes:
        vertices: (V, 3) metres; triangles: (T, 3), counter-clockwise seen from outside.
        color: RGB 0..1, shape (3,); multiplies the texture.
        uv: (V, 2) texture coordinates 0..1, v down from the first row, or None; texture: RGB, uint8 (H, W, 3), or None.
        gloss: 0 matt .. 1 mirror-like; transparency: 0 opaque .. 1 clear film. Both make depth cameras fail.
    """

    vertices: NDArray[np.float32]
    triangles: NDArray[np.int32]
    color: NDArray[np.float32]
    uv: NDArray[np.float32] | None = None
    texture: NDArray[np.uint8] | None = None
    gloss: float = 0.0
    transparency: float = 0.0

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "vertices", readonly(self.vertices, np.float32, (None, 3), "mesh vertices"))
        set_(self, "triangles", readonly(self.triangles, np.int32, (None, 3), "mesh triangles"))
        set_(self, "color", readonly(self.color, np.float32, (3,), "mesh color"))
        if self.uv is not None:
            set_(self, "uv", readonly(self.uv, np.float32, (len(self.vertices), 2), "mesh uv"))
        if self.texture is not None:
            set_(self, "texture", readonly(self.texture, np.uint8, (None, None, 3), "mesh texture"))
