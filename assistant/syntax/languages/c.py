from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_c

    return tree_sitter_c.language()


LANGUAGE = Language(
    name="c",
    extensions=(".c", ".h"),
    modules="include",
    line_comment="//",
    block_comment=("/*", "*/"),
    functions=frozenset({"function_definition"}),
    classes=frozenset({"struct_specifier", "union_specifier", "enum_specifier"}),
    blocks=frozenset({"compound_statement"}),
    strings=frozenset({"string_literal", "char_literal", "system_lib_string"}),
    load=_load,
    tags="""
(preproc_def name: (identifier) @name) @definition.constant
(preproc_function_def name: (identifier) @name) @definition.macro
(struct_specifier name: (type_identifier) @name body: (_)) @definition.struct
(union_specifier name: (type_identifier) @name body: (_)) @definition.struct
(enum_specifier name: (type_identifier) @name body: (_)) @definition.enum
(enumerator name: (identifier) @name) @definition.constant
(type_definition declarator: (type_identifier) @name) @definition.type
(type_definition declarator: (function_declarator declarator: (parenthesized_declarator
  (pointer_declarator declarator: (type_identifier) @name)))) @definition.type
(function_definition declarator: (function_declarator
  declarator: (identifier) @name)) @definition.function
(function_definition declarator: (pointer_declarator declarator: (function_declarator
  declarator: (identifier) @name))) @definition.function
(declaration declarator: (function_declarator
  declarator: (identifier) @name)) @definition.function
(declaration declarator: (pointer_declarator declarator: (function_declarator
  declarator: (identifier) @name))) @definition.function
(translation_unit (declaration declarator: [(identifier) @name
  (pointer_declarator declarator: (identifier) @name)
  (init_declarator declarator: (identifier) @name)]) @definition.variable)
(field_declaration declarator: [(field_identifier) @name
  (pointer_declarator declarator: (field_identifier) @name)]) @definition.field
(call_expression function: [(identifier) @name
  (field_expression field: (field_identifier) @name)]) @reference.call
(type_identifier) @name @reference.type
(preproc_include path: [(system_lib_string) @module
  (string_literal (string_content) @module)]) @import
""",
)
