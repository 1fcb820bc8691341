"""What is packed is whole: built as an sdist, that as a wheel, and run where the checkout is not."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("perception", "grasping", "motion", "sim", "ros_nodes", "handpick", "training")
PASSED_OVER = (".*", "out", "build", "*.egg-info", "__pycache__", "*.nbi", "*.nbc")
# Without `site`, so that no .pth file of an editable installation leads back to the checkout.
RUN = """
import sys
sys.path = sys.argv[1].split("|")
import handpick, sim
from handpick.command import main
if __name__ == "__main__":
    assert all(room.__file__.startswith(sys.path[0]) for room in (handpick, sim)), (handpick, sim)
    sys.exit(main(sys.argv[2:]))
"""


def call(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed")
    source = shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(*PASSED_OVER))
    build = f"from setuptools import build_meta; build_meta.build_sdist({str(folder)!r})"
    call(sys.executable, "-c", build, cwd=source)
    (sdist,) = folder.glob("handpick-*.tar.gz")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    call(*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, sdist, cwd=folder)
    (made,) = folder.glob("handpick-*.whl")
    return made


def test_all_that_a_room_holds_is_packed(wheel: Path) -> None:
    held = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*")
        if path.is_file() and path.suffix not in {".pyc", ".nbi", ".nbc"}
    }
    assert len(held) > 100 and any(name.endswith(".j2") for name in held)
    assert sorted(held - set(ZipFile(wheel).namelist())) == []


def test_a_run_needs_nothing_of_the_checkout(wheel: Path, tmp_path: Path) -> None:
    target, elsewhere = tmp_path / "target", tmp_path / "elsewhere"
    elsewhere.mkdir()
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    call(*pip, "install", "--no-deps", "--no-index", "--target", target, wheel, cwd=elsewhere)
    others = [path for path in sys.path if path and not (Path(path) / "handpick").exists() and "editable" not in path]
    (elsewhere / "run.py").write_text(RUN)
    run = (sys.executable, "-I", "-S", "run.py", "|".join([str(target), *others]))
    said = call(*run, "sim", "--suite", "boxes", "--orders", "2", "--jobs", "1", "--out", "out", cwd=elsewhere)
    assert "boxes, tools both" in said
    assert "<html" in (elsewhere / "out" / "report.html").read_text()
