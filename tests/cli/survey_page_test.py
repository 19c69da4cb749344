#!/usr/bin/env python3
"""Opens the page of docteur-make --report in headless Chromium: boxes, their sums, a click, names that look like markup.

Usage: survey_page_test.py DOCTEUR_MAKE [SCREENSHOT]   Exit status 77 when Chromium is absent.
"""

import html.parser
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

MAKE = sys.argv[1]
# As a path: "</script><img src=x onerror=document.title='broken'>".
HOSTILE_FOLDER, HOSTILE_FILE = "<", "script><img src=x onerror=document.title='broken'>"
QUOTES = "quotes\"'&amp;<b>.txt"
NO_UTF8 = b"bytes\xff\xfe"
MANY = 11_000  # over half of kMostBoxes (survey/box_tree.hpp)


def chromium(profile, *options):
    return subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
         "--window-size=1400,1000", f"--user-data-dir={profile}", "--virtual-time-budget=4000", *options],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=120, check=True).stdout.decode("utf-8")


class Page(html.parser.HTMLParser):
    """The boxes of a page, the steps of its way, the cells of its tables, and its other elements by name."""

    def __init__(self, text):
        super().__init__()
        self.boxes, self.steps, self.cells, self.elements, self.open = [], [], [], [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append(tag)
        self.open = None
        if "box" in (attributes.get("class") or "").split():
            self.boxes.append({"name": attributes["title"].split("\n")[0], "kind": attributes["class"].split()[1],
                               "bytes": int(attributes["data-bytes"]), "level": int(attributes["data-level"])})
        elif tag in ("button", "td"):
            self.open = self.steps if tag == "button" else self.cells
            self.open.append("")

    def handle_endtag(self, tag):
        self.open = None

    def handle_data(self, data):
        if self.open:
            self.open[-1] += data

    def top(self):
        return [b for b in self.boxes if b["level"] == 1]


def make_site(site):
    fill = random.Random(1)
    text = "".join(f"line {fill.randrange(100_000)}\n" for _ in range(5000))
    docs = site / "docs" / "api"
    docs.mkdir(parents=True)
    (docs / "whole.txt").write_text(text)
    (docs / "delta.txt").write_bytes(text.encode() + fill.randbytes(9000))
    (site / "docs" / "noise").write_bytes(fill.randbytes(60_000))
    (site / HOSTILE_FOLDER).mkdir()
    (site / HOSTILE_FOLDER / HOSTILE_FILE).write_bytes(fill.randbytes(30_000))
    (site / QUOTES).write_bytes(fill.randbytes(30_000))
    with open(os.path.join(os.fsencode(site), NO_UTF8), "wb") as f:
        f.write(fill.randbytes(30_000))


def make(source, folder, *options):
    image, page = folder / "an <i>image", folder / "page.html"
    subprocess.run([MAKE, "-q", "--effort", "fast", "--report", str(page), str(source), str(image), *options], check=True,
                   timeout=120)
    return page, image.stat().st_size


def check_page(page, size, profile):
    seen = Page(chromium(profile, "--dump-dom", page.as_uri()))
    assert len(seen.boxes) > 10, seen.boxes
    assert sum(b["bytes"] for b in seen.top()) == size, (seen.top(), size)
    top = {b["name"]: b for b in seen.top()}
    assert {"docs", HOSTILE_FOLDER, QUOTES, "bytes\ufffd\ufffd", "trees", "commit", "IDX", "path section",
            "padding"} <= set(top), top
    assert top["trees"]["kind"] == "trees" and top["IDX"]["kind"] == "index", top
    kinds = {b["name"]: b["kind"] for b in seen.boxes}
    assert {kinds["whole.txt"], kinds["delta.txt"]} == {"whole", "delta"}, kinds
    assert kinds["noise"] == "stored", kinds
    assert HOSTILE_FILE in kinds, kinds
    assert "img" not in seen.elements, "a name became an element"
    assert f"{HOSTILE_FOLDER}/{HOSTILE_FILE}" in seen.cells, seen.cells
    assert len(seen.steps) == 1 and seen.steps[0].startswith("an <i>image ("), seen.steps
    return top


def check_click(page, docs, profile):
    clicking = page.with_name("clicking.html")
    clicking.write_text(page.read_text() + "<script>document.querySelector('.directory[title^=docs]').click()</script>")
    seen = Page(chromium(profile, "--dump-dom", clicking.as_uri()))
    assert len(seen.steps) == 2 and seen.steps[1].startswith("docs ("), seen.steps
    assert {b["name"] for b in seen.top()} == {"api", "noise"}, seen.top()
    assert sum(b["bytes"] for b in seen.top()) == docs, seen.top()


def check_many(work):
    """More files than boxes, from a repository: the page stays small, and its data still add up."""
    fill = random.Random(2)
    many = work / "many.git"
    stream = [b"commit refs/heads/main\ncommitter T <t@t> 1700000000 +0000\ndata 0\n"]
    for i in range(MANY):
        content = fill.randbytes(fill.randrange(30, 60))
        stream.append(b"M 644 inline folder-%d/file-%d\ndata %d\n%s\n" % (i // 1000, i, len(content), content))
    git = ["git", "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "-q", "--bare", str(many)], check=True, timeout=60)
    subprocess.run([*git, "-C", str(many), "fast-import", "--quiet"], input=b"".join(stream), check=True, timeout=60)
    page, size = make(many, work)
    assert page.stat().st_size < 3_000_000, page.stat().st_size
    survey = json.loads(re.search(r'id="survey">(.*?)</script>', page.read_text(), re.S).group(1))
    assert len(survey["boxes"]) < 20_100, len(survey["boxes"])
    more = [(files, size) for _, kind, files, size, _, _ in survey["boxes"] if survey["kinds"][kind] == "more"]
    assert sum(files for files, _ in more) >= MANY - 10_000, more
    assert sum(size for parent, _, _, size, _, _ in survey["boxes"] if parent == 0) == size == survey["size"]


def check_versions(work, profile):
    """What each version costs: the bytes of all rows are those of the objects."""
    site = work / "versions"
    git = ["git", "-c", "user.name=T", "-c", "user.email=t@t", "-C", str(site)]
    subprocess.run(["git", "init", "-q", str(site)], check=True, timeout=60)
    for version in ("v1", "v<b>2"):
        (site / "page").write_text(version * 1000)
        (site / "same").write_bytes(random.Random(3).randbytes(5000))
        subprocess.run([*git, "add", "-A"], check=True, timeout=60)
        subprocess.run([*git, "commit", "-q", "-m", version], check=True, timeout=60)
        subprocess.run([*git, "tag", version], check=True, timeout=60)
    page, size = make(site, work, "-b", "v1", "-b", "v<b>2", "-b", "v1=old")
    survey = json.loads(re.search(r'id="survey">(.*?)</script>', page.read_text(), re.S).group(1))
    assert [v[0] for v in survey["versions"]] == ["v1, old", "v<b>2"], survey["versions"]
    rows = [*survey["versions"], survey["in_several"], survey["in_none"]]
    for column in (1, 2, 3):
        assert sum(row[column] for row in rows) == sum(group[column] for group in survey["groups"]), rows
    assert sum(row[2] for row in rows) + sum(n for _, n in survey["parts"]) == size, (rows, size)
    assert all(4900 < v[4] < 5200 and v[5] == 3 for v in survey["versions"]), survey["versions"]
    seen = Page(chromium(profile, "--dump-dom", page.as_uri()))
    assert {"v1, old", "v<b>2", "in several"} <= set(seen.cells), seen.cells


def main():
    if not shutil.which("chromium"):
        print("chromium is absent")
        sys.exit(77)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        make_site(work / "site")
        page, size = make(work / "site", work)
        if len(sys.argv) > 2:
            chromium(work / "profile", f"--screenshot={sys.argv[2]}", page.as_uri())
        top = check_page(page, size, work / "profile")
        check_click(page, top["docs"]["bytes"], work / "profile")
        check_many(work)
        check_versions(work, work / "profile")


main()
