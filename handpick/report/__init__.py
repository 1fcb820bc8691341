"""What a run reports: figures, ledger and a page to look at."""

from handpick.report.files import write_report
from handpick.report.summary import summarise, timings
from handpick.report.table import table

__all__ = ["summarise", "table", "timings", "write_report"]
