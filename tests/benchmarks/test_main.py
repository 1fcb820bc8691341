"""`python -m benchmarks` lists all benchmarks, and refuses what is none."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "benchmarks"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=FOLDER.parent, check=False)


def test_every_benchmark_is_listed_with_what_it_measures() -> None:
    lines = dict(line.split(maxsplit=1) for line in run().stdout.splitlines())
    assert set(lines) == {path.stem for path in FOLDER.glob("[a-z]*.py")} and all(lines.values())


def test_a_wrong_name_is_told_the_right_ones() -> None:
    done = run("speed")
    assert done.returncode == 2 and "simulation" in done.stderr


def test_arguments_go_to_the_benchmark() -> None:
    done = run("verified", "--help")
    assert done.returncode == 0 and "--plans" in done.stdout
