"""The status page in a real browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from itertools import product

import httpx
import pytest
from chromium import Page
from fake_control import FakeControl
from gateway_door import Door, Place

pytestmark = pytest.mark.browser

PHONE, DESK = (390, 844), (1280, 900)


def drawn(page: Page, times: int = 1) -> None:
    """Until the page has shown what it was told so many more times."""
    before = int(page.run("Number(document.body.dataset.polls || 0)"))
    page.wait(f"document.body.dataset.polls >= {before + times}", "new figures")


def work(door: Door) -> None:
    for number in range(3):
        door.post("/v1/completions", {"prompt": f"def very_secret_{number}"})
    door.post("/v1/chat/completions", {"messages": [{"role": "user", "content": "hello"}]})
    door.post("/v1/completions", {"prompt": "x", "model": "gpt-9"})


def wait_for_it(url: str, document: str) -> None:
    """A long answer, for as long as there is a gateway."""
    body = {"prompt": "x", "max_tokens": 400, "stream": True}
    headers = {"X-Assistant-Document": document}
    with suppress(httpx.HTTPError):
        httpx.post(f"{url}/v1/completions", json=body, headers=headers, timeout=60)


def test_it_shows_what_goes_on(
    start: Callable[..., Door], engine: FakeControl, browser_page: Page
) -> None:
    page = browser_page
    engine.configure(default="a b c")
    door = start("gateway.inline={slots=1, queue=4, patience=30}", "gateway.drain_seconds=1")
    page.open(f"{door.url}/")
    drawn(page)
    assert "No answers in that time" in page.text("#latency")
    work(door)
    drawn(page)
    assert "main" in page.text("#engines")
    assert "● ready" in page.text("#engines")
    assert page.run("document.querySelectorAll('#recent tr').length") == 5
    first = page.text("#recent tr")
    assert "404 model not found" in first
    assert page.text("#recent tr:nth-child(2) .kind") == "chat"
    assert page.run("document.querySelectorAll('#latency svg').length") == 4
    assert page.run("document.querySelectorAll('#latency svg .hit').length") >= 4
    assert "very_secret" not in page.run("document.documentElement.outerHTML")

    engine.configure(default="word " * 400, chunk_delay_ms=50)
    for name in ("a.py", "b.py"):
        threading.Thread(target=wait_for_it, args=(door.url, name), daemon=True).start()
    page.wait("document.querySelector('.k-inline').innerText.includes('1/1, 1 wait')", "a queue")
    assert page.run("document.querySelectorAll('.lane.k-inline i.on').length") == 1

    assert {url.removeprefix(door.url) for url in page.requests} <= {"/", "/status.json", "data:,"}
    assert page.errors == []


def test_what_it_is_told_is_never_markup(
    place: Place, start: Callable[..., Door], browser_page: Page
) -> None:
    name = "<img src=x onerror=document.title='hit'>"
    door = start(
        f"engine.url={place.engine_url}",
        "engines.x.url=http://127.0.0.1:9/v1",
        f'engines.x.model="{name}"',
    )
    browser_page.open(f"{door.url}/")
    drawn(browser_page)
    assert name in browser_page.text("#engines")
    assert browser_page.run("document.title") == "Gateway"
    assert browser_page.run("document.images.length") == 0
    # And were it markup, nothing of it would run or be loaded.
    found = json.dumps(f"{name}<script>document.title = 'hit'</script>")
    browser_page.run(f"document.body.insertAdjacentHTML('beforeend', {found})")
    browser_page.run("new Promise(done => setTimeout(done, 300))")
    assert browser_page.run("document.title") == "Gateway"
    assert "Content Security Policy" in " ".join(browser_page.errors)
    assert f"{door.url}/x" not in browser_page.requests


def test_it_fits_and_can_be_read(door: Door, browser_page: Page) -> None:
    page = browser_page
    work(door)
    for size, dark in product((PHONE, DESK), (False, True)):
        page.look(*size, dark=dark)
        page.open(f"{door.url}/")
        drawn(page)
        assert page.run("document.querySelectorAll('#recent tr').length")
        width = page.run("document.documentElement.scrollWidth")
        assert width <= size[0], (size, dark)
        colour = page.run("getComputedStyle(document.body).backgroundColor")
        assert colour == ("rgb(19, 20, 22)" if dark else "rgb(255, 255, 255)"), (size, dark)
        # WCAG's contrast of each kind of text with what is behind it.
        low = page.run(_CONTRAST)
        assert not low, (size, dark, low)


_CONTRAST = """(() => {
  const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
  const light = colour => numbers(colour).slice(0, 3).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor, [, , , alpha = 1] = numbers(colour);
      if (alpha > 0) return colour;
    }
  };
  return [...document.querySelectorAll("body *")].filter(e => e.offsetParent &&
    [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())).map(e => {
      const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
      return [(a + 0.05) / (b + 0.05), e.tagName, e.className, e.innerText];
    }).filter(([ratio]) => ratio < 4.5);
})()"""


def test_with_keys_it_asks_for_one(
    place: Place, start: Callable[..., Door], browser_page: Page
) -> None:
    def key(name: str, scopes: str) -> str:
        made = place.assistant("keys", "add", name, "--scopes", scopes, "--json")
        return str(json.loads(made.stdout)["key"])

    page, user, admin = browser_page, key("user", "complete"), key("admin", "admin")

    def enter(secret: str) -> None:
        page.run(f"document.getElementById('key').value = {json.dumps(secret)}")
        page.run("document.querySelector('form button').click()")

    try:
        door = start()
        page.open(f"{door.url}/")
        page.wait("!document.getElementById('ask').hidden", "a question for the key")
        assert page.text("#shown") == ""
        for secret, words in (("ak-wrong", "not known here"), (user, "lacks the scope admin")):
            enter(secret)
            page.wait(f"document.getElementById('why').innerText.includes('{words}')", words)
        enter(admin)
        drawn(page)
        assert page.run("document.getElementById('ask').hidden")
        assert "● ready" in page.text("#engines")
        # Kept for this tab, and nowhere that others can read.
        page.open(f"{door.url}/")
        drawn(page)
        assert page.run("localStorage.length") == 0
        assert admin not in page.run("document.documentElement.outerHTML")
        assert not [url for url in page.requests if "ak-" in url]
        place.assistant("keys", "remove", "admin")
        page.wait("!document.getElementById('ask').hidden", "a question for another key")
        assert page.text("#shown") == ""
    finally:
        for name in ("user", "admin"):
            place.assistant("keys", "remove", name)


def test_it_says_when_nobody_answers(start: Callable[..., Door], browser_page: Page) -> None:
    door = start()
    browser_page.open(f"{door.url}/")
    drawn(browser_page)
    door.end()
    browser_page.wait("document.body.className === 'stale'", "a word about the gateway")
    assert "no answer from the gateway" in browser_page.text("#about")
    assert "● ready" in browser_page.text("#engines")
