from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.syntax import by_name, languages, outline
from assistant.syntax.importing import Import
from assistant.syntax.symbols import Definition


def definitions(language: str, source: str) -> dict[str, Definition]:
    found = outline(textwrap.dedent(source), by_name(language)).definitions
    return {definition.name: definition for definition in found}


def test_signature_leaves_the_body_out_and_keeps_its_layout() -> None:
    found = definitions(
        "python",
        '''
        class Shop:
            @property
            async def sell(
                self, what: Item = None,  # which
            ) -> Receipt:
                """Sell one.

                And more.
                """
                return what
        ''',
    )["sell"]
    assert found.signature == (
        "@property\nasync def sell(\n    self, what: Item = None,  # which\n) -> Receipt:"
    )
    assert found.doc == "Sell one."
    assert found.parent == "Shop"
    assert found.kind == "method"


def test_comment_above_is_the_doc_unless_it_belongs_to_code() -> None:
    found = definitions(
        "go",
        """
        package a
        var x = 1 // not about F
        func F() {}

        // G does
        // more.
        func G() {}
        """,
    )
    assert found["F"].doc == ""
    assert found["G"].doc == "G does"


def test_local_constants_are_no_definitions() -> None:
    found = definitions("javascript", "function f() { const a = 1; }\nconst b = 2;")
    assert "a" not in found
    assert found["b"].kind == "constant"


def test_members_written_elsewhere_belong_to_their_type() -> None:
    go = definitions("go", "package a\nfunc (s *Shop) Sell() {}")
    rust = definitions("rust", "impl<T> Tr for Shop<T> { fn sell(&self) {} }")
    swift = definitions("swift", "extension Shop { func sell() {} }")
    assert go["Sell"].parent == rust["sell"].parent == swift["sell"].parent == "Shop"


def test_small_types_are_shown_whole() -> None:
    found = definitions("c", "struct point {\n  int x;\n  int y;\n};")["point"]
    assert found.whole
    assert found.signature == "struct point {\n  int x;\n  int y;\n}"


def test_names_taken_from_a_module() -> None:
    source = "from ..a import (b as c, d)\nimport e.f as g\nfrom h import *"
    assert outline(source, by_name("python")).imports == (
        Import("..a", (("b", "c"), ("d", "d")), 0),
        Import("e.f", (("", "g"),), 1),
        Import("h", (("*", "*"),), 2),
    )


@pytest.mark.parametrize(
    ("language", "source", "expected"),
    [
        ("rust", "use a::{self, b::{c, d as e}};", {"a": "a", "a::b::c": "c", "a::b::d": "e"}),
        ("scala", "import a.b.{C, D => E}", {"a.b.C": "C", "a.b.D": "E"}),
        ("kotlin", "import a.b.C as D", {"a.b.C": "D"}),
        ("java", "import static a.B.*;", {"a.B": "*"}),
    ],
)
def test_grouped_imports(language: str, source: str, expected: dict[str, str]) -> None:
    found = outline(source, by_name(language)).imports
    named = {i.module or i.names[0][0]: i.names[0][1] for i in found}
    assert named == expected


@pytest.mark.parametrize("language", languages(), ids=lambda language: language.name)
def test_broken_source_gives_an_outline(language: object) -> None:
    name = str(getattr(language, "name"))  # noqa: B009
    for source in ("", "\n", "{{{{", "def class ((", "\x00", "\ud800", '"""', "/*", "é" * 50):
        outline(source, by_name(name))


@settings(max_examples=60, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("def(x):\n class A\"'#@=import from.*,\té🙂"), max_size=200)
)
def test_any_text_gives_lines_inside_it(source: str) -> None:
    found = outline(source, by_name("python"))
    lines = source.count("\n") + 1
    assert all(0 <= d.start_line < d.end_line <= lines for d in found.definitions)
    assert all(0 <= r.line < lines for r in found.references)


def test_long_values_are_cut_in_their_first_line() -> None:
    items = ",\n".join(f"    {number}_000_000" for number in range(60))
    found = definitions("python", f"TABLE: list[int] = [\n{items}\n]\nSHORT = [\n    1,\n]\n")
    assert found["TABLE"].signature == "TABLE: list[int] = [...]"
    assert found["SHORT"].signature == "SHORT = [\n    1,\n]"
