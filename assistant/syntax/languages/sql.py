from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_sql

    return tree_sitter_sql.language()


LANGUAGE = Language(
    name="sql",
    extensions=(".sql", ".ddl", ".psql"),
    aliases=("plsql", "postgres", "mysql"),
    line_comment="--",
    block_comment=("/*", "*/"),
    functions=frozenset({"create_function", "create_procedure"}),
    classes=frozenset({"create_table", "create_type"}),
    blocks=frozenset({"function_body", "procedure_body", "block"}),
    strings=frozenset({"literal", "dollar_quote"}),
    comments=frozenset({"comment", "marginalia"}),
    load=_load,
    tags="""
(create_table (object_reference name: (identifier) @name)) @definition.table
(create_view (object_reference name: (identifier) @name)) @definition.view
(create_materialized_view (object_reference name: (identifier) @name)) @definition.view
(create_function (object_reference name: (identifier) @name)) @definition.function
(create_procedure (object_reference name: (identifier) @name)) @definition.function
(create_type (object_reference name: (identifier) @name)) @definition.type
(create_trigger (keyword_trigger) . (object_reference
  name: (identifier) @name)) @definition.function
(create_index column: (identifier) @name) @definition.constant
(column_definition name: (identifier) @name) @definition.field
(relation (object_reference name: (identifier) @name)) @reference.type
(invocation (object_reference name: (identifier) @name)) @reference.call
""",
)
