"""Docstrings and comments: what the code promises, how the project writes, what is kept."""
