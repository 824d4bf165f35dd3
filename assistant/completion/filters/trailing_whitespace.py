"""No space at the end of lines, and the right one where the answer meets what follows."""

from __future__ import annotations

from assistant.completion.draft import Draft


class TrailingWhitespace:
    name = "trailing_whitespace"
    order = 90

    def apply(self, draft: Draft) -> Draft:
        site = draft.site
        state = site.brackets.copy()
        lines = draft.text.split("\n")
        for number, line in enumerate(lines):
            state.line(line)
            if number < len(lines) - 1 and not state.in_text:
                lines[number] = line.rstrip() if line.strip() or number else ""
        text = "\n".join(lines)
        body = text.rstrip()
        if site.whole_line and text.rstrip(" \t").endswith("\n"):
            return draft.with_text(f"{body}\n{site.line_prefix}" if body else "")
        rest = site.line_suffix
        joins = rest[:1].strip() and rest[0] not in ")]};,:."
        if draft.end == site.offset and joins and text.endswith(" ") and body:
            body += " "
        return draft.with_text(body)


FILTER = TrailingWhitespace()
