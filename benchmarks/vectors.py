"""How fast a catalogue's database takes pictures in and finds them again, and what of the exact answer it finds.

python -m benchmarks vectors [--entries 100000] [--queries 300] [--out out/vectors]

Vectors are made up: pictures scatter about items, and items about kinds. CPU time is of all threads together, so it is
what one core would take; wall time is as the machine's other work lets it.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path

import numpy as np
from numpy.random import Generator

from handpick.catalogue.database import Database
from handpick.catalogue.look import THUMBNAIL_LENGTH
from handpick.catalogue.rows import Shot
from perception.identity.encoder import WIDTH, Vectors
from perception.identity.gallery import Item

PICTURES, KIN = 10, 20  # of an item; items of a kind
SCATTER = (0.7, 0.45)  # of items about their kind, and of pictures about their item
BATCH = 50_000
NEAREST = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path("out/vectors"))
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    vectors, names, queries = made_up(arguments.entries, arguments.queries, rng)
    shutil.rmtree(arguments.out, ignore_errors=True)
    arguments.out.mkdir(parents=True)
    database = Database(arguments.out, "made up")
    wall, cpu = time.perf_counter(), time.process_time()
    for start in range(0, len(vectors), BATCH):
        put(database, vectors[start : start + BATCH], names[start : start + BATCH], start)
    told = f"{time.perf_counter() - wall:.0f} s, {time.process_time() - cpu:.0f} s of CPU"
    print(f"{database.count()} entries added and indexed in {told}", flush=True)
    ask(database, vectors, queries)


def made_up(entries: int, count: int, rng: Generator) -> tuple[Vectors, list[str], Vectors]:
    """Vectors and the names of their items, and queries of the same items."""
    items = max(1, entries // PICTURES)
    kinds = rng.normal(size=(items // KIN + 1, WIDTH))
    places = kinds[rng.integers(len(kinds), size=items)] + SCATTER[0] * rng.normal(size=(items, WIDTH))
    own, asked = rng.integers(items, size=entries), rng.integers(items, size=count)
    pictures, queries = (places[which] + SCATTER[1] * rng.normal(size=(len(which), WIDTH)) for which in (own, asked))
    return _unit(pictures), [f"item {k}" for k in own], _unit(queries)


def put(database: Database, vectors: Vectors, names: list[str], first: int) -> None:
    thumbnail = np.zeros(THUMBNAIL_LENGTH, np.uint8)
    shots = [
        Shot(str(first + k), name, "", vector, vector, thumbnail)
        for k, (vector, name) in enumerate(zip(vectors, names))
    ]
    database.add([Item(name, name, name) for name in dict.fromkeys(names)], shots)


def ask(database: Database, vectors: Vectors, queries: Vectors) -> None:
    wall, cpu, found = [], [], []
    for query in queries:
        begun, spent = time.perf_counter(), time.process_time()
        near = database.search(query, NEAREST)
        wall.append(1e3 * (time.perf_counter() - begun))
        cpu.append(1e3 * (time.process_time() - spent))
        exact = np.argpartition(-(vectors @ query), NEAREST)[:NEAREST]
        found.append(len({int(id_) for id_, _, _ in near} & set(exact.tolist())) / NEAREST)
    for name, times in (("wall", wall), ("CPU", cpu)):
        print(f"a query, {name}: median {np.median(times):.1f} ms, p95 {np.percentile(times, 95):.1f} ms")
    print(f"of the {NEAREST} nearest found: {np.mean(found):.4f}")


def _unit(x: np.ndarray) -> Vectors:
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True), np.float32)


if __name__ == "__main__":
    main()
