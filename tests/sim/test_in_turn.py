"""With weights on trial bins run one after the other, each knowing what the ones before it have shown."""

from dataclasses import replace

from handpick.outcome import PickOutcome, Result
from handpick.picking.evidence import Evidence
from handpick.record import BinRecord, PickRecord
from sim.plan import BinTask, SimPlan
from sim.run import in_turn


def failing(task, tell):
    """A bin in which old weights place always and new ones never, half of the picks each while they are on trial."""
    picks = []
    for number in range(20):
        new = number % 2 == 0 and not task.plan.evidence.worse
        result = Result.MISSED if new else Result.PLACED
        outcome = PickOutcome(number, result, None, None, 0.0, 1.0, None, {}, 0.0, 0.0, trial=new)
        picks.append(PickRecord(task.index, outcome))
        tell(picks[-1])
    return BinRecord(task.index, 20, (), tuple(picks), (), 20.0, 20.0)


def test_a_roll_back_holds_for_all_bins_after_it():
    plan = replace(SimPlan(), canary="analytic", evidence=Evidence(0.5))
    heard = []
    tasks = [BinTask(plan, index, 20) for index in range(3)]
    done, interrupted = in_turn(failing, tasks, 2, lambda index, news: heard.append(index))
    assert not interrupted and heard == [0] * 20 + [1] * 20 + [2] * 20
    trials = [sum(pick.outcome.trial for pick in progress.result.picks) for progress in done]
    assert trials == [10, 0, 0]
