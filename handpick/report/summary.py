"""The figures of a run. The same run gives the same figures to the byte; the wall clock's stand apart."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from handpick.harm import HEADLINE, RuleSet
from handpick.outcome import Result
from handpick.record import BinRecord, Damage, Fate, ItemRecord, PickRecord, RunRecord
from handpick.report.believed import believed
from handpick.report.by_item import by_item
from handpick.report.canary import by_canary
from handpick.report.disturbances import by_disturbance
from handpick.report.failures import by_cause, by_skill, drag_seconds, share


def summarise(run: RunRecord) -> dict[str, Any]:
    """report.json: counts, rates and breakdowns. Every ordered item is placed, dropped (lost) or missed.

    What is damaged is counted by the rules of the headline; `by_rules` has the same under either set.
    """
    counts = sum((Counter(bin_counts(bin_)) for bin_ in run.bins), Counter())
    orders = sum(bin_.orders for bin_ in run.bins)
    seconds = charged_seconds(run)
    per_hour = 3600 / seconds if seconds > 0 else 0.0
    by_rules = {rules.value: harm(run, rules) for rules in RuleSet}
    headline = by_rules[HEADLINE.value]
    outcomes, spent = [pick.outcome for pick in run.picks], sum(bin_.seconds for bin_ in run.bins)
    return {
        "suite": run.config["suite"],
        "tools": run.config["tools"],
        "eyes": run.config["eyes"],
        "seed": run.config["seed"],
        "orders": orders,
        "attempts": sum(executed(pick) for pick in run.picks),
        "placed": counts["placed"],
        "rules": HEADLINE.value,
        "placed_undamaged": headline["placed_undamaged"],
        "damaged_items": headline["damaged_items"],
        "dropped": counts["dropped"],
        "missed": orders - counts["placed"] - counts["dropped"],
        "simulated_seconds": round(seconds, 6),
        "units_per_hour": round(counts["placed"] * per_hour, 3),
        "undamaged_units_per_hour": headline["undamaged_units_per_hour"],
        "damage_rate": headline["damage_rate"],
        "by_rules": by_rules,
        "by_family": by(run, "family"),
        "by_lay": by(run, "lay"),
        "by_tool": by_tool(run),
        "damage_by_cause": headline["damage_by_cause"],
        "risks_by_cause": events_by_cause([d for d in run.ledger if not (d.strict or d.practical)]),
        "arm_collisions": sum(len(bin_.collisions) for bin_ in run.bins),
        "by_disturbance": by_disturbance(run),
        "events": events(run),
        "failures": by_cause(outcomes, spent),
        "by_skill": by_skill(outcomes, spent),
        "believed": believed(run),
        "canary": by_canary(run),
        **({"by_item": named} if (named := by_item(run)) else {}),
        "drag_share": share(drag_seconds(outcomes), spent),
        "seconds_by_stage": mean_stages(run, "stages"),
        "hidden_by_stage": mean_stages(run, "hidden"),
        "bins": len(run.bins),
        "renderer": run.renderer,
        "interrupted": run.interrupted,
        "stopped": [f"bin {bin_.index}: {bin_.stopped}" for bin_ in run.bins if bin_.stopped],
        "errors": [f"bin {bin_.index}: {bin_.error}" for bin_ in run.bins if bin_.error],
        "config": run.config,
        "config_hash": config_hash(run.config),
        "version": version("handpick"),
        "machine": run.machine,
    }


def harm(run: RunRecord, rules: RuleSet) -> dict[str, Any]:
    """What is placed undamaged, and what is damaged, under a set of rules."""
    orders, seconds = sum(bin_.orders for bin_ in run.bins), charged_seconds(run)
    undamaged = sum(bin_counts(bin_, rules)["placed_undamaged"] for bin_ in run.bins)
    damaged = sum(bool(item.harm(rules)) for item in run.items)
    return {
        "placed_undamaged": undamaged,
        "undamaged_units_per_hour": round(undamaged * (3600 / seconds if seconds > 0 else 0.0), 3),
        "damaged_items": damaged,
        "damage_rate": round(damaged / orders, 6) if orders else 0.0,
        "damage_by_cause": events_by_cause([d for d in run.ledger if d.under(rules)]),
    }


def events_by_cause(events: Sequence[Damage]) -> dict[str, int]:
    """Entries of the ledger by cause."""
    return dict(sorted(Counter(event.cause for event in events).items()))


def bin_counts(bin_: BinRecord, rules: RuleSet = HEADLINE) -> dict[str, int]:
    """Placed, placed undamaged and dropped of one bin's orders.

    A pick of two items at once can place more than was ordered: the surplus is no unit, and undamaged units are
    counted as if the surplus had been taken from them.
    """
    placed = [item for item in bin_.items if item.fate is Fate.PLACED]
    surplus = max(0, len(placed) - bin_.orders)
    units = len(placed) - surplus
    lost = sum(item.fate is Fate.DROPPED for item in bin_.items)
    return {
        "placed": units,
        "placed_undamaged": max(0, sum(not item.harm(rules) for item in placed) - surplus),
        "dropped": min(lost, bin_.orders - units),
    }


def charged_seconds(run: RunRecord) -> float:
    """From the first look to the last placement; replacing a bin is not charged."""
    if not run.bins:
        return 0.0
    return sum(bin_.seconds for bin_ in run.bins[:-1]) + run.bins[-1].seconds_to_last


def executed(pick: PickRecord) -> bool:
    return pick.outcome.result is not Result.NOT_EXECUTED


def by(run: RunRecord, trait: str) -> dict[str, dict[str, int]]:
    """Items, and what became of them, by their true `family`, or by the `lay` that they had when last in the source.
    Attempts count by the lay before them: that of one item may change."""
    rows: dict[str, list[ItemRecord]] = {}
    for item in run.items:
        rows.setdefault(getattr(item, trait), []).append(item)
    attempts = Counter(getattr(pick, trait) for pick in run.picks if executed(pick))
    return {
        name: {
            "items": len(items),
            "attempts": attempts[name],
            "placed": sum(item.fate is Fate.PLACED for item in items),
            "placed_undamaged": sum(item.fate is Fate.PLACED and not item.harm(HEADLINE) for item in items),
            "damaged": sum(bool(item.harm(HEADLINE)) for item in items),
            "left": sum(item.fate is Fate.LEFT for item in items),
            "dropped": sum(item.fate is Fate.DROPPED for item in items),
        }
        for name, items in sorted(rows.items())
    }


def by_tool(run: RunRecord) -> dict[str, dict[str, Any]]:
    """Attempts and how they ended, by tool or by both combined, with the damage that happened meanwhile."""
    rows: dict[str, dict[str, Any]] = {}
    for bin_ in run.bins:
        for pick in filter(executed, bin_.picks):
            outcome = pick.outcome
            row = rows.setdefault(outcome.hold, dict.fromkeys(TOOL_COLUMNS, 0))
            row["attempts"] += 1
            row[outcome.result.value] += 1
            harms = (d.time for d in bin_.ledger if d.under(HEADLINE))
            row["damage_events"] += sum(outcome.started <= time < outcome.ended for time in harms)
    return dict(sorted(rows.items()))


TOOL_COLUMNS = ("attempts", *(r.value for r in Result if r is not Result.NOT_EXECUTED), "damage_events")


def events(run: RunRecord) -> dict[str, dict[str, int]]:
    """What open eyes noticed, by kind, and how often it was answered in each way."""
    counts = sorted(Counter((e.kind.value, e.answer) for pick in run.picks for e in pick.outcome.events).items())
    kinds = dict.fromkeys(kind for (kind, _), _ in counts)
    return {kind: {answer: n for (of, answer), n in counts if of == kind} for kind in kinds}


def mean_stages(run: RunRecord, which: str) -> dict[str, float]:
    """Mean seconds of each stage over the placed picks, in the order in which they happen.

    which: "stages", as the clock was charged, or "hidden", the thinking that ran while the arm moved.
    """
    placed = [getattr(pick.outcome, which) for pick in run.picks if pick.outcome.result is Result.PLACED]
    names = list(dict.fromkeys(name for stages in placed for name in stages))
    return {name: round(float(np.mean([stages.get(name, 0.0) for stages in placed])), 6) for name in names}


def timings(run: RunRecord) -> dict[str, Any]:
    """timings.json: what the wall clock measured."""
    declared = run.config["declared"]
    assert isinstance(declared, dict)
    stages = {
        name: [getattr(pick.outcome, f"{name}_ms") for pick in run.picks] or [0.0] for name in ("perceive", "plan")
    }
    measured = {
        f"{name}_ms": {
            "p50": round(float(np.percentile(values, 50)), 3),
            "p95": round(float(np.percentile(values, 95)), 3),
            "declared": 1e3 * declared[name],
        }
        for name, values in stages.items()
    }
    return {**measured, "wall_seconds": round(run.wall_seconds, 3)}


def config_hash(config: dict[str, Any]) -> str:
    """A short hash of everything that decides the result."""
    text = json.dumps(config, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
