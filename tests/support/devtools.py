"""A headless Chromium that is told by a pipe what to do (https://chromedevtools.github.io/devtools-protocol)."""

import json
import os
import select
import subprocess
import time

PATIENCE = 120  # seconds; only bounds a failure
# Where Chromium reads and writes with --remote-debugging-pipe.
READS, WRITES = 3, 4


class Browser:
    def __init__(self, profile, *options):
        theirs_in, self.into = os.pipe()
        self.out, theirs_out = os.pipe()
        # The shell moves the pipe's ends to the numbers that Chromium expects.
        move = f'exec "$@" {READS}<&{theirs_in} {WRITES}>&{theirs_out} {theirs_in}<&- {theirs_out}>&-'
        self.process = subprocess.Popen(
            ["bash", "-c", move, "bash", "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-sync", "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
             "--remote-debugging-pipe", f"--user-data-dir={profile}", *options, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=(theirs_in, theirs_out))
        os.close(theirs_in)
        os.close(theirs_out)
        self.rest, self.calls, self.events = b"", 0, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for part in ("Page", "Network", "Runtime"):
            self.call(f"{part}.enable")

    session = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        os.close(self.into)
        os.close(self.out)

    def message(self):
        end = time.monotonic() + PATIENCE
        while b"\0" not in self.rest:
            assert select.select([self.out], [], [], max(0, end - time.monotonic()))[0], "Chromium says nothing"
            piece = os.read(self.out, 1 << 16)
            assert piece, "Chromium has ended"
            self.rest += piece
        text, _, self.rest = self.rest.partition(b"\0")
        return json.loads(text)

    def call(self, method, **parameters):
        self.calls += 1
        message = {"id": self.calls, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.into, json.dumps(message).encode() + b"\0")
        while (answer := self.message()).get("id") != self.calls:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def visit(self, url):
        """Loads a page. Returns its response as Network.Response, what arrived of it in bytes, and the text that it shows."""
        self.events.clear()
        loader = self.call("Page.navigate", url=url)["loaderId"]
        response, size, is_loaded = None, None, False
        while response is None or size is None or not is_loaded:
            event = self.events.pop(0) if self.events else self.message()
            method, of = event.get("method"), event.get("params", {})
            if method == "Network.responseReceived" and of["requestId"] == loader:
                response = of["response"]
            elif method == "Network.loadingFinished" and of["requestId"] == loader:
                size = of["encodedDataLength"]
            elif method == "Network.loadingFailed" and of["requestId"] == loader:
                raise AssertionError(f"{url}: {of}")
            is_loaded = is_loaded or method == "Page.loadEventFired"
        text = self.call("Runtime.evaluate", expression="document.body.innerText")["result"]["value"]
        return response, size, text
