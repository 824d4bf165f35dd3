"""The contract of every registered language: what is added here must hold for all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import tree_sitter

from assistant.errors import UsageError
from assistant.syntax import Language, by_name, languages, of_path, outline, parse

SOURCES = Path(__file__).parent.parent / "fixtures" / "languages"


@dataclass(frozen=True)
class Sample:
    """What the file ``shop.EXTENSION`` of a language defines, uses and imports, among others."""

    definitions: tuple[str, ...]
    references: tuple[str, ...]
    imports: tuple[str, ...]


SAMPLES = {
    "python": Sample(
        ("constant LIMIT", "class Shop", "field size", "method sell"),
        ("Item", "inner"),
        ("..a.b", ".", "q", "a.b"),
    ),
    "javascript": Sample(
        ("class Shop", "method sell", "function handler", "constant LIMIT", "function gen"),
        ("inner", "D"),
        ("./x.js", "y", "./z", "../w"),
    ),
    "typescript": Sample(
        (
            "interface Item",
            "type Id",
            "enum Color",
            "class Shop",
            "field x",
            "method sell",
            "function d",
            "function handler",
        ),
        ("Base", "Receipt", "inner"),
        ("./x", "y"),
    ),
    "typescriptreact": Sample(("function Shop",), ("Item", "Props"), ("./x",)),
    "java": Sample(
        ("class Shop", "field LIMIT", "method sell", "interface I", "enum E", "class R"),
        ("inner", "Item", "D"),
        ("x.y.Foo", "x.Q"),
    ),
    "go": Sample(
        (
            "struct Shop",
            "field Size",
            "interface I",
            "constant Limit",
            "method Sell",
            "function New",
        ),
        ("Item", "G"),
        ("fmt", "a/b", "c"),
    ),
    "rust": Sample(
        ("struct Shop", "enum En", "interface Tr", "method sell", "constant LIMIT", "macro mm"),
        ("inner", "Item", "vec"),
        ("crate::a::B", "crate::a::c::D", "super::x", "q"),
    ),
    "c": Sample(
        (
            "constant LIMIT",
            "macro MX",
            "struct Shop",
            "type Item",
            "enum E",
            "function sell",
            "function inner",
        ),
        ("sell", "Item"),
        ("stdio.h", "a/b.h"),
    ),
    "cpp": Sample(
        ("module N", "class Shop", "method sell", "method k", "field field", "struct S", "type Al"),
        ("inner", "Item", "max"),
        ("vector",),
    ),
    "csharp": Sample(
        ("class Shop", "field Size", "method Sell", "interface I", "enum E", "class R"),
        ("inner", "Item", "D"),
        ("System.Text", "A.B"),
    ),
    "ruby": Sample(
        ("module M", "class Shop", "constant LIMIT", "field size", "method sell", "method s"),
        ("inner", "B"),
        ("json", "a/b"),
    ),
    "php": Sample(
        (
            "class Shop",
            "constant LIMIT",
            "field p",
            "method sell",
            "interface I",
            "enum E",
            "function g",
        ),
        ("inner", "Item", "D"),
        ("X\\Y\\Foo", "X", "/a.php"),
    ),
    "kotlin": Sample(
        (
            "class Shop",
            "field n",
            "field p",
            "method sell",
            "class O",
            "function ext",
            "type T",
            "class E",
            "constant LIMIT",
        ),
        ("inner", "Item"),
        ("x.y.Foo", "x.z"),
    ),
    "scala": Sample(
        ("class Shop", "method sell", "field p", "class O", "interface I"),
        ("inner", "Item"),
        ("x.y.Foo", "x.z.A", "x.z.B", "q"),
    ),
    "swift": Sample(
        (
            "class Shop",
            "method sell",
            "field p",
            "method init",
            "interface P",
            "method z",
            "constant limit",
        ),
        ("inner", "Item"),
        ("Foo",),
    ),
    "lua": Sample(
        ("constant Shop", "method sell", "function f", "function h", "function z"),
        ("inner", "g"),
        ("a.b", "q"),
    ),
    "shellscript": Sample(("constant LIMIT", "function sell"), ("inner",), ("./lib.sh", "$D/x.sh")),
    "sql": Sample(
        ("table shop", "field id", "field name", "view v", "function f"), ("shop", "count"), ()
    ),
    "html": Sample(("constant top", "constant k"), ("x", "y"), ("a.css", "b.js")),
    "css": Sample(
        ("class shop", "constant y", "constant --q", "function spin"), ("--q",), ("a.css", "b.css")
    ),
}

ALL = pytest.mark.parametrize("language", languages(), ids=lambda language: language.name)


def source(language: Language) -> str:
    return (SOURCES / f"shop{language.extensions[0]}").read_text(encoding="utf-8")


def test_every_language_has_a_sample() -> None:
    assert {language.name for language in languages()} == set(SAMPLES)


def test_the_promised_languages_are_there() -> None:
    promised = (
        "python javascript typescript typescriptreact java go rust c cpp csharp ruby php kotlin "
        "scala swift lua shellscript sql html css"
    )
    assert set(promised.split()) <= {language.name for language in languages()}


@ALL
def test_grammar_loads_and_knows_the_named_nodes(language: Language) -> None:
    grammar = language.grammar
    kinds = {grammar.node_kind_for_id(number) for number in range(grammar.node_kind_count)}
    named = language.functions | language.classes | language.blocks
    assert named | language.strings | language.comments <= kinds


@ALL
def test_tags_compile(language: Language) -> None:
    query = tree_sitter.Query(language.grammar, language.tags)
    names = {query.capture_name(number) for number in range(query.capture_count)}
    assert any(name.startswith("definition.") for name in names)
    assert any(name.startswith("reference.") for name in names)


@ALL
def test_sample_parses_without_error(language: Language) -> None:
    assert not parse(source(language), language).root_node.has_error


@ALL
def test_definitions(language: Language) -> None:
    found = [f"{d.kind} {d.name}" for d in outline(source(language), language).definitions]
    assert set(SAMPLES[language.name].definitions) <= set(found)


@ALL
def test_references(language: Language) -> None:
    found = {reference.name for reference in outline(source(language), language).references}
    assert set(SAMPLES[language.name].references) <= found


@ALL
def test_imports(language: Language) -> None:
    found = {imported.module for imported in outline(source(language), language).imports}
    assert found >= set(SAMPLES[language.name].imports)


@ALL
def test_definitions_are_ordered_and_inside_the_file(language: Language) -> None:
    text = source(language)
    found = outline(text, language).definitions
    starts = [definition.start_line for definition in found]
    assert starts == sorted(starts)
    assert all(0 <= d.start_line < d.end_line <= text.count("\n") for d in found)
    assert all(d.signature.strip() for d in found)


@ALL
def test_found_by_extension_alias_and_shebang(language: Language) -> None:
    for extension in language.extensions:
        assert of_path(f"a/b{extension.upper()}") is language
    for alias in language.aliases:
        assert by_name(alias) is language
    for interpreter in language.interpreters:
        assert of_path("tool", f"#!/usr/bin/env {interpreter}") is language


def test_unknown_language() -> None:
    assert of_path("letter.docx") is None
    assert of_path("tool", "#!/usr/bin/env nothing") is None
    with pytest.raises(UsageError, match="klingon"):
        by_name("klingon")
