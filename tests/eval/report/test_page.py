"""The page opens without a network, and nothing that a model wrote is markup in it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from chromium import Page as Browser
from eval_results import record, result

from eval.cli.app import run
from eval.report.page import render
from eval.results import Model, Result, save

pytestmark = pytest.mark.slow  # matplotlib

VOID = {"meta", "br", "link", "img", "input", "hr"}
HOSTILE = "</pre><script>alert('x')</script><img src=http://evil.example/x onerror=y>"


class Page(HTMLParser):
    """The elements, attributes and text of a page; fails on tags that do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._element(tag, attrs)

    def _element(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def runs() -> list[tuple[Path, Result]]:
    hostile = [
        record("h/1", "a = 1", HOSTILE, exact_match=0.0, edit_similarity=0.1),
        record("h/<b>", HOSTILE, "a = $x_1$", exact_match=0.0, edit_similarity=0.2),
        record("h/3", "", "print('größe')", exact_match=1.0, edit_similarity=1.0),
    ]
    model = Model(name="m<script>", precision="bf16")
    return [
        (Path("raw.json"), result(hostile, commit="aaaaaaa", model=model)),
        (Path("product.json"), result(hostile, through="product", commit="bbbbbbb", model=model)),
        (Path("tests.json"), result([record("t/1", **{"pass": 1.0})], task="other", arm="日本")),  # type: ignore[arg-type]
    ]


@pytest.fixture(scope="module")
def html() -> str:
    return render(runs())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_nothing_comes_from_elsewhere(html: str, page: Page) -> None:
    assert not {"script", "link", "img", "iframe", "object", "embed", "base"} & set(page.tags)
    for tag, name, value in page.attributes:
        assert not re.search(r"//|@import|(https?|data|file|javascript):", value), (tag, name)
        assert not name.startswith("on"), (tag, name)
        if name in ("href", "src", "xlink:href"):
            assert value.startswith("#"), (tag, name, value)
    for address in re.findall(r"url\((.*?)\)", html):
        assert address.startswith("#")
    assert "@import" not in html


def test_each_link_leads_somewhere_and_ids_are_unique(page: Page) -> None:
    assert len(page.ids) == len(set(page.ids))
    targets = {value[1:] for _, name, value in page.attributes if name == "href"}
    assert targets <= set(page.ids)
    assert {"run-1", "run-2", "run-3"} <= targets


def test_what_a_model_wrote_is_text(html: str, page: Page) -> None:
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert HOSTILE in page.text
    assert "m<script>" in page.text


def test_every_run_appears(page: Page) -> None:
    for path, one in runs():
        assert path.name in page.text
        assert one.commit in page.text
        assert one.task in page.text
    assert page.tags.count("svg") == 4
    assert "What the door changes" in page.text


def test_the_difference_is_marked(page: Page) -> None:
    assert "del" in page.tags
    assert "ins" in page.tags


def test_the_command_writes_the_page(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "results"
    for path, one in runs():
        save(one, folder / path)
    output = tmp_path / "page.html"
    assert run(["report", str(folder), "-o", str(output), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == {"path": str(output), "runs": 3, "bytes": output.stat().st_size}
    assert "product.json" in Page(output.read_text()).text


def test_all_results_are_the_default_and_broken_ones_are_said(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from eval.results import folder

    output = str(tmp_path / "page.html")
    assert run(["report", "-o", output]) == 2
    assert "assistant eval run" in capsys.readouterr().err
    save(runs()[0][1], folder() / "kept.json")
    (folder() / "broken.json").write_text("{}")
    assert run(["report", "-o", output, "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["runs"] == 1
    assert "broken.json" in captured.err


@pytest.mark.parametrize("arguments", [["absent.json"], ["."]])
def test_nothing_to_report_on_is_one_line(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["report", *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.browser
def test_a_browser_shows_it_and_asks_for_nothing(
    html: str, browser_page: Browser, tmp_path: Path
) -> None:
    (tmp_path / "report.html").write_text(html, encoding="utf-8")
    address = (tmp_path / "report.html").as_uri()
    for width, dark in ((1280, False), (390, True)):
        browser_page.look(width, 900, dark=dark)
        browser_page.open(address)
        # What is wider than the window scrolls by itself.
        assert browser_page.run("document.documentElement.scrollWidth") <= width
    # A link to a run opens it.
    assert browser_page.text("#run-1") == ""
    browser_page.run("document.querySelector('#overview a').click()")
    browser_page.wait("document.querySelector('#run-1').checkVisibility()", "the run")
    assert "assistant eval run" in browser_page.text("#run-1")
    assert set(browser_page.requests) == {address}
    assert browser_page.errors == []
