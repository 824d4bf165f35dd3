from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_css

    return tree_sitter_css.language()


LANGUAGE = Language(
    name="css",
    extensions=(".css",),
    modules="path",
    block_comment=("/*", "*/"),
    functions=frozenset(),
    classes=frozenset({"rule_set", "keyframes_statement", "media_statement"}),
    blocks=frozenset({"block", "keyframe_block_list"}),
    strings=frozenset({"string_value"}),
    comments=frozenset({"comment", "js_comment"}),
    load=_load,
    tags="""
(class_selector (class_name) @name) @definition.class
(id_selector (id_name) @name) @definition.constant
(keyframes_statement (keyframes_name) @name) @definition.function
((declaration (property_name) @name) @definition.constant (#match? @name "^--"))
(call_expression (function_name) @_var (arguments (plain_value) @name)
  (#eq? @_var "var")) @reference.type
(import_statement [(string_value (string_content) @module)
  (call_expression (arguments (string_value (string_content) @module)))]) @import
""",
)
