"""The outcome of a pick as JSON, on the topic that the planner's node tells it on."""

from __future__ import annotations

import json
from typing import Any

from grasping.tools import Tool
from handpick.outcome import Cause, Noticed, PickOutcome, Result
from perception.events import EventKind
from ros_nodes.errors import MessageError

PLAIN = ("index", "started", "ended", "released", "stages", "perceive_ms", "plan_ms", "hidden", "skill")


def pick_text(outcome: PickOutcome, look: int | None = None) -> str:
    """All but the grasp. look: number of the look that it came of."""
    words = {name: getattr(outcome, name) for name in PLAIN}
    words["result"] = outcome.result.value
    words["tool"] = None if outcome.tool is None else outcome.tool.value
    words["cause"] = None if outcome.cause is None else outcome.cause.value
    words["events"] = [[e.kind.value, e.certainty, e.stamp, e.answer] for e in outcome.events]
    return json.dumps(words | {"look": look})


def pick_of(text: str) -> PickOutcome:
    """Raises MessageError: it is no pick."""
    try:
        words: dict[str, Any] = json.loads(text)
        return PickOutcome(
            **{name: words[name] for name in PLAIN},
            result=Result(words["result"]),
            tool=None if words["tool"] is None else Tool(words["tool"]),
            cause=None if words["cause"] is None else Cause(words["cause"]),
            events=tuple(Noticed(EventKind(kind), *rest) for kind, *rest in words["events"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise MessageError(f"expected a pick as JSON, got {error!r} in {text[:200]!r}") from error
