"""How much is written where."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.completion.scope import Plan, Scope
from assistant.completion.site import Site

SiteOf = Callable[[str, str], Site]
PlanOf = Callable[..., Plan]

CASES: list[tuple[str, str, str]] = [
    ("python", "def f(x):¦\n", "definition"),
    ("python", "def f(x):\n    ¦\n", "definition"),
    ("python", "def f(\n    x,\n) -> int:\n    ¦\n\ny = 1\n", "definition"),
    ("python", "def f(x)¦", "definition"),
    ("python", "async def f(x) -> int:¦", "definition"),
    ("python", "def f(x):\n    '''Doc.'''\n    ¦\n", "definition"),
    ("python", "def f(x):\n    '''Doc.\n\n    More.\n    '''\n¦\n", "definition"),
    ("python", "class A:\n    ¦", "definition"),
    ("python", "class A:\n    def f(self):\n        return 1\n\n    ¦\n", "definition"),
    ("python", "class A:\n    x: int\n    ¦\n", "block"),
    ("python", "@property\n¦", "definition"),
    ("python", "# Read the file and give its lines\n¦", "definition"),
    ("python", "# ----\n¦", "block"),
    ("python", "import os\n¦\n", "block"),
    ("python", "def f():\n    for x in y:\n        ¦\n    return 1\n", "block"),
    ("python", "def f():\n    if x:¦\n    return 1\n", "block"),
    ("python", "def f():\n    x = 1\n    ¦\n    return x\n", "block"),
    ("python", "def f():\n    x = ¦\n    return x\n", "line"),
    ("python", "def f():\n    return g(¦)\n", "line"),
    ("python", "def f():\n    x = 1  # the ¦\n", "line"),
    ("python", "x = {\n    ¦\n}\n", "block"),
    ("python", "x = '¦'\n", "line"),
    ("python", "x = [¦ for y in z]\n", "line"),
    ("python", "    '''Doc ¦\n    '''\n", "line"),
    ("python", "¦", "block"),
    ("javascript", "function f(a) {\n  ¦\n}\n", "definition"),
    ("javascript", "function f(a) {¦}", "definition"),
    ("javascript", "const f = (a) => {\n  ¦\n};\n", "definition"),
    ("javascript", "export class A {\n  ¦\n}\n", "definition"),
    ("javascript", "class A {\n  f() {\n    return 1;\n  }\n\n  ¦\n}\n", "definition"),
    ("javascript", "function f() {\n  for (const x of y) {\n    ¦\n  }\n}\n", "block"),
    ("javascript", "if (a) {¦", "block"),
    ("javascript", "const x = f(¦);\n", "line"),
    ("javascript", "/**\n * Adds two numbers.\n */\n¦\n", "definition"),
    ("javascript", "app.get('/', (req, res) => {\n  ¦\n});\n", "definition"),
    ("typescript", "interface A {\n  ¦\n}\n", "definition"),
    ("typescript", "async function f(a: string): Promise<void> {\n  ¦\n}", "definition"),
    ("java", "public class A {\n    public int f(int x) {\n        ¦\n    }\n}\n", "definition"),
    ("java", "public class A {\n    private int x;\n\n    ¦\n}\n", "definition"),
    (
        "java",
        "class A {\n    void f() {\n        while (x) {\n            ¦\n        }\n    }\n}\n",
        "block",
    ),
    ("java", "class A {\n    void f() {\n        int x = ¦;\n    }\n}\n", "line"),
    ("go", "func (s *S) F(x int) error {\n\t¦\n}\n", "definition"),
    ("go", "func f() {\n\tif err != nil {\n\t\t¦\n\t}\n}\n", "block"),
    ("go", "type T struct {\n\t¦\n}\n", "definition"),
    ("rust", "fn f(x: i32) -> i32 {\n    ¦\n}\n", "definition"),
    ("rust", "impl A {\n    ¦\n}\n", "definition"),
    ("rust", "fn f() {\n    match x {\n        ¦\n    }\n}\n", "block"),
    ("rust", "#[test]\n¦", "definition"),
    ("c", "int f(int x)\n{\n    ¦\n}\n", "definition"),
    ("c", "int f(int x) {\n#ifdef A\n    ¦\n#endif\n}\n", "block"),
    ("c", "struct s {\n    ¦\n};\n", "definition"),
    ("c", "int f(int x) {\n    switch (x) {\n    case 1:\n        ¦\n    }\n}\n", "block"),
    ("cpp", "class A {\npublic:\n    ¦\n};\n", "block"),
    ("cpp", "std::vector<int> A::f(int x) const {\n    ¦\n}\n", "definition"),
    ("csharp", "class A\n{\n    public int F(int x)\n    {\n        ¦\n    }\n}\n", "definition"),
    ("ruby", "def f(x)\n  ¦\nend\n", "definition"),
    ("ruby", "class A\n  ¦\nend\n", "definition"),
    ("ruby", "items.each do |x|\n  ¦\nend\n", "block"),
    ("lua", "local function f(x)\n  ¦\nend\n", "definition"),
    ("lua", "for i = 1, 10 do\n  ¦\nend\n", "block"),
    ("shellscript", "f() {\n  ¦\n}\n", "definition"),
    ("shellscript", "if [ -f x ]; then\n  ¦\nfi\n", "block"),
    ("html", "<div>\n  ¦\n</div>\n", "block"),
    ("html", '<p class="¦">\n', "line"),
    ("css", "a {\n  ¦\n}\n", "definition"),
    ("php", "<?php\nfunction f($x) {\n    ¦\n}\n", "definition"),
    ("kotlin", "fun f(x: Int): Int {\n    ¦\n}\n", "definition"),
    ("swift", "func f(x: Int) -> Int {\n    ¦\n}\n", "definition"),
    ("scala", "def f(x: Int): Int = {\n  ¦\n}\n", "definition"),
    ("sql", "SELECT ¦ FROM t;\n", "line"),
    ("", "foo {\n  ¦\n}\n", "block"),
    ("python", "def f():\n    def g():\n        ¦\n", "definition"),
    ("python", "class A:\n    '''Doc.'''\n\n    ¦\n", "definition"),
    ("python", "try:\n    ¦\nexcept ValueError:\n    pass\n", "block"),
    ("python", "with open(p) as f:¦\n", "block"),
    ("python", "def f():\n    # sort them by name first\n    ¦\n", "definition"),
    ("python", "lookup = {¦}\n", "block"),
    ("python", "def f(a, ¦):\n    pass\n", "line"),
    ("python", "# type: ignore[attr-defined, misc]\n¦\n", "block"),
    ("javascript", "const a = `text ¦`;\n", "line"),
    ("javascript", "// the ¦\n", "line"),
    ("typescript", "enum A {\n  ¦\n}\n", "definition"),
    ("typescriptreact", "function A() {\n  return <div>¦</div>;\n}\n", "line"),
    ("go", "// Add returns the sum of a and b.\n¦\n", "definition"),
    ("rust", "/// Adds two numbers together.\n¦\n", "definition"),
    ("java", "class A {\n    @Override\n    ¦\n}\n", "definition"),
    ("java", 'class A {\n    void f() {\n        g("¦");\n    }\n}\n', "line"),
    ("cpp", "namespace a {\n\nint f() {\n    ¦\n}\n\n}\n", "definition"),
    ("cpp", "for (int i = 0; i < 3; ++i) {\n    ¦\n}\n", "block"),
    ("csharp", "namespace A\n{\n    public class B\n    {\n        ¦\n    }\n}\n", "definition"),
    ("ruby", "module A\n  ¦\nend\n", "definition"),
    ("ruby", "if x\n  ¦\nend\n", "block"),
    ("lua", "if x then\n  ¦\nend\n", "block"),
    ("shellscript", "for f in *; do\n  ¦\ndone\n", "block"),
    ("kotlin", "class A {\n    ¦\n}\n", "definition"),
    ("swift", "if x {\n    ¦\n}\n", "block"),
    ("php", "<?php\nclass A {\n    ¦\n}\n", "definition"),
    ("scala", "object A {\n  ¦\n}\n", "definition"),
    ("", "def f(x):\n    ¦\n", "definition"),
]


@pytest.mark.parametrize(("language", "marked", "wanted"), CASES)
def test_scope(site_of: SiteOf, plan_of: PlanOf, language: str, marked: str, wanted: str) -> None:
    found = plan_of(site_of(language, marked))
    assert found.scope == wanted, found.why
    assert found.why


@pytest.mark.parametrize("marked", [marked for _, marked, _ in CASES[:20]])
def test_the_setting_is_respected(site_of: SiteOf, plan_of: PlanOf, marked: str) -> None:
    site = site_of("python", marked)
    assert plan_of(site, multiline="never").scope is Scope.LINE
    assert plan_of(site, multiline="always").scope is not Scope.LINE


def test_tokens_are_those_of_the_scope(site_of: SiteOf, plan_of: PlanOf) -> None:
    definition = plan_of(site_of("python", "def f(x):\n    ¦\n"))
    line = plan_of(site_of("python", "x = ¦\n"))
    assert definition.max_tokens == 320
    assert line.max_tokens == 48


@pytest.mark.parametrize(
    ("language", "marked", "automatic", "indent"),
    [
        ("python", "def f(xs):\n    for x in xs:\n        ¦\n", True, 4),
        ("python", "def f(xs):\n    for x in xs:\n        ¦\n", False, 0),
        ("python", "class A:\n    def f(self):\n        x = 1\n        ¦\n", False, 4),
        ("python", "if a:\n    if b:\n        ¦\n", False, 0),
        ("javascript", "function f() {\n  if (a) {\n    ¦\n  }\n}\n", True, 2),
        ("javascript", "function f() {\n  if (a) {\n    ¦\n  }\n}\n", False, 0),
        ("java", "class A {\n    void f(\n            int x) {\n        ¦\n    }\n}\n", True, 4),
        ("python", "x = 1\n¦\n", True, -1),
    ],
)
def test_the_owner(
    site_of: SiteOf, plan_of: PlanOf, language: str, marked: str, automatic: bool, indent: int
) -> None:
    assert plan_of(site_of(language, marked), automatic=automatic).indent == indent
