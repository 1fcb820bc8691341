"""Which inverse kinematics an arm has."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from motion.robot.arm import Arm
from motion.robot.description import ArmError
from motion.robot.inverse import Inverse
from motion.robot.numeric_ik import NumericInverse
from motion.robot.panda_ik import PandaInverse
from motion.robot.ur_ik import UrInverse

CLOSED: Mapping[str, Callable[[Arm], Inverse]] = {"panda": PandaInverse, "ur": UrInverse}


def inverse_of(arm: Arm) -> Inverse:
    """The closed form that the arm's data names, or the numerical search where it names none.

    Raises:
        ArmError: there is no such closed form, or the arm is not built as it supposes.
    """
    name = arm.description.inverse
    if name is None:
        return NumericInverse(arm)
    if name not in CLOSED:
        raise ArmError(
            f"arm {arm.description.name}: expected inverse to be one of {', '.join(CLOSED)} or null, for the numerical "
            f"search, got {name!r}"
        )
    return CLOSED[name](arm)
