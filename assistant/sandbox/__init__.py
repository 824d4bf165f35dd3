"""Running code that nobody has read.

    outcome = run(Job("python", {"main.py": code}, entry="main.py"))

Without bubblewrap nothing is run: the outcome is ``refused``.
"""
