"""Commands run code with what its project has installed, and stop when they are told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest
from python_environments import made
from scripted_model import Scripted

from assistant import sandbox
from assistant.commands.checking.lacking import lacking
from assistant.commands.checking.trials import Trials
from assistant.commands.checking.trying import run_script
from assistant.commands.protocol import Answer, Check, Job, Options, Place, commands
from assistant.sandbox import PythonEnvironment, interpreter, unavailable
from assistant.sandbox.environments import find, own
from assistant.sandbox.runner import STOPPED
from assistant.types import Document

pytestmark = pytest.mark.skipif(bool(unavailable()), reason="no sandbox here")

SHOP = '''\
from fruits import PRICE


def cost(number):
    """What so many fruits cost.

    >>> cost(2)
    6
    """
    pass
'''
BODY = "\n    return number * PRICE\n```\n"


def job(root: Path, text: str, *answers: str, **fields: object) -> Job:
    document = Document(root / "shop.py", text, "python")
    place = Place(document, text.index("def "), text.index("def "), root)
    options = Options(candidates=1, repairs=0)
    python = find(root).python
    return Job(place, Scripted(*answers), sandbox.run, options=options, python=python, **fields)  # type: ignore[arg-type]


def implement(root: Path) -> tuple[Answer, Check]:
    answer = asyncio.run(commands().get("implement").run(job(root, SHOP, BODY)))
    [check] = [each for each in answer.checks if each.name == "examples"]
    return answer, check


def test_a_body_is_tried_with_what_the_project_has_installed(root: Path) -> None:
    made(root / ".venv", {"fruits.py": "PRICE = 3\n"})
    assert implement(root)[1] == Check("examples", True, "1 of 1 hold")


def test_what_to_do_where_a_module_is_missing(root: Path) -> None:
    made(root / ".venv", {})
    answer, check = implement(root)
    said = "needs `fruits`: install it into .venv, or set sandbox.python"
    assert check == Check("examples", None, said)
    assert answer.attempts == 1
    assert answer.edits


def test_fix_says_it_too(root: Path) -> None:
    answer = asyncio.run(commands().get("fix").run(job(root, SHOP, BODY, instruction="mend it")))
    details = [each.detail for each in answer.checks if each.name == "goes away"]
    assert details == [
        "needs `fruits`: make .venv in the workspace folder and install it there, or set "
        "sandbox.python"
    ]


def test_an_example_of_use(root: Path) -> None:
    made(root / ".venv", {"fruits.py": "PRICE = 3\n"})
    files, python = {"shop.py": SHOP}, find(root).python
    ran = run_script(sandbox.run, files, "shop.py", "import fruits; print(fruits.PRICE)", python)
    assert (ran.output, ran.fault) == ("3", "")
    ran = run_script(sandbox.run, files, "shop.py", "import nuts.shells", python)
    assert ran.fault == "needs `nuts`: install it into .venv, or set sandbox.python"


TEST = """\
import pytest
from shop import cost

@pytest.mark.parametrize("number, price", [(1, 3), (2, 6)])
def test_cost(number, price):
    assert cost(number) == price
"""


def test_pytest_loads_the_projects_plugins_and_of_ours_what_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def plugins(python: PythonEnvironment, test: str) -> list[str] | None:
        return Trials({"test_shop.py": test}, "shop.py", python, tests=["test_shop.py"])._plugins()

    assert plugins(own(), TEST) == []
    assert plugins(own(), f"import asyncio\n{TEST}") == ["pytest_asyncio.plugin"]
    # Its own, even where the assistant is installed in it.
    assert plugins(replace(own(), lent=False), TEST) is None
    # It comes with the tools for developing the assistant only.
    monkeypatch.setattr("assistant.commands.checking.trials.find_spec", lambda name: None)
    assert plugins(own(), f"import asyncio\n{TEST}") == []


def tried(root: Path, python: PythonEnvironment) -> dict[str, str]:
    text = SHOP.replace("pass", "return number * PRICE")
    trials = Trials({"test_shop.py": TEST}, "shop.py", python, tests=["test_shop.py"])
    [seen] = trials.run(sandbox.run, [text])
    return {**seen.results, **({"fault": seen.fault} if seen.fault else {})}


def test_tests_run_where_the_project_has_no_pytest(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = made(root / ".venv", {"fruits.py": "PRICE = 3\n"})
    python = find(root).python
    passed = {"test_shop.py::test_cost[1-3]": "", "test_shop.py::test_cost[2-6]": ""}
    assert tried(root, python) == passed
    (packages / "fruits.py").unlink()
    said = "needs `fruits`: install it into .venv, or set sandbox.python"
    assert tried(root, python) == {"test_shop.py": said}
    # Ours is for Pythons of our version.
    monkeypatch.setattr(interpreter, "OURS", "3.0")
    assert tried(root, python) == {"fault": said.replace("fruits", "pytest")}


def test_a_module_of_the_project_is_nothing_to_install() -> None:
    said = "ModuleNotFoundError: No module named 'shop.prices'"
    python = PythonEnvironment("x", "3.11", Path("/usr"), advice="do this")
    assert lacking(said, python, {"src/shop/__init__.py": ""}) == ""
    assert lacking(said, python, {"shop.py": ""}) == ""
    assert lacking(said, python, {"app.py": ""}) == "needs `shop`: do this"
    assert lacking("KeyError: 'shop'", python, {}) == ""


def test_examples_are_held_to_cpu_time() -> None:
    text = dedent("""\
        import threading, time

        def nap():
            time.sleep(1.2)
            return 1

        def spin():
            while True:
                pass

        def wait():
            threading.Event().wait()
    """)
    from assistant.commands.checking.examples import Example

    shown = [Example(f"{name}()", "1", "value") for name in ("nap", "spin", "wait")]
    trials = Trials({}, "slow.py", own(), examples=shown, seconds=0.5)
    [seen] = trials.run(sandbox.run, [text])
    assert [seen.results[f"example {number}"] for number in (1, 2, 3)] == [
        "",
        "spin() took too long",
        "wait() took too long",
    ]


def test_a_command_that_is_cancelled_stops_what_it_runs(root: Path) -> None:
    outcomes: list[sandbox.Outcome] = []

    async def asked() -> None:
        loop, started = asyncio.get_running_loop(), asyncio.Event()
        with sandbox.stoppable() as stopped:

            def run(given: sandbox.Job) -> sandbox.Outcome:
                loop.call_soon_threadsafe(started.set)
                outcomes.append(stopped(given))
                return outcomes[-1]

            work = job(root, SHOP.replace("from fruits import PRICE", ""), "\n    while True: pass")
            work.run = run
            task = asyncio.create_task(commands().get("implement").run(work))
            await started.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(asked())  # waits for the threads
    assert outcomes
    assert {outcome.reason for outcome in outcomes} == {STOPPED}
