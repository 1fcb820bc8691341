"""What is spread over a cluster is the same bytes, and a lost worker's task is done by another."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from training import generate as generating
from training.cluster import LOCAL, on_cluster
from training.errors import TrainingError
from training.generate import Job, generate


def test_a_cluster_needs_ray(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # as where it is not installed
    with pytest.raises(TrainingError, match=r"handpick\[ray\]"):
        generate(Job(tmp_path, 4, ("boxes",), tries=2), 1, print, LOCAL)


def test_what_comes_back_is_written_and_what_failed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job, shown = Job(tmp_path, 4, ("boxes",), tries=2), list[str]()
    answers = zip(job.origins(), (b"the bytes", b""), ("", "a trace\nBang"))
    monkeypatch.setattr(generating, "on_cluster", lambda address, made, origins: answers)
    with pytest.raises(TrainingError, match=r"1 of 2 bins failed; the first one said: a trace"):
        generate(job, 1, shown.append, "auto")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"the bytes"]
    assert shown[1:] == ["boxes-0-000000.npz: 9 bytes", "boxes-0-000001.npz: Bang"]


def named(task: tuple[str, int]) -> bytes:
    """The number of a task; the first try of number 1 ends its worker as a lost node would."""
    folder, number = task
    if number == 1 and not (began := Path(folder) / "began").exists():
        began.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 2:
        raise ValueError("two is refused")
    return str(number).encode()


def test_a_lost_worker_is_no_lost_task(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    tasks = [(str(tmp_path), number) for number in range(4)]
    found = {number: (data, error) for (_, number), data, error in on_cluster(LOCAL, named, tasks)}
    assert {number: data for number, (data, error) in found.items()} == {0: b"0", 1: b"1", 2: b"", 3: b"3"}
    assert "two is refused" in found[2][1] and (tmp_path / "began").exists()


def test_no_cluster_is_told() -> None:
    pytest.importorskip("ray")
    with pytest.raises(TrainingError, match="the address of a Ray cluster that runs"):
        next(on_cluster("auto", named, [("", 0)]))
