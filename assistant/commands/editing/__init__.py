"""Editing by instruction: what is edited, how it is asked for, what an answer is tried by."""
