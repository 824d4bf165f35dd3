"""Typing beside a chat, in the real engine."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

PATIENCE = httpx.Timeout(300)


@pytest.fixture
def url(real_home: Path) -> Iterator[str]:
    """The gateway in front of the engine that all end-to-end tests share."""
    command = [sys.executable, "-m", "assistant", "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as serve:
        assert serve.stdout is not None
        for line in serve.stdout:
            if endpoint := json.loads(line).get("endpoint"):
                yield endpoint["url"]
                break
        serve.terminate()


class Stream(threading.Thread):
    """An answer, read as it comes; ``order`` gets the stream's name for each piece."""

    def __init__(self, url: str, name: str, body: dict[str, Any], order: list[str]) -> None:
        super().__init__(daemon=True)
        self.began = threading.Event()
        self._asked = (url, name, body, order)

    def run(self) -> None:
        url, name, body, order = self._asked
        with httpx.stream("POST", url, json={**body, "stream": True}, timeout=PATIENCE) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: {"):
                    order.append(name)
                    if order.count(name) == 5:
                        self.began.set()


def test_a_chat_stands_still_while_a_completion_runs(url: str) -> None:
    order: list[str] = []
    message = {"role": "user", "content": "Count from one to two hundred, in words."}
    asked = {"model": "", "messages": [message], "max_tokens": 120, "ignore_eos": True}
    chat = Stream(f"{url}/chat/completions", "chat", asked, order)
    chat.start()
    assert chat.began.wait(300)
    before = len(order)
    typed = {"model": "", "prompt": "def add(a, b):\n    return", "max_tokens": 24}
    inline = Stream(f"{url}/completions", "inline", {**typed, "ignore_eos": True}, order)
    inline.start()
    inline.join()
    chat.join()
    assert order.count("inline") >= 20
    first = order.index("inline")
    last = len(order) - 1 - order[::-1].index("inline")
    between = order[first:last].count("chat")
    # It gets a step a second. Side by side there would be one of its for each of inline's.
    assert between <= 6, order[before:last]
    assert order[last:].count("chat") > 20


def test_a_seed_goes_with_a_long_prompt_and_gives_the_same_answer_again(url: str) -> None:
    # Longer than a step, so that it is read in several.
    prompt = "".join(f"value_{number} = {number}\n" for number in range(200))
    asked = {"model": "", "prompt": prompt, "max_tokens": 16, "temperature": 1.0, "seed": 7}
    answers = [httpx.post(f"{url}/completions", json=asked, timeout=PATIENCE) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    first, second = (answer.json()["choices"][0]["text"] for answer in answers)
    assert first == second
    assert first
