# type: ignore
# ruff: noqa: S102, S307, BLE001 - running what was generated is what it is for
"""Runs inside the sandbox: imports a module and tries a docstring's examples on it.

Standard input is JSON: ``word`` (said before the report, so that a program's own prints are told
from it), ``module``, ``path`` (folders for ``sys.path``), ``owner`` (a class whose names the
examples may use), ``examples`` (lists of source, want, kind), ``seconds`` of CPU time for each: by
the clock it gets ten times that, since others may keep the machine busy. The report is one JSON
line: ``{"import": "" or why not, "examples": ["" or why not, …]}``.
"""

import ast
import contextlib
import doctest
import importlib
import io
import json
import math
import os
import signal
import sys

PATIENCE = 10


class OutOfTime(BaseException):
    pass


def alarm(number, frame):
    raise OutOfTime


def within(seconds):
    """Raise OutOfTime after that much CPU time, or too long by the clock; 0 takes it back."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE * seconds)


def equal(got, want):
    """As people mean it: a tuple for a list no, 0.30000000000000004 for 0.3 yes."""
    if isinstance(got, float) or isinstance(want, float):
        try:
            return math.isclose(got, want, rel_tol=1e-6, abs_tol=1e-9) or got == want
        except TypeError:
            return False
    if type(got) is type(want) and isinstance(got, (list, tuple)):
        return len(got) == len(want) and all(map(equal, got, want))
    if isinstance(got, dict) and isinstance(want, dict):
        return got.keys() == want.keys() and all(equal(got[key], want[key]) for key in got)
    return got == want


def shown(value):
    text = repr(value)
    return text if len(text) <= 200 else text[:197] + "..."


def said(error):
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def lend(source, namespace):
    """Import what of the standard library ``source`` names and ``namespace`` lacks."""
    names = {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
    for name in (names & sys.stdlib_module_names) - namespace.keys():
        namespace[name] = importlib.import_module(name)


def attempt(example, namespace):
    """Empty where the example holds, else why it does not."""
    source, want, kind = example
    if kind == "value":
        got, wanted = eval(source, namespace), eval(want, namespace)
        return "" if equal(got, wanted) else f"{source} gave {shown(got)}, not {want}"
    if kind == "holds":
        lend(source, namespace)
        if eval(source, namespace):
            return ""
        return f"{want} gave {shown(eval(want, namespace))}, and {source} does not hold"
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            # As a terminal does: an expression's value is shown.
            exec(compile(source + "\n", "<example>", "single"), namespace)
        except Exception as error:
            if want.startswith("Traceback") and type(error).__name__ in want:
                return ""
            raise
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    if kind == "setup" or doctest.OutputChecker().check_output(want + "\n", out.getvalue(), flags):
        return ""
    return f"{source} showed {out.getvalue().strip()[:200]!r}, not {want[:200]!r}"


def main():
    asked = json.load(sys.stdin)
    report = os.fdopen(os.dup(1), "w")
    sys.path[:0] = asked["path"]
    signal.signal(signal.SIGPROF, alarm)
    signal.signal(signal.SIGALRM, alarm)
    answer = {"import": "", "examples": []}
    try:
        within(asked["seconds"] * 3)
        with contextlib.redirect_stdout(io.StringIO()):
            module = importlib.import_module(asked["module"])
    except BaseException as error:
        answer["import"] = said(error)
    else:
        namespace = dict(vars(module))
        if asked["owner"]:
            namespace.update(vars(namespace[asked["owner"].split(".")[0]]))
            namespace.update(vars(module))
        for example in asked["examples"]:
            try:
                within(asked["seconds"])
                answer["examples"].append(attempt(example, namespace))
            except OutOfTime:
                answer["examples"].append(f"{example[0]} took too long")
            except BaseException as error:
                answer["examples"].append(f"{example[0]} raised {said(error)}")
            finally:
                within(0)
    report.write("\n" + asked["word"] + json.dumps(answer) + "\n")
    report.flush()
    # Threads and exit handlers of the program must not hold up the report.
    os._exit(0)


if __name__ == "__main__":
    main()
