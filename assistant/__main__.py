from __future__ import annotations

from assistant.cli.app import main

main()
