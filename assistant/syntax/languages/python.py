from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_python

    return tree_sitter_python.language()


LANGUAGE = Language(
    name="python",
    extensions=(".py", ".pyi"),
    interpreters=("python", "python3"),
    load=_load,
    line_comment="#",
    functions=frozenset({"function_definition"}),
    classes=frozenset({"class_definition"}),
    blocks=frozenset({"block"}),
    strings=frozenset({"string"}),
    indented=True,
    tags="""
(function_definition name: (identifier) @name) @definition.function
(class_definition name: (identifier) @name) @definition.class
(module (expression_statement (assignment left: (identifier) @name) @definition.constant))
(call function: [(identifier) @name (attribute attribute: (identifier) @name)]) @reference.call
(type (identifier) @name) @reference.type
[(import_statement) (import_from_statement)] @import
""",
)
