from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language
from assistant.syntax.languages import c


def _load() -> Any:
    import tree_sitter_cpp

    return tree_sitter_cpp.language()


LANGUAGE = Language(
    name="cpp",
    extensions=(
        ".cpp",
        ".cc",
        ".cxx",
        ".hpp",
        ".hh",
        ".hxx",
        ".h++",
        ".c++",
        ".ipp",
        ".inl",
        ".cu",
        ".cuh",
    ),
    aliases=("c++", "cuda-cpp"),
    modules="include",
    line_comment="//",
    block_comment=("/*", "*/"),
    functions=frozenset({"function_definition", "lambda_expression"}),
    classes=frozenset(
        {
            "class_specifier",
            "struct_specifier",
            "union_specifier",
            "enum_specifier",
            "namespace_definition",
        }
    ),
    blocks=frozenset({"compound_statement"}),
    strings=frozenset(
        {"string_literal", "raw_string_literal", "char_literal", "system_lib_string"}
    ),
    load=_load,
    # C++ reads C.
    tags=c.LANGUAGE.tags
    + """
(class_specifier name: (type_identifier) @name body: (_)) @definition.class
(alias_declaration name: (type_identifier) @name) @definition.type
(concept_definition name: (identifier) @name) @definition.type
(namespace_definition name: (_) @name) @definition.module
(function_definition declarator: (function_declarator
  declarator: (field_identifier) @name)) @definition.method
(function_definition declarator: (reference_declarator (function_declarator
  declarator: [(identifier) (field_identifier)] @name))) @definition.function
(function_definition declarator: (pointer_declarator declarator: (function_declarator
  declarator: (field_identifier) @name))) @definition.method
(function_definition declarator: (function_declarator declarator: (qualified_identifier
  scope: (_) @receiver name: [(identifier) (destructor_name)] @name))) @definition.method
(field_declaration declarator: (function_declarator
  declarator: (field_identifier) @name)) @definition.method
(field_declaration declarator: [(pointer_declarator declarator: (function_declarator
    declarator: (field_identifier) @name))
  (reference_declarator (function_declarator
    declarator: (field_identifier) @name))]) @definition.method
(call_expression function: [(qualified_identifier name: (identifier) @name)
  (template_function name: (identifier) @name)]) @reference.call
""",
)
