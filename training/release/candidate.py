"""Weights with the card that tells which bins they were trained on, and for which tool."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from grasping.policy import LEARNED
from grasping.quality.learned import Weights, shipped_path
from training.errors import CardError, OverlapError, ToolError

CARD = "card.json"  # beside the file of weights
EVALUATIONS = "metrics", "gain"  # of trained, and of adapted weights
_AGAIN = "train again"


@dataclass(frozen=True, eq=False)
class Candidate:
    """A file of weights that may be released.

    Attributes:
        bins: names of those that it was grown and calibrated on. tool: the digest of the one that it is for.
        card: all that its card tells.
    """

    path: Path
    weights: Weights
    digest: str
    bins: frozenset[str]
    tool: str
    card: dict[str, Any]

    @staticmethod
    def read(name: str) -> Candidate:
        """A file of weights, or those that come with the package (`learned`).

        Raises:
            WeightsError: it cannot be used. CardError: nobody knows what it was made of, or how good it is.
        """
        path = shipped_path() if name == LEARNED else Path(name)
        weights, digest = Weights.load(path), digest_of_file(path)
        card = read_card(path.resolve().parent / CARD)
        where, told = path.parent / CARD, card.get("weights_sha256")
        if told != digest:
            raise CardError(
                f"{where}: expected the card of weights {digest[:12]}, got one of {str(told)[:12]}; {_AGAIN}"
            )
        if not any(card.get(name) for name in EVALUATIONS):
            raise CardError(f"{where}: expected an evaluation of the weights, found none; {_AGAIN}")
        if not isinstance(card.get("trained_on"), list) or not isinstance(card.get("tool_sha256"), str):
            raise CardError(f"{where}: expected the bins and the tool that they were trained with, got none; {_AGAIN}")
        return Candidate(path, weights, digest, frozenset(card["trained_on"]), card["tool_sha256"], card)


def read_card(path: Path) -> dict[str, Any]:
    """A card as JSON data. Raises CardError: there is none."""
    try:
        card = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise CardError(f"{path}: expected the card of the weights beside it, got {error}; {_AGAIN}") from error
    if not isinstance(card, dict):
        raise CardError(f"{path}: expected the card of the weights beside it, got {type(card).__name__}; {_AGAIN}")
    return card


def digest_of_file(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def check_comparable(new: Candidate, old: Candidate, bins: frozenset[str], tool: str) -> None:
    """Refuse to compare what cannot be.

    Args:
        bins: names of those that they are to be judged on. tool: the digest of the one that tried grasps in them.

    Raises:
        ToolError: not all are of one tool. OverlapError: one of them was trained on some of these bins.
    """
    for one in (new, old):
        if one.tool != tool:
            raise ToolError(
                f"{one.path}: expected weights for the tool that the outcomes were tried with ({tool[:12]}), got "
                f"weights for {one.tool[:12]}; name outcomes of that tool"
            )
        if known := one.bins & bins:
            raise OverlapError(
                f"{one.path}: expected outcomes of bins that it was not trained on, got {len(known)} of {len(bins)} "
                f"that it was ({', '.join(sorted(known)[:3])}...); generate others (handpick generate --seed)"
            )
