"""Measurements, each run by its name; they take compiled code from where all processes do."""

from handpick.compiling.store import use_store

use_store()
