"""The supervisor's node: start, stop and reset by a person; diagnostics, counters, and the report of the run."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.client import Client
from rclpy.task import Future
from std_msgs.msg import String
from std_srvs.srv import Trigger

from handpick.outcome import PickOutcome
from perception.errors import HandpickError
from ros_nodes.node import LEVELS, CellNode, main_of
from ros_nodes.picks.pick_words import pick_of
from ros_nodes.picks.run_report import counters, write_run_report
from ros_nodes.picks.supervision import Supervision
from ros_nodes.topics import ARM_RESET, ARM_STOP, EVENTS, PICKS, RESET, START, STOP

DIAGNOSTICS = 1.0  # seconds
PATIENCE = 2.0  # seconds for another node's answer


class SupervisorNode(CellNode):
    """Parameters: cell; out: folder of the report (out/robot); stale: seconds without a node's status (0.5)."""

    def __init__(self) -> None:
        super().__init__("supervisor")
        self.out = Path(str(self.parameter("out", "out/robot")))
        self.watch = Supervision(float(self.parameter("stale", 0.5)))
        self.picks: list[PickOutcome] = []
        self._round = False
        self._waiting = group = ReentrantCallbackGroup()  # a reset waits for the arm's; all else goes on meanwhile
        self._arm_stop = self.create_client(Trigger, ARM_STOP)
        self._arm_reset = self.create_client(Trigger, ARM_RESET, callback_group=group)
        self._diagnostics = self.create_publisher(DiagnosticArray, "/diagnostics", EVENTS)
        for name in self.watch.nodes:
            self.hear(name, partial(self.watch.hear, name))
        self.create_subscription(String, PICKS, lambda message: self.picks.append(pick_of(message.data)), EVENTS)
        self.create_service(Trigger, START, self._start)
        self.create_service(Trigger, STOP, self._stop)
        self.create_service(Trigger, RESET, self._reset, callback_group=group)
        self.every(0.05, self._look)
        self.every(DIAGNOSTICS, self._diagnose)

    def status(self) -> tuple[str, str, str, dict[str, str]]:
        level = "error" if self.watch.state == "stopped" else "warn" if self.watch.state == "waiting" else "ok"
        figures = {name: str(count) for name, count in counters(self.picks).items()}
        return level, self.watch.state, self.watch.why, figures

    def report(self) -> None:
        try:
            self.get_logger().info(f"report in {write_run_report(self.picks, self.watch.stops, self.out)}")
        except HandpickError as error:
            self.get_logger().error(str(error))

    def _look(self) -> None:
        before = self.watch.state
        for name in self.neighbours.ended():
            self.watch.lose(name)
        self.watch.look()
        if self.watch.state != before:
            self.get_logger().info(f"{before} -> {self.watch.state} {self.watch.why}")
            self.tell()
            if before == "running":
                self.report()
            if self.watch.state == "stopped" and self._arm_stop.service_is_ready():
                self._arm_stop.call_async(Trigger.Request())  # whoever complained first, the arm holds

    def _start(self, asked: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        answer.message = self.watch.start()
        answer.success = not answer.message
        if answer.success:
            self.picks = []
            self.tell()
        return answer

    def _stop(self, asked: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        self.watch.stop("stopped by a person")
        self._arm_stop.call_async(Trigger.Request())
        self.tell()
        self.report()
        answer.success = True
        return answer

    async def _reset(self, asked: Trigger.Request, answer: Trigger.Response) -> Trigger.Response:
        """Reset the arm's node first; what still holds it up is the answer."""
        answer.success, answer.message = await self._called(self._arm_reset)
        if answer.success:
            self.watch.reset()
            self.tell()
        return answer

    async def _called(self, client: Client) -> tuple[bool, str]:
        if not client.service_is_ready():
            return False, f"expected {client.srv_name}, it is not there: does the arm's node run?"
        asked, done = client.call_async(Trigger.Request()), Future(executor=self.executor)
        settle = lambda answer: done.done() or done.set_result(answer)
        asked.add_done_callback(lambda answered: settle(answered.result()))
        # A server that was killed counts as ready for a while, and never answers.
        timer = self.create_timer(PATIENCE, lambda: settle(None), clock=self.steady, callback_group=self._waiting)
        answer = await done
        self.destroy_timer(timer)
        if answer is None:
            client.remove_pending_request(asked)
            return False, f"expected an answer of {client.srv_name} within {PATIENCE:g} s, none came: reset again"
        return bool(answer.success), str(answer.message)

    def _diagnose(self) -> None:
        message = DiagnosticArray()
        message.header.stamp = self.get_clock().now().to_msg()
        level, state, why, figures = self.status()
        told = {"supervisor": (level, state, why), **self.watch.told()}
        for name, (level, state, why) in told.items():
            status = DiagnosticStatus(level=LEVELS[level], name=f"handpick: {name}", message=f"{state} {why}".strip())
            if name == "supervisor":
                status.values = [KeyValue(key=key, value=value) for key, value in figures.items()]
            message.status.append(status)
        self._diagnostics.publish(message)


main = main_of(SupervisorNode)
