"""Handpick: empties a cluttered bin without breaking things; `plan` gives grasps for what depth images show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from grasping.tools import DualTool as DualTool
    from grasping.tools import Gripper as Gripper
    from grasping.tools import SuctionCup as SuctionCup
    from handpick.grasp_plan.plan import plan as plan
    from handpick.grasp_plan.result import GraspPlan as GraspPlan
    from handpick.grasp_plan.tracker import Tracker as Tracker
    from perception.depth_image import DepthImage as DepthImage
    from perception.pose import Pose as Pose
    from perception.tote import Tote as Tote

_WHERE = {
    "DepthImage": "perception.depth_image",
    "DualTool": "grasping.tools",
    "GraspPlan": "handpick.grasp_plan.result",
    "Gripper": "grasping.tools",
    "Pose": "perception.pose",
    "SuctionCup": "grasping.tools",
    "Tote": "perception.tote",
    "Tracker": "handpick.grasp_plan.tracker",
    "plan": "handpick.grasp_plan.plan",
}


def __getattr__(name: str) -> Any:
    """The public names, imported when they are first asked for: the command line starts without them."""
    if name not in _WHERE:
        raise AttributeError(f"module 'handpick' has no attribute {name!r}; it has {', '.join(_WHERE)}")
    from importlib import import_module

    from handpick.compiling.store import use_store

    use_store()
    return getattr(import_module(_WHERE[name]), name)
