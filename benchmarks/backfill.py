"""How fast a catalogue's vectors are made anew for another head while it is asked, killed and resumed.

python -m benchmarks backfill [--entries 100000] [--rate 50] [--out out/backfill]

Features are made up: pictures scatter about items. A second process makes the vectors, is killed with SIGKILL when a
third is done, and started again. This one asks so often a second all the while, by the clock, and counts what is
answered right.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.random import Generator

from handpick.catalogue.database import Database
from handpick.catalogue.look import THUMBNAIL_LENGTH
from handpick.catalogue.models import Models
from handpick.catalogue.rows import Shot
from handpick.catalogue.upgrade import begin
from perception.identity.encoder import Encoder, shipped
from perception.identity.features import LENGTH, Features
from perception.identity.gallery import Item

PICTURES = 10  # of an item
SCATTER = 0.5  # of features about their item, in spreads of all
STRAY = 0.02  # of the new head's weights about the old one's
BATCH = 5000
AT_WORK = """
import sys
from pathlib import Path
from handpick.catalogue.models import Models
from handpick.catalogue.upgrade import backfill
database, head = Models(Path(sys.argv[1])).open()
backfill(database, head, told=lambda done, of: print(done, of, flush=True))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=50.0, help="questions a second")
    parser.add_argument("--out", type=Path, default=Path("out/backfill"))
    arguments = parser.parse_args()
    shutil.rmtree(arguments.out, ignore_errors=True)
    fill(arguments.out, arguments.entries, np.random.default_rng(0))
    begin(Models(arguments.out), stray(shipped()))
    database, head = Models(arguments.out).open()
    print(f"{database.count()} entries, {len(database.lacking())} to be made anew", flush=True)
    ask = Asking(database, head, arguments.entries // PICTURES, arguments.rate)
    killed = ask.beside(arguments.out, until=1 / 3)
    left = len(database.lacking())
    print(f"killed after {killed:.0f} s with {left} left; {database.count()} entries are there", flush=True)
    took = ask.beside(arguments.out, until=2.0)
    done = f"done {took:.0f} s later: {len(database.lacking())} left, {database.count()} entries"
    print(f"{done}; {left / max(took, 1e-9):.0f} a second while asked", flush=True)
    ask.report()


def fill(folder: Path, entries: int, rng: Generator) -> None:
    """A catalogue of the head that is shipped."""
    database, head = Models(folder).open()
    for start in range(0, entries, BATCH):
        names = np.arange(start, min(start + BATCH, entries)) // PICTURES
        seen = scattered(names, head, rng)
        vectors = head.project(seen.reshape(-1, LENGTH)).reshape(len(names), 2, -1)
        thumbnail = np.zeros(THUMBNAIL_LENGTH, np.uint8)
        shots = [
            Shot(str(start + k), f"item {name}", "", *vectors[k], thumbnail, seen[k]) for k, name in enumerate(names)
        ]
        database.add([Item(f"item {name}", "", "") for name in np.unique(names)], shots)


def scattered(names: np.ndarray, head: Encoder, rng: Generator) -> Features:
    """Features of two pictures of each item, shape (N, 2, LENGTH)."""
    places = np.array([np.random.default_rng(int(name)).standard_normal(LENGTH, np.float32) for name in names])
    off = SCATTER * rng.standard_normal((len(names), 2, LENGTH), np.float32)
    return np.asarray(head.mean + head.spread * (places[:, None] + off), np.float32)


def stray(head: Encoder) -> Encoder:
    """Another head that agrees with one, as its weights are near."""
    rng = np.random.default_rng(1)
    outer = head.outer + STRAY * np.abs(head.outer).mean() * rng.standard_normal(head.outer.shape)
    return replace(head, outer=np.asarray(outer, np.float32), agrees=(head.model,))


class Asking:
    """Questions at a steady rate, and how they were answered."""

    def __init__(self, database: Database, head: Encoder, items: int, rate: float) -> None:
        self.database, self.rate = database, rate
        self.asked = np.random.default_rng(2).integers(items, size=256)
        self.views = head.project(scattered(self.asked, head, np.random.default_rng(3))[:, 0])
        self.seconds: list[float] = []
        self.right = self.late = 0

    def beside(self, folder: Path, until: float) -> float:
        """Ask while another process works, and kill it when this share is done; seconds until it is or has ended."""
        process = subprocess.Popen([sys.executable, "-c", AT_WORK, str(folder)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        all_, began = len(self.database.lacking()), time.perf_counter()
        due = began
        while process.poll() is None:
            self.ask()
            due += 1 / self.rate
            wait = due - time.perf_counter()
            self.late += wait < 0
            due = due if wait > 0 else time.perf_counter()
            time.sleep(max(wait, 0.0))
            if until < 1 and len(self.seconds) % 50 == 0 and len(self.database.lacking()) < (1 - until) * all_:
                process.send_signal(signal.SIGKILL)
        process.wait()
        return time.perf_counter() - began

    def ask(self) -> None:
        k = len(self.seconds) % len(self.asked)
        began = time.perf_counter()
        found = self.database.search(self.views[k], 10)
        self.seconds.append(time.perf_counter() - began)
        self.right += found[0][1] == f"item {self.asked[k]}"

    def report(self) -> None:
        ms = 1e3 * np.array(self.seconds)
        print(f"{len(ms)} questions, {self.right / len(ms):.2%} right, {self.late} came late for the next one")
        print(f"by the clock: median {np.median(ms):.1f} ms, p95 {np.percentile(ms, 95):.1f} ms")


if __name__ == "__main__":
    main()
