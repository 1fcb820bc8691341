"""release.html: one self-contained page on whether an update may be released, with what it won and lost."""

from __future__ import annotations

from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader

from training.release import plots
from training.release.pictures import Flip
from training.release.text import chance, named, replayed, verdict


def page(made: dict[str, Any], lost: list[Flip], won: list[Flip]) -> str:
    """The whole page as HTML; plots and pictures are inside it.

    Args:
        made: as `training.release.check.checked` makes it. lost, won: looks that flipped either way.
    """
    loaders = [PackageLoader(package, ".") for package in ("training.release", "handpick.report")]
    environment = Environment(loader=ChoiceLoader(loaders), autoescape=True)
    return environment.get_template("release.html.j2").render(
        made=made,
        whole=made["groups"][0],
        verdict=verdict(made),
        replayed=replayed(made),
        named=named,
        chance=chance,
        differences=plots.differences_plot(made["groups"]),
        flips=plots.flips_plot(made["groups"]),
        directions=[("Undamaged before, not any more", lost), ("Not before, undamaged now", won)],
    )
