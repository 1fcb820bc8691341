"""Names of policies: whose odds decide which grasp is tried."""

from __future__ import annotations

from perception.errors import HandpickError

LEARNED, ANALYTIC = "learned", "analytic"  # with the weights that come with the package; contact mechanics alone
AUTO = "auto"  # learned odds for the tool that they were trained with, contact mechanics for every other
DEFAULT = AUTO
WEIGHTS = ".safetensors"  # ends the name of a file of weights, as `handpick train` writes it
FORMS = (
    f"{AUTO} ({LEARNED} with the standard tool, else {ANALYTIC}), {LEARNED}, {ANALYTIC}, a {WEIGHTS} file of weights, "
    "module:name"
)


class PolicyError(HandpickError):
    """A policy that does not exist, or that gives something else than odds."""


def policy_name(text: str) -> str:
    """The text, if it has the form of a policy's name; whether there is such a one is not asked. Raises PolicyError."""
    if text in (AUTO, LEARNED, ANALYTIC) or text.endswith(WEIGHTS) or is_imported(text):
        return text
    raise PolicyError(f"unknown policy {text!r}; choose one of {FORMS}")


def is_imported(name: str) -> bool:
    """Whether a name is `module:name`, of Python code that somebody else wrote."""
    module, colon, inside = name.partition(":")
    return bool(colon) and all(part.isidentifier() for part in (*module.split("."), *inside.split(".")))
