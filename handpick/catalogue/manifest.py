"""What is meant to be in a tote: names of items in a file, one a line."""

from __future__ import annotations

from pathlib import Path

from handpick.catalogue.errors import CatalogueError

LARGEST = 1 << 20  # bytes


def read_manifest(path: Path) -> tuple[str, ...]:
    """The names; empty lines and those that begin with # are passed over.

    Raises:
        CatalogueError: no such file, not text, or no names in it.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise CatalogueError(f"{path}: expected at most {LARGEST} bytes of names")
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: expected names of items in UTF-8, one a line, got: {error}") from error
    names = tuple(dict.fromkeys(line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")))
    if not names:
        raise CatalogueError(f"{path}: expected names of items, one a line, got none")
    return names
