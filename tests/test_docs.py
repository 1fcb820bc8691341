"""The pages keep what they promise: their code runs, and what they point to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md"))
CODE = [page for page in PAGES if "```python" in page.read_text()]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", CODE, ids=name)
def test_the_code_of_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text, names = page.read_text(), dict[str, object]({"__name__": page.stem})
    for block in re.finditer(r"```python\n(.*?)```", text, re.S):
        lines = "\n" * text[: block.start(1)].count("\n")  # so that a failure names the page's line
        exec(compile(lines + block[1], str(page), "exec", dont_inherit=True), names)
