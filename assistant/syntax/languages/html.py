from __future__ import annotations

from typing import Any

from assistant.syntax.language import Language


def _load() -> Any:
    import tree_sitter_html

    return tree_sitter_html.language()


LANGUAGE = Language(
    name="html",
    extensions=(".html", ".htm", ".xhtml"),
    modules="path",
    block_comment=("<!--", "-->"),
    functions=frozenset(),
    classes=frozenset(),
    blocks=frozenset({"element", "script_element", "style_element"}),
    strings=frozenset({"quoted_attribute_value", "attribute_value"}),
    load=_load,
    tags="""
((attribute (attribute_name) @_id
  [(quoted_attribute_value (attribute_value) @name) (attribute_value) @name]) @definition.constant
  (#eq? @_id "id"))
((attribute (attribute_name) @_class
  (quoted_attribute_value (attribute_value) @name)) @reference.type
  (#eq? @_class "class"))
((attribute (attribute_name) @_link
  (quoted_attribute_value (attribute_value) @module)) @import
  (#any-of? @_link "src" "href"))
""",
)
