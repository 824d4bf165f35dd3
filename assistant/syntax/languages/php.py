from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_php

    return tree_sitter_php.language_php()


LANGUAGE = Language(
    name="php",
    extensions=(".php", ".phtml", ".inc"),
    interpreters=("php",),
    modules="php",
    line_comment="//",
    block_comment=("/*", "*/"),
    functions=frozenset(
        {"function_definition", "method_declaration", "anonymous_function", "arrow_function"}
    ),
    classes=frozenset(
        {
            "class_declaration",
            "interface_declaration",
            "trait_declaration",
            "enum_declaration",
            "anonymous_class",
        }
    ),
    blocks=frozenset({"compound_statement", "switch_block", "match_block", "colon_block"}),
    strings=frozenset(
        {"string", "encapsed_string", "heredoc", "nowdoc", "shell_command_expression"}
    ),
    load=_load,
    tags="""
(namespace_definition name: (namespace_name) @package)
(class_declaration name: (name) @name) @definition.class
(interface_declaration name: (name) @name) @definition.interface
(trait_declaration name: (name) @name) @definition.interface
(enum_declaration name: (name) @name) @definition.enum
(function_definition name: (name) @name) @definition.function
(method_declaration name: (name) @name) @definition.method
(const_declaration (const_element (name) @name)) @definition.constant
(enum_case name: (name) @name) @definition.constant
(property_declaration (property_element name: (variable_name (name) @name))) @definition.field
(function_call_expression function: [(name) @name (qualified_name (name) @name)]) @reference.call
(member_call_expression name: (name) @name) @reference.call
(nullsafe_member_call_expression name: (name) @name) @reference.call
(scoped_call_expression scope: (name) @name) @reference.type
(scoped_call_expression name: (name) @name) @reference.call
(object_creation_expression [(name) @name (qualified_name (name) @name)]) @reference.call
(named_type (name) @name) @reference.type
(base_clause (name) @name) @reference.type
(class_interface_clause (name) @name) @reference.type
(namespace_use_declaration (namespace_use_clause . [(qualified_name) (name)] @module
  alias: (name)? @alias)) @import
(namespace_use_declaration (namespace_name) @module body: (namespace_use_group
  (namespace_use_clause . (_) @imported alias: (name)? @alias))) @import
([(require_expression) (require_once_expression) (include_expression)
  (include_once_expression)] @import @relative)
""",
)
