"""Chromium without a screen, driven over its own protocol (a WebSocket with JSON)."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect


class PageError(Exception):
    """What the browser answered instead of a result."""


class Page:
    """One tab. ``requests`` are URLs that it asked for, ``errors`` what its console complained
    about: exceptions, refused resources, breaches of its content security policy."""

    def __init__(self, socket: ClientConnection, session: str) -> None:
        self._socket, self._session = socket, session
        self._next = 1000
        self._asked: dict[str, str] = {}
        self.errors: list[str] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the DevTools protocol."""
        self._next += 1
        said = {"id": self._next, "method": method, "params": parameters}
        self._socket.send(json.dumps({**said, "sessionId": self._session}))
        while True:
            message = json.loads(self._socket.recv(timeout=60))
            if message.get("id") == self._next:
                if "error" in message:
                    raise PageError(f"{method}: {message['error']['message']}")
                return dict(message["result"])
            self._note(message.get("method", ""), message.get("params", {}))

    def _note(self, event: str, said: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self._asked[said["requestId"]] = said["request"]["url"]
        elif event == "Network.loadingFailed" and said.get("blockedReason"):
            # It was never sent.
            self._asked.pop(said["requestId"], None)
        elif event == "Runtime.exceptionThrown":
            self.errors.append(str(said["exceptionDetails"].get("exception", said)))
        elif event == "Log.entryAdded" and said["entry"]["level"] == "error":
            self.errors.append(f"{said['entry']['text']} {said['entry'].get('url', '')}")

    @property
    def requests(self) -> list[str]:
        return list(self._asked.values())

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete'", url)

    def run(self, code: str) -> Any:
        """The value of a JavaScript expression; a promise's too."""
        found = self.call(
            "Runtime.evaluate", expression=code, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in found:
            raise PageError(str(found["exceptionDetails"]))
        return found["result"].get("value")

    def text(self, selector: str) -> str:
        """What is written in the first such element, as it is shown; empty where it is not."""
        first = f"document.querySelector({json.dumps(selector)})"
        return str(self.run(f"(e => e?.checkVisibility() ? e.innerText : '')({first})"))

    def wait(self, code: str, what: str, seconds: float = 30) -> Any:
        """Until the expression is true."""
        end = time.monotonic() + seconds
        while not (value := self.run(code)):
            if time.monotonic() > end:
                shown = self.run("document.body.innerText")
                raise AssertionError(f"no {what}: the page shows {shown!r}; {self.errors}")
            time.sleep(0.05)
        return value

    def look(self, width: int, height: int, dark: bool = False) -> None:
        """The size of the window and the colours that the user prefers."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, path: Path) -> None:
        """The whole page as a PNG."""
        found = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))


@contextlib.contextmanager
def browser(command: str, folder: Path) -> Iterator[Page]:
    """A tab of a fresh Chromium whose profile is ``folder``."""
    # Its own sandbox does not start as root, and these pages are ours.
    arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    arguments += ["--no-first-run", "--disable-background-networking", "--disable-sync"]
    arguments += ["--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
    env = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
    with subprocess.Popen(
        [command, *arguments], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=env
    ) as process:
        try:
            with connect(_address(process), max_size=1 << 26, ping_interval=None) as socket:
                yield _tab(socket)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    said = []
    for line in process.stderr:
        said.append(line)
        if found := re.search(r"DevTools listening on (ws://\S+)", line):
            # Nobody reads on, and a full pipe would stop it.
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return found[1]
    raise AssertionError(f"the browser ended with {process.wait()}: {''.join(said)}")


def _tab(socket: ClientConnection) -> Page:
    def call(number: int, method: str, **parameters: Any) -> dict[str, Any]:
        socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            message = json.loads(socket.recv(timeout=60))
            if message.get("id") == number:
                return dict(message["result"])

    target = call(1, "Target.createTarget", url="about:blank")["targetId"]
    session = call(2, "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
    return Page(socket, session)
