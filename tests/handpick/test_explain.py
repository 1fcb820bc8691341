"""Explanations: each grasp of a look has its verdict, each item its reason, and a run goes as it would without."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from benchmarks.support.scenes import TOTE, box, make_scene
from grasping.attempts import Attempts, Failure
from grasping.contact.wrench_limits import suction_limits
from grasping.grasp import Grasp, Load, Odds
from grasping.propose import propose
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.learned import INPUTS, LearnedQuality
from grasping.quality.policies import quality_of
from grasping.quality.worth import Stakes
from grasping.tools import DualTool, Tool
from handpick.explain.contributions import contributions
from handpick.explain.page import write_page
from handpick.explain.recorder import Recorder, emptied
from handpick.explain.verdict import Verdict, considered
from handpick.explain.words import WORDS, told
from handpick.layout import standard_layout
from handpick.outcome import Cause, PickOutcome, Result
from handpick.picking.decide import Look
from handpick.picking.planning import Refused
from handpick.picking.stack import Stack
from handpick.report.files import picks_csv, write_report
from perception.camera import CameraFrame
from perception.pose import Pose
from sim.plan import SimPlan
from sim.run import simulate
from tests.support.records import bin_record, run_record

# item 2 lies under the plate that is item 1
SCENE = make_scene(
    [
        box((-0.15, 0, 0.04), (0.10, 0.12, 0.08)),
        box((0.12, 0, 0.075), (0.24, 0.20, 0.02)),
        box((0.12, 0, 0.03), (0.06, 0.06, 0.06)),
    ]
)
STACK = cast(
    Stack,
    SimpleNamespace(
        tool=DualTool(),
        tools=frozenset(Tool),
        quality=None,
        stakes=Stakes(),
        planner=SimpleNamespace(time=lambda grasp: 3.0),
    ),
)


def made(item: int, odds: tuple[float, float, float], x: float = 0.0) -> Grasp:
    load = Load(0.3, np.zeros(3), np.eye(3) * 1e-4, (0.1, 0.5))
    T = TOTE.T_base_tote @ Pose.from_euler((x, 0, 0.08), (np.pi, 0, 0))
    return Grasp(Tool.SUCTION, item, T, 0.05, 0.0, 0.0, Odds(*odds), suction_limits(40.0, 0.5, 0.015), load)


BEST, SECOND, HARMS = made(0, (1.0, 1.0, 0.0), -0.15), made(0, (0.9, 0.9, 0.0), -0.12), made(1, (1.0, 1.0, 0.4), 0.12)
PLATE = made(1, (0.8, 0.8, 0.0), 0.2)


def look(grasp: Grasp | None, options: Sequence[Grasp], refused: Sequence[Refused] = (), past: Any = None) -> Look:
    camera = standard_layout().cameras[0]
    size = camera.height, camera.width
    frame = CameraFrame(camera, 0.0, np.full(size, np.nan, np.float32), np.zeros((*size, 3), np.uint8))
    return Look((frame,), SCENE, grasp, tuple(options), tuple(refused), past)


def outcome(look: Look, index: int = 0) -> PickOutcome:
    result, cause = (Result.PLACED, None) if look.grasp else (Result.NOT_EXECUTED, Cause.NO_PATH)
    tool = look.grasp.tool if look.grasp else None
    return PickOutcome(index, result, tool, cause, 0.0, 4.0, None, {"plan": 0.3}, 1.0, 1.0, grasp=look.grasp)


def verdicts(look: Look) -> dict[int, Verdict]:
    return {id(one.grasp): one.verdict for one in considered(look, lambda grasp: 3.0)}


def test_what_is_not_chosen_is_outranked_or_does_harm() -> None:
    seen = look(BEST, [SECOND, HARMS, BEST])
    assert verdicts(seen) == {
        id(BEST): Verdict.CHOSEN,
        id(SECOND): Verdict.OUTRANKED,
        id(HARMS): Verdict.HARMFUL,
    }
    why = {id(one.grasp): one.why for one in considered(seen, lambda grasp: 3.0)}
    assert "40% odds of damage" in why[id(HARMS)] and "Number 2 of 2" in why[id(SECOND)]


def test_what_has_no_plan_says_so_in_the_words_of_the_planner() -> None:
    refused = Refused(BEST, Cause.NO_PATH, "no way round the rim")
    seen = look(PLATE, [BEST, SECOND, PLATE], [refused])
    first, *_ = considered(seen, lambda grasp: 3.0)
    assert first.verdict is Verdict.REFUSED and "No way round the rim." in first.why and first.rank == 0
    assert verdicts(look(None, [BEST, SECOND], [refused]))[id(SECOND)] is Verdict.NOT_REACHED
    risked, *_ = considered(look(None, [HARMS], [replace(refused, grasp=HARMS)]), lambda grasp: 3.0)
    assert risked.verdict is Verdict.REFUSED and risked.why.startswith("Tried though it may do harm")


def test_what_failed_before_says_how() -> None:
    past = Attempts()
    for _ in range(6):
        past.record(SECOND, placed=False, failure=Failure.NO_HOLD)
    found = considered(look(PLATE, [SECOND, PLATE], past=past), lambda grasp: 3.0)
    assert found[0].verdict is Verdict.FAILED_BEFORE and Failure.NO_HOLD.value in found[0].why
    assert "failed 6 times" in found[0].why


def test_out_of_reach_and_a_move_aside_are_told_apart() -> None:
    seen = look(BEST, [BEST, PLATE])
    reach = considered(seen, lambda grasp: 3.0 if grasp is BEST else np.inf)
    assert reach[1].verdict is Verdict.OUT_OF_REACH
    moved = replace(HARMS)  # no option of the look, but tried
    assert considered(look(moved, [HARMS]), lambda grasp: 3.0)[-1].grasp is moved


def written(folder: Path, *looks: Look) -> list[dict[str, Any]]:
    recorder = Recorder(folder, 3, STACK)
    for index, one in enumerate(looks):
        recorder.record(outcome(one, index), one)
    return [json.loads(line) for line in (folder / "bin-003.jsonl").read_text().splitlines()]


def test_every_item_has_its_reason_on_the_page(tmp_path: Path) -> None:
    refused = Refused(BEST, Cause.NO_PATH, "</script> is no way")
    first, second = written(tmp_path, look(BEST, [SECOND, HARMS, BEST]), look(None, [BEST], [refused]))
    assert first["options"][first["chosen"]]["verdict"] == "chosen" and second["chosen"] is None
    assert [item["verdict"] for item in first["items"]] == ["chosen", "harm outweighs gain", "no grasp"]
    assert [why.partition(":")[0] for why in first["items"][2]["why"]] == ["Suction", "Pinch"]
    page = write_page(tmp_path, "made up").read_text()
    (data,) = re.findall(r'data-bin="3">(.*?)</script>', page, re.DOTALL)
    shown = json.loads(data)
    assert [one["look"] for one in shown] == [0, 1]
    assert all(item["why"] for one in shown for item in one["items"])
    assert "</script> is no way" in shown[1]["items"][0]["why"][0]
    assert shown[0]["pictures"][0]["data"].startswith("data:image/jpeg;base64,")
    assert "http" not in page.replace(data, "")


def test_a_choice_by_learned_odds_says_which_inputs_carried_it(tmp_path: Path) -> None:
    quality = quality_of("learned", ContactQuality(DualTool()))
    assert isinstance(quality, LearnedQuality)
    stack = with_quality(quality)
    for tool in Tool:
        chosen = max(propose(SCENE, DualTool(), frozenset({tool}), quality), key=Stakes().gain)
        seen = look(chosen, [chosen])
        found = contributions(seen, stack)
        assert [one["odds"] for one in found] == ["acquire", "hold", "damage"]
        sure = [1 / (1 + np.exp(-one["margin"])) for one in found]
        assert sure[0] == pytest.approx(chosen.odds.acquire, abs=1e-3)
        inputs = [one for head in found for one in head["inputs"]]
        assert inputs and all(set(one) == {"input", "what", "value", "mean", "adds"} for one in inputs)
        assert contributions(seen, STACK) == [] and contributions(look(None, [chosen]), stack) == []
        assert contributions(look(BEST, [BEST]), stack) == []  # no such candidate
    recorder = Recorder(tmp_path, 0, stack)
    recorder.record(outcome(seen), seen)
    assert json.loads((tmp_path / "bin-000.jsonl").read_text())["contributions"] == found
    assert "What carried its learned odds" in write_page(tmp_path).read_text()


def with_quality(quality: LearnedQuality) -> Stack:
    return cast(Stack, SimpleNamespace(**{**vars(STACK), "quality": quality}))


def test_every_input_has_words() -> None:
    assert set(WORDS) == set(INPUTS)
    assert (told("force", 40.0), told("seen", 0.5), told("ring_margin", 0.0123)) == ("40 N", "50%", "12.3 mm")
    assert told("believed_hold", 0.0) == "50%" and told("views", 4.0) == "4"


def test_sites_and_outlines_lie_where_the_camera_sees_them(tmp_path: Path) -> None:
    (record,) = written(tmp_path, look(BEST, [BEST]))
    (picture,) = record["pictures"]
    pixels, _ = standard_layout().cameras[0].project(BEST.T_base_tool.position[None])
    assert picture["sites"][0] == pytest.approx(pixels[0], abs=0.1)
    outline = np.array(picture["outlines"]["0"][0])
    assert (outline.min(axis=0) < pixels[0]).all() and (pixels[0] < outline.max(axis=0)).all()
    assert (tmp_path / picture["file"]).read_bytes()[:2] == b"\xff\xd8"


@pytest.mark.parametrize("explained", [True, False])
def test_the_report_leads_to_the_page_where_there_is_one(explained: bool, tmp_path: Path) -> None:
    write_report(run_record(bin_record(0, "pp", 2)), tmp_path, explained)
    assert ('href="explain/index.html"' in (tmp_path / "report.html").read_text()) == explained


def test_an_earlier_run_is_cleared_away_and_nothing_else(tmp_path: Path) -> None:
    written(tmp_path, look(BEST, [BEST]))
    write_page(tmp_path)
    (tmp_path / "mine.txt").touch()
    assert [path.name for path in emptied(tmp_path).iterdir()] == ["mine.txt"]


def test_a_full_disk_costs_the_explanation_only(tmp_path: Path) -> None:
    seen = look(BEST, [BEST])
    (tmp_path / "explain").touch()
    recorder = Recorder(tmp_path / "explain", 0, STACK)
    with pytest.warns(UserWarning, match="cannot write"):
        recorder.record(outcome(seen), seen)
    recorder.record(outcome(seen), seen)


def test_a_run_goes_as_it_would_without(tmp_path: Path) -> None:
    plain = SimPlan("mixed", 2, seed=5)
    runs = [simulate(plan, 1, show=lambda line: None) for plan in (plain, replace(plain, explain=tmp_path))]
    assert picks_csv(runs[0]) == picks_csv(runs[1]) and runs[0].config == runs[1].config
    lines = (tmp_path / "bin-000.jsonl").read_text().splitlines()
    assert len(lines) == len(runs[1].picks) >= 2
    for record, pick in zip(map(json.loads, lines), runs[1].picks):
        assert record["look"] == pick.outcome.index and record["outcome"]["result"] == pick.outcome.result.value
        assert (record["chosen"] is None) == (pick.outcome.grasp is None)
        assert [one["verdict"] for one in record["options"]].count("chosen") == int(record["chosen"] is not None)
        assert record["items"] and all(item["why"] for item in record["items"])
        assert len(record["pictures"]) == 2
