from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_c_sharp

    return tree_sitter_c_sharp.language()


LANGUAGE = Language(
    name="csharp",
    extensions=(".cs", ".csx"),
    aliases=("c#", "cs"),
    modules="package",
    line_comment="//",
    block_comment=("/*", "*/"),
    functions=frozenset(
        {
            "method_declaration",
            "constructor_declaration",
            "destructor_declaration",
            "local_function_statement",
            "operator_declaration",
            "conversion_operator_declaration",
            "lambda_expression",
            "anonymous_method_expression",
            "accessor_declaration",
        }
    ),
    classes=frozenset(
        {
            "class_declaration",
            "struct_declaration",
            "record_declaration",
            "interface_declaration",
            "enum_declaration",
            "namespace_declaration",
        }
    ),
    blocks=frozenset({"block", "switch_body"}),
    strings=frozenset(
        {
            "string_literal",
            "verbatim_string_literal",
            "raw_string_literal",
            "interpolated_string_expression",
            "character_literal",
        }
    ),
    load=_load,
    tags="""
(namespace_declaration name: (_) @package)
(file_scoped_namespace_declaration name: (_) @package)
(class_declaration name: (identifier) @name) @definition.class
(struct_declaration name: (identifier) @name) @definition.struct
(record_declaration name: (identifier) @name) @definition.class
(interface_declaration name: (identifier) @name) @definition.interface
(enum_declaration name: (identifier) @name) @definition.enum
(delegate_declaration name: (identifier) @name) @definition.type
(method_declaration name: (identifier) @name) @definition.method
(constructor_declaration name: (identifier) @name) @definition.method
(local_function_statement name: (identifier) @name) @definition.function
(property_declaration name: (identifier) @name) @definition.field
(field_declaration (variable_declaration (variable_declarator
  name: (identifier) @name))) @definition.field
(enum_member_declaration name: (identifier) @name) @definition.constant
(invocation_expression function: [(identifier) @name
  (member_access_expression name: [(identifier) @name
    (generic_name (identifier) @name)])]) @reference.call
(object_creation_expression type: [(identifier) @name
  (generic_name (identifier) @name)]) @reference.call
(parameter type: (identifier) @name) @reference.type
(variable_declaration type: (identifier) @name) @reference.type
(method_declaration returns: (identifier) @name) @reference.type
(property_declaration type: (identifier) @name) @reference.type
(base_list (identifier) @name @reference.type)
(type_argument_list (identifier) @name) @reference.type
(using_directive name: (identifier) @alias (_) @module) @import
(using_directive !name [(qualified_name) (identifier)] @module) @import
""",
)
