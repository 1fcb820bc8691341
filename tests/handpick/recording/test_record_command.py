"""`handpick record` of the simulation: a bag of each bin, of which every pick can be learned from."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

from training.recorded import recorded


def test_a_simulated_run_is_recorded(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "handpick", "record", "--suite", "boxes", "--orders", "1", "--jobs", "1"]
    subprocess.run([*command, "--out", str(tmp_path)], check=True, capture_output=True, timeout=600)
    with (tmp_path / "picks.csv").open() as file:
        placed = [row for row in csv.DictReader(file) if row["result"] == "placed"]
    picks = recorded([tmp_path]).picks
    assert 1 <= len(placed) == picks["happened"][:, 1].sum()
    assert (tmp_path / "inspection.csv").exists()
