from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_swift

    return tree_sitter_swift.language()


LANGUAGE = Language(
    name="swift",
    extensions=(".swift",),
    modules="swift",
    line_comment="//",
    block_comment=("/*", "*/"),
    functions=frozenset(
        {
            "function_declaration",
            "init_declaration",
            "deinit_declaration",
            "subscript_declaration",
            "lambda_literal",
            "computed_getter",
            "computed_setter",
        }
    ),
    classes=frozenset({"class_declaration", "protocol_declaration"}),
    blocks=frozenset({"function_body", "statements", "computed_property"}),
    strings=frozenset(
        {"line_string_literal", "multi_line_string_literal", "raw_string_literal", "regex_literal"}
    ),
    comments=frozenset({"comment", "multiline_comment"}),
    load=_load,
    tags="""
(class_declaration name: (type_identifier) @name) @definition.class
(class_declaration name: (user_type (type_identifier) @name)) @container
(protocol_declaration name: (type_identifier) @name) @definition.interface
(function_declaration name: (simple_identifier) @name) @definition.function
(protocol_function_declaration name: (simple_identifier) @name) @definition.method
(init_declaration "init" @name) @definition.method
(typealias_declaration . name: (type_identifier) @name) @definition.type
(source_file (property_declaration
  name: (pattern bound_identifier: (simple_identifier) @name)) @definition.constant)
(class_body (property_declaration
  name: (pattern bound_identifier: (simple_identifier) @name)) @definition.field)
(protocol_property_declaration
  name: (pattern bound_identifier: (simple_identifier) @name)) @definition.field
(enum_entry name: (simple_identifier) @name) @definition.constant
(call_expression . [(simple_identifier) @name
  (navigation_expression suffix: (navigation_suffix
    suffix: (simple_identifier) @name))]) @reference.call
(user_type (type_identifier) @name) @reference.type
(import_declaration (identifier) @module) @import
""",
)
