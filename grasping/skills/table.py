"""The table of skills: the functions that offer grasps for each, and that read a skill from a candidate."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from grasping.beliefs.belief import Belief
from grasping.candidates.pinch import pinch_candidates
from grasping.candidates.suction import suction_candidates
from grasping.candidates.table import Candidates
from grasping.grasp import Grasp
from grasping.quality.contact_quality import Quality
from grasping.quality.worth import Stakes
from grasping.skill import Lift, Skill
from grasping.skills.drag import drags
from grasping.skills.swing import spine_candidates, swing
from grasping.skills.tip import tip_grasps
from grasping.tools import DualTool, Tool
from perception.scene import Scene

CANDIDATES: dict[Tool, tuple[Callable[[Scene, DualTool], Candidates], ...]] = {
    Tool.SUCTION: (suction_candidates, spine_candidates),
    Tool.PINCH: (pinch_candidates,),
}
COMBINED: tuple[Callable[[Scene, int, DualTool, list[Belief], Quality, Stakes], list[Grasp]], ...] = (tip_grasps,)
# of a scene and its options, what may be moved aside, the most useful first
ASIDE: tuple[Callable[[Scene, Sequence[Grasp]], tuple[Grasp, ...]], ...] = (drags,)
READ: tuple[Callable[[np.void], Skill | None], ...] = (swing,)  # a skill from a candidate's features; None: another's


def skill_of(features: np.void) -> Skill:
    """The skill of a candidate, by its features."""
    return next((skill for read in READ if (skill := read(features)) is not None), Lift())
