"""Picks out of recordings: what was decided, by which features, and what the robot's own sensors told of it.

Only decisions and outcomes are read, no images; and what an inspection of the goods tells of damage, if there was one.
What cannot be used is counted and told, never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from grasping.candidates.table import FEATURES, Candidates
from grasping.quality.bowing import harmed
from grasping.quality.contact_quality import ContactQuality
from grasping.quality.learned import HEADS
from grasping.tools import DualTool, Tool
from handpick.outcome import Cause, Result
from handpick.recording import own
from handpick.recording.bag import Bag, is_bag
from handpick.recording.bag_recording import STRING, json_of
from handpick.recording.errors import BagError, RecordingError
from handpick.recording.inspection import Inspected, key, read_inspection
from handpick.recording.moment import Json
from handpick.recording.plain import from_plain, to_plain
from perception.errors import GeometryError
from training.errors import PicksError
from training.picks import PICK

LEARNED = ("lift", "swing")  # skills whose grasps are judged where they are executed, by the features that are told
BESIDE = 0.1  # belief in harm by bowing or falling open, from which on what was seen may be that, which is not learned
LONGEST = 40  # picks after which a tote is taken for another one, where none was ever seen empty
NO_FEATURES = "picks without features, by a version that did not record them"
OTHER_FEATURES = "picks with the features of another version"
OTHER_SKILL = "picks by a skill that is not learned"
SILENT = "picks that ended for a reason that says nothing of the grasp"

# Whether the tool had the item, held it to the end, and set it down as a probe. What is not here (a person's stop, a
# protective stop, something in the way, a moved target, a lost pump) would have ended any grasp.
CAME: Mapping[tuple[Result, Cause | None], tuple[bool, bool, bool]] = MappingProxyType(
    {
        (Result.PLACED, None): (True, True, False),
        (Result.MISSED, Cause.NO_HOLD): (False, False, False),
        (Result.MISSED, Cause.LOST_ON_LIFTING): (True, False, False),
        (Result.DROPPED, Cause.LOST_IN_TRANSFER): (True, False, False),
        (Result.RETURNED, Cause.LEFT_A_PART): (True, False, True),
        (Result.RETURNED, Cause.HOLD_TIRED): (True, False, True),
        **{
            (result, cause): (True, False, False)
            for result in (Result.DROPPED, Result.RETURNED)
            for cause in (Cause.ITEM_SLIPPED, Cause.ITEM_LOST, Cause.GRASP_WEAK)
        },
    }
)


@dataclass(frozen=True, eq=False)
class Recorded:
    """Picks of recordings.

    Attributes:
        picks: of PICK, shape (N,). tool: by which all of them were made.
        files: how many picks each recording gave. notes: how many were left out, and why.
    """

    picks: NDArray[np.void]
    tool: DualTool
    files: Mapping[str, int]
    notes: Mapping[str, int]


def recorded(paths: Sequence[Path]) -> Recorded:
    """The picks of recordings: bags, or folders of bags.

    Raises:
        RecordingError: there is no recording, or one holds what Handpick never writes.
        PicksError: none of them holds a pick to learn from, or they are of cells with different tools.
    """
    notes, files, tools, rows = Counter[str](), dict[str, int](), dict[str, DualTool](), list[NDArray[np.void]]()
    bins = 0
    every = bags(paths)
    inspected = {folder: read_inspection(folder) for folder in {path.parent for path in every}}
    for path in every:
        reader = _Reader(path, notes, bins, inspected[path.parent])
        found = reader.read()
        if reader.tool is not None and len(found):
            files[str(path)], tools[str(path)] = len(found), reader.tool
            rows.append(found)
        bins = reader.bin + 1
    if not rows:
        told = "; ".join(f"{count} {what}" for what, count in notes.items()) or "none was executed"
        raise PicksError(f"expected recordings of executed picks, got none to learn from: {told}")
    return Recorded(np.concatenate(rows), _one_tool(tools), files, dict(notes))


def bags(paths: Sequence[Path]) -> list[Path]:
    """The bags that paths are or hold, each once. Raises RecordingError: a path holds none."""
    found: dict[Path, Path] = {}
    for path in paths:
        inside = sorted(entry for entry in path.glob("*/") if is_bag(entry)) if path.is_dir() else []
        own_bags = [path] if path.exists() and is_bag(path) else [bag for bag in inside if bag.name[0] != "."]
        if not own_bags:
            raise RecordingError(f"{path}: expected a bag of handpick record, or a folder of bags; there is none")
        found.update({bag.resolve(): bag for bag in own_bags})
    return list(found.values())


def _one_tool(tools: Mapping[str, DualTool]) -> DualTool:
    """The tool that all recordings were made with. Raises PicksError."""
    (first, tool), *others = tools.items()
    for path, other in others:
        if to_plain(other) != to_plain(tool):
            raise PicksError(f"{path}: expected picks by the tool of {first}, got another cup or gripper; adapt apart")
    return tool


class _Reader:
    """One pass through the decisions and outcomes of a bag. first: number of its first bin."""

    def __init__(self, path: Path, notes: Counter[str], first: int, inspected: Inspected) -> None:
        self.path, self.notes, self.bin = path, notes, first
        self.tool: DualTool | None = None
        self.quality = ContactQuality()
        self.since = 0  # decisions to pick in this bin
        self.inspected = inspected

    def read(self) -> NDArray[np.void]:
        """The picks of the bag, shape (N,); of one that is cut short those before the cut, if it opens at all."""
        rows: list[NDArray[np.void]] = []
        try:
            bag = Bag(self.path)
            try:
                for row in self._picks(bag):
                    rows.append(row)  # one by one: what came before an error is kept
            finally:
                bag.close()
        except BagError as error:
            self.notes[f"recordings not read to their end: {error}"] += 1
        return np.concatenate(rows) if rows else np.zeros(0, PICK)

    def _picks(self, bag: Bag) -> Iterator[NDArray[np.void]]:
        decisions: dict[int, tuple[int, Json]] = {}  # with their bins, by their looks
        for message in bag.read([own.CELL, own.DECISION, own.OUTCOME]):
            if bag.topics[message.topic] != STRING:
                continue
            told = json_of(bag, message)
            if message.topic == own.CELL:
                self._cell(told)
            elif message.topic == own.DECISION:
                decisions[_look(told)] = self._bin_of(told), told
            elif (decision := decisions.pop(_look(told), None)) and self.tool is not None:
                yield from self._pick(*decision, told, bag.where(message))

    def _cell(self, told: Json) -> None:
        try:
            cell: own.RecordedCell = from_plain(own.RecordedCell, told, f"{self.path}: {own.CELL}")
        except RecordingError as error:
            self.notes[f"recordings by another version: {error}"] += 1
            return  # without a tool none of its picks is read
        self.tool, self.quality = cell.tool, ContactQuality(cell.tool)

    def _bin_of(self, decision: Json) -> int:
        """The bin that a decision is of: thinking ahead, the next one may be decided on before a pick has ended."""
        if self.since and (decision.get("items") == 0 or self.since >= LONGEST):
            self.bin, self.since = self.bin + 1, 0
        self.since += bool(decision.get("chosen"))
        return self.bin

    def _pick(self, number: int, decision: Json, outcome: Json, where: str) -> Iterator[NDArray[np.void]]:
        """A pick, shape (1,), or a note why there is none. Raises RecordingError: it is no pick of Handpick's."""
        chosen, result = decision.get("chosen"), outcome.get("result")
        if result == Result.NOT_EXECUTED.value or not chosen:
            return
        try:
            came = CAME.get((Result(result), Cause(outcome["cause"]) if outcome["cause"] else None))
            note = self._unusable(chosen, came)
            if note or came is None:
                self.notes[note] += 1
                return
            damaged = self.inspected.get(key(self.path.name, float(outcome["started"])))
            row = self._row(number, decision, chosen, came, damaged)
        except (KeyError, TypeError, ValueError, AttributeError, GeometryError) as error:
            raise RecordingError(
                f"{where}: expected a pick as handpick record writes it, got {error!r:.200}"
            ) from error
        yield row

    def _unusable(self, chosen: Json, came: tuple[bool, bool, bool] | None) -> str:
        """Why nothing is learned from a pick; empty: it is."""
        if chosen["skill"] not in LEARNED:
            return OTHER_SKILL
        if came is None:
            return SILENT
        features = chosen.get("features")
        if not features:
            return NO_FEATURES
        return "" if features.keys() == set(FEATURES.names or ()) else OTHER_FEATURES

    def _row(
        self, number: int, decision: Json, chosen: Json, came: tuple[bool, bool, bool], damaged: bool | None
    ) -> NDArray[np.void]:
        acquired, held, returned = came
        row, tool = np.zeros(1, PICK), Tool(chosen["tool"])
        for name in FEATURES.names or ():
            row["features"][name] = float(chosen["features"][name])
        pose, opening = np.array([chosen["T_base_tool"]], np.float64), np.array([chosen["opening"]], np.float64)
        if not all(np.isfinite(row["features"][name]).all() for name in FEATURES.names or ()):
            raise ValueError("features that are no numbers")
        row["bin"], row["tool"], row["views"] = number, tool.value, decision["views"]
        row["believed"] = self.quality.odds(Candidates(tool, np.zeros(1, np.int64), pose, opening, row["features"]))
        told = {"acquire": acquired, "hold": held, "damage": bool(damaged), "return": returned}
        probed = acquired and row["features"]["probe"][0] > 0
        blamed = damaged is not None and not (damaged and tool is Tool.PINCH and harmed(row["features"])[0] > BESIDE)
        known = {"acquire": True, "hold": acquired, "damage": blamed, "return": probed}
        row["happened"], row["known"] = [told[head] for head in HEADS], [known[head] for head in HEADS]
        return row


def _look(told: Json) -> int:
    """The number of the look that a decision or an outcome is of; -1: of none."""
    number = told.get("look")
    return number if isinstance(number, int) else -1
