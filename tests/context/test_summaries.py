from __future__ import annotations

import textwrap

from assistant.context.records import Located
from assistant.context.summaries import summary
from assistant.syntax import by_name, outline


def shown(language: str, source: str, name: str, wanted: frozenset[str] = frozenset()) -> str:
    found = outline(textwrap.dedent(source), by_name(language)).definitions
    located = [Located("a", definition) for definition in found]
    one = next(one for one in located if one.definition.name == name)
    return summary(one, located, by_name(language), wanted)


def test_docs_stand_where_the_language_has_them() -> None:
    python = shown("python", 'def f(a):\n    """Does."""\n    return a\n', "f")
    assert python == 'def f(a):\n    """Does."""'
    go = shown("go", "package a\n// F does.\nfunc F(a int) {}\n", "F")
    assert go == "// F does.\nfunc F(a int)"


def test_braces_close() -> None:
    found = shown("java", "class A {\n  int x;\n  void f(int a) { g(); }\n}\n", "A")
    assert found == "class A {\n    int x;\n    void f(int a)\n}"


def test_methods_written_outside_a_struct() -> None:
    source = "struct S { x: i32 }\nimpl S {\n    pub fn f(&self) -> i32 { 1 }\n}\n"
    assert shown("rust", source, "S") == "struct S { x: i32 }\npub fn f(&self) -> i32"


def test_a_large_class_keeps_what_is_wanted_and_how_it_is_made() -> None:
    methods = "\n".join(
        f"    def method_{number}(self, {'argument, ' * 9}last): pass" for number in range(60)
    )
    source = f"class Big:\n{methods}\n    def __init__(self, size): pass\n"
    found = shown("python", source, "Big", frozenset({"method_58"}))
    names = [line.split("(")[0].strip() for line in found.split("\n")[1:]]
    assert names[0] == "def method_0"
    assert names[-2:] == ["def method_58", "def __init__"]
    assert len(found) < 1600


def test_private_members_only_when_used() -> None:
    source = "class A:\n    def _hidden(self): pass\n    def __len__(self): pass\n"
    assert "_hidden" not in shown("python", source, "A")
    assert "_hidden" in shown("python", source, "A", frozenset({"_hidden"}))
    assert "__len__" in shown("python", source, "A")
