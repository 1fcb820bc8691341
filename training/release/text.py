"""A comparison of weights as text."""

from __future__ import annotations

from typing import Any


def table(made: dict[str, Any]) -> str:
    """What flipped, by group, and whether that is beyond chance."""
    lines = [
        f"{made['looks']} looks of {made['judged_bins']} bins that neither was trained on; "
        f"another grasp is chosen in {made['changed']:.1%}",
        f"  undamaged before, not any more   {percent(made['negative'])}",
        f"  not before, undamaged now        {percent(made['positive'])}",
        f"  {replayed(made)}",
        f"  worth more by                    {made['worth'][0]:+.3f} units a look "
        f"({made['worth'][1]:+.3f} to {made['worth'][2]:+.3f})",
        "",
        f"  {'':34}{'looks':>6}{'bins':>6}{'old':>8}{'new':>8}{'lost':>8}{'won':>8}   {'new - old':22}{'chance':>8}",
    ]
    for group in made["groups"]:
        span = f"{group['new'] - group['old']:+.1%} ({group['low']:+.1%} to {group['high']:+.1%})"
        shares = "".join(f"{group[name]:8.1%}" for name in ("old", "new", "negative", "positive"))
        mark = "  worse" if group["regresses"] else ""
        counts = f"{group['looks']:6}{group['bins']:6}"
        lines.append(f"  {named(group['name']):34}{counts}{shares}   {span:22}{chance(group):>8}{mark}")
    return "\n".join([*lines, "", verdict(made)])


def named(name: str) -> str:
    return {"damage": "all: nothing damaged", "all": "all: placed undamaged"}.get(name, name.replace("_", " "))


def chance(group: dict[str, Any]) -> str:
    """Of such a loss in any group where none is worse."""
    return "too few" if group["p"] is None else f"{group['p']:.3f}"


def verdict(made: dict[str, Any]) -> str:
    """The verdict, and how often it is wrong."""
    worse = [named(group["name"]) for group in made["groups"] if group["regresses"]]
    rate = f"weights that are as good in every group are refused in {made['error']:.0%} of checks at most"
    return (
        f"refused: worse in {', '.join(worse)} ({rate})"
        if worse
        else f"passes: nothing is worse beyond chance ({rate})"
    )


def percent(figures: list[float]) -> str:
    mean, low, high = figures
    return f"{mean:.1%} ({low:.1%} to {high:.1%})"


def replayed(made: dict[str, Any]) -> str:
    """What of the flips an unchanged policy would show, too."""
    replay = made["replay"]
    if made["excess"] is None:
        return (
            "how many of these the old one would show against itself is not known: no try of these outcomes is "
            "repeated (handpick generate --repeat 2); what is told is the most that it can be"
        )
    low, high = replay["span"]
    told = f"{replay['differed']} of {replay['repeats']} repeated tries ended otherwise, {low:.1%} to {high:.1%}"
    return f"beyond the old one replayed: {percent(made['excess'])}, since {told}"
