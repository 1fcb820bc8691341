"""From folders of outcomes, or from recordings of a site, to weights and their card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from grasping.policy import LEARNED
from grasping.quality.learned import SHIPPED
from training.adapt import adapted
from training.believed import believed_now
from training.boost import boosted, fit
from training.card import card, finite, odds_of, tool_digest, write_card
from training.contest import contest
from training.curve import curve
from training.doubts import doubted
from training.errors import OverlapError, ToolError
from training.item_effects import item_effects
from training.outcomes import read_bins
from training.recorded import recorded
from training.release.candidate import Candidate, digest_of_file
from training.site_card import site_card
from training.split import split

DOUBTED = 10  # labels that a card lists
KEEPS = "What is told of choosing is by the new odds alone: grasps that are kept from before are not in it."


def train(
    folders: Sequence[Path],
    out: Path,
    seed: int,
    network: bool = False,
    after: str | None = None,
    on: str | None = None,
) -> tuple[Path, dict[str, Any]]:
    """Fit, judge and write; the file of weights, and its card.

    Args:
        network: judge networks beside boosting, too, for the card: the weights are boosted all the same.
        after: weights in use, whose choices the new ones keep unless they promise enough more.
        on: weights to grow on, from other bins; of this tool or another.

    Raises:
        ShardError, FamilyError, TrainingError: what is wrong with the outcomes.
        WeightsError, CardError, ToolError, OverlapError: what is wrong with the weights in use, or to grow on.
    """
    old, base = None if after is None else predecessor(after), None if on is None else Candidate.read(on)
    rows, bins = read_bins(folders)
    if base is not None:
        expect_others(base, bins)
    begun = None if base is None else base.weights
    rows["believed"] = believed_now(rows)
    parts = split(rows, seed)
    networks = {"networks": finite(contest(rows, parts, seed))} if network else {}
    weights, checked = fit(rows, parts, seed, begun)
    out.mkdir(parents=True, exist_ok=True)
    (weights if old is None else weights.after(old.weights)).save(out / SHIPPED)
    shared = item_effects(rows, checked, parts.known)
    before = rows["believed"] if begun is None else odds_of(begun, rows)
    points = curve(rows, parts, lambda some: boosted(rows, some, seed, begun), seed, before)
    made = card(rows, parts, weights, checked, points, shared, seed, bins) | networks
    if base is not None:
        made |= {"on": base.digest, "trained_on": sorted(base.bins | set(made["trained_on"]))}
    if old is not None:
        made |= {
            "after": old.digest,
            "trained_on": sorted(old.bins | set(made["trained_on"])),
            "limits": [*made["limits"], KEEPS],
        }
    made["weights_sha256"] = digest_of_file(out / SHIPPED)
    write_card(out, made)
    return out / SHIPPED, made


def expect_others(base: Candidate, bins: Sequence[str]) -> None:
    """Refuse to grow on weights that know some of the bins, where their errors are hidden. Raises OverlapError."""
    if known := base.bins & set(bins):
        raise OverlapError(
            f"{base.path}: expected outcomes of bins that the weights to grow on were not trained on, got {len(known)} "
            f"that they were ({', '.join(sorted(known)[:3])}); leave those out, or train without --on"
        )


def predecessor(name: str) -> Candidate:
    """Weights in use that new ones may come after. Raises WeightsError, CardError, ToolError."""
    old = Candidate.read(name)
    if old.tool != tool_digest():
        raise ToolError(
            f"--after {name}: expected weights for the tool that outcomes are tried with ({tool_digest()[:12]}), got "
            f"weights for {old.tool[:12]}; train without --after"
        )
    return old


def train_from(
    recordings: Sequence[Path], out: Path, seed: int, on: str = LEARNED
) -> tuple[Path | None, dict[str, Any]]:
    """Adapt weights to recorded picks; the file of weights, and its card.

    No file is written, and None comes back in its place, where they are no better than before beyond chance.

    Args:
        on: the weights to adapt.

    Raises:
        RecordingError: there is no recording, or one holds what Handpick never writes.
        PicksError: too few picks to learn from, or of cells with different tools.
        WeightsError, CardError: the weights cannot be used. ToolError: they are for another tool.
    """
    found, base = recorded(recordings), Candidate.read(on)
    if on != LEARNED and base.tool != tool_digest(found.tool):
        raise ToolError(
            f"--on {on}: expected weights for the tool of the recordings ({tool_digest(found.tool)[:12]}), got weights "
            f"for {base.tool[:12]}; leave --on out to adapt the shipped ones"
        )
    done = adapted(base.weights, found.picks, seed)
    doubts = doubted(base.weights, found, DOUBTED)
    made = site_card(found, done, doubts, seed, None if on == LEARNED else base.digest)
    if not done.better:
        return None, made
    out.mkdir(parents=True, exist_ok=True)
    done.weights.save(out / SHIPPED)
    made |= {"trained_on": sorted(base.bins), "weights_sha256": digest_of_file(out / SHIPPED)}
    write_card(out, made)
    return out / SHIPPED, made
