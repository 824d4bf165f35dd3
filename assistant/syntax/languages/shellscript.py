from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_bash

    return tree_sitter_bash.language()


LANGUAGE = Language(
    name="shellscript",
    extensions=(".sh", ".bash", ".zsh", ".ksh", ".bats"),
    filenames=(".bashrc", ".bash_profile", ".profile", ".zshrc", "PKGBUILD"),
    interpreters=("sh", "bash", "zsh", "dash", "ksh"),
    aliases=("bash", "sh", "shell"),
    modules="path",
    line_comment="#",
    functions=frozenset({"function_definition"}),
    classes=frozenset(),
    blocks=frozenset({"compound_statement", "do_group", "case_item"}),
    strings=frozenset(
        {"string", "raw_string", "ansi_c_string", "heredoc_body", "translated_string"}
    ),
    load=_load,
    tags="""
(function_definition name: (word) @name) @definition.function
(program (variable_assignment name: (variable_name) @name) @definition.constant)
(program (declaration_command
  (variable_assignment name: (variable_name) @name)) @definition.constant)
(command name: (command_name (word) @name)) @reference.call
((command name: (command_name (word) @_source) . argument: (_) @module) @import
  (#any-of? @_source "source" "."))
""",
)
