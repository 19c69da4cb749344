#!/usr/bin/env python3
"""Serves one tree with nginx and with docteur-cache, and compares curl's results: status, relevant fields, bodies.

Usage: nginx_test.py DOCTEUR_CACHE DOCTEUR_MAKE   Exit status 77 when nginx or curl is absent.
"""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from ports import free_port

FIELDS = ["content-length", "content-range", "accept-ranges", "location", "last-modified"]
failures = []


def make_tree(top):
    files = {"index.html": b"<h1>root</h1>", "two.txt": b"x" * 2048, "empty.txt": b"", "404.html": b"<p>gone",
             "page.html": b"".join(b"line %d of a page\n" % i for i in range(6000)),
             "large.bin": os.urandom(9_000_000), "large.txt": b"".join(b"%d\n" % i for i in range(1_500_000)),
             "docs/index.html": b"<p>docs", "docs/deep/er/file.css": b"a{}", "docs/sp ace&amp.txt": b"odd",
             "docs/\xc3\xa9t\xc3\xa9.txt".encode("latin-1").decode("utf-8"): b"summer", "noext": b"?"}
    for name, content in files.items():
        path = top / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (top / "link.txt").symlink_to("two.txt")
    (top / "dl").symlink_to("docs")
    for path in [top, *top.rglob("*")]:
        os.utime(path, (1_600_000_000, 1_600_000_000), follow_symlinks=False)


def wait_for(port, process):
    for _ in range(100):
        if process.poll() is not None:
            sys.exit(f"the server on port {port} ended with {process.returncode}")
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit(f"nobody listens on port {port}")


def fetch(port, path, *options):
    """(status, fields, body)"""
    out = subprocess.run(["curl", "-s", "-i", "--max-time", "20", "--path-as-is", *options,
                          f"http://127.0.0.1:{port}{path}"], stdout=subprocess.PIPE, check=False).stdout
    head, _, body = out.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}
    if "multipart/byteranges" in fields.get("content-type", ""):
        boundary = fields["content-type"].split("boundary=")[1].encode()
        body = re.sub(rb"(?i)content-type: [^\r]*", b"Content-Type: t", body.replace(boundary, b"BOUNDARY"))
        fields.pop("content-length", None)
    if "location" in fields:  # the resolved URL
        leads = urllib.parse.urlsplit(urllib.parse.urljoin(f"http://127.0.0.1:{port}{path}", fields["location"]))
        fields["location"] = leads._replace(scheme="", netloc="", path=re.sub("/+", "/", leads.path)).geturl()
    return (int(lines[0].split(" ")[1]) if lines[0] else 0), fields, body


def compare(ports, name, path, *options, fields=True, body=True):
    ours, theirs = (fetch(port, path, *options) for port in ports)
    wrong = []
    if ours[0] != theirs[0]:
        wrong.append(f"status {ours[0]}, nginx {theirs[0]}")
    elif fields and ours[0] < 400:
        wrong += [f"{f}: {ours[1].get(f)!r}, nginx {theirs[1].get(f)!r}" for f in FIELDS
                  if ours[1].get(f) != theirs[1].get(f) and not (f == "content-length" and ours[0] in (301, 304))
                  and not (f == "last-modified" and ours[0] == 304) and not (f == "accept-ranges" and ours[0] == 206)]
        if ours[0] == 200 and ours[1]["content-type"].split(";")[0] != theirs[1]["content-type"].split(";")[0]:
            wrong.append(f"type {ours[1]['content-type']!r}, nginx {theirs[1]['content-type']!r}")
    if body and ours[0] in (200, 206) and ours[2] != theirs[2]:
        wrong.append(f"bodies of {len(ours[2])} and {len(theirs[2])} bytes differ")
    if wrong:
        failures.append(f"{name} {path} {' '.join(options)}: {'; '.join(wrong)}")


def cases(ports):
    def field(name, value):
        return "-H", f"{name}: {value}"

    files = ["/", "/index.html", "/two.txt", "/empty.txt", "/page.html", "/large.bin", "/large.txt", "/docs/",
             "/docs/deep/er/file.css", "/docs/sp%20ace%26amp.txt", "/docs/%C3%A9t%C3%A9.txt", "/noext", "/link.txt",
             "/dl/index.html", "//two.txt", "/two.txt?a=b", "/docs//index.html", "/docs%2Findex.html", "/docs%2F",
             "/%2Ftwo.txt", "/docs%2f%2Fdeep%2Fer/file.css", "/docs/été.txt", "/docs/%c3\xa9t\xc3%A9.txt"]
    for path in files:
        compare(ports, "GET", path)
        compare(ports, "HEAD", path, "--head")
    for path in ["/nothing", "/two.txt/", "/two.txt/x", "/docs", "/docs?a=b", "/dl", "/docs/deep/nothing", "/%zz",
                 "/a%00b", "/docs%2Fdeep", "/docs/%2Fdeep", "/two.txt%2F", "/docs%2Fnothing", "/%2f", "/docs/\xe9"]:
        compare(ports, "odd", path)
    for path in ["/./two.txt", "/docs/../two.txt", "/docs/%2e%2E/two.txt", "/docs/.", "/docs/..", "/.", "/..", "/docs/../../two.txt",
                 "/./docs", "/docs/deep/../deep", "/docs/deep/er/../..", "/docs/./deep/../../dl", "/...", "/docs/..a", "/two.txt/.", "/two.txt/.."]:
        compare(ports, "dots", path)
    for path in ["/two.txt", "/large.bin", "/large.txt"]:
        for value in ["0-0", "0-99", "100-", "-1", "-100", "2000-99999999999", "99999999999-", "0-4,10-14", "5-1", "a-b",
                      "1-2,3-4,-5", "0-,0-,0-", "-0"]:
            # RFC 9110, section 14.2, lets a server ignore a malformed Range, as ours does, or refuse it, as nginx does.
            if value in ("5-1", "a-b"):
                status = fetch(ports[0], path, *field("Range", "bytes=" + value))[0]
                if status != 200:
                    failures.append(f"bad range {value}: {status}")
                continue
            compare(ports, "range", path, *field("Range", "bytes=" + value))
        compare(ports, "range unit", path, *field("Range", "lines=0-1"))
        if path != "/two.txt":  # twenty parts of a small file are more work than the whole
            compare(ports, "as zsync asks", path, *field("Range", "bytes=" + ",".join(
                f"{4096 * i}-{4096 * i + 2047}" for i in range(20))))
    same = "Sun, 13 Sep 2020 12:26:40 GMT"
    for name, value in [("If-Modified-Since", same), ("If-Unmodified-Since", same), ("If-Match", "*"),
                        ("If-None-Match", "*"), ("If-Unmodified-Since", "Sat, 12 Sep 2020 12:26:40 GMT"),
                        ("If-Match", '"x"'), ("If-None-Match", '"x"')]:
        compare(ports, "condition", "/two.txt", *field(name, value))
    for date in ["Sun, 13 Sep 2020 12:26:39 GMT", "Sun, 13 Sep 2020 12:26:41 GMT"]:
        compare(ports, "If-Range", "/two.txt", *field("Range", "bytes=1-2"), *field("If-Range", date))
        compare(ports, "If-Modified-Since", "/two.txt", *field("If-Modified-Since", date))
    # Two versions of an image may have the same date: unlike in nginx, it is not a strong validator.
    status = fetch(ports[0], "/two.txt", *field("Range", "bytes=1-2"), *field("If-Range", same))[0]
    if status != 200:
        failures.append(f"If-Range with a date: {status}")
    tags = [fetch(port, "/two.txt")[1]["etag"] for port in ports]
    for name in ["If-None-Match", "If-Match", "If-Range"]:
        statuses = [fetch(port, "/two.txt", *field(name, tag), *field("Range", "bytes=1-2"))[0]
                    for port, tag in zip(ports, tags)]
        if len(set(statuses)) > 1:
            failures.append(f"{name} with its own tag: {statuses}")
    compare(ports, "1.0", "/two.txt", "--http1.0")
    compare(ports, "post", "/two.txt", "-X", "POST")
    # curl inflates it; nginx has no deflate, so only the content is compared.
    compare(ports, "coded", "/page.html", "--compressed", fields=False)


def main():
    cache, make = sys.argv[1:3]
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None or shutil.which("curl") is None:
        print("nginx or curl is absent")
        return 77
    with tempfile.TemporaryDirectory(prefix="docteur-nginx-") as work:
        work = pathlib.Path(work)
        work.chmod(0o755)
        make_tree(work / "tree")
        subprocess.run([make, "-q", work / "tree", work / "disk.img", "--author", "A <a@b>", "-d",
                        "2020-09-13T12:26:40Z"], check=True)
        ports = [free_port(), free_port()]
        temporary = "".join(f"{kind}_temp_path {work}/{kind};" for kind in
                            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
        (work / "nginx.conf").write_text(
            f"daemon off; master_process off; pid {work}/pid; error_log {work}/error.log;\n"
            "events { worker_connections 64; }\n"
            f"http {{ types_hash_max_size 8192; include /etc/mime.types.conf; access_log off; {temporary}\n"
            "default_type application/octet-stream; absolute_redirect off; error_page 404 /404.html;\n"
            f"server {{ listen 127.0.0.1:{ports[1]}; root {work}/tree; etag on; }} }}\n"
            .replace("/etc/mime.types.conf", str(work / "types.conf")))
        types = {"text/html": "html", "text/plain": "txt", "text/css": "css"}
        (work / "types.conf").write_text("types {" + "".join(f"{t} {e};" for t, e in types.items()) + "}\n")
        servers = []
        try:
            for port, command in [(ports[0], [cache, str(work / "disk.img"), "--listen", f"127.0.0.1:{ports[0]}"]),
                                  (ports[1], [nginx, "-e", str(work / "error.log"), "-c", str(work / "nginx.conf")])]:
                servers.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
                wait_for(port, servers[-1])
            cases(ports)
        finally:
            for server in servers:
                server.send_signal(signal.SIGTERM)
            for server in servers:
                server.wait(10)
        if servers[0].returncode != 0:
            failures.append(f"docteur-cache ended with {servers[0].returncode}")
    print("\n".join(failures))
    return 1 if failures else 0


sys.exit(main())
