"""Grasps tried by a free-flying tool, from states of a bin that are put back to the bit."""
