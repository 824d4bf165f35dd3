"""By which name Python imports a file of a project."""

from __future__ import annotations

import pytest

from assistant.commands.checking.project import module_of
from assistant.errors import UsageError

FILES: dict[str, bytes | str] = {
    **dict.fromkeys(("top.py", "x/y.py", "a/b/__init__.py", "src/flask/app.py"), b""),
    "src/flask/__init__.py": "",
    "src/flask/jobs/run.py": "import json\n\nfrom util import K\n",
    "src/flask/jobs/util.py": b"K = 1\n",
}


@pytest.mark.parametrize(
    ("path", "name", "folder"),
    [
        ("top.py", "top", ""),
        ("x/y.py", "y", "x"),
        ("a/b/c.py", "b.c", "a"),
        ("src/flask/__init__.py", "flask", "src"),
        ("src/flask/app.py", "flask.app", "src"),
        # PEP 420: no __init__.py of its own, and in the package all the same.
        ("src/flask/sansio/scaffold.py", "flask.sansio.scaffold", "src"),
        # Scripts that import one another by their bare names, and what is no name.
        ("src/flask/jobs/run.py", "run", "src/flask/jobs"),
        ("src/flask/my-jobs/run.py", "run", "src/flask/my-jobs"),
        ("src/flask/tests/helpers.py", "helpers", "src/flask/tests"),
    ],
)
def test_the_name_and_where_it_is_imported_from(path: str, name: str, folder: str) -> None:
    assert module_of(path, FILES) == (name, folder)


def test_a_file_that_no_name_imports() -> None:
    with pytest.raises(UsageError, match="rename it"):
        module_of("my-script.py", {})
