from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language
from assistant.syntax.languages import javascript


def _load() -> Any:
    import tree_sitter_typescript

    return tree_sitter_typescript.language_typescript()


LANGUAGE = Language(
    name="typescript",
    extensions=(".ts", ".mts", ".cts"),
    aliases=("ts",),
    classes=frozenset(
        {
            "class_declaration",
            "abstract_class_declaration",
            "class",
            "interface_declaration",
            "enum_declaration",
            "internal_module",
            "module",
        }
    ),
    comments=javascript.LANGUAGE.comments,
    modules="relative",
    line_comment="//",
    block_comment=("/*", "*/"),
    functions=javascript.LANGUAGE.functions,
    blocks=javascript.LANGUAGE.blocks,
    strings=javascript.LANGUAGE.strings,
    load=_load,
    tags=javascript.TAGS
    + """
(class_declaration name: (type_identifier) @name) @definition.class
(abstract_class_declaration name: (type_identifier) @name) @definition.class
(interface_declaration name: (type_identifier) @name) @definition.interface
(type_alias_declaration name: (type_identifier) @name) @definition.type
(enum_declaration name: (identifier) @name) @definition.enum
(enum_body name: (property_identifier) @name @definition.constant)
(enum_assignment name: (property_identifier) @name) @definition.constant
(internal_module name: (identifier) @name) @definition.module
(function_signature name: (identifier) @name) @definition.function
(abstract_method_signature name: (property_identifier) @name) @definition.method
(method_signature name: (property_identifier) @name) @definition.method
(property_signature name: (property_identifier) @name) @definition.field
(public_field_definition name: (property_identifier) @name) @definition.field
(class_heritage (extends_clause value: (identifier) @name)) @reference.type
(type_annotation (type_identifier) @name) @reference.type
(type_annotation (generic_type name: (type_identifier) @name)) @reference.type
(type_arguments (type_identifier) @name) @reference.type
(implements_clause (type_identifier) @name) @reference.type
""",
)
