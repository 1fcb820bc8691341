"""What a look at a cell tells that does not move: each camera, joint and sensor, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from perception.camera import CameraFrame
from perception.draw import jpeg
from perception.tote import Tote
from perception.view_check.view_fit import ViewFit

NEAR = 0.05  # metres before a camera, nearer than which nothing is drawn
EDGES = [(a, b) for a in range(8) for b in range(a + 1, 8) if (a ^ b).bit_count() == 1]  # of a box, by its corners
Line = list[list[float]]  # pixels, column and row


@dataclass(frozen=True, eq=False)
class CameraFinding:
    """One camera. fit, frame: None where no image came. age: of the image, seconds. wrong: in words, or empty."""

    name: str
    wrong: str = ""
    fit: ViewFit | None = None
    frame: CameraFrame | None = None
    age: float = 0.0
    edges: tuple[Line, ...] = ()

    @staticmethod
    def of(frame: CameraFrame, fit: ViewFit, age: float, totes: Sequence[Tote]) -> CameraFinding:
        """A camera's image with the totes' edges where the layout has them, and how far off they are seen."""
        wrong = fit.cause or ("" if fit.judged else "too little depth on rims and outer walls to tell")
        edges = tuple(line for tote in totes for line in tote_edges(frame, tote))
        return CameraFinding(frame.camera.name, wrong, fit, frame, age, edges)

    @property
    def picture(self) -> bytes:
        """What the camera saw, as JPEG; empty where nothing came."""
        return b"" if self.frame is None else jpeg(self.frame.color)

    @property
    def measured(self) -> float:
        """Share of the pixels that have depth."""
        return 0.0 if self.frame is None else float(np.isfinite(self.frame.depth).mean())

    def __str__(self) -> str:
        return f"camera {self.name}: {self.wrong}" if self.fit is None else str(self.fit)


@dataclass(frozen=True)
class JointFinding:
    """One joint. angle, room: rad, the latter to its nearer limit. rate: states of it in a second."""

    name: str
    angle: float
    room: float
    rate: float
    wrong: str = ""

    def __str__(self) -> str:
        told = (
            f"joint {self.name}: {self.angle:+.3f} rad, {self.room:.3f} rad within its limits, {self.rate:.0f} a second"
        )
        return f"joint {self.name}: {self.wrong}" if self.wrong else told


@dataclass(frozen=True)
class ToolFinding:
    """One sensor of the tool, as it reads."""

    name: str
    reading: str
    wrong: str = ""

    def __str__(self) -> str:
        return f"tool: {self.name} {self.wrong or self.reading}"


@dataclass(frozen=True)
class NodeFinding:
    """One node, by its own words."""

    name: str
    state: str
    why: str

    def __str__(self) -> str:
        return f"node {self.name}: {self.state or 'not heard of'}{': ' * bool(self.why)}{self.why}"


@dataclass(frozen=True, eq=False)
class CellFindings:
    """All of it. wrong: the first promise of the protocol that the cell does not keep, or empty."""

    cell: str
    cameras: tuple[CameraFinding, ...]
    joints: tuple[JointFinding, ...]
    tool: tuple[ToolFinding, ...]
    nodes: tuple[NodeFinding, ...] = field(default=())
    wrong: str = ""

    def lines(self) -> list[str]:
        """A line for each camera, joint, sensor and node."""
        return [*map(str, self.cameras), *map(str, self.joints), *map(str, self.tool), *map(str, self.nodes)]


def tote_edges(frame: CameraFrame, tote: Tote) -> list[Line]:
    """The edges of a tote's inside, as far as they lie before the camera; pixels."""
    corners = np.array([[i >> axis & 1 for axis in range(3)] for i in range(8)]) - (0.5, 0.5, 0.0)
    pixels, depth = frame.camera.project(tote.T_base_tote.apply(corners * tote.inner))
    seen = depth > NEAR
    return [[pixels[a].round(1).tolist(), pixels[b].round(1).tolist()] for a, b in EDGES if seen[a] and seen[b]]
