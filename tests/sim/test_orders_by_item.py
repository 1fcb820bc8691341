"""Bins of named items, what is told of them, and what counts as a right delivery."""

from __future__ import annotations

import numpy as np

from grasping.tools import Tool
from handpick.outcome import Aim, Cause, PickOutcome, Result
from handpick.record import Fate, ItemRecord, OrderFate, PickRecord
from handpick.report.by_item import by_item
from sim.catalogue.shop import Shop, named_bin, stock
from sim.order_records import STRANGE, order_records
from sim.plan import SimPlan, bin_tasks
from tests.support.records import bin_record, run_record

SHOP = Shop(items=60)


def filled(seed: int, shop: Shop = SHOP):
    return named_bin(shop, np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1]))


def test_a_bin_has_no_item_twice_and_orders_what_is_there_and_listed() -> None:
    names = {item.name for item in stock(SHOP)}
    for seed in range(6):
        named = filled(seed)
        there = [spec.name for spec in named.specs if spec.name]
        assert len(set(there)) == len(there) and set(there) <= names
        assert set(named.orders) <= set(there) & set(named.manifest) and 1 <= len(named.orders) <= len(there)
        assert set(named.manifest) <= names
        again = filled(seed)
        assert (again.manifest, again.orders) == (named.manifest, named.orders)


def test_manifests_err_and_bins_hold_strangers_as_often_as_asked_for() -> None:
    named = [filled(seed, Shop(items=60, absent=0.3, errors=0.3)) for seed in range(8)]
    strangers = np.mean([not spec.name for one in named for spec in one.specs])
    missing = np.mean([s.name not in one.manifest for one in named for s in one.specs if s.name])
    assert 0.15 < strangers < 0.5 and 0.15 < missing < 0.45
    assert not any(
        set(s.name for s in one.specs) - {""} - set(one.manifest) for one in [filled(3, Shop(items=60, errors=0))]
    )


def test_a_plan_has_bins_until_all_orders_have_theirs_and_its_configuration_says_so() -> None:
    plan = SimPlan(orders=15, shop=SHOP)
    tasks = bin_tasks(plan)
    assert sum(task.orders for task in tasks) == 15
    assert all(task.orders <= len(plan.bin(task.index).orders) for task in tasks)
    assert plan.config()["orders_by"] == "item" and "orders_by" not in SimPlan().config()


def pick(index: int, order: int, item: int, name: str, result: Result, cause: Cause | None = None) -> PickRecord:
    aim = Aim(order, "tea", "tea", 0.9)
    outcome = PickOutcome(index, result, Tool.PINCH, cause, float(index), index + 1.0, None, {}, 0.0, 0.0, aim=aim)
    return PickRecord(0, outcome, item, "carton", "", name)


def item(number: int, fate: Fate = Fate.PLACED, harm: str = "") -> ItemRecord:
    return ItemRecord(0, number, "carton", 0.1, fate, harm, harm)


def test_only_the_item_that_is_ordered_counts_as_delivered() -> None:
    items = [item(0), item(1), item(2, harm="major"), item(3, Fate.DROPPED), item(4)]
    picks = [
        pick(0, 0, 0, "tea", Result.PLACED),
        pick(1, 1, 1, "oats", Result.RETURNED, Cause.WRONG_ITEM),
        pick(2, 1, 1, "oats", Result.PLACED),
        pick(3, 2, 2, "soap", Result.PLACED),
        pick(4, 3, 3, "soap", Result.PLACED),
        pick(5, 4, 4, "", Result.PLACED),
    ]
    found = order_records(0, ["tea", "tea", "soap", "soap", "soap", "salt"], picks, items)
    fates = [OrderFate.RIGHT, OrderFate.WRONG, OrderFate.DAMAGED, OrderFate.MISSED, OrderFate.WRONG, OrderFate.MISSED]
    assert [order.fate for order in found] == fates
    assert [order.delivered for order in found] == ["tea", "oats", "soap", "", STRANGE, ""]
    assert (found[1].picks, found[1].put_back) == (2, 1)


def test_a_report_counts_orders_only_where_there_are_some() -> None:
    assert by_item(run_record(bin_record(0, "pp", 2))) == {}
