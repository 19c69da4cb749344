#!/usr/bin/env python3
"""The files _headers and _redirects of an image, served: those of each version apply to its paths, those of the next image
when it is mounted; what is wrong in them is printed once.

Usage: rules_test.py SERVER DOCTEUR_MAKE    (docteur-cache, or docteur-cache.elf: then in QEMU)
"""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers

SERVER, MAKE = sys.argv[1:3]

SITES = {
    "v1": {"index.html": "<p>one", "_redirects": "/old /new 302\n/broken\n", "_headers": "/*\n  X-Version: one\n"},
    "v2": {"index.html": "<p>two", "_redirects": "/old /newer 302\n/* /index.html 200\n",
           "_headers": "/*\n  X-Version: two\n  Access-Control-Allow-Origin: *\n/assets/*\n  Cache-Control: public, immutable\n"
                       "  Content-Length: 3\n", "assets/app.1234.js": "let a;"},
}


def make_image(work):
    site = work / "site"
    site.mkdir()
    environment = {**os.environ, "HOME": str(work), "GIT_CONFIG_NOSYSTEM": "1"}

    def git(*arguments):
        subprocess.run(["git", "-C", str(site), "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments], check=True,
                       capture_output=True, env=environment, timeout=60)

    git("init", "-q")
    for version, files in SITES.items():
        for name, text in files.items():
            (site / name).parent.mkdir(exist_ok=True)
            (site / name).write_text(text)
        git("add", "-A")
        git("commit", "-qm", version)
        git("tag", version)
    subprocess.run([MAKE, "-q", "-b", "v2", "-b", "v1", str(site), str(work / "disk.img")], check=True, timeout=120,
                   env=environment)
    return work / "disk.img"


def main():
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        image = make_image(work)
        other = servers.make_image(MAKE, work / "other", {"index.html": b"<p>other", "_redirects": b"/old /other 302\n"},
                                   work / "other.img")
        with servers.serve(SERVER, [image, other]) as server:
            def ask(path, status, body=None, **expected):
                got = servers.fetch(server.port, path)
                assert got[0] == status and (body is None or got[2] == body), (path, got)
                for name, value in expected.items():
                    assert got[1][name.replace("_", "-")] == value, (path, name, got[1].items())

            server.get("/")
            ask("/", 200, b"<p>two", X_Version="two", Access_Control_Allow_Origin="*")
            ask("/old?a=b", 302, Location="/newer?a=b", X_Version="two")
            ask("/some/view", 200, b"<p>two", Content_Type="text/html; charset=utf-8")
            ask("/assets/app.1234.js", 200, b"let a;", Cache_Control="public, immutable", Content_Length="6")
            ask("/_headers", 200, b"<p>two")  # as any path that is not there
            # The paths of a version are below its name.
            ask("/@v1/", 200, b"<p>one", X_Version="one", Access_Control_Allow_Origin=None)
            ask("/@v1/old", 302, Location="/@v1/new", X_Version="one")
            ask("/@v1/some/view", 404)
            ask("/@v1/_redirects", 404)
            ask("/@v2/old", 302, Location="/@v2/newer", X_Version="two")
            ask("/@v1/", 200)
            server.waits_for(rb"version /@v1: _redirects, line 2: no destination")
            assert server.said.count(b"no destination") == 1, server.said
            assert server.said.count(b"_headers, line 6: only the server itself sends this field") == 1, server.said
            faults = server.status()["image"]["rules"]
            assert faults["faults"] == [{"file": "_headers", "line": 6, "reason": "only the server itself sends this field"}], faults
            # The next image has its own.
            with server.shell() as run:
                run("mount 1")
            ask("/old", 302, Location="/other", X_Version=None)
            ask("/some/view", 404)
            assert server.status()["image"]["rules"]["wrong_lines"] == 0

        # Folders of versions.
        with servers.serve(SERVER, [image], ("versions",)) as server:
            server.get("/v1/")
            status, fields, _ = servers.fetch(server.port, "/v2/old")
            assert (status, fields["Location"]) == (302, "/v2/newer"), fields.items()

        # Not read at all.
        with servers.serve(SERVER, [image], ("rules=off",)) as server:
            assert server.get("/_redirects") == (200, SITES["v2"]["_redirects"].encode())
            assert server.get("/old")[0] == 404
            assert server.status()["image"]["rules"] is None


main()
