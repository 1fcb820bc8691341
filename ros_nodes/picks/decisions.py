"""Decisions on a topic: what was decided on which images and why, for whoever records it, and as it is drawn."""

from __future__ import annotations

import json
from typing import Any

from std_msgs.msg import String

from handpick.outcome import PickOutcome
from handpick.picking.decide import Look, Thought
from handpick.recording import own
from handpick.recording.look_numbers import LookNumbers
from motion.robot.arm import Arm
from ros_nodes.drawing.look_topics import LookTopics
from ros_nodes.node import CellNode
from ros_nodes.picks.pick_words import pick_text
from ros_nodes.topics import DECISION, EVENTS, PICKS


class Decisions:
    """Tells the decisions of a node, and what came of them. arm: whose motions they are."""

    def __init__(self, node: CellNode, arm: Arm) -> None:
        self.node, self.arm = node, arm
        self.numbers, self._looks = LookNumbers(), LookTopics(node)
        self._decisions = node.create_publisher(String, DECISION, EVENTS)
        self._picks = node.create_publisher(String, PICKS, EVENTS)

    def decided(self, thought: Thought) -> None:
        """Tell a decision. No pick is lost where that fails."""
        try:
            self._tell(thought)
        except Exception as error:
            self.node.failed(error)

    def picked(self, outcome: PickOutcome, look: Look | None) -> None:
        """Tell what came of a look."""
        self._picks.publish(String(data=pick_text(outcome, self.numbers.of(look))))

    def _tell(self, thought: Thought) -> None:
        """In words only where somebody listens."""
        number = self.numbers.add(thought.look)
        stamps = {f.camera.name: self.node.cell_clock.stamp(f.stamp) for f in thought.look.frames}
        if self._decisions.get_subscription_count() > 0:
            self._decisions.publish(String(data=json.dumps(decision_words(number, thought, stamps))))
        self._looks.thought(thought, self.arm, max(stamps.values(), default=self.node.ros_time()))


def decision_words(number: int, thought: Thought, stamps: dict[str, float]) -> dict[str, Any]:
    """A decision as plain data. stamps: seconds of ROS time at which each camera's image was taken."""
    inputs = None if thought.view is None else own.inputs_of(thought)
    return {"stamps": stamps, "decision": own.decision_of(number, thought), "inputs": inputs}
