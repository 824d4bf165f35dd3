from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_ruby

    return tree_sitter_ruby.language()


LANGUAGE = Language(
    name="ruby",
    extensions=(".rb", ".rake", ".gemspec", ".ru"),
    filenames=("Gemfile", "Rakefile", "Vagrantfile", "Podfile", "Fastfile"),
    interpreters=("ruby",),
    aliases=("rb",),
    modules="ruby",
    line_comment="#",
    block_comment=("=begin", "=end"),
    functions=frozenset({"method", "singleton_method", "lambda"}),
    classes=frozenset({"class", "module", "singleton_class"}),
    blocks=frozenset({"body_statement", "do_block", "block", "then", "do", "else", "ensure"}),
    strings=frozenset(
        {
            "string",
            "heredoc_body",
            "regex",
            "subshell",
            "simple_symbol",
            "string_array",
            "symbol_array",
            "character",
        }
    ),
    load=_load,
    tags="""
(method name: (_) @name) @definition.method
(singleton_method name: (_) @name) @definition.method
(class name: [(constant) @name (scope_resolution name: (_) @name)]) @definition.class
(module name: [(constant) @name (scope_resolution name: (_) @name)]) @definition.module
(assignment left: (constant) @name) @definition.constant
((call method: (identifier) @_attribute
  arguments: (argument_list (simple_symbol) @name)) @definition.field
  (#any-of? @_attribute "attr_reader" "attr_writer" "attr_accessor"))
(call method: (identifier) @name) @reference.call
(superclass [(constant) @name (scope_resolution name: (constant) @name)]) @reference.type
(constant) @name @reference.type
((call method: (identifier) @_require
  arguments: (argument_list (string (string_content) @module))) @import
  (#any-of? @_require "require" "load" "autoload"))
((call method: (identifier) @relative
  arguments: (argument_list (string (string_content) @module))) @import
  (#eq? @relative "require_relative"))
""",
)
