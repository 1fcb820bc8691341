"""What a run showed of weights on trial."""

from __future__ import annotations

from typing import Any

from handpick.picking.canary import told
from handpick.picking.evidence import ERROR, Evidence, Side
from handpick.record import RunRecord


def by_canary(run: RunRecord) -> dict[str, Any]:
    """Picks by either weights, and whether the new ones were rolled back; empty where none were on trial."""
    if "canary" not in run.config:
        return {}
    picks = [counted for pick in run.picks if (counted := told(pick.outcome)) is not None]
    found = Evidence(float(str(run.config["canary_share"]))).after_all(picks)
    return {
        "policy": run.config["canary"],
        "share": found.share,
        "old": side(found.old),
        "new": side(found.new),
        "evidence": round(found.value, 6),
        "limit": 1 / ERROR,
        "rolled_back_at": found.refuted,
    }


def side(one: Side) -> dict[str, Any]:
    low, high = one.span
    share = round(one.placed / one.picks, 6) if one.picks else None
    return {"picks": one.picks, "placed": one.placed, "share": share, "low": round(low, 4), "high": round(high, 4)}


def canary_lines(found: dict[str, Any]) -> list[str]:
    """The same as text."""
    if not found:
        return []
    lines = ["", f"  on trial: {found['policy']}, {found['share']:.0%} of the picks"]
    for name in ("old", "new"):
        one = found[name]
        share = (
            "" if one["share"] is None else f", {one['share']:.1%} ({one['low']:.1%} to {one['high']:.1%} at any time)"
        )
        lines.append(f"    {name} weights: {one['placed']} of {one['picks']} picks placed{share}")
    return [*lines, f"    {verdict(found)}"]


def verdict(found: dict[str, Any]) -> str:
    """What became of the new weights."""
    if found["rolled_back_at"] is not None:
        return f"rolled back after {found['rolled_back_at']} picks: the new weights place less often"
    evidence = f"evidence of {found['evidence']:.2g} that they place less often, of {found['limit']:.0f} needed"
    return f"not rolled back: {evidence}"
