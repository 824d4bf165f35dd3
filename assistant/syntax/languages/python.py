from __future__ import annotations

from typing import Any

from assistant.syntax.comments import thinned
from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_python

    return tree_sitter_python.language()


LANGUAGE = Language(
    name="python",
    extensions=(".py", ".pyi"),
    interpreters=("python", "python3"),
    modules="python",
    line_comment="#",
    functions=frozenset({"function_definition"}),
    classes=frozenset({"class_definition"}),
    blocks=frozenset({"block"}),
    strings=frozenset({"string"}),
    indented=True,
    thin=thinned,
    load=_load,
    tags="""
(function_definition name: (identifier) @name) @definition.function
(class_definition name: (identifier) @name) @definition.class
(module (expression_statement (assignment left: (identifier) @name) @definition.constant))
(module (type_alias_statement left: (type (identifier) @name)) @definition.type)
(class_definition body: (block (expression_statement
  (assignment left: (identifier) @name) @definition.field)))
(call function: [(identifier) @name (attribute attribute: (identifier) @name)]) @reference.call
(type (identifier) @name) @reference.type
(class_definition superclasses: (argument_list (identifier) @name @reference.type))
(decorator [(identifier) @name (attribute attribute: (identifier) @name)]) @reference.call
(import_statement name: [
  (dotted_name) @module
  (aliased_import name: (dotted_name) @module alias: (identifier) @alias)]) @import
(import_from_statement module_name: (_) @module name: [
  (dotted_name) @imported
  (aliased_import name: (dotted_name) @imported alias: (identifier) @alias)]) @import
(import_from_statement module_name: (_) @module (wildcard_import) @imported) @import
""",
)
