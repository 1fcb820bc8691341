"""What the page's panel says of grasps, as HTML."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from grasping.grasp import Grasp
from grasping.tools import Tool
from handpick.viewer.colors import css, odds_colors
from handpick.viewer.shown import Offer, Shown

MOST = 12  # grasps in the list
GREY = "#868e96"


def name_of(offer: Offer, number: int) -> str:
    """A grasp in a few words, unique by its number from 0."""
    grasp = offer.grasp
    skill = "" if grasp.skill.name == "lift" else f", {grasp.skill.name}"
    return f"{number + 1}. {grasp.tool.value} on item {grasp.item}{skill} ({grasp.odds.placed_undamaged:.0%})"


def listed(shown: Shown) -> str:
    """What a look holds, in a line."""
    items, grasps = len(shown.scene.items), len(shown.offers)
    return f"{items} items, {grasps} grasps on offer, {len(shown.frames)} cameras"


def told(offer: Offer | None) -> str:
    """A grasp's odds, what it does and why it was taken or not."""
    if offer is None:
        return _text("No grasp was taken.")
    grasp, odds = offer.grasp, offer.grasp.odds
    bars = [
        ("placed undamaged", odds.placed_undamaged, True),
        ("tool takes hold", odds.acquire, False),
        ("hold lasts", odds.hold, False),
        ("damage", odds.damage, False),
    ]
    head = f"<b>{grasp.tool.value.capitalize()}</b> on item {grasp.item}, {grasp.skill.name}"
    verdict = f" &middot; {escape(offer.verdict)}" if offer.verdict else ""
    rows = "".join(_bar(*bar) for bar in bars)
    return _text(f"{head}{verdict}") + rows + _text(_figures(grasp, offer.worth), small=True) + _text(escape(offer.why))


def ranked(shown: Shown, selected: int | None) -> str:
    """The best offers, one a line, the selected one marked."""
    if not shown.offers:
        return _text("The scene offers no grasp.")
    lines = [_line(offer, i, i == selected, i == shown.chosen) for i, offer in enumerate(shown.offers[:MOST])]
    more = len(shown.offers) - MOST
    rest = _text(f"and {more} more", small=True) if more > 0 else ""
    return f'<table style="width:100%;font-size:0.8em;border-collapse:collapse">{"".join(lines)}</table>{rest}'


def notes(sentences: Sequence[str]) -> str:
    """Notes, one a paragraph."""
    return "".join(_text(escape(sentence), small=True) for sentence in sentences)


def _figures(grasp: Grasp, worth: float) -> str:
    low, high = grasp.load.mass_range
    tool = f"{grasp.vacuum / 1e3:.0f} kPa" if grasp.tool is Tool.SUCTION else f"{grasp.force:.0f} N"
    width = "" if grasp.tool is Tool.SUCTION else f", {1e3 * grasp.width:.0f} mm wide"
    mass = f"{1e3 * grasp.load.mass:.0f} g believed ({1e3 * low:.0f} to {1e3 * high:.0f})"
    return f"{tool}{width}; {mass}; worth {worth:.2f} units a try"


def _line(offer: Offer, number: int, selected: bool, chosen: bool) -> str:
    grasp, odds = offer.grasp, offer.grasp.odds.placed_undamaged
    weight = "700" if selected else "400"
    mark = "&#9679;" if chosen else ""
    skill = "" if grasp.skill.name == "lift" else f", {grasp.skill.name}"
    return (
        f'<tr style="font-weight:{weight}"><td>{mark}</td><td>{number + 1}</td>'
        f"<td>{grasp.tool.value}, item {grasp.item}{skill}</td>"
        f'<td style="color:{css(odds_colors(odds))};text-align:right">{odds:.0%}</td>'
        f'<td style="color:{GREY};padding-left:0.6em">{escape(offer.verdict)}</td></tr>'
    )


def _bar(name: str, value: float, main: bool) -> str:
    color = css(odds_colors(1 - value if name == "damage" else value))
    height = 10 if main else 5
    return (
        f'<div style="display:flex;align-items:center;font-size:0.8em;gap:0.6em;padding:1px 1em">'
        f'<span style="width:9em">{name}</span>'
        f'<span style="flex:1;background:rgba(128,128,128,0.25);height:{height}px;border-radius:5px">'
        f'<span style="display:block;width:{100 * value:.1f}%;background:{color};height:{height}px;'
        f'border-radius:5px"></span></span>'
        f'<span style="width:3.2em;text-align:right">{value:.1%}</span></div>'
    )


def _text(html: str, small: bool = False) -> str:
    size = f"0.75em;color:{GREY}" if small else "0.85em"
    return f'<div style="font-size:{size};padding:2px 1em">{html}</div>' if html else ""
