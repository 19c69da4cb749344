#!/usr/bin/env python3
"""Opens the status page in headless Chromium and checks what its script shows.

Usage: page_test.py DOCTEUR_CACHE DOCTEUR_MAKE [SCREENSHOT]   Exit status 77 when Chromium is absent.
"""

import html
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers

CACHE, MAKE = sys.argv[1:3]
REQUESTS = 42
FAR = 8_640_000_000_001  # seconds: one more than JavaScript's last date


def chromium(profile, *options):
    return subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
         f"--user-data-dir={profile}", "--virtual-time-budget=4000", *options],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=90, text=True).stdout


def visible(page):
    text = re.sub(r"<[a-z/][^>]*>", " ", re.sub(r"<style.*?</style>|<script.*?</script>", "", page, flags=re.S))
    return " ".join(html.unescape(text).split())


def look_at_numbers(work):
    site = work / "site"
    site.mkdir()
    (site / "page").write_text("a page\n")
    subprocess.run([MAKE, "-q", "-d", "2024-01-01T00:00:00Z", "--author", "A & \"U\" <b@example.org>", str(site),
                    str(work / "image")], check=True, timeout=60)
    with servers.Process(CACHE, [work / "image"]) as server:
        for _ in range(REQUESTS):
            assert server.get("/page")[0] == 200
        for _ in range(3):
            assert server.get("/absent")[0] == 404
        status = server.status()
        url = f"http://127.0.0.1:{server.port}/.docteur/"
        page = chromium(work / "profile", "--dump-dom", url)
        if len(sys.argv) > 3:
            chromium(work / "profile", f"--screenshot={sys.argv[3]}", "--window-size=1100,1000", url)
    shown = html.unescape(re.sub(r"<style.*?</style>|<script.*?</script>", "", page, flags=re.S))
    text = visible(page)
    assert status["image"]["commit"] in text, text
    assert status["image"]["root"] in text, text
    assert "on linux, live" in text, text
    assert 'A & "U"' in text, text
    assert "2024-01-01T00:00:00.000Z" in text, text
    assert re.search(r"404 3\b", text), text
    bars = re.findall(r"<rect [^>]*height=\"([0-9.]+)\"", shown)
    assert len(bars) == len(status["latency"]["below_powers_of_two_us"]) and any(float(b) > 0 for b in bars), bars
    print("the status page shows", text[:300])


def look_at_far_date(work):
    """A commit whose date is valid for Git and too large for JavaScript."""
    def git(*command, text=""):
        return subprocess.run(["git", "-C", work / "far", *command], input=text, stdout=subprocess.PIPE, check=True,
                              timeout=60, text=True).stdout.strip()

    (work / "far").mkdir()
    git("init", "-q")
    tree = git("mktree")
    commit = git("hash-object", "-t", "commit", "-w", "--stdin",
                 text=f"tree {tree}\nauthor A <a@b> {FAR} +0000\ncommitter A <a@b> {FAR} +0000\n\nfar\n")
    git("update-ref", "HEAD", commit)
    subprocess.run([MAKE, "-q", str(work / "far"), str(work / "far.img")], check=True, timeout=60)
    with servers.Process(CACHE, [work / "far.img"]) as server:
        assert server.status()["image"]["committed"] == FAR
        text = visible(chromium(work / "profile", "--dump-dom", f"http://127.0.0.1:{server.port}/.docteur/"))
    assert "on linux, live" in text, text
    assert f"{FAR} s since 1970" in text, text


def main():
    if not shutil.which("chromium"):
        print("chromium is absent")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        look_at_numbers(pathlib.Path(folder))
        look_at_far_date(pathlib.Path(folder))


main()
