"""What of the machine can change a result is written down, and pinned where it can be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from handpick.machine import KERNELS, MATHEMATICS, cpu, machine, pinned

CORE = "processor : {}\nmodel name : Some CPU\nflags : fpu avx2 fma\n"
X86 = "\n".join(CORE.format(number) for number in range(2))
ARM = "processor : 0\nBogoMIPS : 50.00\nFeatures : fp asimd\n"


@pytest.mark.parametrize(
    ("text", "model", "features"), [(X86, "Some CPU", {"fpu", "avx2", "fma"}), (ARM, None, {"fp", "asimd"})]
)
def test_the_processor_is_told(text: str, model: str | None, features: set[str], tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text(text)
    assert cpu(tmp_path / "cpuinfo")[1] == features
    assert model is None or cpu(tmp_path / "cpuinfo")[0] == model


def test_a_system_that_tells_nothing_is_no_failure(tmp_path: Path) -> None:
    assert cpu(tmp_path / "none")[1] == frozenset()


def test_kernels_are_pinned_where_they_run_and_a_users_choice_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    name, kernels = KERNELS
    monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("handpick.machine.cpu", lambda: ("old", frozenset({"sse4_2"})))
    assert name not in pinned()
    monkeypatch.setattr("handpick.machine.cpu", lambda: ("new", frozenset({"avx2", "fma", "avx512f"})))
    assert pinned()[name] == kernels
    monkeypatch.setenv(name, "Nehalem")
    assert pinned()[name] == "Nehalem"


def test_a_process_begins_anew_once_pinned_with_the_same_arguments(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    told = "print(os.getpid(), *sys.argv[1:], *(os.environ.get(name) == value for name, value in pinned().items()))"
    script.write_text(f"import os, sys\nfrom handpick.machine import pin, pinned\nprint(os.getpid())\npin()\n{told}\n")
    bare = {name: value for name, value in os.environ.items() if name not in pinned()}
    command = [sys.executable, "-W", "ignore", str(script), "film", "--seed", "3"]
    done = subprocess.run(command, env=bare | {"PYTHONPATH": os.getcwd()}, capture_output=True, text=True, check=True)
    first, second, last = done.stdout.splitlines()
    assert first == second and last == " ".join([first, "film", "--seed", "3", *["True"] * len(pinned())])


def test_the_libc_takes_one_sine_for_every_processor_unless_the_user_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, hidden = MATHEMATICS
    monkeypatch.delenv(name, raising=False)
    assert pinned()[name] == hidden
    monkeypatch.setenv(name, "glibc.malloc.check=1")
    assert pinned()[name] == machine()["tunables"] == "glibc.malloc.check=1"


def test_the_record_tells_what_the_process_really_uses() -> None:
    script = "import json, numpy; from handpick.machine import machine; print(json.dumps(machine()))"
    chosen = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", script], env=os.environ | chosen, capture_output=True, timeout=60)
    told = json.loads(done.stdout)
    assert told["threads"]["OMP_NUM_THREADS"] == "1"
    assert told["blas"] and all(library["threads"] == 1 for library in told["blas"].values())
    assert told["packages"]["numba"] and told["compiled_for"]


def test_the_record_is_plain_data_and_the_same_each_time() -> None:
    assert json.dumps(machine()) == json.dumps(machine())
