"""Scores as pure functions; each file names the paper or the code that defines it."""
