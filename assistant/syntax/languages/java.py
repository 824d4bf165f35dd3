from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_java

    return tree_sitter_java.language()


LANGUAGE = Language(
    name="java",
    extensions=(".java",),
    modules="package",
    line_comment="//",
    block_comment=("/*", "*/"),
    functions=frozenset(
        {
            "method_declaration",
            "constructor_declaration",
            "compact_constructor_declaration",
            "lambda_expression",
        }
    ),
    classes=frozenset(
        {
            "class_declaration",
            "interface_declaration",
            "enum_declaration",
            "record_declaration",
            "annotation_type_declaration",
        }
    ),
    blocks=frozenset({"block", "constructor_body", "switch_block"}),
    strings=frozenset({"string_literal", "character_literal", "template_expression"}),
    comments=frozenset({"line_comment", "block_comment"}),
    load=_load,
    tags="""
(package_declaration (_) @package)
(class_declaration name: (identifier) @name) @definition.class
(interface_declaration name: (identifier) @name) @definition.interface
(annotation_type_declaration name: (identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(record_declaration name: (identifier) @name) @definition.class
(method_declaration name: (identifier) @name) @definition.method
(constructor_declaration name: (identifier) @name) @definition.method
(field_declaration declarator: (variable_declarator name: (identifier) @name)) @definition.field
(enum_constant name: (identifier) @name) @definition.constant
(method_invocation name: (identifier) @name) @reference.call
(object_creation_expression type: [(type_identifier) @name
  (generic_type (type_identifier) @name)]) @reference.call
(type_identifier) @name @reference.type
(import_declaration (scoped_identifier) @module (asterisk)? @wildcard) @import
""",
)
