"""`gymnasium.make("handpick/Bin-v0")`: a bin to empty by a policy of your own."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, ClassVar, cast

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from grasping.candidates.table import FEATURES
from grasping.quality.contact_quality import ContactQuality
from grasping.tools import DualTool, Tool
from perception.camera import CameraFrame
from perception.scene import Scene
from sim.fill import UnrestError
from sim.render.renderer import make_renderer
from sim.trial.attempt import Attempt, attempt, flyable
from sim.trial.branch import branched
from sim.trial.rays import item_under
from training.bin import Bin, filled_bin
from training.emptying import alone
from training.metrics import brought
from training.options import Drawn, draw, strata

NAME = "handpick/Bin-v0"
COUNTS = len(FEATURES.names or ())
HEIGHT, WIDTH = 480, 640
PATIENCE = 3  # times as many tries as items
Observation = dict[str, NDArray[Any]]


class BinEnv(gymnasium.Env[Observation, np.int64]):
    """One bin from full to empty. An action is the number of an offered grasp; its reward the worth of the outcome.

    Observations: `color` and `depth` of the cameras, 0 where it is missing; of each offered grasp `features` (as
    FEATURES), `believed` (odds of contact mechanics: acquire, hold, damage, return), `T_base_tool`, and `cup`, whether
    it is one; `mask`, which rows are offers at all. An episode ends where nothing is left or offered. `info` tells what
    came of the try, and harm by cause.

    Args:
        suite: what the bins hold. items: how many at most. views: 1 or 4 cameras. offers: grasps of a look at most.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": []}

    def __init__(self, suite: str = "mixed", items: int | None = None, views: int = 4, offers: int = 64) -> None:
        self.suite, self.items, self.views, self.offers = suite, items, views, offers
        self.tool = DualTool()
        self.quality = ContactQuality(self.tool)
        self.renderer = make_renderer()
        self._open = ExitStack()
        self.action_space = spaces.Discrete(offers)
        parts: dict[str, spaces.Space[Any]] = {
            "color": spaces.Box(0, 255, (views, HEIGHT, WIDTH, 3), np.uint8),
            "depth": spaces.Box(0, np.inf, (views, HEIGHT, WIDTH), np.float32),
            "features": spaces.Box(-np.inf, np.inf, (offers, COUNTS), np.float32),
            "believed": spaces.Box(0, 1, (offers, 4), np.float32),
            "T_base_tool": spaces.Box(-np.inf, np.inf, (offers, 4, 4), np.float32),
            "cup": spaces.MultiBinary(offers),
            "mask": spaces.MultiBinary(offers),
        }
        self.observation_space = cast("spaces.Space[Observation]", spaces.Dict(parts))
        self._blank: Observation = {name: np.zeros_like(part.sample()) for name, part in parts.items()}

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Another bin; the same one for the same seed."""
        super().reset(seed=seed)
        while True:
            self._open.close()
            rng = np.random.default_rng(self.np_random.integers(1 << 32))
            try:
                made = filled_bin(self.suite, self.tool, self.renderer, rng, self.items)
                self.bin: Bin = self._open.enter_context(made)
                break
            except UnrestError:
                continue
        self.rng, self.tries = rng, PATIENCE * len(self.bin.world.items)
        return self._look(), {}

    def step(self, action: np.int64) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Try an offered grasp. What is carried away is gone; what is lost falls back. No offer of that number: 0."""
        self.tries -= 1
        reward, told = 0.0, dict[str, Any]()
        if int(action) < len(self.drawn) and self.scene is not None:
            came = self._try(self.drawn[int(action)], self.scene)
            harm = came.practical.own | came.practical.others
            lost = came.acquired and not came.held and not came.returned
            reward = float(brought(came.held, bool(harm), lost))
            told = {"acquired": came.acquired, "held": came.held, "returned": came.returned}
            told |= {"harm": sorted(cause.value for cause in harm)}
        observation = self._look()
        return observation, reward, not self.drawn, self.tries <= 0, told

    def close(self) -> None:
        self._open.close()
        self.renderer.close()

    def _try(self, drawn: Drawn, scene: Scene) -> Attempt:
        """What comes of a grasp; the bin is then as it leaves it."""
        target = item_under(self.bin.world, scene.items[drawn.item])
        noise = self.rng.spawn(1)[0]
        came = branched(lambda: alone(self.bin, drawn.grasp, scene, target, noise))
        attempt(self.bin.bench, drawn.grasp, scene, target, noise, carried=False)
        self.bin.bench.end()
        item = self.bin.world.item_of(came.body) if came.held else None
        if item is not None:
            self.bin.take(item)
        self.bin.settle()
        return came

    def _look(self) -> Observation:
        self.drawn: list[Drawn] = []
        frames = self.bin.capture(self.views)
        self.scene = self.bin.look(frames) if self.bin.world.items else None
        if self.scene is not None:
            found = draw(strata(self.scene, self.tool, self.quality), self.offers, self.tool, self.rng)
            self.drawn = [one for one in found if flyable(one.grasp, self.scene)][: self.offers]
        return self._observed(frames)

    def _observed(self, frames: tuple[CameraFrame, ...]) -> Observation:
        told = {name: blank.copy() for name, blank in self._blank.items()}
        told["color"] = np.stack([frame.color for frame in frames]).astype(np.uint8)
        told["depth"] = np.nan_to_num(np.stack([frame.depth for frame in frames]))
        for row, one in enumerate(self.drawn):
            told["features"][row] = [one.features[name] for name in FEATURES.names or ()]
            told["believed"][row] = one.odds
            told["T_base_tool"][row] = one.grasp.T_base_tool.matrix
            told["cup"][row], told["mask"][row] = one.grasp.tool is Tool.SUCTION, 1
        return told


def register() -> None:
    """Make the environment known to Gymnasium; its plugins call this."""
    if NAME not in gymnasium.registry:
        gymnasium.register(NAME, entry_point="training.environment:BinEnv")
