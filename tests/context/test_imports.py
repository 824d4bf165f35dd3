"""Each scheme: the file that an import means, in a workspace of that language."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.context import Repository
from assistant.context.imports import FileTable, SqlFiles, targets
from assistant.syntax import by_name, outline

CASES: dict[str, tuple[str, str, dict[str, str], list[str]]] = {
    "absolute module": ("a/m.py", "import b.c", {"b/c.py": ""}, ["b/c.py"]),
    "package": ("m.py", "from b import f", {"b/__init__.py": ""}, ["b/__init__.py"]),
    "submodule": ("m.py", "from b import c", {"b/__init__.py": "", "b/c.py": ""}, ["b/c.py"]),
    "relative": ("p/q/m.py", "from ..b import f", {"p/b.py": ""}, ["p/b.py"]),
    "relative package": ("p/m.py", "from . import b", {"p/b.py": ""}, ["p/b.py"]),
    "src layout": ("tests/t.py", "from pkg.b import f", {"src/pkg/b.py": ""}, ["src/pkg/b.py"]),
    "deep root": ("x/y/z/t.py", "import pkg.b", {"x/y/pkg/b.py": ""}, ["x/y/pkg/b.py"]),
    "stub": ("m.py", "import b", {"b.pyi": ""}, ["b.pyi"]),
    "elsewhere": ("m.py", "import os.path\nfrom typing import Any", {"b.py": ""}, []),
    "js extension left out": ("a/m.js", "import x from './b'", {"a/b.jsx": ""}, ["a/b.jsx"]),
    "js folder": ("m.js", "const b = require('./b')", {"b/index.js": ""}, ["b/index.js"]),
    "js parent": ("a/m.js", "export * from '../b.js'", {"b.js": ""}, ["b.js"]),
    "js package": ("m.js", "import React from 'react'", {"b.js": ""}, []),
    "ts by its compiled name": ("a.ts", "import {x} from './b.js'", {"b.ts": ""}, ["b.ts"]),
    "ts alias": ("src/a/m.ts", "import {x} from '@/b'", {"src/b.tsx": ""}, ["src/b.tsx"]),
    "java class": (
        "src/a/M.java",
        "package a;\nimport b.c.D;",
        {"src/b/c/D.java": "package b.c;\nclass D {}", "src/b/c/E.java": "package b.c;"},
        ["src/b/c/D.java"],
    ),
    "java package": (
        "M.java",
        "import b.c.*;",
        {"D.java": "package b.c;", "x/E.java": "package b.c;", "F.java": "package b;"},
        ["D.java", "x/E.java"],
    ),
    "java static": ("M.java", "import static b.D.f;", {"b/D.java": "package b;"}, ["b/D.java"]),
    "kotlin function": ("m.kt", "import b.f", {"x.kt": "package b\nfun f() {}"}, ["x.kt"]),
    "scala group": ("m.scala", "import b.{C, D}", {"b/C.scala": "package b"}, ["b/C.scala"]),
    "c#": ("m.cs", "using B.C;", {"x.cs": "namespace B.C;", "y.cs": "namespace B { }"}, ["x.cs"]),
    "go": (
        "cmd/m.go",
        'package main\nimport "host.io/me/b"',
        {"go.mod": "module host.io/me\n", "b/c.go": "package b", "b/c_test.go": "package b"},
        ["b/c.go"],
    ),
    "go nested module": (
        "sub/m.go",
        'package main\nimport x "sub.io/b"',
        {"go.mod": "module host.io\n", "sub/go.mod": "module sub.io\n", "sub/b/c.go": "package b"},
        ["sub/b/c.go"],
    ),
    "rust crate": (
        "src/x/m.rs",
        "use crate::b::F;",
        {"src/lib.rs": "", "src/b.rs": ""},
        ["src/b.rs"],
    ),
    "rust mod": ("src/lib.rs", "mod b;", {"src/b/mod.rs": ""}, ["src/b/mod.rs"]),
    "rust child": ("src/a.rs", "mod b;", {"src/lib.rs": "", "src/a/b.rs": ""}, ["src/a/b.rs"]),
    "rust super": (
        "src/a/b.rs",
        "use super::c::F;",
        {"src/lib.rs": "", "src/a/c.rs": ""},
        ["src/a/c.rs"],
    ),
    "rust workspace": (
        "one/src/lib.rs",
        "use two_b::c::F;",
        {"two-b/src/lib.rs": "", "two-b/src/c.rs": ""},
        ["two-b/src/c.rs"],
    ),
    "c beside": ("a/m.c", '#include "b.h"', {"a/b.h": "", "b.h": ""}, ["a/b.h"]),
    "c include folder": ("src/m.c", "#include <x/b.h>", {"include/x/b.h": ""}, ["include/x/b.h"]),
    "c++ by its end": ("m.cpp", '#include "x/b.hpp"', {"lib/q/x/b.hpp": ""}, ["lib/q/x/b.hpp"]),
    "ruby relative": ("a/m.rb", "require_relative '../b'", {"b.rb": ""}, ["b.rb"]),
    "ruby lib": ("m.rb", "require 'x/b'", {"lib/x/b.rb": ""}, ["lib/x/b.rb"]),
    "php class": (
        "m.php",
        "<?php\nuse App\\Models\\User;",
        {"app/Models/User.php": "<?php\nnamespace App\\Models;\nclass User {}"},
        ["app/Models/User.php"],
    ),
    "php require": ("a/m.php", "<?php require __DIR__ . '/b.php';", {"a/b.php": ""}, ["a/b.php"]),
    "lua": ("m.lua", 'local b = require("x.b")', {"lua/x/b.lua": ""}, ["lua/x/b.lua"]),
    "lua folder": ("m.lua", 'require "b"', {"b/init.lua": ""}, ["b/init.lua"]),
    "shell": ("a/m.sh", '. "$HERE/b.sh"', {"a/b.sh": ""}, ["a/b.sh"]),
    "html": ("m.html", '<script src="/js/b.js"></script>', {"js/b.js": ""}, ["js/b.js"]),
    "css": ("a/m.css", '@import "../b.css";', {"b.css": ""}, ["b.css"]),
}


@pytest.mark.parametrize("case", CASES)
def test_resolves(write: Callable[..., Path], repository: Repository, case: str) -> None:
    path, source, files, expected = CASES[case]
    root = write({**files, path: source})
    repository.refresh()
    with repository._store.reading() as db:
        language = db.execute("SELECT language FROM files WHERE path = ?", (path,)).fetchone()[0]
        imports = outline(source, by_name(language)).imports

        def resolved(files: FileTable | SqlFiles) -> list[str]:
            found = [targets(one, path, language, files) for one in imports]
            return sorted({target.path for some in found for target in some})

        found = [resolved(FileTable.of(db, root)), resolved(SqlFiles(root, db))]
    assert found == [expected, expected]


def test_an_unknown_language_imports_nothing(repository: Repository) -> None:
    imported = outline("import os", by_name("python")).imports[0]
    assert targets(imported, "a.py", "", FileTable(repository.root, [("os.py", "")])) == []
