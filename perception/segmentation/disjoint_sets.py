"""Disjoint sets as a forest: each element points towards the root that names its set."""

from __future__ import annotations

from numba import njit


@njit(cache=True)
def root(parent, n):  # type: ignore[no-untyped-def]
    """The root of element n; the way there is halved for the next who asks."""
    while parent[n] != n:
        parent[n] = parent[parent[n]]
        n = parent[n]
    return n
