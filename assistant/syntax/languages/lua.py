from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_lua

    return tree_sitter_lua.language()


LANGUAGE = Language(
    name="lua",
    extensions=(".lua",),
    interpreters=("lua", "luajit"),
    modules="lua",
    line_comment="--",
    block_comment=("--[[", "]]"),
    functions=frozenset({"function_declaration", "function_definition"}),
    classes=frozenset(),
    blocks=frozenset({"block"}),
    strings=frozenset({"string"}),
    load=_load,
    tags="""
(function_declaration name: [(identifier) @name
  (dot_index_expression field: (identifier) @name)]) @definition.function
(function_declaration name: (method_index_expression table: (identifier) @receiver
  method: (identifier) @name)) @definition.method
(assignment_statement (variable_list . name: [(identifier) @name
    (dot_index_expression field: (identifier) @name)])
  (expression_list . value: (function_definition))) @definition.function
(chunk (variable_declaration (assignment_statement
  (variable_list . name: (identifier) @name)
  (expression_list . value: (_) @_value))) @definition.constant
  (#not-match? @_value "^(function|require)"))
(function_call name: [(identifier) @name
  (dot_index_expression field: (identifier) @name)
  (method_index_expression method: (identifier) @name)]) @reference.call
((function_call name: (identifier) @_require arguments: (arguments
  (string content: (string_content) @module))) @import
  (#any-of? @_require "require" "dofile" "include"))
""",
)
