"""The card of weights that were adapted to a site: by which picks, what changed, and how much better they are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np

from handpick.recording.plain import to_plain
from training.adapt import Adapted
from training.card import finite, tool_digest
from training.doubts import Doubt
from training.recorded import Recorded

LIMITS = (
    "Held-back figures are of picks that were thought worth it then: of grasps that were never chosen they say little.",
    "Damage is not felt by a robot: of an acquired item it is believed as before where no inspection told of it.",
    "What is tipped or dragged first is not learned from.",
)


def site_card(recorded: Recorded, done: Adapted, doubts: Sequence[Doubt], seed: int, on: str | None) -> dict[str, Any]:
    """Everything that a user of the weights should know, as JSON data.

    on: the digest of the weights that were adapted; None: they came with the package.
    """
    made = {
        "adapted_from": f"the weights of handpick {version('handpick')}" if on is None else on,
        "recordings": dict(recorded.files),
        "left_out": dict(recorded.notes),
        "picks": len(recorded.picks),
        "picks_sha256": hashlib.sha256(recorded.picks.tobytes()).hexdigest(),
        "bins": len(np.unique(recorded.picks["bin"])),
        "tool": to_plain(recorded.tool),
        "tool_sha256": tool_digest(recorded.tool),
        "seed": seed,
        "better": done.better,
        "gain": dict(zip(("mean", "low", "high"), done.gain)),
        "wrong_labels": done.wrong,
        "heads": {f"{tool.value} {head}": asdict(report) for (tool, head), report in done.heads.items()},
        "doubted": [asdict(doubt) for doubt in doubts],
        "limits": list(LIMITS),
    }
    return dict(finite(made))


def site_table(made: dict[str, Any]) -> str:
    """The card as text: what was read, and head by head what was said and what happened."""
    count = len(made["recordings"])
    lines = [f"{made['picks']} picks of {made['bins']} bins in {count} recording{'s' * (count != 1)}"]
    lines += [f"  left out: {count} {what}" for what, count in made["left_out"].items()]
    lines += ["", "in bins held back  picks  happened   before  adapted  nats gained"]
    for name, head in made["heads"].items():
        said = f"{head['happened']:10.2f}{head['before']:9.2f}{head['adapted']:9.2f}{head['gain']:+13.3f}"
        lines.append(f"  {name:16}{head['picks']:6}{said}   {_change(head)}")
    gain = made["gain"]
    lines += ["", f"labels that seem to be wrong: {made['wrong_labels']:.0%}"]
    lines += [f"surprised less by {gain['mean']:+.3f} nats a pick ({gain['low']:+.3f} to {gain['high']:+.3f})"]
    lines += ["", "labels that the others speak against most: look at these first"]
    for doubt in made["doubted"]:
        told = f"{doubt['tool']} {doubt['head']}: {'yes' if doubt['told'] else 'no'}, expected {doubt['expected']:.0%}"
        lines.append(f"  {doubt['recording']}, pick {doubt['pick']}: {told}")
    return "\n".join(lines)


def _change(head: dict[str, Any]) -> str:
    if not head["changed"]:
        return "as before"
    most = "".join(f", {name} {by:+.2f}" for name, by in head["most"])
    grown = f", {head['trees']} trees" if head["trees"] else ""
    return f"moved by {head['shift']:+.2f}{most}{grown}"
