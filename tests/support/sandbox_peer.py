"""Runs jobs for a test as somebody who is not root: pickled jobs in, pickled outcomes out.

Started with the system's Python, since a virtual environment's may lie in root's home.
"""

from __future__ import annotations

import pickle
import sys


def main() -> None:
    """``sandbox_peer.py FOLDER…``: folders to import from."""
    sys.path[:0] = sys.argv[1:]
    from assistant.sandbox import run

    while True:
        try:
            job = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        pickle.dump(run(job), sys.stdout.buffer)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
