from __future__ import annotations

from dataclasses import replace
from typing import Any

from assistant.syntax.languages import typescript


def _load() -> Any:
    import tree_sitter_typescript

    return tree_sitter_typescript.language_tsx()


LANGUAGE = replace(
    typescript.LANGUAGE,
    name="typescriptreact",
    extensions=(".tsx",),
    aliases=("tsx",),
    load=_load,
    tags=typescript.LANGUAGE.tags
    + """
[(jsx_opening_element name: (identifier) @name)
  (jsx_self_closing_element name: (identifier) @name)] @reference.call
""",
)
