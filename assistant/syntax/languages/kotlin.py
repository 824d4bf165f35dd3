from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_kotlin

    return tree_sitter_kotlin.language()


LANGUAGE = Language(
    name="kotlin",
    extensions=(".kt", ".kts"),
    aliases=("kt",),
    modules="package",
    line_comment="//",
    block_comment=("/*", "*/"),
    functions=frozenset(
        {
            "function_declaration",
            "secondary_constructor",
            "anonymous_function",
            "anonymous_initializer",
            "lambda_literal",
            "getter",
            "setter",
        }
    ),
    classes=frozenset(
        {"class_declaration", "object_declaration", "companion_object", "object_literal"}
    ),
    blocks=frozenset({"block", "function_body"}),
    strings=frozenset({"string_literal", "multiline_string_literal", "character_literal"}),
    comments=frozenset({"line_comment", "block_comment"}),
    load=_load,
    tags="""
(package_header (qualified_identifier) @package)
((class_declaration name: (identifier) @name) @definition.class)
(object_declaration name: (identifier) @name) @definition.class
(function_declaration name: (identifier) @name) @definition.function
(type_alias type: (identifier) @name) @definition.type
(source_file (property_declaration
  (variable_declaration (identifier) @name)) @definition.constant)
(class_body (property_declaration (variable_declaration (identifier) @name)) @definition.field)
(class_parameter ["val" "var"] (identifier) @name) @definition.field
(enum_entry (identifier) @name) @definition.constant
(call_expression . [(identifier) @name
  (navigation_expression (identifier) @name .)]) @reference.call
(user_type (identifier) @name) @reference.type
(import (qualified_identifier) @module (identifier)? @alias) @import
""",
)
