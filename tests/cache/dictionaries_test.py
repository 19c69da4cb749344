#!/usr/bin/env python3
"""Pages coded with what the client has of them (RFC 9842, dcz), from images of a history: with the word curl, decoded by the program
zstd; with the word chromium, a visitor who returns after the image was replaced by one that has the next version, too.

Usage: dictionaries_test.py DOCTEUR_CACHE DOCTEUR_MAKE curl|chromium   Exit status 77 when the programs are absent.
"""

import base64
import contextlib
import gzip
import hashlib
import http.client
import itertools
import pathlib
import random
import subprocess
import sys
import tempfile
import threading
import urllib.parse
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import programs
import servers
from git_history import git
from waiting import wait_until

CACHE, MAKE, WHAT = sys.argv[1:4]
AGE = 86_400
# Of Chromium, in its order.
ACCEPT = ("-H", "Accept-Encoding: gzip, deflate, br, zstd, dcb, dcz")
PAGES = {"page.html": 60, "docs/index.html": 900, "docs/a+b (c).html": 300, "data.json": 2000}


def content(name, version):
    lines = [f"<p>line {i} of {name}{f' in version {version}' if i % 50 == version else ''}\n" for i in range(PAGES[name])]
    return ("<!doctype html><title>a page</title>\n" + "".join(lines) + f"<p>version {version}\n").encode()


def make_images(work):
    """Of the first version, and of both."""
    site = work / "site"
    site.mkdir()
    git(site, "init", "-q", "-b", "main")
    for version in (1, 2):
        for name in PAGES:
            (site / name).parent.mkdir(exist_ok=True)
            (site / name).write_bytes(content(name, version))
        git(site, "add", "-A")
        git(site, "commit", "-qm", f"version {version}")
        git(site, "tag", f"v{version}")
    images = []
    for names in (["v1"], ["v2", "v1"]):
        images.append(work / f"{len(names)}.img")
        versions = [word for name in names for word in ("-b", name)]
        subprocess.run([MAKE, "-q", *versions, str(site), str(images[-1])], check=True, timeout=120)
    return images


def curl(server, path, *options):
    """(status, fields, body as it was sent)"""
    out = subprocess.run(["curl", "-s", "-i", "--max-time", "60", "--globoff", *options, f"http://127.0.0.1:{server.port}/{path}"],
                         check=True, capture_output=True, timeout=90).stdout
    head, _, body = out.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    return int(lines[0].split()[1]), {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}, body


def with_dictionary(dictionary):
    return (*ACCEPT, "-H", f"Available-Dictionary: :{base64.b64encode(hashlib.sha256(dictionary).digest()).decode()}:")


def decoded(coded, dictionary, work):
    """By zstd, which passes over the frame in front, or is not shown it."""
    assert coded[:8] == b"\x5e\x2a\x4d\x18\x20\0\0\0" and coded[8:40] == hashlib.sha256(dictionary).digest(), coded[:40]
    (work / "dictionary").write_bytes(dictionary)
    (work / "coded").write_bytes(coded)
    old = str(work / "dictionary")
    one = subprocess.run(["zstd", "-dcq", "-D", old], input=coded[40:], check=True, capture_output=True, timeout=60).stdout
    other = subprocess.run(["zstd", "-dcq", "-D", old, str(work / "coded")], check=True, capture_output=True,
                           timeout=60).stdout
    assert one == other
    return one


def check_page(server, work, target, name, has, gets, pattern):
    old, new = content(name, has), content(name, gets)
    status, fields, body = curl(server, target, *with_dictionary(old))
    assert (status, fields.get("content-encoding")) == (200, "dcz"), f"{target}: {status} {fields}"
    assert decoded(body, old, work) == new, target
    assert len(body) < 1000 and fields["content-length"] == str(len(body)), fields
    assert fields["vary"] == "Accept-Encoding, Available-Dictionary" and fields["use-as-dictionary"] == pattern, fields
    assert fields["cache-control"] == f"max-age=0, s-maxage=0, stale-while-revalidate={AGE}", fields
    # The same by HEAD, in parts, and not at all if the client has it.
    status, head, _ = curl(server, target, *with_dictionary(old), "-I")
    del fields["date"], head["date"]
    assert (status, head) == (200, fields), head
    for at in (1, 40, len(body) - 1):
        status, part, rest = curl(server, target, *with_dictionary(old), "-r", f"{at}-", "-H", f"If-Range: {fields['etag']}")
        assert (status, rest) == (206, body[at:]) and part["content-encoding"] == "dcz", part
    assert curl(server, target, *with_dictionary(old), "-H", f"If-None-Match: {fields['etag']}")[0] == 304
    # Not without the dictionary, the coding, or with what is no dictionary.
    for fields in (ACCEPT, ("-H", "Accept-Encoding: dcz;q=0, gzip", *with_dictionary(old)[2:]), with_dictionary(b"unknown"),
                   (*ACCEPT, "-H", "Available-Dictionary: :AAAA:"), (*with_dictionary(old), *with_dictionary(new)[2:])):
        status, plain, _ = curl(server, target, *fields)
        assert status == 200 and plain.get("content-encoding") != "dcz", (fields, plain)
        assert plain["vary"] == "Accept-Encoding, Available-Dictionary"
    assert curl(server, target)[2] == new


def by_curl(work):
    programs.program("curl")
    programs.program("zstd")
    images = make_images(work)
    with servers.Process(CACHE, [images[1]], [f"dictionaries={AGE}"]) as server:
        server.get("/page.html")
        marked = 'match="{/@:version}?/%s"'
        check_page(server, work, "page.html", "page.html", 1, 2, marked % "page.html")
        check_page(server, work, "page", "page.html", 1, 2, marked % "page")
        check_page(server, work, "docs/", "docs/index.html", 1, 2, marked % "docs/")
        check_page(server, work, "@v1/docs/index.html", "docs/index.html", 2, 1, marked % "docs/index.html")
        check_page(server, work, "docs/a+b%20(c).html", "docs/a+b (c).html", 1, 2, marked % r"docs/a\\+b%20\\(c\\).html")
        check_page(server, work, "data.json", "data.json", 1, 2, marked % "data.json")
        # A GET and a HEAD of each.
        assert server.status()["dcz_made"] == 6 * 2
        assert b"dcz_made_total 12\n" in server.get("/.docteur/metrics")[1]
    with servers.Process(CACHE, [images[1]], [f"dictionaries={AGE}", "versions"]) as server:
        server.get("/v2/page.html")
        check_page(server, work, "v2/docs/", "docs/index.html", 1, 2, 'match="/:version/docs/"')
        check_page(server, work, "v1/page.html", "page.html", 2, 1, 'match="/:version/page.html"')
    swaps(work, images)
    with servers.Process(CACHE, [images[1]], []) as server:
        server.get("/page.html")
        _, fields, _ = curl(server, "page.html", *with_dictionary(content("page.html", 1)))
        assert fields.get("content-encoding") != "dcz" and "use-as-dictionary" not in fields and fields["cache-control"] == "no-cache"


class Client(threading.Thread):
    """Asks for pages with dictionaries that it has, on one connection, and keeps what it was sent."""

    def __init__(self, port, dice):
        super().__init__(daemon=True)
        self.port, self.dice, self.over, self.wrong = port, dice, threading.Event(), []
        self.answers = set()  # (name, version of the dictionary, coding, body)

    def run(self):
        try:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=servers.PATIENCE)) as c:
                while not self.over.is_set():
                    name, has = self.dice.choice(sorted(PAGES)), self.dice.choice((1, 2))
                    words = with_dictionary(content(name, has))
                    c.request("GET", "/" + urllib.parse.quote(name), headers=dict(words[i].split(": ", 1) for i in (1, 3)))
                    answer = c.getresponse()
                    assert answer.status == 200, answer.status
                    self.answers.add((name, has, answer.headers["Content-Encoding"], answer.read()))
        except (OSError, http.client.HTTPException, AssertionError) as why:
            self.wrong.append(repr(why))


def swaps(work, images):
    """Clients of all threads ask and wait while images are replaced: each answer is a page."""
    other = work / "other.img"
    subprocess.run([MAKE, "-q", "-b", "v1", "-b", "v2", str(work / "site"), str(other)], check=True, timeout=120)
    with servers.Process(CACHE, [images[1], other], [f"dictionaries={AGE}", "threads=4"]) as server:
        server.get("/page.html")
        clients = [Client(server.port, random.Random(i)) for i in range(8)]
        for c in clients:
            c.start()
        done = itertools.count(1)

        def swap():
            """Whether each page was sent in each version with each dictionary, and often enough meanwhile."""
            n = next(done)
            assert "mounted\r\n" in run(f"mount {n % 2}")
            coded = {a for c in clients for a in c.answers.copy() if a[2] == "dcz"}
            return n >= 40 and len(coded) >= len(PAGES) * 4

        with server.shell() as run:
            wait_until(swap, "some answers never have a dictionary")
        for c in clients:
            c.over.set()
        for c in clients:
            c.join(servers.PATIENCE)
            assert not c.is_alive() and not c.wrong, c.wrong
        answers = set.union(*(c.answers for c in clients))
        undo = {"gzip": lambda body, _: gzip.decompress(body), "deflate": lambda body, _: zlib.decompress(body), None: lambda body, _: body,
                "dcz": lambda body, has: decoded(body, has, work)}
        for name, has, coding, body in answers:
            assert undo[coding](body, content(name, has)) in (content(name, 1), content(name, 2)), (name, has, coding)
        # Each pair of contents always makes the same.
        assert sum(coding == "dcz" for _, _, coding, _ in answers) == len(PAGES) * 4
        server.type("halt\n")
        server.ends_with(0)


def visit(browser, server, path, version, name):
    response, size, text = browser.visit(f"http://127.0.0.1:{server.port}/{path}")
    assert text.endswith(f"version {version}") and f"line 51 of {name}" in text, text[-300:]
    coding = {k.lower(): v for k, v in response["headers"].items()}.get("content-encoding")
    print(f"{path}: {coding}, {size} bytes")
    return coding, size


def comes_back(browser, server, words):
    """Two visits of a page, before and after the image has another version, and one of a page that only looks alike."""
    path = "v1/docs/" if "versions" in words else "docs/"
    visit(browser, server, path, 1, "docs/index.html")
    # It keeps the page some time after it has it: then the same page comes with itself as dictionary.
    turns = iter(range(10_000))
    wait_until(lambda: visit(browser, server, f"{path}?{next(turns)}", 1, "docs/index.html")[0] == "dcz", "no dictionary is kept")
    with server.shell() as run:
        assert "mounted\r\n" in run("mount 1")
    other = path.replace("v1", "v2")
    coding, size = visit(browser, server, other, 2, "docs/index.html")
    assert coding == "dcz" and size < 1000, (coding, size)
    assert visit(browser, server, path.replace("docs/", "page.html"), 1 if "versions" in words else 2, "page.html")[0] != "dcz"
    # The other direction, with the mark.
    if "versions" not in words:
        assert visit(browser, server, "@v1/docs/", 1, "docs/index.html")[0] == "dcz"


def by_chromium(work):
    programs.program("chromium")
    images = make_images(work)
    for words in ([], ["versions"]):
        # A port is part of the origin, so the browser knows nothing of the server before.
        first = images[1] if words else images[0]
        with servers.Process(CACHE, [first, images[1]], [f"dictionaries={AGE}", *words]) as server:
            server.get("/.docteur/status")
            with devtools.Browser(work / f"profile{len(words)}") as browser:
                comes_back(browser, server, words)


if WHAT == "chromium":
    import devtools
with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
    (by_chromium if WHAT == "chromium" else by_curl)(pathlib.Path(folder))
