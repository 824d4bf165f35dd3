"""How a benchmark is run: its errors are one line, like those of any command."""

from __future__ import annotations

import sys
from collections.abc import Callable

from assistant.errors import AssistantError


def run(main: Callable[[], None]) -> None:
    """Call ``main``; an error that a user can mend is said without a traceback."""
    try:
        main()
    except AssistantError as error:
        sys.stderr.write(f"bench: {error}\n")
        sys.exit(error.exit_status)
