"""The odds of a policy, by its name; of one that somebody else wrote, what it returns is checked."""

from __future__ import annotations

import hashlib
import os
import sys
from importlib import import_module
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from grasping.candidates.table import Candidates
from grasping.policy import ANALYTIC, AUTO, LEARNED, PolicyError, is_imported, policy_name
from grasping.quality.contact_quality import ContactQuality, Quality
from grasping.quality.learned import HEADS, LearnedQuality, Weights, shipped, shipped_path
from grasping.tools import DualTool, Gripper, SuctionCup
from perception.pose import Array
from perception.scene import Scene


def quality_of(policy: str | Quality, contact: ContactQuality) -> Quality:
    """The odds of a policy, made anew: what it remembers from look to look begins empty.

    Args:
        policy: its name, or its odds themselves.
        contact: the odds of contact mechanics, which learned ones build on.

    Raises:
        PolicyError: there is no such policy, or it cannot be called.
        WeightsError: its weights cannot be used.
    """
    if not isinstance(policy, str):
        return CheckedQuality(type(policy).__name__, policy)
    if policy_name(policy) == AUTO:
        policy = LEARNED if is_standard(contact.tool) else ANALYTIC
    if policy == ANALYTIC:
        return contact
    if is_imported(policy):
        return CheckedQuality(policy, imported(policy))
    return LearnedQuality(shipped() if policy == LEARNED else Weights.load(Path(policy)), contact)


def is_standard(tool: DualTool) -> bool:
    """Whether cup and gripper are those that the weights of this package were trained with."""
    return tool.cup == SuctionCup() and tool.gripper == Gripper()


def digest_of(policy: str) -> str:
    """SHA-256 of the file that a policy comes from, its weights or its module; empty where there is none.

    Raises:
        PolicyError, WeightsError: the file is not there.
    """
    if policy_name(policy) == ANALYTIC:
        return ""
    if is_imported(policy):
        file = getattr(module_of(policy), "__file__", None)
        return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else ""
    path = shipped_path() if policy in (AUTO, LEARNED) else Path(policy)
    Weights.load(path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


class CheckedQuality:
    """Odds that somebody else's code gives, refused where they are none, and copied: it may use its arrays again.

    Args:
        name: of the policy, for errors.
    """

    def __init__(self, name: str, quality: Quality) -> None:
        self._name, self._quality = name, quality

    def __call__(self, scene: Scene, candidates: Candidates) -> Array:
        """Probabilities to acquire, hold, damage and return, shape (C, 4). Raises PolicyError: others came."""
        came: Any = self._quality(scene, candidates)
        expected = f"policy {self._name!r}: expected an array of shape ({len(candidates)}, 4) with odds of 0 to 1"
        try:
            odds = np.array(came, np.float64)
        except (TypeError, ValueError) as error:
            raise PolicyError(f"{expected}, got {came!r:.200}") from error
        if odds.shape != (len(candidates), len(HEADS)):
            raise PolicyError(f"{expected} ({', '.join(HEADS)}), got one of shape {odds.shape}")
        wrong = np.argwhere(~((odds >= 0) & (odds <= 1)))
        if len(wrong):
            row, head = wrong[0]
            raise PolicyError(f"{expected}, got {odds[row, head]} for {HEADS[head]} of candidate {row}")
        return odds


def imported(name: str) -> Quality:
    """What `module:name` names. A class is made, with no arguments. Raises PolicyError."""
    module, inside, expected = module_of(name), name.partition(":")[2], f"policy {name!r}: expected"
    try:
        found: Any = attrgetter(inside)(module)
    except AttributeError as error:
        there = ", ".join(key for key in vars(module) if not key.startswith("_"))
        raise PolicyError(f"{expected} {inside!r} in the module, which has {there or 'nothing'}") from error
    if isinstance(found, type):
        try:
            found = found()
        except Exception as error:  # of somebody else's code
            raise PolicyError(f"{expected} a class that is made with no arguments, got {_told(error)}") from error
    if not callable(found):
        raise PolicyError(f"{expected} what is called with (scene, candidates), got a {type(found).__name__}")
    quality: Quality = found
    return quality


def module_of(name: str) -> ModuleType:
    """The module of `module:name`, which may lie in the current folder. Raises PolicyError."""
    module, here = name.partition(":")[0], os.getcwd()
    if here not in sys.path:  # the installed command, unlike `python -m`, does not look there
        sys.path.insert(0, here)
    try:
        return import_module(module)
    except Exception as error:  # of somebody else's code
        where = f"{module!r} in {here}, or installed"
        raise PolicyError(f"policy {name!r}: expected a module {where}, got {_told(error)}") from error


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
