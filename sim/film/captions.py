"""Says on a film's pictures what is going on: the time, what was placed, and what the robot saw."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from grasping.draw import draw_grasp
from grasping.grasp import Grasp
from grasping.tools import DualTool
from handpick.outcome import PickOutcome
from handpick.picking.decide import Thought
from perception.camera import CameraFrame
from perception.draw import draw_items, refined
from perception.scene import Scene
from sim.film.filmed_cell import Picture

INSET = 0.25  # of the picture's width
LETTERS = 0.022  # of the picture's width, their height
WHITE, SHADOW = (255, 255, 255), (24, 26, 30)


@dataclass(frozen=True, eq=False)
class Seen:
    """What the robot saw at a time, as a picture, RGB, and what it made of it, in words."""

    stamp: float
    color: NDArray[np.uint8]
    words: str


@dataclass
class Captions:
    """What happened, by the cell's clock.

    source: in a few words, where the film comes from. counts: whether it is known what was placed.
    """

    source: str
    tool: DualTool
    counts: bool = True
    looks: list[Seen] = field(default_factory=list)
    placed: list[float] = field(default_factory=list)

    def seen(self, scene: Scene, frames: Sequence[CameraFrame], offered: int, grasp: Grasp | None) -> None:
        """A look was taken, which offers so many grasps, and one of them was chosen."""
        if not frames:
            return
        color = draw_items(frames[0], scene)
        words = f"{len(scene.items)} items, {offered} grasps"
        if grasp is not None:
            color = draw_grasp(color, refined(frames[0].camera, scene), grasp, self.tool, thickness=5)
            words = f"{words}; {grasp.tool.value} {grasp.odds.placed_undamaged:.0%}"
        self.looks.append(Seen(scene.stamp, color, words))

    def thought(self, thought: Thought) -> None:
        """A decision was made."""
        look = thought.look
        self.seen(look.scene, look.frames, len(look.options), look.grasp)

    def picked(self, outcome: PickOutcome) -> None:
        """A pick ended."""
        if outcome.released is not None and outcome.cause is None:
            self.placed.append(outcome.released)

    def on(self, picture: Picture) -> NDArray[np.uint8]:
        """The picture with what is to be said at its time."""
        color = picture.color.copy()
        i = bisect_right([look.stamp for look in self.looks], picture.stamp + 1e-9)
        if i:
            _put_in(color, self.looks[i - 1].color)
        image = Image.fromarray(color)
        draw, width, height = ImageDraw.Draw(image), image.width, image.height
        margin = width // 50
        font = ImageFont.load_default(LETTERS * width)
        placed = sum(released <= picture.stamp for released in self.placed)
        done = "1 item placed" if placed == 1 else f"{placed} items placed"
        done = done if self.counts else ""
        _write(draw, (margin, height - margin), f"{self.source}   {picture.stamp:4.1f} s", font, "ls")
        _write(draw, (width - margin, height - margin), done, font, "rs")
        if i:
            below = margin + round(INSET * width * 0.75) + 3
            _write(draw, (width - margin, below), self.looks[i - 1].words, font, "rt")
        return np.asarray(image)


def _put_in(color: NDArray[np.uint8], inset: NDArray[np.uint8]) -> None:
    """Lay a small picture with a rim into the upper right corner."""
    width = round(INSET * color.shape[1])
    height, margin = width * inset.shape[0] // inset.shape[1], color.shape[1] // 50
    small = cv2.resize(inset, (width, height), interpolation=cv2.INTER_AREA)
    left = color.shape[1] - margin - width
    color[margin - 2 : margin + height + 2, left - 2 : left + width + 2] = SHADOW
    color[margin : margin + height, left : left + width] = small


def _write(
    draw: ImageDraw.ImageDraw,
    at: tuple[int, int],
    words: str,
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
    anchor: str,
) -> None:
    draw.text(at, words, WHITE, font, anchor, stroke_width=1, stroke_fill=SHADOW)
