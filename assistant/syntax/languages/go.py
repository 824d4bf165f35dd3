from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_go

    return tree_sitter_go.language()


LANGUAGE = Language(
    name="go",
    extensions=(".go",),
    modules="go",
    line_comment="//",
    block_comment=("/*", "*/"),
    functions=frozenset({"function_declaration", "method_declaration", "func_literal"}),
    classes=frozenset({"type_declaration"}),
    blocks=frozenset({"block"}),
    strings=frozenset({"interpreted_string_literal", "raw_string_literal", "rune_literal"}),
    load=_load,
    tags="""
(package_clause (package_identifier) @package)
(function_declaration name: (identifier) @name) @definition.function
(method_declaration receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @receiver
    (pointer_type (type_identifier) @receiver)
    (generic_type type: (type_identifier) @receiver)
    (pointer_type (generic_type type: (type_identifier) @receiver))]))
  name: (field_identifier) @name) @definition.method
(type_spec name: (type_identifier) @name type: (struct_type)) @definition.struct
(type_spec name: (type_identifier) @name type: (interface_type)) @definition.interface
((type_spec name: (type_identifier) @name type: (_) @_type) @definition.type
  (#not-match? @_type "^(struct|interface)"))
(type_alias name: (type_identifier) @name) @definition.type
(source_file (const_declaration (const_spec name: (identifier) @name) @definition.constant))
(source_file (var_declaration (var_spec name: (identifier) @name) @definition.variable))
(source_file (var_declaration (var_spec_list
  (var_spec name: (identifier) @name) @definition.variable)))
(method_elem name: (field_identifier) @name) @definition.method
(field_declaration name: (field_identifier) @name) @definition.field
(call_expression function: [(identifier) @name
  (selector_expression field: (field_identifier) @name)]) @reference.call
(type_identifier) @name @reference.type
(import_spec name: [(package_identifier) (dot) (blank_identifier)]? @alias
  path: (interpreted_string_literal (interpreted_string_literal_content) @module)) @import
""",
)
