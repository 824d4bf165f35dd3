"""Fits the answer's indentation to the file: where the user stands, and with what it indents."""

from __future__ import annotations

from assistant.completion import shape
from assistant.completion.draft import Draft
from assistant.completion.lines import leading
from assistant.completion.site import Site


class Indentation:
    name = "indentation"
    order = 80

    def apply(self, draft: Draft) -> Draft:
        site = draft.site
        if site.in_string:
            return draft
        text = draft.text
        if site.line_prefix.strip():
            if site.line_prefix[-1] in " \t" and text[:1] == " ":
                text = text.lstrip(" ")
            return draft.with_text(_in_units(site, text))
        lines = text.split("\n")
        while len(lines) > 1 and not lines[0].strip():
            del lines[0]
        wanted = _wanted(site)
        step = site.width(site.indent_unit)
        if site.line_prefix:
            own = site.width(site.line_prefix)
            pad = _spaces(site, wanted - own) if wanted > own else ""
            lines[0] = pad + lines[0].lstrip(" \t")
        elif (given := site.width(lines[0])) <= wanted - step and lines[0].strip():
            pad = _spaces(site, wanted - given)
            lines = [pad + line if line.strip() else line for line in lines]
        return draft.with_text(_in_units(site, "\n".join(lines)))


def _wanted(site: Site) -> int:
    """Columns that the line must have at least: deeper than the header right above it.

    Only where indentation is syntax; elsewhere the user's or the model's way stands. -1 when
    nothing is asked for.
    """
    if site.language is None or not site.language.indented:
        return -1
    above = shape.previous(site, len(site.preceding))
    if site.brackets.in_text:
        return -1
    if above < 0 or not shape.opens_block(site, site.preceding[above]):
        return -1
    if site.preceding[above].rstrip()[-1:] != ":" or shape.is_comment(site, site.preceding[above]):
        return -1
    header = shape.header_at(site, above)
    if site.width(site.line_prefix) > header.indent:
        return -1
    return header.indent + site.width(site.indent_unit)


def _spaces(site: Site, columns: int) -> str:
    if site.indent_unit == "\t":
        return "\t" * (columns // site.tab_width)
    return " " * columns


def _in_units(site: Site, text: str) -> str:
    """Tabs for spaces or spaces for tabs at the start of lines, as the file has it.

    Lines that begin inside a string or a comment stay as they are, and so does an answer
    that indents like a line nearby: some files mix.
    """
    lines = text.split("\n")
    foreign = " " if site.indent_unit == "\t" else "\t"
    first = 1 if site.line_prefix else 0
    if not any(line[:1] == foreign and line.strip() for line in lines[first:]):
        return text
    near = [*site.preceding[-200:], site.line_prefix, *site.following]
    if not any(line[:1] == site.indent_unit[0] for line in near):
        return text  # nothing here says how the file indents
    if any(line[:1] == foreign for line in (*site.preceding[-20:], site.line_prefix)):
        return text
    step = 4
    if foreign == " ":
        widths = [len(leading(line)) for line in lines[first:] if line.strip()]
        step = min((w for w in widths if w in (2, 3, 4, 8)), default=4)
    state = site.brackets.copy()
    for number, line in enumerate(lines):
        inside = state.in_text
        state.line(line)
        if inside or number < first:
            continue
        lead = leading(line)
        if foreign == "\t":
            new = lead.replace("\t", site.indent_unit)
        else:
            columns = len(lead.expandtabs(step))
            new = "\t" * (columns // step) + " " * (columns % step)
        lines[number] = new + line[len(lead) :]
    return "\n".join(lines)


FILTER = Indentation()
