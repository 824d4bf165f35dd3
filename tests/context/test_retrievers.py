from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.context import Repository
from assistant.context.query import Query
from assistant.context.retriever import retrievers
from assistant.errors import UsageError
from assistant.settings import ContextSettings
from assistant.types import CompletionRequest, Document, Edit, Snippet, SnippetKind, Surroundings

Ask = Callable[..., CompletionRequest]
Write = Callable[..., Path]

SHOP = '''
    """The shop."""
    from dataclasses import dataclass

    @dataclass
    class Receipt:
        """What was paid."""
        total: int
        _secret: int = 0

        def print(self, width: int = 40) -> str:
            """Lay it out."""
            return str(self.total)

        def _private(self): pass

    def sell(what: str, price: int) -> Receipt:
        """Sell one."""
        return Receipt(price)

    def unused(): pass
'''


def words(text: str) -> int:
    return len(text.split())


def retrieve(repository: Repository, request: CompletionRequest) -> list[Snippet]:
    return repository.retrieve(request, words, 1000)


def of_kind(found: list[Snippet], kind: SnippetKind) -> list[Snippet]:
    return [one for one in found if one.kind is kind]


def test_every_retriever_bears_any_request(write: Write, repository: Repository, ask: Ask) -> None:
    write({"shop.py": SHOP, "a.go": "package a"})
    repository.refresh()
    assert {one.name for one in retrievers()} >= {"imported", "similar", "open", "recent"}
    odd = ["|", "x|" * 1, "\n" * 50 + "|", "x" * 200_000 + "|", "\x00|\ud800", "é🙂\r\n\t|  \r\n"]
    for name in ("a.py", "no.where", "../outside.py", "deep/er/b.go", "c.html"):
        for marked in odd:
            for snippet in retrieve(repository, ask(name, marked)):
                assert snippet.text.strip()
                assert snippet.why
                assert 0 <= snippet.start_line < snippet.end_line
                assert not snippet.path.startswith("/")


def test_a_name_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="nonsense"):
        retrievers(["nonsense"])


def test_only_the_retrievers_asked_for(write: Write, home: Path, ask: Ask) -> None:
    root = write({"shop.py": SHOP})
    with Repository.open(root, ContextSettings(retrievers=["recent"])) as repository:
        repository.refresh()
        assert retrieve(repository, ask("m.py", "from shop import sell\nsell(|")) == []


def test_imported_class_with_its_members(write: Write, repository: Repository, ask: Ask) -> None:
    write({"shop.py": SHOP})
    repository.refresh()
    found = retrieve(repository, ask("m.py", "from shop import Receipt\n\nr = |"))
    (snippet,) = of_kind(found, SnippetKind.IMPORTED)
    assert snippet.why == "defines Receipt, imported here"
    assert snippet.text == (
        "@dataclass\n"
        "class Receipt:\n"
        '    """What was paid."""\n'
        "    total: int\n"
        "    def print(self, width: int = 40) -> str:\n"
        '        """Lay it out."""'
    )
    assert (snippet.path, snippet.start_line, snippet.end_line) == ("shop.py", 5, 15)


def test_used_through_a_module(write: Write, repository: Repository, ask: Ask) -> None:
    write({"shop.py": SHOP})
    repository.refresh()
    found = retrieve(repository, ask("m.py", "import shop as s\n\nx = s.sell('a', 1)\n|"))
    texts = {one.text.split("\n")[0]: one.why for one in of_kind(found, SnippetKind.IMPORTED)}
    assert (
        texts["def sell(what: str, price: int) -> Receipt:"] == "defines sell, used here through s"
    )


def test_through_re_exports(write: Write, repository: Repository, ask: Ask) -> None:
    write(
        {
            "pkg/__init__.py": "from .inner import sell as trade\n",
            "pkg/inner/__init__.py": "from .deep import *\n",
            "pkg/inner/deep.py": SHOP,
        }
    )
    repository.refresh()
    found = retrieve(repository, ask("m.py", "from pkg import trade\n|"))
    assert [one.path for one in of_kind(found, SnippetKind.IMPORTED)] == ["pkg/inner/deep.py"]


def test_circular_re_exports_end(write: Write, repository: Repository, ask: Ask) -> None:
    write({"a.py": "from b import *\n", "b.py": "from a import *\n"})
    repository.refresh()
    assert retrieve(repository, ask("m.py", "from a import nothing\n|")) == []


def test_the_same_package_needs_no_import(write: Write, repository: Repository, ask: Ask) -> None:
    write(
        {
            "go/store.go": "package shop\n// Put adds.\nfunc Put(n int) error { return nil }\n",
            "java/P.java": "package a.b;\nclass Price { long cents() { return 1; } }\n",
        }
    )
    repository.refresh()
    go = retrieve(repository, ask("go/m.go", "package shop\nfunc F() {\n\tPut(1)\n\t|\n}\n"))
    java = retrieve(
        repository,
        ask("java/M.java", "package a.b;\nclass M {\n  Price p;\n  void f() {\n    |\n  }\n}\n"),
    )
    assert [one.why for one in of_kind(go, SnippetKind.IMPORTED)] == [
        "defines Put in the same package"
    ]
    assert [one.path for one in of_kind(java, SnippetKind.IMPORTED)] == ["java/P.java"]


def test_an_import_being_typed_counts(write: Write, repository: Repository, ask: Ask) -> None:
    write({"shop.py": SHOP})
    repository.refresh()
    found = retrieve(repository, ask("m.py", "from shop import |\n\nsell('a', 1)\n"))
    assert "def sell" in "".join(one.text for one in found)


SIMILAR = """
    def parse_invoice(stream, currency):
        header = stream.read_header()
        amount = header.amount_in(currency)
        return Invoice(header, amount)
"""


def test_similar_code(write: Write, repository: Repository, ask: Ask) -> None:
    filler = {
        f"f{n}.py": f"def other_{n}(alpha_{n}):\n    return beta_{n}(alpha_{n})\n"
        for n in range(30)
    }
    write({**filler, "invoices.py": SIMILAR})
    repository.refresh()
    marked = """
    def parse_order(stream, currency):
        header = stream.read_header()
        |
    """
    found = of_kind(retrieve(repository, ask("orders.py", marked)), SnippetKind.SIMILAR)
    assert [one.path for one in found] == ["invoices.py"]
    assert found[0].text.startswith("def parse_invoice")
    assert found[0].why.startswith("similar code: ")
    assert 0.15 <= found[0].score <= 1
    # Never of the file itself.
    assert not of_kind(retrieve(repository, ask("invoices.py", marked)), SnippetKind.SIMILAR)


def test_threshold(write: Write, home: Path, ask: Ask) -> None:
    root = write({"invoices.py": SIMILAR})
    request = ask("orders.py", "header = stream.read_header(currency)\nother_thing(q)\n|")
    for threshold, expected in ((0.0, 1), (0.99, 0)):
        with Repository.open(root, ContextSettings(similarity_threshold=threshold)) as repository:
            repository.refresh()
            found = of_kind(retrieve(repository, request), SnippetKind.SIMILAR)
            assert len(found) == expected


def test_open_buffers_win_over_the_disk(write: Write, repository: Repository, ask: Ask) -> None:
    root = write({"shop.py": SHOP})
    repository.refresh()
    unsaved = Document(root / "shop.py", "def sell(changed: bool) -> None:\n    pass\n", "python")
    request = ask("m.py", "from shop import sell\n|", Surroundings(open_documents=[unsaved]))
    (snippet,) = of_kind(retrieve(repository, request), SnippetKind.IMPORTED)
    assert snippet.text == "def sell(changed: bool) -> None:"


def test_open_files(write: Write, repository: Repository, ask: Ask) -> None:
    root = write({"a.txt": ""})
    alike = Document(root / "new.py", "x = 1\n\n\n\n\n\n\n\n\n" + SIMILAR.replace("    ", ""), "")
    other = Document(root / "other.py", "class Thing:\n    pass\n\ndef make_thing():\n    pass\n")
    marked = "header = stream.read_header()\namount = header.amount_in(currency)\n|"
    request = ask("m.py", marked, Surroundings(open_documents=[alike, other]))
    found = of_kind(retrieve(repository, request), SnippetKind.OPEN)
    assert [(one.path, one.why) for one in found] == [
        ("new.py", "open, similar code"),
        ("other.py", "open: what it defines"),
    ]
    assert found[1].text == "class Thing:\ndef make_thing():"


def test_recent_edits_of_other_files(write: Write, repository: Repository, ask: Ask) -> None:
    root = write({"a.py": "\n".join(f"line_{n} = {n}" for n in range(40)) + "\n"})
    now = time.monotonic()
    edits = [
        Edit(root / "m.py", 0, 1, now),
        Edit(root / "a.py", 20, 21, now - 1),
        Edit(root / "a.py", 22, 23, now - 2),
        Edit(root / "gone.py", 3, 4, now - 3),
        Edit(root / "a.py", 900, 901, now - 4),
        Edit(Path("/elsewhere/b.py"), 0, 1, now - 5),
    ]
    request = ask("m.py", "x = 1\n|", Surroundings(recent_edits=edits))
    (snippet,) = of_kind(retrieve(repository, request), SnippetKind.RECENT)
    assert (snippet.path, snippet.start_line, snippet.end_line) == ("a.py", 17, 26)
    assert snippet.text.startswith("line_17 = 17\n")
    assert snippet.why == "edited recently"


def test_bytes_stay_while_a_line_is_typed(write: Write, repository: Repository, ask: Ask) -> None:
    write({"shop.py": SHOP, "invoices.py": SIMILAR})
    repository.refresh()
    before = "from shop import sell, Receipt\n\ndef f(stream, currency):\n"
    before += "    header = stream.read_header()\n"
    line = "    receipt = sell(header.amount_in(currency), unused)"
    answers = [
        retrieve(repository, ask("m.py", f"{before}{line[:typed]}|\n\nprint(1)\n"))
        for typed in range(len(line) + 1)
    ]
    assert answers[0]
    assert all(answer == answers[0] for answer in answers)


def test_a_retriever_that_fails_costs_only_its_own(
    write: Write, repository: Repository, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistant.context.retrievers.similar import Similar

    def fail(*_: object) -> None:
        raise KeyError("a plug-in's fault")

    write({"shop.py": SHOP})
    repository.refresh()
    monkeypatch.setattr(Similar, "retrieve", fail)
    assert retrieve(repository, ask("m.py", "from shop import sell\n|"))


def test_taken_from_a_package_that_re_exports(
    write: Write, repository: Repository, ask: Ask
) -> None:
    write({"pkg/__init__.py": "from ._shop import *\n", "pkg/_shop.py": SHOP})
    repository.refresh()
    found = retrieve(repository, ask("m.py", "import pkg\n\nx = pkg.sell('a', 1)\n|"))
    (snippet,) = of_kind(found, SnippetKind.IMPORTED)
    assert snippet.path == "pkg/_shop.py"
    assert snippet.why == "defines sell, used here through pkg"


def test_a_telling_name_that_nothing_leads_to(
    write: Write, repository: Repository, ask: Ask
) -> None:
    write(
        {"shop.py": SHOP, "a.py": "def common_name(): pass\n", "b.py": "def common_name(): ...\n"}
    )
    repository.refresh()
    found = retrieve(
        repository, ask("m.py", "def f(r):\n    r.print()\n    r.common_name()\n    |")
    )
    (snippet,) = of_kind(found, SnippetKind.IMPORTED)
    assert snippet.why == "defines print, used near the cursor"
    assert snippet.text.startswith("@dataclass\nclass Receipt:\n")
    assert "total" not in snippet.text


def test_what_the_line_calls_is_shown_and_the_rest_stays(
    write: Write, repository: Repository, ask: Ask
) -> None:
    write({"shop.py": SHOP, "far.py": "def ship(parcel, address): pass\n"})
    repository.refresh()
    body = "from shop import sell, unused\nimport far\n\n" + "x = 1\n" * 80
    before = retrieve(repository, ask("a.py", body + "y = sell|\n"))
    assert not of_kind(before, SnippetKind.CALLED)
    after = retrieve(repository, ask("a.py", body + "y = far.ship(sell(|))\n"))
    (called,) = of_kind(after, SnippetKind.CALLED)
    assert (called.path, called.why) == ("far.py", "defines ship, called here")
    # `sell` is shown as imported already; nothing in front of the new snippet has moved.
    assert after[:-1] == before
    assert "def sell" in "".join(one.text for one in before)


@pytest.mark.parametrize(
    "text",
    [
        "from shop import Receipt\n\ndef f():\n    Receipt.|\n",
        "import shop\n\ndef f(paid: 'shop.Receipt'):\n    return paid.to|\n",
        "import shop\n\ndef f():\n    paid = shop.Receipt(3)\n    paid.|\n",
    ],
)
def test_what_the_line_takes_a_member_of_is_shown(
    write: Write, home: Path, ask: Ask, text: str
) -> None:
    root = write({"shop.py": SHOP})
    with Repository.open(root, ContextSettings(retrievers=["called"])) as repository:
        repository.refresh()
        (receipt,) = retrieve(repository, ask("a.py", text))
    assert receipt.kind is SnippetKind.CALLED
    assert "class Receipt" in receipt.text
    assert "def print(self, width: int = 40)" in receipt.text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("def f(basket: Basket):\n    x = basket.|", "Basket"),
        ("def f(basket: Optional[Basket]):\n    x = basket.|", "Basket"),
        ("let basket = new Basket();\nbasket.|", "Basket"),
        ("let basket: Basket;\nbasket?.|", "Basket"),
        ("Basket<String> basket = make();\nbasket.|", "Basket"),
        ("func f(basket *shop.Basket) {\n    basket.|", "Basket"),
        ("basket := Basket{}\nbasket.|", "Basket"),
        ("let basket: &mut Basket = b;\nbasket.|", "Basket"),
        ("Basket *basket = make();\nbasket->|", "Basket"),
        ("basket = 3\nbasket.|", ""),
    ],
)
def test_types_are_read_off_declarations(
    repository: Repository, ask: Ask, text: str, kind: str
) -> None:
    repository.refresh()
    with repository._store.reading() as db:
        query = Query(repository, db, ask("a.py", text))
        assert query.receiver == "basket"
        assert query.types_of("basket")[:1] == ([kind] if kind else [])
