"""What is named after a look in hand, with what was seen of it in the tote."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from handpick.orders.naming import UNSEEN, Named, Naming, called
from perception.identity.answer import Answer, Guess, Level
from perception.identity.encoder import WIDTH
from perception.identity.together import Seen


def test_what_neither_tote_nor_hand_show_is_unknown_and_no_number_is_made_up_of_it() -> None:
    scene = SimpleNamespace(item=lambda _: SimpleNamespace(size=np.array((0.1, 0.08, 0.02))))
    other = Seen(np.ones((2, WIDTH), np.float32), (0.1, 0.1, 0.1))
    named = Named(cast(Any, scene), {1: other}, (), ("tea",))
    naming = Naming(*cast(Any, (None, None, None)), ["tea"])
    answer = naming.once_more(named, 0, np.empty((0, WIDTH), np.float32))
    assert answer is UNSEEN and answer.known == 0 and answer.likely[0] == ("", 0.0)


def test_an_item_is_called_by_what_all_of_the_tote_leave_of_its_names() -> None:
    doubtful = Guess(Level.ITEM, "tea", 0.3)
    assert called(Answer(None, (doubtful,), (("tea", 0.9), ("rice", 0.1)))) == "tea"
    assert called(Answer(None, (doubtful,), (("tea", 0.5), ("rice", 0.5)))) == ""
    assert called(UNSEEN) == ""
