"""The page itself."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from eval.report import plots
from eval.report.content import EXAMPLES, sections
from eval.results import Result


def render(results: Sequence[tuple[Path, Result]]) -> str:
    """One HTML document, everything in it, over results and the files that they are from."""
    import jinja2
    from markupsafe import Markup

    # What a model has written may hold anything: nothing of it is markup.
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    template = environment.from_string(
        files("eval.report").joinpath("page.html").read_text("utf-8")
    )
    shown = sections(results)
    drawn = {}
    for at, section in enumerate(shown, 1):
        rows = [run.row for run in section.runs]
        drawn[section.task] = {
            "forest": [Markup(svg) for svg in plots.forest(rows, f"task{at}")],  # noqa: S704
            "spread": [Markup(svg) for svg in plots.spread(rows, f"task{at}")],  # noqa: S704
        }
    return template.render(sections=shown, plots=drawn, most=EXAMPLES)
