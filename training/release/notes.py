"""Release notes: what a version was made of, what it changes, and where it lost and won."""

from __future__ import annotations

from typing import Any

from training.release.candidate import Candidate
from training.release.text import named, percent, replayed, verdict


def notes(name: str, one: Candidate, before: str, check: dict[str, Any] | None) -> str:
    """As Markdown. before: the version that it replaces, empty where there is none. check: of the two."""
    card = one.card
    lines = [f"# Version {name}", "", f"Weights {one.digest}.", ""]
    lines += [f"Made of {_count(card)}." if _count(card) else "What it was made of is in card.json.", ""]
    if check is None:
        return "\n".join([*lines, "The first version in this folder: there was none to compare it with.", ""])
    whole = check["groups"][0]
    lines += [
        f"Replaces version {before}, compared in {check['looks']} looks of {check['judged_bins']} bins that neither "
        "was trained on (release.html has the plots, and pictures of what flipped):",
        "",
        f"- placed undamaged: {whole['old']:.1%} before, {whole['new']:.1%} now",
        f"- undamaged before, not any more: {percent(check['negative'])}; {replayed(check)}",
        f"- not before, undamaged now: {percent(check['positive'])}",
        f"- {verdict(check)}",
        "",
        "| | looks | old | new | lost | won |",
        "|---|---|---|---|---|---|",
    ]
    for group in check["groups"]:
        shares = " | ".join(f"{group[key]:.1%}" for key in ("old", "new", "negative", "positive"))
        lines.append(f"| {named(group['name'])} | {group['looks']} | {shares} |")
    return "\n".join([*lines, ""])


def _count(card: dict[str, Any]) -> str:
    if "known" in card:
        return f"{card['known']} outcomes of {card['known_bins']} bins"
    return f"{card['picks']} recorded picks" if "picks" in card else ""
