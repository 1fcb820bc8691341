"""The plan of a simulated run: everything that decides it, and its bins."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from grasping.policy import DEFAULT, is_imported
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.policies import digest_of, quality_of
from grasping.quality.worth import Stakes
from grasping.tools import FOUR_CUPS, DualTool, Tool
from handpick.cell import CellLayout
from handpick.layout import standard_layout
from handpick.picking.canary import Canary
from handpick.picking.evidence import Evidence
from handpick.picking.stack import Declared, Patience, Stack, closed, opened
from motion.robot.description import ArmDescription
from motion.robot.load import load_arm
from perception.errors import HandpickError
from sim.cameras.noise import DepthNoise
from sim.catalogue.shop import NamedBin, Shop, named_bin
from sim.damage.inspector import Rules
from sim.disturbances.kinds import SHARE, named
from sim.suites import bin_specs, made_of, suite_shares

STEP = 1 / 240
TOLD = 5  # beside a bin's generators: what its manifest and its orders are drawn from
CANARY = 4  # beside a bin's generators: what its picks by weights on trial are drawn from


EYES = {"closed": closed, "open": opened}  # whether the cameras are watched during motion


class ToolsError(HandpickError):
    """No such choice of tools."""


class EyesError(HandpickError):
    """The cell cannot be run with such eyes."""


@dataclass(frozen=True)
class SimPlan:
    """Everything that decides a simulated run. The same plan gives the same report to the byte.

    explain, record: folders in which every look is explained and recorded; they decide nothing, and are no part of the
        configuration.
    """

    suite: str = "mixed"
    orders: int = 40
    tools: str = "both"
    seed: int = 0
    eyes: str = "closed"
    disturb: str = "none"
    share: float = SHARE  # of the picks that are disturbed
    declared: Declared = dataclasses.field(default_factory=Declared)
    arm: str = "panda"  # a name, or a folder
    explain: Path | None = None
    record: Path | None = None
    policy: str = DEFAULT  # whose odds decide, as of `grasping.policy`
    damage: float = Stakes.damage  # what a damaged item costs, in placed ones
    canary: str | None = None  # a policy on trial, by which a share of the picks is decided
    evidence: Evidence = dataclasses.field(default_factory=Evidence)  # on it, before the first bin
    shop: Shop | None = None  # whose items are ordered by name; None: any item will do
    catalogue: Path | None = None  # the folder of the shop's catalogue; as it is made from the shop, no configuration

    @cached_property
    def robot(self) -> ArmDescription:
        """The arm as data. Raises ArmError."""
        return load_arm(self.arm)

    @cached_property
    def layout(self) -> CellLayout:
        """The standard cell, at the height that suits the arm."""
        return standard_layout(base_height=self.robot.base_height)

    @property
    def tool(self) -> DualTool:
        """What is on the flange: a suction robot has several cups, and no fingers in their way."""
        return FOUR_CUPS if self.tools == Tool.SUCTION.value else DualTool()

    @property
    def allowed(self) -> frozenset[Tool]:
        """The tools that may be used. Raises ToolsError."""
        kinds = {tool.value: frozenset({tool}) for tool in Tool} | {"both": frozenset(Tool)}
        if self.tools not in kinds:
            raise ToolsError(f"unknown tools {self.tools!r}; choose one of {', '.join(kinds)}")
        return kinds[self.tools]

    def bin(self, index: int) -> NamedBin:
        """What is in a bin and what is ordered out of it; no names where any item will do."""
        items = generators(self.seed, index)[0]
        if self.shop is None:
            return NamedBin(tuple(bin_specs(self.suite, items)), (), ())
        return named_bin(self.shop, items, np.random.default_rng([self.seed, index, TOLD]))

    def stack(self, index: int = 0) -> Stack:
        """The stack that picks a bin. Raises PolicyError, WeightsError: the policy cannot be used."""
        built = self.layout, self.tool, self.allowed, self.declared, EYES[self.eyes], self.robot
        stack = Stack.build(*built, policy=self.policy, stakes=Stakes(damage=self.damage))
        if self.canary is None:
            return stack
        quality = quality_of(self.canary, ContactQuality(self.tool))
        rng = np.random.default_rng([self.seed, index, CANARY])
        return dataclasses.replace(stack, canary=Canary(quality, self.evidence, rng))

    def check(self) -> None:
        """Refuse what does not exist, before any work is done.

        Raises:
            UnknownSuiteError, ToolsError, EyesError, PolicyError, UnknownDisturbanceError, ArmError: by what it is that
                does not.
            WeightsError: the policy's weights cannot be used.
        """
        suite_shares(self.suite)
        named(self.disturb)
        self.allowed, self.robot  # noqa: B018
        if self.eyes not in EYES:
            raise EyesError(f"eyes {self.eyes!r} cannot be run; choose one of: {', '.join(EYES)}")
        digest_of(self.policy)
        if self.canary is not None:
            digest_of(self.canary)
        if is_imported(self.policy):
            self.stack()  # which has it judge a made-up scene

    def config(self) -> dict[str, object]:
        """The plan as plain JSON data."""
        settings: dict[str, Any] = {
            "tool": self.tool,
            "declared": self.declared,
            "patience": Patience(),
            "noise": DepthNoise(),
            "damage_rules": Rules(),
        }
        trial = (
            {}
            if self.canary is None
            else {"canary": self.canary, "canary_digest": digest_of(self.canary), "canary_share": self.evidence.share}
        )
        by_item = {} if self.shop is None else {"orders_by": "item", "shop": dataclasses.asdict(self.shop)}
        return {
            "suite": self.suite,
            **({"items": made} if (made := made_of(self.suite)) else {}),
            "arm": self.robot.name,
            "orders": self.orders,
            "tools": self.tools,
            "eyes": self.eyes,
            "policy": self.policy,
            "policy_digest": digest_of(self.policy),
            "damage": self.damage,
            **trial,
            **by_item,
            "disturb": [kind.value for kind in named(self.disturb)],
            "share": self.share,
            "seed": self.seed,
            "step": STEP,
            **{name: plain(dataclasses.asdict(value)) for name, value in settings.items()},
            "totes": {t.name: plain(t.T_base_tote.matrix) for t in (self.layout.source, self.layout.destination)},
            "cameras": {c.name: plain(c.T_base_camera.matrix) for c in self.layout.cameras},
        }


@dataclass(frozen=True)
class BinTask:
    """One bin's share of a plan."""

    plan: SimPlan
    index: int
    orders: int


def bin_tasks(plan: SimPlan) -> list[BinTask]:
    """Bins of 10 to 20 items until every order has its item; of orders by name, as many as each bin has."""
    tasks: list[BinTask] = []
    left = plan.orders
    while left > 0:
        named = plan.bin(len(tasks))
        items = len(named.specs if plan.shop is None else named.orders)
        tasks.append(BinTask(plan, len(tasks), min(items, left)))
        left -= items
    return tasks


def generators(seed: int, index: int) -> tuple[np.random.Generator, ...]:
    """A bin's generators: for its items, and for its world and sensors."""
    return tuple(np.random.default_rng([seed, index, part]) for part in range(2))


def plain(value: Any) -> Any:
    """Arrays, enums and infinities as JSON data."""
    if isinstance(value, dict):
        return {str(getattr(key, "value", key)): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return round(value, 9) if np.isfinite(value) else str(value)
    return value
