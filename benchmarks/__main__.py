"""The benchmarks: `python -m benchmarks` lists them, `python -m benchmarks NAME ...` runs one."""

from __future__ import annotations

import ast
import runpy
import sys
from pathlib import Path

HERE = Path(__file__).parent


def benchmarks() -> dict[str, str]:
    """What each benchmark measures, by its name: the first line of its docstring."""
    found = {}
    for path in sorted(HERE.glob("[a-z]*.py")):
        words = ast.get_docstring(ast.parse(path.read_text())) or ""
        found[path.stem] = words.partition("\n")[0]
    return found


def main() -> int:
    """List the benchmarks, or run one with the arguments that follow its name."""
    known = benchmarks()
    if len(sys.argv) == 1:
        width = max(map(len, known))
        print("\n".join(f"{name:<{width}}  {words}" for name, words in known.items()))
        return 0
    name, *rest = sys.argv[1:]
    if name not in known:
        print(f"benchmarks: expected one of {', '.join(known)}; got {name!r}", file=sys.stderr)
        return 2
    sys.argv = [f"benchmarks.{name}", *rest]
    runpy.run_module(f"benchmarks.{name}", run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
