"""Holes from any repository, and trees in which the holes' text is nowhere to be found."""
