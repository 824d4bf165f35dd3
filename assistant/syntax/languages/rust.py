from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_rust

    return tree_sitter_rust.language()


LANGUAGE = Language(
    name="rust",
    extensions=(".rs",),
    modules="rust",
    line_comment="//",
    block_comment=("/*", "*/"),
    functions=frozenset({"function_item", "closure_expression"}),
    classes=frozenset(
        {"struct_item", "enum_item", "union_item", "trait_item", "impl_item", "mod_item"}
    ),
    blocks=frozenset({"block", "match_block"}),
    strings=frozenset({"string_literal", "raw_string_literal", "char_literal"}),
    comments=frozenset({"line_comment", "block_comment"}),
    load=_load,
    tags="""
(struct_item name: (type_identifier) @name) @definition.struct
(union_item name: (type_identifier) @name) @definition.struct
(enum_item name: (type_identifier) @name) @definition.enum
(enum_variant name: (identifier) @name) @definition.constant
(trait_item name: (type_identifier) @name) @definition.interface
(type_item name: (type_identifier) @name) @definition.type
(function_item name: (identifier) @name) @definition.function
(function_signature_item name: (identifier) @name) @definition.function
(mod_item name: (identifier) @name body: (_)) @definition.module
(const_item name: (identifier) @name) @definition.constant
(static_item name: (identifier) @name) @definition.constant
(macro_definition name: (identifier) @name) @definition.macro
(field_declaration name: (field_identifier) @name) @definition.field
(impl_item type: [(type_identifier) @name (generic_type type: (type_identifier) @name)]) @container
(call_expression function: [(identifier) @name
  (field_expression field: (field_identifier) @name)
  (scoped_identifier name: (identifier) @name)]) @reference.call
(macro_invocation macro: (identifier) @name) @reference.call
(type_identifier) @name @reference.type
(use_declaration argument: (_) @module) @import
(mod_item name: (identifier) @module !body) @import
""",
)
