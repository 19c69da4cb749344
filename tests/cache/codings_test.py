#!/usr/bin/env python3
"""Coded responses as real clients take them: curl, wget, Python and Chromium; and beside nginx with gzip_static, and behind
nginx as a proxy that undoes gzip and one that keeps responses.

Usage: codings_test.py DOCTEUR_CACHE DOCTEUR_MAKE   Exit status 77 when curl or nginx is absent.
"""

import gzip
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers
from ports import free_port
from waiting import wait_until

CACHE, MAKE = sys.argv[1:3]
LINES = [b"<p>line %d of a page\n" % i for i in range(6000)]
PAGE = b"".join(LINES)
DELTA = b"".join(LINES[:3000] + [b"<p>one line more\n"] + LINES[3000:])
NOISE = random.Random(1).randbytes(5000)  # has no coded form but the one beside
SCRIPT = b"// a script\n" * 100 + b"document.title = 'ran';\n"
FILES = {"page.html": PAGE, "delta.html": DELTA, "index.html": b"<script src='script.js'></script>" + PAGE,
         "script.js": SCRIPT, "beside.txt": PAGE, "beside.txt.gz": gzip.compress(PAGE, 9, mtime=0),
         "two.txt": b"x" * 2000,
         "noise.bin": NOISE, "noise.bin.gz": gzip.compress(NOISE, mtime=0), "folder.txt": PAGE, "folder.txt.gz/file": b"?"}

CODED = (".html", ".js", ".txt", "noise.bin")


def curl(port, path, *options):
    """(status, fields, body as it was sent)"""
    out = subprocess.run(["curl", "-s", "-i", "--max-time", "20", *options, f"http://127.0.0.1:{port}/{path}"],
                         stdout=subprocess.PIPE, check=True).stdout
    head, _, body = out.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
    return int(lines[0].split()[1]), fields, body


def accept(coding):
    return "-H", f"Accept-Encoding: {coding}"


def wait_for_gzip(port, path):
    """What has no stream in the PACK is coded aside."""
    for _ in range(200):
        _, fields, _ = curl(port, path, *accept("gzip"))
        if fields.get("content-encoding") == "gzip":
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} was never coded")


def clients(port, work):
    for path in FILES:
        if path.endswith(CODED):
            wait_for_gzip(port, path)
    for path, content in FILES.items():
        got = subprocess.run(["curl", "-s", "--compressed", f"http://127.0.0.1:{port}/{path}"], stdout=subprocess.PIPE,
                             check=True, timeout=20).stdout
        assert got == content, f"curl: {path}"
        request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request, timeout=20) as r:
            body = r.read()
            coded = r.headers["Content-Encoding"] == "gzip"
        assert coded == (path.endswith(CODED)), f"{path}: {coded}"
        assert (gzip.decompress(body) if coded else body) == content, f"Python: {path}"
        if shutil.which("wget"):
            subprocess.run(["wget", "-q", "--compression=auto", "-O", work / "got", f"http://127.0.0.1:{port}/{path}"],
                           check=True, timeout=20)
            assert (work / "got").read_bytes() == content, f"wget: {path}"
    # gzip itself takes it, and a download goes on where it broke off.
    _, fields, member = curl(port, "page.html", *accept("gzip"))
    plain = subprocess.run(["gzip", "-dc"], input=member, stdout=subprocess.PIPE, check=True, timeout=20).stdout
    assert plain == PAGE
    for at in (3, 10, 1000, len(member) - 8, len(member) - 1):
        status, again, rest = curl(port, "page.html", *accept("gzip"), "-r", f"{at}-", "-H", f"If-Range: {fields['etag']}")
        assert status == 206 and again["content-encoding"] == "gzip" and member[:at] + rest == member, at


def browser(port, work):
    if shutil.which("chromium") is None:
        return
    page = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
         f"--user-data-dir={work / 'profile'}", "--virtual-time-budget=4000", "--dump-dom", f"http://127.0.0.1:{port}/"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=90, text=True, check=False).stdout
    assert "line 5999 of a page" in page and "<title>ran</title>" in page, page[:300]


def beside_nginx(port, theirs):
    """What nginx's gzip_static answers, ours answers too; but ours also weighs, and codes what has no file beside."""
    for path in ["beside.txt", "noise.bin", "beside.txt.gz", "two.txt", "folder.txt"]:
        for coding in ["gzip", "gzip, deflate, br", "GZIP", "gzip;q=0.5", "gzip;q=0", "identity", "br", "", "*;q=0",
                       "gzip;q=0.001", "gzip ;q=0.3", "gzip;q=1.000", "deflate;q=0.5, gzip"]:
            ours, other = (curl(p, path, *accept(coding)) for p in (port, theirs))
            case = f"{path} [{coding}]"
            assert ours[0] == other[0], case
            if path in ("folder.txt", "two.txt") or (path.endswith(".gz") and "deflate" in coding):  # nginx has no coded form
                assert "content-encoding" not in other[1], case
                continue
            assert ours[1].get("content-encoding") == other[1].get("content-encoding"), f"{case}: {ours[1]} {other[1]}"
            assert ours[1]["content-type"].split(";")[0] == other[1]["content-type"].split(";")[0], case
            if "content-encoding" in ours[1]:
                assert gzip.decompress(ours[2]) == gzip.decompress(other[2]) == FILES[path], case
                assert ours[1]["vary"] == "Accept-Encoding", case
            else:
                assert ours[2] == other[2] == FILES[path], case


def behind_proxy(port, proxy, keeps):
    for path, content in FILES.items():
        for at in (proxy, keeps):
            for coding in ["", "gzip", "", "gzip"]:
                status, fields, body = curl(at, path, *accept(coding))
                if fields.get("content-encoding") == "gzip":
                    assert coding == "gzip", f"{path} at {at}"
                    body = gzip.decompress(body)
                assert status == 200 and body == content, f"{path} [{coding}] at {at}"
    # The proxy asks again with the tag it has.
    tags = {curl(keeps, "page.html", *accept(coding))[1]["etag"] for coding in ["", "gzip"]}
    assert len(tags) == 2, tags

    def asked_again():
        assert curl(keeps, "page.html", *accept("gzip"))[2] == curl(port, "page.html", *accept("gzip"))[2]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/.docteur/status", timeout=20) as r:
            return "304" in json.load(r)["statuses"]
    wait_until(asked_again, "nginx never asks whether what it keeps is current")


def nginx_conf(work, port, theirs, proxy, keeps):
    temporary = "".join(f"{kind}_temp_path {work}/{kind};" for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
    return (f"daemon off; master_process off; pid {work}/pid; error_log {work}/error.log;\n"
            f"events {{ worker_connections 64; }}\nhttp {{ types {{ text/html html; text/plain txt; application/gzip gz; }}\n"
            "default_type application/octet-stream;\n"
            f"access_log off; {temporary} proxy_cache_path {work}/kept keys_zone=k:1m; proxy_http_version 1.1;\n"
            f"server {{ listen 127.0.0.1:{theirs}; root {work}/site; gzip_static on; }}\n"
            f"server {{ listen 127.0.0.1:{proxy}; gunzip on; location / {{ proxy_pass http://127.0.0.1:{port};\n"
            "proxy_set_header Accept-Encoding gzip; } }\n"
            f"server {{ listen 127.0.0.1:{keeps}; location / {{ proxy_pass http://127.0.0.1:{port}; proxy_cache k;\n"
            "proxy_cache_revalidate on; proxy_cache_valid 200 1s; proxy_ignore_headers Cache-Control; } } }\n")


def main():
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None or shutil.which("curl") is None:
        print("nginx or curl is absent")
        return 77
    with tempfile.TemporaryDirectory(prefix="docteur-codings-") as work:
        work = pathlib.Path(work)
        work.chmod(0o755)
        image = servers.make_image(MAKE, work / "site", FILES, work / "disk.img")
        with servers.serve(CACHE, [image], ["beside"]) as server:
            server.get("/")
            port, theirs, proxy, keeps = server.port, free_port(), free_port(), free_port()
            (work / "nginx.conf").write_text(nginx_conf(work, port, theirs, proxy, keeps))
            peer = subprocess.Popen([nginx, "-e", str(work / "error.log"), "-c", str(work / "nginx.conf")],
                                    stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                for _ in range(100):
                    try:
                        curl(theirs, "two.txt")
                        break
                    except subprocess.CalledProcessError:
                        time.sleep(0.05)
                clients(port, work)
                browser(port, work)
                beside_nginx(port, theirs)
                behind_proxy(port, proxy, keeps)
                status = server.status()
                assert status["gzip_from_pack"] > 0 and status["gzip_made"] > 0 and status["coded_beside"] > 0, status
                assert status["faults"] == 0, status
            finally:
                peer.terminate()
                peer.wait(10)
            server.type("halt\n")
            server.ends_with(0)
    return 0


sys.exit(main())
