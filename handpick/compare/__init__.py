"""The same orders through four cells: one or both tools, eyes closed or open. Or through one, by several policies."""

from handpick.compare.study import Study, compare
from handpick.compare.variants import REFERENCE, VARIANTS, Trial, Variant

__all__ = ["REFERENCE", "Study", "Trial", "VARIANTS", "Variant", "compare"]
