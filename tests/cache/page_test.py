#!/usr/bin/env python3
"""Opens the status page in headless Chromium and looks at what its script made of the numbers.

Usage: page_test.py DOCTEUR_CACHE DOCTEUR_MAKE [SCREENSHOT]   Exit status 77 when Chromium is absent.
"""

import html
import http.client
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

CACHE, MAKE = sys.argv[1:3]
REQUESTS = 42


def get(port, path):
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    client.request("GET", path)
    answer = client.getresponse()
    return answer.status, answer.read()


def chromium(profile, *options):
    return subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
         f"--user-data-dir={profile}", "--virtual-time-budget=4000", *options],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=90, text=True).stdout


def main():
    if not shutil.which("chromium"):
        print("chromium is absent")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        site = work / "site"
        site.mkdir()
        (site / "page").write_text("a page\n")
        subprocess.run([MAKE, "-q", "-d", "2024-01-01T00:00:00Z", "--author", "A & \"U\" <b@example.org>", str(site),
                        str(work / "image")], check=True, timeout=60)
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            port = s.getsockname()[1]
        server = subprocess.Popen([CACHE, str(work / "image"), "--listen", f"127.0.0.1:{port}"],
                                  stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            end = time.monotonic() + 20
            while True:
                try:
                    if get(port, "/page")[0] == 200:
                        break
                except OSError:
                    assert time.monotonic() < end and server.poll() is None, "no answer"
                    time.sleep(0.05)
            for _ in range(REQUESTS - 1):
                assert get(port, "/page")[0] == 200
            for _ in range(3):
                assert get(port, "/absent")[0] == 404
            status = json.loads(get(port, "/.docteur/status")[1])
            page = chromium(work / "profile", "--dump-dom", f"http://127.0.0.1:{port}/.docteur/")
            if len(sys.argv) > 3:
                chromium(work / "profile", f"--screenshot={sys.argv[3]}", "--window-size=1100,1000",
                         f"http://127.0.0.1:{port}/.docteur/")
        finally:
            server.kill()
            server.wait()
    shown = html.unescape(re.sub(r"<style.*?</style>|<script.*?</script>", "", page, flags=re.S))
    text = re.sub(r"<[a-z/][^>]*>", " ", re.sub(r"<style.*?</style>|<script.*?</script>", "", page, flags=re.S))
    text = " ".join(html.unescape(text).split())
    assert status["image"]["commit"] in text, text
    assert status["image"]["root"] in text, text
    assert "on linux, live" in text, text
    assert 'A & "U"' in text, text
    assert re.search(r"404 3\b", text), text
    bars = re.findall(r"<rect [^>]*height=\"([0-9.]+)\"", shown)
    assert len(bars) == len(status["latency"]["below_powers_of_two_us"]) and any(float(b) > 0 for b in bars), bars
    print("the status page shows", text[:300])


main()
