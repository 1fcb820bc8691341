"""Explanations of a run, look by look: what was seen, offered, chosen and refused, and why."""
