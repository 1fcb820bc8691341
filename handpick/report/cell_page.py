"""check.html: what a look at a cell told, camera by camera, joint by joint, sensor by sensor."""

from __future__ import annotations

import base64
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, PackageLoader

from handpick.report.cell_findings import CellFindings
from handpick.report.files import write_texts
from perception.view_check.view_fit import FARTHEST, STEEPEST


def write_cell_page(findings: CellFindings, folder: Path) -> Path:
    """Write the page, which holds its pictures; its path. Raises OutputError."""
    environment = Environment(loader=PackageLoader("handpick.report", "."), autoescape=True)
    environment.filters["data_uri"] = lambda data: "data:image/jpeg;base64," + base64.b64encode(data).decode()
    limits = {"millimetres": 1e3 * FARTHEST, "radians": STEEPEST}
    page = environment.get_template("cell_page.html.j2")
    text = page.render(found=findings, limits=limits, version=version("handpick"))
    return write_texts({"check.html": text}, folder) / "check.html"
