"""report.html: one self-contained page of figures, plots and pictures."""

from __future__ import annotations

import base64

from jinja2 import Environment, PackageLoader

from handpick.outcome import Cause
from handpick.record import RunRecord
from handpick.report import plots
from handpick.report.believed import beside
from handpick.report.canary import verdict
from handpick.report.summary import summarise, timings


def page(run: RunRecord, explained: bool = False) -> str:
    """The whole page as HTML; plots and pictures are inside it. It leads to explain/index.html if `explained`."""
    environment = Environment(loader=PackageLoader("handpick.report", "."), autoescape=True)
    environment.filters["data_uri"] = lambda jpeg: "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
    environment.filters["beside"] = beside
    summary, measured = summarise(run), timings(run)
    return environment.get_template("page.html.j2").render(
        summary=summary,
        on_trial=verdict(summary["canary"]) if summary["canary"] else "",
        explained=explained,
        timings=measured,
        ledger=run.ledger[:200],
        ledger_size=len(run.ledger),
        samples=[sample for bin_ in run.bins for sample in bin_.samples],
        families=plots.families_plot(summary),
        failures=plots.failures_plot(summary),
        meanings={cause.value: cause.explanation for cause in Cause},
        damage=plots.damage_plot(summary),
        stages=plots.stages_plot(summary),
        throughput=plots.throughput_plot(run),
        latency=plots.latency_plot(run, measured),
    )
