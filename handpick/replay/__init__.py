"""Replays: a recording thought out anew, look by look, and compared with what was decided then."""
