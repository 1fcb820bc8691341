"""The loop of a node ends when it is told to, and never in the middle of what it does."""

from __future__ import annotations

import os
import signal

import pytest

pytest.importorskip("rclpy")

from ros_nodes.node import CellNode, run
from tests.support.ros_graph import domain


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_waits_for_the_callback_that_runs(number: signal.Signals) -> None:
    said: list[str] = []

    class Interrupted(CellNode):
        def __init__(self) -> None:
            super().__init__("interrupted")
            self.every(0.01, self.work)

        def work(self) -> None:
            os.kill(os.getpid(), number)
            said.append("done")

        def leave(self) -> None:
            said.append("left")
            super().leave()

    with domain():
        assert run(Interrupted, arguments=[]) == 0
    assert said == ["done", "left"]


def test_what_a_callback_raises_does_not_end_a_node() -> None:
    tried: list[int] = []

    class Failing(CellNode):
        def __init__(self) -> None:
            super().__init__("failing")
            self.every(0.01, self.work)

        def work(self) -> None:
            tried.append(len(tried))
            if len(tried) < 3:
                raise ValueError("as it comes")
            os.kill(os.getpid(), signal.SIGINT)

    with domain():
        assert run(Failing, arguments=[]) == 0
    assert tried == [0, 1, 2]
