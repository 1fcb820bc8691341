"""Windows as goals of the controller's action: one that the next replaced is no failure, one that fails is told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("rclpy")

from ros_nodes import controllers
from ros_nodes.errors import NodeError


class Asked:
    """A future that is done at once, or when told."""

    def __init__(self, result: Any = None) -> None:
        self.value, self.then = result, []

    def add_done_callback(self, call: Any) -> None:
        self.then.append(call)

    def result(self) -> Any:
        return self.value

    def done(self, value: Any = None) -> None:
        self.value = value or self.value
        for call in self.then:
            call(self)


class Client:
    """An action client that keeps what was asked."""

    def __init__(self, node: Any, kind: Any, name: str) -> None:
        self.goals: list[Any] = []
        self.answers: list[Asked] = []

    def send_goal_async(self, goal: Any) -> Asked:
        self.goals.append(goal)
        self.answers.append(Asked())
        return self.answers[-1]

    def server_is_ready(self) -> bool:
        return True


@pytest.fixture
def controller(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, list[str]]:
    monkeypatch.setattr(controllers, "ActionClient", Client)
    monkeypatch.setattr(controllers, "FollowJointTrajectory", SimpleNamespace(Goal=SimpleNamespace))
    failures: list[str] = []
    return controllers.make_controller(None, "auto", failures.append), failures  # type: ignore[arg-type]


def accepted(results: list[Asked]) -> SimpleNamespace:
    def result() -> Asked:
        results.append(Asked())
        return results[-1]

    return SimpleNamespace(accepted=True, get_result_async=result)


def test_a_goal_that_is_replaced_is_no_failure_and_the_last_one_is(controller: tuple[Any, list[str]]) -> None:
    (action, failures), results = controller, []
    for window in ("first", "second"):
        action.send(window)
        action._client.answers[-1].done(accepted(results))
    aborted = SimpleNamespace(result=SimpleNamespace(error_code=-4, error_string="path tolerance violated"))
    results[0].done(aborted)
    assert [goal.trajectory for goal in action._client.goals] == ["first", "second"] and failures == []
    results[1].done(aborted)
    assert failures == ["the controller refused or gave up a trajectory: error -4 path tolerance violated"]


def test_a_goal_that_is_rejected_is_told(controller: tuple[Any, list[str]]) -> None:
    action, failures = controller
    action.send("window")
    action._client.answers[-1].done(SimpleNamespace(accepted=False))
    assert failures == ["the controller refused or gave up a trajectory: rejected"]


def test_without_control_msgs_the_topic_is_taken_and_the_action_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controllers, "FollowJointTrajectory", None)
    node = SimpleNamespace(create_publisher=lambda *args: SimpleNamespace(topic_name="joint_trajectory"))
    assert isinstance(controllers.make_controller(node, "auto", print), controllers.TopicController)  # type: ignore[arg-type]
    with pytest.raises(NodeError, match="expected control_msgs"):
        controllers.make_controller(node, "action", print)  # type: ignore[arg-type]
