"""Plots as SVG to stand inside a page: text stays text, colours follow the page's own."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from eval.results import Interval

# Okabe and Ito's colours, which also readers with a colour deficiency tell apart.
COLOURS = {"raw": "#0072b2", "product": "#d55e00", "lsp": "#009e73"}
OTHER = "#cc79a7"
# The same on a dark page.
DARK = {"#0072b2": "#56b4e9", "#d55e00": "#f0904d", "#009e73": "#3cc8a0", OTHER: "#e69fc8"}
# Stands for the page's text colour until the SVG is written.
INK = "#0a0b0c"
ABREAST = 3
PERCENTILES = (5, 95)


@dataclass(frozen=True, slots=True)
class Row:
    """A run in a plot; ``values`` by the column's name."""

    label: str
    through: str
    metrics: Mapping[str, Interval]
    values: Mapping[str, Sequence[float]]


def forest(rows: Sequence[Row], name: str) -> list[str]:
    """Means with their 95% intervals: a row a run, a column a metric."""
    columns = list(dict.fromkeys(metric for row in rows for metric in row.metrics))

    def draw(axes: Axes, metric: str) -> None:
        for at, row in enumerate(rows):
            if (interval := row.metrics.get(metric)) is None:
                continue
            colour = COLOURS.get(row.through, OTHER)
            axes.plot([interval.low, interval.high], [at, at], color=colour, linewidth=2)
            axes.plot([interval.value], [at], "o", color=colour, markersize=6)

    return _figures(rows, columns, draw, f"{name}-forest")


def spread(rows: Sequence[Row], name: str) -> list[str]:
    """Distributions over the answers: box from quartile to quartile, line at the median,
    whiskers from the 5th to the 95th percentile."""
    columns = list(dict.fromkeys(value for row in rows for value in row.values))

    def draw(axes: Axes, column: str) -> None:
        for at, row in enumerate(rows):
            if not (values := row.values.get(column)):
                continue
            colour = COLOURS.get(row.through, OTHER)
            line = {"color": colour, "linewidth": 1.5}
            axes.boxplot(
                [list(values)],
                positions=[at],
                widths=0.55,
                orientation="horizontal",
                whis=PERCENTILES,
                showfliers=False,
                manage_ticks=False,
                boxprops=line,
                medianprops={**line, "linewidth": 3},
                whiskerprops=line,
                capprops=line,
            )
        axes.set_xlim(left=0)

    return _figures(rows, columns, draw, f"{name}-spread")


def _figures(
    rows: Sequence[Row], columns: Sequence[str], draw: Callable[[Axes, str], None], name: str
) -> list[str]:
    import matplotlib
    from matplotlib.figure import Figure

    style: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "text.parse_math": False,
        "font.size": 9,
        **dict.fromkeys(
            ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK
        ),
    }
    drawn: list[str] = []
    # A last row that is not full keeps to the columns of those above.
    wide = min(ABREAST, len(columns))
    for start in range(0, len(columns), ABREAST):
        shown = columns[start : start + ABREAST]
        with matplotlib.rc_context(style), warnings.catch_warnings():
            # Glyphs that this machine's fonts lack: the reader's browser sets the text.
            warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
            figure = Figure(figsize=(3.2 + 2.2 * wide, 0.7 + 0.3 * len(rows)))
            grid = figure.subplots(1, wide, sharey=True, squeeze=False)[0]
            for axes, column in zip(grid, shown, strict=False):
                draw(axes, column)
                _finish(axes, column)
            for axes in grid[len(shown) :]:
                axes.set_visible(False)
            grid[0].set_yticks(range(len(rows)), [row.label for row in rows])
            grid[0].set_ylim(len(rows) - 0.5, -0.5)
            drawn.append(_svg(figure, f"{name}-{start}"))
    return drawn


def _finish(axes: Axes, title: str) -> None:
    axes.set_title(title, loc="left", fontsize=9, fontweight="bold")
    axes.grid(axis="x", color=INK, alpha=0.15)
    axes.margins(x=0.08)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.patch.set_alpha(0)


def _svg(figure: Figure, name: str) -> str:
    """The figure's ``<svg>`` element, its ids its own and no address in it."""
    written = io.StringIO()
    figure.savefig(
        written,
        format="svg",
        transparent=True,
        bbox_inches="tight",
        metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")),
    )
    text = written.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", text)
    text = text.replace("xlink:href", "href")
    text = re.sub(r'(\sid="|href="#|url\(#)', rf"\g<1>{name}-", text)
    for light, dark in DARK.items():
        # As a style: an attribute would not take it.
        text = re.sub(rf"((?:stroke|fill): ){light}", rf"\g<1>light-dark({light}, {dark})", text)
    return text.replace(INK, "currentColor")
