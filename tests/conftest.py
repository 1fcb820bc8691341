"""Settings of all tests: property tests draw the same examples in every run, and compiled code is shared."""

import signal

import pytest
from hypothesis import settings

from handpick.compiling.store import use_store

use_store()  # before a test imports a room

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """A shell that starts the tests in the background lets them ignore interrupts, and all that they start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
