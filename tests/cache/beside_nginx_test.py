#!/usr/bin/env python3
"""Rules of an image, clean URLs and pages of 404 beside an nginx that is configured to do the same: add_header, return,
rewrite, try_files, error_page, and a socket in the file system.

Usage: beside_nginx_test.py DOCTEUR_CACHE DOCTEUR_MAKE   Exit status 77 when nginx or curl is absent.
"""

import pathlib
import subprocess
import sys
import tempfile
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers
from nginx import Nginx
from ports import free_port
from programs import program
from waiting import expect, listens, wait_until

CACHE, MAKE = sys.argv[1:3]
CURL = program("curl")
FIELDS = ("location", "content-length", "content-range", "content-type", "x-frame-options", "access-control-allow-origin", "x-once",
          "accept-ranges")

FILES = {
    "index.html": b"<h1>top", "page.html": b"<p>page " * 40, "both": b"both", "both.html": b"<p>both", "404.html": b"<p>not here",
    "app/index.html": b"<p>app", "assets/a.js": b"let a;" * 30, "assets/b.css": b"a{}", "there.txt": b"there",
    "_headers": b"/*\n  X-Frame-Options: DENY\n  Access-Control-Allow-Origin: *\n/assets/*\n  X-Once: 1\n",
    "_redirects": b"/old /new 301\n/found /x 302\n/see /x 303\n/keep /x?own=1 307\n/moved/* /to/:splat 308\n/there.txt /nowhere 301\n"
                  b"/forced.txt /taken 302!\n/away https://example.org/a 301\n/view/* /app/index.html 200\n/gone /404.html 410\n",
    "forced.txt": b"never",
}

# "always": rules of the image are of all statuses.
FIELDS_OF_ALL = "add_header X-Frame-Options DENY always; add_header Access-Control-Allow-Origin * always;"
SERVER = f"""
    {FIELDS_OF_ALL}
    error_page 404 /404.html;
    location = /404.html {{ internal; }}
    location = /_headers {{ return 404; }}
    location = /_redirects {{ return 404; }}
    location = /old {{ return 301 /new$is_args$args; }}
    location = /found {{ return 302 /x$is_args$args; }}
    location = /see {{ return 303 /x$is_args$args; }}
    location = /keep {{ return 307 /x?own=1; }}
    location ~ ^/moved/(.*)$ {{ return 308 /to/$1$is_args$args; }}
    location = /forced.txt {{ return 302 /taken$is_args$args; }}
    location = /away {{ return 301 https://example.org/a$is_args$args; }}
    location /view/ {{ rewrite ^ /app/index.html break; }}
    location /assets/ {{ {FIELDS_OF_ALL} add_header X-Once 1 always; }}
    location / {{ try_files $uri $uri/ $uri.html =404; }}
"""

PATHS = ["/", "/index.html", "/page.html", "/page", "/both", "/both.html", "/nothing", "/no/thing/", "/app", "/app/", "/app?a=b",
         "/assets/a.js", "/assets/nothing.js", "/assets/b.css", "/there.txt", "/old", "/old?a=b&c", "/found", "/see?q", "/keep?q",
         "/moved/a/b?c=d", "/forced.txt", "/away?q=1", "/view/1", "/view/deep/er?x", "/_headers", "/_redirects", "/page/", "/there"]
REQUESTS = [[], ["-I"], ["-H", "Range: bytes=2-5"], ["-H", "If-None-Match: *"], ["-H", "If-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT"]]


def fetch(where, path, options):
    out = subprocess.run([CURL, "-s", "-i", "--max-time", "60", "--path-as-is", *options, *where[:-1], where[-1] + path],
                         stdout=subprocess.PIPE, check=True).stdout
    head, _, body = out.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = {}
    for name, _, value in (line.partition(":") for line in lines[1:]):
        fields.setdefault(name.lower(), []).append(value.strip())
    return int(lines[0].split(" ")[1]), fields, body


def compare(ours, theirs):
    wrong = []
    for path in PATHS:
        for options in REQUESTS:
            mine, his = (fetch(where, path, options) for where in (ours, theirs))
            what = f"{path} {' '.join(options)}"
            if mine[0] != his[0]:
                wrong.append(f"{what}: status {mine[0]}, nginx {his[0]}")
                continue
            # nginx writes a body of its own for redirects.
            skipped = {"content-length", "content-type"} if mine[0] >= 300 and mine[0] != 404 else set()
            # Its page of 404 is another location, without the fields of this one.
            skipped |= {"x-once"} if mine[0] == 404 else set()
            # It has no Accept-Ranges in a 206, and one in a page of 404.
            skipped |= {"accept-ranges"} if mine[0] != 200 else set()
            for name in set(FIELDS) - skipped:
                values = [[v.split(";")[0] for v in got[1].get(name, [])] for got in (mine, his)]
                if name == "location":
                    values = [[urllib.parse.urljoin("http://a" + path, v) for v in of_one] for of_one in values]
                if values[0] != values[1]:
                    wrong.append(f"{what}: {name} {values[0]}, nginx {values[1]}")
            if (mine[0] in (200, 206, 404)) and mine[2] != his[2]:
                wrong.append(f"{what}: {mine[2][:60]}, nginx {his[2][:60]}")
    expect(not wrong, "\n".join(wrong))


def main():
    with tempfile.TemporaryDirectory(prefix="dc-") as work:
        work = pathlib.Path(work)
        work.chmod(0o755)
        image = servers.make_image(MAKE, work / "tree", FILES, work / "disk.img")
        subprocess.run(["find", work / "tree", "-exec", "touch", "-d", "2024-01-01T00:00:00Z", "{}", "+"], check=True)
        port = free_port()
        with Nginx(work / "tree", "access_log off;", SERVER + f"listen unix:{work}/n;", f"127.0.0.1:{port}") as _, \
                servers.Process(CACHE, [image]) as cache:
            cache.get("/")
            compare([f"http://127.0.0.1:{cache.port}"], [f"http://127.0.0.1:{port}"])
            with servers.Server([CACHE, str(image), "--listen", f"unix:{work}/c"], [0], 0):
                wait_until(lambda: listens(work / "c") and listens(work / "n"), "nobody listens")
                compare(["--unix-socket", str(work / "c"), "http://a"], ["--unix-socket", str(work / "n"), "http://a"])


main()
