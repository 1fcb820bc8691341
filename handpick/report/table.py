"""The summary that the terminal shows at the end of a run."""

from __future__ import annotations

from typing import Any


def table(summary: dict[str, Any]) -> str:
    """A few lines of figures, then the families."""
    s = summary
    orders = max(s["orders"], 1)
    lines = [
        f"{s['suite']}, tools {s['tools']}, eyes {s['eyes']}, seed {s['seed']}: {s['orders']} orders",
        f"  placed undamaged   {s['placed_undamaged']:5d}   {s['placed_undamaged'] / orders:6.1%}",
        f"  placed             {s['placed']:5d}   {s['placed'] / orders:6.1%}",
        f"  damaged items      {s['damaged_items']:5d}   {s['damage_rate']:6.1%}",
        f"  dropped / missed   {s['dropped']:5d} / {s['missed']}",
        f"  attempts           {s['attempts']:5d}   in {s['simulated_seconds']:.1f} simulated seconds",
        f"  units per hour     {s['units_per_hour']:5.0f}   undamaged {s['undamaged_units_per_hour']:.0f}",
        "",
        f"  {'family':16s}{'items':>7s}{'tries':>7s}{'placed':>8s}{'undamaged':>11s}{'damaged':>9s}",
    ]
    for family, row in s["by_family"].items():
        lines.append(
            f"  {family:16s}{row['items']:7d}{row['attempts']:7d}{row['placed']:8d}"
            f"{row['placed_undamaged']:11d}{row['damaged']:9d}"
        )
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
    for title, counts in (("damage by cause", s["damage_by_cause"]), ("failed picks by cause", s["failures"])):
        if counts:
            lines.append(f"  {title}: " + ", ".join(f"{name} {n}" for name, n in counts.items()))
    lines += [f"  {problem}" for problem in (*s["stopped"], *(error.splitlines()[-1] for error in s["errors"]))]
    return "\n".join(lines)
