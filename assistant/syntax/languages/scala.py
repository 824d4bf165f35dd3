from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_scala

    return tree_sitter_scala.language()


LANGUAGE = Language(
    name="scala",
    extensions=(".scala", ".sc", ".sbt"),
    modules="package",
    line_comment="//",
    block_comment=("/*", "*/"),
    functions=frozenset({"function_definition", "lambda_expression"}),
    classes=frozenset(
        {
            "class_definition",
            "object_definition",
            "trait_definition",
            "enum_definition",
            "package_object",
        }
    ),
    blocks=frozenset({"block", "indented_block", "template_body", "case_block"}),
    strings=frozenset({"string", "interpolated_string_expression", "character_literal"}),
    comments=frozenset({"comment", "block_comment"}),
    load=_load,
    tags="""
(package_clause name: (package_identifier) @package)
(class_definition name: (identifier) @name) @definition.class
(object_definition name: (identifier) @name) @definition.class
(trait_definition name: (identifier) @name) @definition.interface
(enum_definition name: (identifier) @name) @definition.enum
(simple_enum_case name: (identifier) @name) @definition.constant
(full_enum_case name: (identifier) @name) @definition.constant
(type_definition name: (type_identifier) @name) @definition.type
(function_definition name: (identifier) @name) @definition.function
(function_declaration name: (identifier) @name) @definition.function
(given_definition name: (identifier) @name) @definition.constant
(template_body (val_definition pattern: (identifier) @name) @definition.field)
(template_body (var_definition pattern: (identifier) @name) @definition.field)
(compilation_unit (val_definition pattern: (identifier) @name) @definition.constant)
(class_parameter name: (identifier) @name) @definition.field
(call_expression function: [(identifier) @name
  (field_expression field: (identifier) @name)]) @reference.call
(type_identifier) @name @reference.type
(import_declaration) @import
""",
)
