#!/usr/bin/env python3
"""An image of several versions, served: each below its name, with little memory and by many clients at once; the list that
theme selectors read; names that are none.

Usage: versions_test.py SERVER DOCTEUR_MAKE    (docteur-cache, or docteur-cache.elf: then in QEMU)
"""

import http.client
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers

SERVER, MAKE = sys.argv[1:3]
VERSIONS = 12
CLIENTS = 8
ROUNDS = 40
DATE = 1_700_000_000


def make_site(work):
    """The image, and for each version path -> content."""
    site = work / "site"
    environment = {**os.environ, "HOME": str(work), "GIT_CONFIG_NOSYSTEM": "1"}

    def git(*arguments, date=DATE):
        dates = {"GIT_AUTHOR_DATE": f"{date} +0000", "GIT_COMMITTER_DATE": f"{date} +0000"}
        subprocess.run(["git", "-C", str(site), "-c", "user.name=A", "-c", "user.email=a@example.org", *arguments], check=True,
                       capture_output=True, env={**environment, **dates}, timeout=60)

    site.mkdir()
    git("init", "-q")
    files, all_files = {"404.html": b"<p>not here"}, {}
    for v in range(VERSIONS):
        files = dict(files)
        files["index.html"] = b"<h1>version %d</h1>" % v
        files[f"docs/page{v % 5}.html"] = random.Random(v).randbytes(3000)
        files["@scope/file"] = b"scoped %d" % v
        if v == 3:
            files["404.html"] = b"<p>not in three"
        if v == 6:
            del files["404.html"]
        for path in site.rglob("*"):
            if path.is_file() and ".git" not in path.parts and str(path.relative_to(site)) not in files:
                path.unlink()
        for path, content in files.items():
            (site / path).parent.mkdir(parents=True, exist_ok=True)
            (site / path).write_bytes(content)
        git("add", "-A")
        git("commit", "-qm", f"version {v}", date=DATE + v)
        git("tag", f"v{v}")
        all_files[f"v{v}"] = files
    names = ["-b", f"v{VERSIONS - 1}=latest"]
    for v in range(VERSIONS):
        names += ["-b", f"v{v}"]
    subprocess.run([MAKE, "-q", *names, str(site), str(work / "disk.img")], check=True, timeout=120, env=environment)
    all_files["latest"] = all_files[f"v{VERSIONS - 1}"]
    return work / "disk.img", all_files


def read_all(server, prefix, all_files, seed, wrong):
    dice = random.Random(seed)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=servers.PATIENCE)
    try:
        for _ in range(ROUNDS):
            name = dice.choice(list(all_files))
            path, content = dice.choice(list(all_files[name].items()))
            connection.request("GET", f"/{prefix}{name}/{path}")
            answer = connection.getresponse()
            body = answer.read()
            if (answer.status, body) != (200, content):
                wrong.append(f"{name}/{path}: {answer.status}, {body[:60]}")
    except (OSError, http.client.HTTPException) as why:
        wrong.append(repr(why))
    connection.close()


def check_all(server, prefix, all_files):
    wrong = []
    server.get("/")  # until it serves
    clients = [threading.Thread(target=read_all, args=(server, prefix, all_files, i, wrong), daemon=True) for i in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(servers.PATIENCE)
        assert not client.is_alive()
    assert not wrong, wrong[:5]
    for name, files in all_files.items():
        assert server.get(f"/{prefix}{name}/") == (200, files["index.html"]), name
        status, fields, _ = servers.fetch(server.port, f"/{prefix}{name}?a=b")
        assert status == 301 and fields["Location"] == f"{'%40' if prefix else ''}{name}/?a=b", fields
        status, _, body = servers.fetch(server.port, f"/{prefix}{name}/nothing/here")
        assert status == 404 and body == files.get("404.html", b"404 Not Found\n"), (name, body)


def main():
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        image, all_files = make_site(work)
        latest = all_files["latest"]
        listed = [{"version": f"v{VERSIONS - 1}", "title": f"v{VERSIONS - 1}", "aliases": ["latest"]}] + [
            {"version": f"v{v}", "title": f"v{v}", "aliases": []} for v in range(VERSIONS - 1)]

        # Beside the image's own paths. With "cache=0" only one version besides the first stays attached.
        for words in ((), ("cache=0",)):
            with servers.serve(SERVER, [image], words) as server:
                assert server.get("/") == (200, latest["index.html"])
                check_all(server, "@", all_files)
                # A name that no version has may be a folder's.
                assert server.get("/@scope/file") == (200, latest["@scope/file"])
                assert server.get("/@v99/index.html")[0] == 404
                assert server.get("/@/index.html")[0] == 404
                assert server.get("/v1/index.html")[0] == 404
                # Each version has the date of its commit.
                _, fields, _ = servers.fetch(server.port, "/@v2/index.html")
                assert fields["Last-Modified"] == "Tue, 14 Nov 2023 22:13:22 GMT", fields
                status = server.status()["image"]
                assert status["ref"] == f"refs/tags/v{VERSIONS - 1}" and status["versions"] == listed, status

        # In folders of their names.
        with servers.serve(SERVER, [image], ("versions", "listing")) as server:
            check_all(server, "", all_files)
            status, fields, body = servers.fetch(server.port, "/versions.json")
            assert status == 200 and fields["Content-Type"] == "application/json" and json.loads(body) == listed, body
            status, page = server.get("/")
            assert status == 200 and all(f'href="./{name}/"'.encode() in page for name in all_files), page
            for path in ("/index.html", "/v99/", "/versions.json/", "/@v1/index.html"):
                assert server.get(path)[0] == 404, path
            assert b'href="./page0.html"' in server.get("/v7/docs/")[1]


main()
