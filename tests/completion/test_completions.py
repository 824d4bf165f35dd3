"""Answers of a model at a place, and the file that accepting them gives."""

from __future__ import annotations

from collections.abc import Callable

import pytest

# Each case: name, language, the file with the cursor at ¦, what the model writes, the file
# after acceptance with the suggestion's end at ¦.
CASES: list[tuple[str, str, str, str, str]] = [
    # What follows comes back (continue#4721, #6340)
    (
        "python: the answer runs into the next lines",
        "python",
        "def f(xs):\n    total = 0\n    ¦\n    return total\n",
        "for x in xs:\n        total += x\n    return total\n\n\ndef g():\n    pass\n",
        "def f(xs):\n    total = 0\n    for x in xs:\n        total += x¦\n    return total\n",
    ),
    (
        "python: the answer is the next line",
        "python",
        "def f(xs):\n    ¦\n    return sorted(xs)\n",
        "return sorted(xs)\n",
        "def f(xs):\n    ¦\n    return sorted(xs)\n",
    ),
    (
        "python: the answer is the line before",
        "python",
        "import os\nimport sys\n¦\n\nprint(os, sys)\n",
        "import sys",
        "import os\nimport sys\n¦\n\nprint(os, sys)\n",
    ),
    (
        "python: the rest of the line comes back",
        "python",
        "values = [¦ for value in source]\n",
        "value.strip() for value in source]\n",
        "values = [value.strip()¦ for value in source]\n",
    ),
    (
        "python: the start of the line's rest comes back",
        "python",
        "result = compute(first, ¦second, third)\n",
        "zeroth, second",
        "result = compute(first, zeroth, ¦second, third)\n",
    ),
    (
        "javascript: the closing brace stands",
        "javascript",
        "function add(a, b) {\n  ¦\n}\n",
        "return a + b;\n}\n\nfunction sub(a, b) {\n  return a - b;\n}\n",
        "function add(a, b) {\n  return a + b;¦\n}\n",
    ),
    (
        "javascript: callback's end stands",
        "javascript",
        "app.get('/', (req, res) => {\n  ¦\n});\n",
        "res.send('hi');\n});\n\napp.listen(80);\n",
        "app.get('/', (req, res) => {\n  res.send('hi');¦\n});\n",
    ),
    (
        "java: method's end stands",
        "java",
        "class A {\n    int f(int x) {\n        ¦\n    }\n}\n",
        "return x * 2;\n    }\n\n    int g() {\n        return 1;\n    }\n}\n",
        "class A {\n    int f(int x) {\n        return x * 2;¦\n    }\n}\n",
    ),
    (
        "go: block's end stands",
        "go",
        "package a\n\nfunc f() error {\n\tif err := g(); err != nil {\n"
        "\t\t¦\n\t}\n\treturn nil\n}\n",
        "return err\n\t}\n\treturn nil\n}\n",
        "package a\n\nfunc f() error {\n\tif err := g(); err != nil {\n"
        "\t\treturn err¦\n\t}\n\treturn nil\n}\n",
    ),
    (
        "rust: nested blocks of the answer stay",
        "rust",
        "fn f(xs: &[i32]) -> i32 {\n    ¦\n}\n",
        "let mut sum = 0;\n    for x in xs {\n        sum += x;\n    }\n    sum\n"
        "}\n\nfn main() {\n}\n",
        "fn f(xs: &[i32]) -> i32 {\n    let mut sum = 0;\n    for x in xs {\n        sum += x;\n"
        "    }\n    sum¦\n}\n",
    ),
    (
        "c: Allman braces",
        "c",
        "int f(int x)\n{\n    ¦\n}\n",
        "return x;\n}\n\nint main(void)\n{\n    return f(1);\n}\n",
        "int f(int x)\n{\n    return x;¦\n}\n",
    ),
    (
        "ruby: end stands",
        "ruby",
        "def add(a, b)\n  ¦\nend\n",
        "a + b\nend\n\ndef sub(a, b)\n  a - b\nend\n",
        "def add(a, b)\n  a + b¦\nend\n",
    ),
    (
        "lua: end stands",
        "lua",
        "local function add(a, b)\n  ¦\nend\n",
        "return a + b\nend\n\nreturn add\n",
        "local function add(a, b)\n  return a + b¦\nend\n",
    ),
    (
        "bash: fi stands",
        "shellscript",
        "if [ -f x ]; then\n  ¦\nfi\n",
        "rm x\nfi\necho done\n",
        "if [ -f x ]; then\n  rm x¦\nfi\n",
    ),
    (
        "html: the end tag stands",
        "html",
        "<ul>\n  ¦\n</ul>\n",
        "<li>One</li>\n  <li>Two</li>\n</ul>\n<p>more</p>\n",
        "<ul>\n  <li>One</li>\n  <li>Two</li>¦\n</ul>\n",
    ),
    (
        "css: the brace stands",
        "css",
        "a {\n  ¦\n}\n",
        "color: red;\n  margin: 0;\n}\n\nb {\n  color: blue;\n}\n",
        "a {\n  color: red;\n  margin: 0;¦\n}\n",
    ),
    # Scopes that are not closed yet
    (
        "javascript: the closing brace is missing",
        "javascript",
        "function add(a, b) {¦\n",
        "\n  return a + b;\n}\n\nfunction sub(a, b) {\n  return a - b;\n}\n",
        "function add(a, b) {\n  return a + b;\n}¦\n",
    ),
    (
        "javascript: the closing brace stands on the same line",
        "javascript",
        "function add(a, b) {¦}\n",
        "\n  return a + b;\n}\n\nfunction sub(a, b) {\n",
        "function add(a, b) {\n  return a + b;\n}¦\n",
    ),
    (
        "java: the method's brace is missing, the class's stands",
        "java",
        "class A {\n    int f(int x) {\n        ¦\n}\n",
        "return x;\n    }\n\n    int g() {\n        return 1;\n    }\n}\n",
        "class A {\n    int f(int x) {\n        return x;\n    }¦\n}\n",
    ),
    (
        "ruby: end is missing",
        "ruby",
        "def add(a, b)\n  ¦\n",
        "a + b\nend\n\ndef sub(a, b)\n  a - b\nend\n",
        "def add(a, b)\n  a + b\nend¦\n",
    ),
    (
        "python: the function's end",
        "python",
        "def add(a, b):\n    ¦",
        "return a + b\n\n\ndef sub(a, b):\n    return a - b\n",
        "def add(a, b):\n    return a + b¦",
    ),
    (
        "python: behind the colon",
        "python",
        "def add(a, b):¦\n",
        "\n    return a + b\n\nprint(add(1, 2))\n",
        "def add(a, b):\n    return a + b¦\n",
    ),
    (
        "python: a block ends before its function",
        "python",
        "def f(xs):\n    for x in xs:\n        ¦\n",
        "print(x)\n    return None\n",
        "def f(xs):\n    for x in xs:\n        print(x)¦\n",
    ),
    (
        "python: one definition after a comment",
        "python",
        "# Add two numbers together\n¦\n",
        "def add(a, b):\n    return a + b\n\n\ndef sub(a, b):\n    return a - b\n",
        "# Add two numbers together\ndef add(a, b):\n    return a + b¦\n",
    ),
    (
        "python: one method between members",
        "python",
        "class A:\n    def f(self):\n        return 1\n\n    ¦\n",
        "def g(self):\n        return 2\n\n    def h(self):\n        return 3\n",
        "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2¦\n",
    ),
    (
        "python: a decorated definition",
        "python",
        "@cache\n¦\n",
        "def f(x):\n    return x\n\nf(1)\n",
        "@cache\ndef f(x):\n    return x¦\n",
    ),
    (
        "typescript: one definition after a documentation comment",
        "typescript",
        "/**\n * Adds.\n */\n¦\n",
        "function add(a: number, b: number): number {\n  return a + b;\n}\n\nfunction sub() {}\n",
        "/**\n * Adds.\n */\nfunction add(a: number, b: number): number {\n  return a + b;\n}¦\n",
    ),
    (
        "python: try goes on to except",
        "python",
        "def f():\n    try:\n        ¦\n",
        "g()\n    except ValueError:\n        pass\n    return 1\n",
        "def f():\n    try:\n        g()\n    except ValueError:\n        pass¦\n",
    ),
    (
        "python: a dictionary",
        "python",
        "colours = {\n    ¦\n}\n",
        '"red": 1,\n    "blue": 2,\n}\n\nprint(colours)\n',
        'colours = {\n    "red": 1,\n    "blue": 2,¦\n}\n',
    ),
    (
        "c: a switch's case",
        "c",
        "int f(int x) {\n    switch (x) {\n    case 1:\n        ¦\n    }\n}\n",
        "return 2;\n    case 2:\n        return 3;\n    }\n}\n",
        "int f(int x) {\n    switch (x) {\n    case 1:\n        return 2;\n"
        "    case 2:\n        return 3;¦\n    }\n}\n",
    ),
    # One line
    (
        "python: one line ends at its end",
        "python",
        "def f(x):\n    y = ¦\n    return y\n",
        "x + 1\n    z = 2\n",
        "def f(x):\n    y = x + 1¦\n    return y\n",
    ),
    (
        "python: one line goes on to close its bracket",
        "python",
        "names = ¦\n",
        "[\n    'a',\n    'b',\n]\nprint(names)\n",
        "names = [\n    'a',\n    'b',\n]¦\n",
    ),
    (
        "python: a call that is broken over lines",
        "python",
        "result = compute(¦\n",
        "\n    first,\n    second,\n)\nprint(result)\n",
        "result = compute(\n    first,\n    second,\n)¦\n",
    ),
    (
        "java: one line",
        "java",
        "class A {\n    int f() {\n        int x = ¦\n        return x;\n    }\n}\n",
        "g(1);\n        int y = 2;\n",
        "class A {\n    int f() {\n        int x = g(1);¦\n        return x;\n    }\n}\n",
    ),
    (
        "sql: one line",
        "sql",
        "SELECT ¦\nFROM people;\n",
        "name, age\nFROM people;\nSELECT 1;\n",
        "SELECT name, age¦\nFROM people;\n",
    ),
    (
        "unknown language: one line",
        "",
        "key = ¦\n",
        "value\nother = 1\n",
        "key = value¦\n",
    ),
    # Closing brackets and quotes that stand
    (
        "python: bracket at the end",
        "python",
        "print(¦)\n",
        "x, y)\n",
        "print(x, y¦)\n",
    ),
    (
        "python: brackets nested",
        "python",
        "print(len(¦))\n",
        "x))\n",
        "print(len(x¦))\n",
    ),
    (
        "python: one of two brackets is missing",
        "python",
        "print(len(¦)\n",
        "x))\n",
        "print(len(x)¦)\n",
    ),
    (
        "javascript: the answer goes on behind the bracket",
        "javascript",
        "console.log(¦)\n",
        "x);\n",
        "console.log(x);¦\n",
    ),
    (
        "javascript: a condition's body",
        "javascript",
        "if (¦)\n",
        "x > 1) {\n",
        "if (x > 1) {¦\n",
    ),
    (
        "python: a string's quote stands",
        "python",
        'open("¦")\n',
        'file.txt")\n',
        'open("file.txt¦")\n',
    ),
    (
        "python: a string's quote stands, more follows",
        "python",
        'open("¦")\n',
        'file.txt", "w")\n',
        'open("file.txt", "w")¦\n',
    ),
    (
        "rust: semicolon stands",
        "rust",
        "fn f() {\n    g(¦);\n}\n",
        "1, 2);\n",
        "fn f() {\n    g(1, 2¦);\n}\n",
    ),
    (
        "typescript: index",
        "typescript",
        "const x = values[¦];\n",
        "0];\n",
        "const x = values[0¦];\n",
    ),
    # Indentation (tabby#3263)
    (
        "python: the indentation was typed and comes again",
        "python",
        "def f(x):\n    ¦\n",
        "    return x\n",
        "def f(x):\n    return x¦\n",
    ),
    (
        "python: the body is written from column 0",
        "python",
        "def f(x):\n    if x:\n¦\n",
        "return 1\n",
        "def f(x):\n    if x:\n        return 1¦\n",
    ),
    (
        "go: spaces become tabs",
        "go",
        "package a\n\nfunc f(xs []int) {\n\t¦\n}\n",
        "for _, x := range xs {\n        print(x)\n    }\n}\n",
        "package a\n\nfunc f(xs []int) {\n\tfor _, x := range xs {\n\t\tprint(x)\n\t}¦\n}\n",
    ),
    (
        "python: tabs become spaces",
        "python",
        "def f(xs):\n    g()\n    ¦\n",
        "for x in xs:\n\t\tprint(x)\n",
        "def f(xs):\n    g()\n    for x in xs:\n        print(x)¦\n",
    ),
    (
        "python: CRLF",
        "python",
        "def f(xs):\r\n    ¦\r\n",
        "for x in xs:\n        print(x)\n    return 1\n",
        "def f(xs):\r\n    for x in xs:\r\n        print(x)\r\n    return 1¦\r\n",
    ),
    (
        "python: a second space",
        "python",
        "x = ¦\n",
        " 5\n",
        "x = 5¦\n",
    ),
    # Above a line that stands
    (
        "python: a line above another",
        "python",
        "def f(x):\n    ¦return x\n",
        "x += 1\n    return x\n",
        "def f(x):\n    x += 1\n    ¦return x\n",
    ),
    (
        "javascript: a word in front of a call",
        "javascript",
        "async function f() {\n  ¦fetch(url);\n}\n",
        "await ",
        "async function f() {\n  await ¦fetch(url);\n}\n",
    ),
    # Leaks
    (
        "python: a special token",
        "python",
        "x = ¦\n",
        "1<|endoftext|>import os",
        "x = 1¦\n",
    ),
    (
        "python: a new file begins",
        "python",
        "def f():\n    ¦\n",
        "return 1\n<|file_sep|>other.py\nimport os\n",
        "def f():\n    return 1¦\n",
    ),
    (
        "java: a fill-in token",
        "java",
        "class A { int x = ¦; }\n",
        "1<fim_suffix>",
        "class A { int x = 1¦; }\n",
    ),
    (
        "python: a fence behind",
        "python",
        "def f():\n    ¦\n",
        "return 1\n```\n\nThis returns one.\n",
        "def f():\n    return 1¦\n",
    ),
    (
        "python: a fence around",
        "python",
        "def f():\n    ¦\n",
        "```python\n    return 1\n```\n",
        "def f():\n    return 1¦\n",
    ),
    (
        "go: a fence around one line",
        "go",
        "package a\n\nvar x = ¦\n",
        "```go\n1\n```",
        "package a\n\nvar x = 1¦\n",
    ),
    # Circles
    (
        "python: the same line again and again",
        "python",
        "def f(x):\n    ¦\n",
        "x += 1\n    x += 1\n    x += 1\n    x += 1\n",
        "def f(x):\n    x += 1¦\n",
    ),
    (
        "javascript: two lines in turn",
        "javascript",
        "function f() {\n  ¦\n}\n",
        "open(1);\n  close(2);\n" * 1 + "  open(1);\n  close(2);\n" * 4,
        "function f() {\n  open(1);\n  close(2);¦\n}\n",
    ),
    (
        "python: nothing but blank lines",
        "python",
        "def f(x):\n    ¦\n",
        "\n\n\n\n\n\n",
        "def f(x):\n    ¦\n",
    ),
    (
        "python: a run of blank lines",
        "python",
        "import os\n¦",
        "import sys\n\n\n\nx = 1\n",
        "import os\nimport sys¦",
    ),
    # Parsing in place
    (
        "python: what does not parse is trimmed",
        "python",
        "def f(x):\n    ¦\n\n\nprint(f(1))\n",
        "y = x + 1\n    z = (y +\n",
        "def f(x):\n    y = x + 1¦\n\n\nprint(f(1))\n",
    ),
    (
        "python: what never parses is dropped",
        "python",
        "def f(x):\n    ¦\n\n\nprint(f(1))\n",
        "this function returns ) the ] sum\n",
        "def f(x):\n    ¦\n\n\nprint(f(1))\n",
    ),
    (
        "java: a header on one line may stay open",
        "java",
        "class A {\n    void f() {\n        x();\n        for ¦\n    }\n}\n",
        "(int i = 0; i < 3; i++) {\n            g(i);\n        }\n",
        "class A {\n    void f() {\n        x();\n"
        "        for (int i = 0; i < 3; i++) {¦\n    }\n}\n",
    ),
]


@pytest.mark.parametrize(
    ("language", "marked", "answer", "wanted"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_accepting_gives(
    complete: Callable[..., str], language: str, marked: str, answer: str, wanted: str
) -> None:
    assert complete(language, marked, answer) == wanted
