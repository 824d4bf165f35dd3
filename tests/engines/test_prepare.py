from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from assistant.config import load

CHATTY = """
import os
from assistant.errors import ModelError

print("a plug-in says hello")
os.write(1, b"and says so once more\\n")

class Source:
    name = "local"
    def fetch(self, entry, model, target, report):
        print("looking around")
        raise ModelError("nothing to be had")

SOURCE = Source()
"""


def test_a_plugin_that_prints_does_not_disturb_the_protocol(home: Path, tmp_path: Path) -> None:
    (tmp_path / "chatty_source.py").write_text(CHATTY)
    settings = load({"plugins": ["chatty_source"]})
    done = subprocess.run(
        [sys.executable, "-m", "assistant.engines.prepare", "cpu"],
        env={
            **os.environ,
            "ASSISTANT_HANDOVER": settings.model_dump_json(),
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parents[2])]),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1] == {"error": "nothing to be had"}
    assert done.returncode == 1
    for said in ("a plug-in says hello", "and says so once more", "looking around"):
        assert said in done.stderr
