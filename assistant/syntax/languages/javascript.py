from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_javascript

    return tree_sitter_javascript.language()


# What TypeScript has as well.
TAGS = """
(function_declaration name: (identifier) @name) @definition.function
(generator_function_declaration name: (identifier) @name) @definition.function
(method_definition name: [(property_identifier) (private_property_identifier)] @name)
  @definition.method
(lexical_declaration (variable_declarator name: (identifier) @name
  value: [(arrow_function) (function_expression) (generator_function)])) @definition.function
(program (lexical_declaration (variable_declarator name: (identifier) @name
  value: (_) @_value)) @definition.constant
  (#not-match? @_value "^(async |function|[(]|require[(])"))
(program (export_statement (lexical_declaration (variable_declarator name: (identifier) @name
  value: (_) @_value)) @definition.constant)
  (#not-match? @_value "^(async |function|[(])"))
(assignment_expression left: (member_expression property: (property_identifier) @name)
  right: [(arrow_function) (function_expression)]) @definition.function
(call_expression function: [(identifier) @name
  (member_expression property: (property_identifier) @name)]) @reference.call
(new_expression constructor: (identifier) @name) @reference.call
(import_statement source: (string (string_fragment) @module)) @import
(import_statement (import_clause (identifier) @imported)
  source: (string (string_fragment) @module)) @import
(import_statement (import_clause (namespace_import (identifier) @alias))
  source: (string (string_fragment) @module)) @import
(import_statement (import_clause (named_imports (import_specifier
  name: (identifier) @imported alias: (identifier)? @alias)))
  source: (string (string_fragment) @module)) @import
(export_statement source: (string (string_fragment) @module)) @import
(variable_declarator name: (identifier) @alias value: (call_expression
  function: (identifier) @_require arguments: (arguments (string (string_fragment) @module)))
  (#eq? @_require "require")) @import
(variable_declarator name: (object_pattern (shorthand_property_identifier_pattern) @imported)
  value: (call_expression function: (identifier) @_require
    arguments: (arguments (string (string_fragment) @module)))
  (#eq? @_require "require")) @import
(call_expression function: (import)
  arguments: (arguments (string (string_fragment) @module))) @import
"""

LANGUAGE = Language(
    name="javascript",
    extensions=(".js", ".mjs", ".cjs", ".jsx"),
    interpreters=("node", "nodejs", "deno", "bun"),
    aliases=("javascriptreact", "js", "jsx"),
    classes=frozenset({"class_declaration", "class"}),
    comments=frozenset({"comment", "html_comment"}),
    modules="relative",
    line_comment="//",
    block_comment=("/*", "*/"),
    functions=frozenset(
        {
            "function_declaration",
            "function_expression",
            "generator_function",
            "generator_function_declaration",
            "method_definition",
            "arrow_function",
        }
    ),
    blocks=frozenset({"statement_block", "switch_body", "class_static_block"}),
    strings=frozenset({"string", "template_string", "regex"}),
    load=_load,
    tags=TAGS
    + """
(class_declaration name: (identifier) @name) @definition.class
(class_heritage (identifier) @name) @reference.type
(field_definition property: (property_identifier) @name) @definition.field
[(jsx_opening_element name: (identifier) @name)
  (jsx_self_closing_element name: (identifier) @name)] @reference.call
""",
)
