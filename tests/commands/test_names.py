"""Names of a Python file that nothing defines, and where their imports go."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.commands.checking.names import import_edit
from assistant.commands.edits import applied


@pytest.mark.parametrize(
    ("head", "rest"),
    [
        ("", "def f():\n    return re\n"),
        ("#!/usr/bin/env python3\n# -*- coding: latin-1 -*-\n", "def f():\n    return re\n"),
        ("#!/usr/bin/env python3\n# Copyright: all of us.\n", "\nX = re\n"),
        ("#!/usr/bin/env python3\n", "# What f does.\ndef f():\n    return re\n"),
        ("# coding: utf-8\n# Copyright: all of us.\n", ""),
        ('#!/bin/python\n"""Text."""\n', "X = re\n"),
        ("from os import (\n    path,\f\n    sep,  # \u2028 \x1c\n)\n", "X = re\n"),
        ("import os\r\nimport sys\r\n", "X = re\r\n"),
    ],
)
def test_an_import_goes_behind_the_head_of_a_file(head: str, rest: str) -> None:
    text = head + rest
    assert applied(text, [import_edit(Path("a.py"), text, ["import re"])]) == (
        f"{head}import re\n{rest}"
    )


def test_an_import_behind_a_last_line_without_an_end() -> None:
    edit = import_edit(Path("a.py"), "import os", ["import re"])
    assert applied("import os", [edit]) == "import os\nimport re\n"
