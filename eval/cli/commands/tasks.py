"""List the benchmarks and their variants."""

from __future__ import annotations

from assistant.cli.options import JsonOption, settings
from assistant.cli.output import emit, out

NAME = "tasks"


def command(json_mode: JsonOption = False) -> None:
    from eval.task import tasks

    settings()
    listed = [
        {
            "name": task.name,
            "summary": task.summary,
            "asks": task.asks,
            "arms": dict(task.arms),
            "metrics": list(task.metrics),
            "executes": task.executes,
        }
        for task in tasks()
    ]

    def show() -> None:
        for task in tasks():
            out().print(f"{task.name:<22}{task.summary}", markup=False)
            for arm, what in task.arms.items():
                out().print(f"  --arm {arm:<18}{what}", markup=False)

    emit(listed, json_mode, show)
