"""The summary that the terminal shows at the end of a run."""

from __future__ import annotations

from typing import Any

from handpick.report.believed import believed_lines
from handpick.report.by_item import order_lines
from handpick.report.canary import canary_lines


def table(summary: dict[str, Any]) -> str:
    """A few lines of figures, then the families, and how items lay."""
    s = summary
    orders = max(s["orders"], 1)
    lines = [
        f"{s['suite']}, tools {s['tools']}, eyes {s['eyes']}, seed {s['seed']}: {s['orders']} orders",
        f"  placed undamaged   {s['placed_undamaged']:5d}   {s['placed_undamaged'] / orders:6.1%}",
        f"  placed             {s['placed']:5d}   {s['placed'] / orders:6.1%}",
        f"  damaged items      {s['damaged_items']:5d}   {s['damage_rate']:6.1%}   by the {s['rules']} rules",
        *other_rules(s, orders),
        f"  dropped / missed   {s['dropped']:5d} / {s['missed']}",
        f"  attempts           {s['attempts']:5d}   in {s['simulated_seconds']:.1f} simulated seconds",
        f"  units per hour     {s['units_per_hour']:5.0f}   undamaged {s['undamaged_units_per_hour']:.0f}",
        f"  dragging aside     {s['drag_share']:5.1%}   of the time",
        *became_lines("family", s["by_family"]),
        *became_lines("how it lay", s["by_lay"]),
    ]
    if s["by_disturbance"]:
        lines += [
            "",
            f"  {'disturbance':20s}{'picks':>7s}{'placed':>8s}{'undamaged':>11s}{'recoverable':>13s}{'recovered':>11s}"
            f"{'stopped':>9s}{'collisions':>12s}",
        ]
        for kind, row in s["by_disturbance"].items():
            lines.append(
                f"  {kind:20s}{row['orders']:7d}{row['placed']:8d}{row['undamaged']:11d}{row['recoverable']:13d}"
                f"{row['recovered']:11d}{row['stopped']:9d}{row['collisions']:12d}"
            )
    lines += canary_lines(s["canary"]) + order_lines(s.get("by_item", {}))
    lines += skill_lines(s["by_skill"]) + believed_lines(s["believed"]) + failure_lines(s["failures"])
    if s["damage_by_cause"]:
        lines += ["", "  damage by cause: " + listed(s["damage_by_cause"])]
    if s["risks_by_cause"]:
        lines += ["  risks, which harm by neither rules: " + listed(s["risks_by_cause"])]
    lines += [f"  {problem}" for problem in (*s["stopped"], *(error.splitlines()[-1] for error in s["errors"]))]
    return "\n".join(lines)


def became_lines(trait: str, rows: dict[str, dict[str, int]]) -> list[str]:
    """What became of items, by one of their traits."""
    return ["", f"  {trait:16s}{'items':>7s}{'tries':>7s}{'placed':>8s}{'undamaged':>11s}{'damaged':>9s}"] + [
        f"  {name or 'unknown':16s}{row['items']:7d}{row['attempts']:7d}{row['placed']:8d}"
        f"{row['placed_undamaged']:11d}{row['damaged']:9d}"
        for name, row in rows.items()
    ]


def other_rules(s: dict[str, Any], orders: int) -> list[str]:
    """The same under the rules that the headline does not use."""
    return [
        f"  by the {name} rules  {row['placed_undamaged']} undamaged ({row['placed_undamaged'] / orders:.1%}), "
        f"{row['damaged_items']} damaged ({row['damage_rate']:.1%}), "
        f"{row['undamaged_units_per_hour']:.0f} undamaged an hour: {listed(row['damage_by_cause']) or 'no damage'}"
        for name, row in s["by_rules"].items()
        if name != s["rules"]
    ]


def listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counts.items())


def skill_lines(rows: dict[str, dict[str, Any]]) -> list[str]:
    """Picks and seconds by the way in which items were moved."""
    if not rows:
        return []
    header = f"  {'skill':20s}{'picks':>7s}{'placed':>8s}{'seconds':>9s}{'of time':>9s}{'lost s':>8s}"
    return ["", header] + [
        f"  {name:20s}{row['picks']:7d}{row['placed']:8d}{row['seconds']:9.1f}{row['share']:9.1%}{row['lost']:8.1f}"
        for name, row in rows.items()
    ]


def failure_lines(rows: dict[str, dict[str, Any]]) -> list[str]:
    """Why picks placed nothing, and the seconds that each cause took."""
    if not rows:
        return []
    return ["", f"  {'why nothing placed':20s}{'picks':>7s}{'seconds':>9s}{'of time':>9s}"] + [
        f"  {name:20s}{row['picks']:7d}{row['seconds']:9.1f}{row['share']:9.1%}" for name, row in rows.items()
    ]
