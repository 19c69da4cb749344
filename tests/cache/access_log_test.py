#!/usr/bin/env python3
"""The access log: each line beside nginx's for the same request; rotation under load; hostile requests; a log that nobody
reads; places that cannot be written.

Usage: access_log_test.py DOCTEUR_CACHE DOCTEUR_MAKE   Exit status 77 when nginx is absent.
"""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers
from nginx import Nginx
from waiting import expect, wait_until

CACHE, MAKE = sys.argv[1:3]

FILES = {"index.html": b"<h1>top", "page.html": b"a page\n" * 200, "dir/index.html": b"<p>dir", "404.html": b"<p>gone"}

REQUESTS = [
    b"GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: test/1 (\"x\"; \\)\r\nReferer: http://b/?q=\xc3\xa9\r\n\r\n",
    b"HEAD /page.html HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /page.html HTTP/1.0\r\n\r\n",
    b"GET /page.html?a=%22&b=%0a HTTP/1.1\r\nHost: a\r\nRange: bytes=3-9\r\n\r\n",
    b"GET /nothing/\xff\x80%41 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /page.html HTTP/1.1\r\nHost: a\r\nIf-Modified-Since: Mon, 01 Jan 2024 00:00:00 GMT\r\n\r\n",
    b"POST /page.html HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
    b"GET http://a/page.html HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /page.html HTTP/1.1\r\nHost: a\r\n\r\nGET /dir/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /\"x\"/\\ HTTP/1.1\r\nHost: a\r\n\r\n",
]
LINES = len(REQUESTS) + 1
LINE = re.compile(r'(\S+) - - \[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] (".*?") (\d+) (\d+)( ".*?" ".*?")?')


def ask(port, request, host="127.0.0.1"):
    with socket.create_connection((host, port), timeout=servers.PATIENCE) as s:
        s.sendall(request)
        s.shutdown(socket.SHUT_WR)
        while s.recv(65536):
            pass


def lines_of(path):
    return path.read_bytes().decode("latin-1").splitlines() if path.exists() else []


def beside_nginx(work, image):
    """Lines of both servers, without their times; and without the bytes of bodies that each server writes itself."""
    for kind in ("common", "combined"):
        nginx_format = {"combined": "combined", "common": "common"}[kind]
        ours, theirs = work / f"ours.{kind}", work / f"theirs.{kind}"
        with Nginx(work / "tree", f"log_format common '$remote_addr - $remote_user [$time_local] \"$request\" $status "
                   f"$body_bytes_sent'; access_log {theirs} {nginx_format};", "error_page 404 /404.html;") as nginx, \
                servers.Process(CACHE, [image], (f"access-log={ours}", f"access-log-format={kind}")) as cache:
            cache.get("/")
            wait_until(lambda: lines_of(ours), "no line")
            ours.write_bytes(b"")
            for request in REQUESTS:
                for port in (cache.port, nginx.port):
                    ask(port, request)
            wait_until(lambda: len(lines_of(ours)) >= LINES and len(lines_of(theirs)) >= LINES, "lines are missing")
            got = [LINE.fullmatch(line) for line in lines_of(ours)]
            wanted = [LINE.fullmatch(line) for line in lines_of(theirs)]
            expect(all(got) and all(wanted), (lines_of(ours), lines_of(theirs)))
            for mine, his in zip(got, wanted, strict=True):
                same = [m.group(1, 3, 4, 6) + ((m.group(5),) if int(m.group(4)) < 400 else ()) for m in (mine, his)]
                expect(same[0] == same[1], f"{kind}: {same[0]}, nginx {same[1]}")


def bad_requests(work, image):
    log = work / "bad.log"
    with servers.Process(CACHE, [image], (f"access-log={log}", "access-log-format=json", "time-out=1")) as cache:
        cache.get("/")
        for request in (b"GET / HTTP/1.1\r\nHost: a\r\nX: \x01\"\r\n\r\n", b"\x16\x03\x01\"\n\n", b"G" * 40_000 + b"\r\n\r\n",
                        b"GET /\x7f HTTP/1.1\r\n\r\n", b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"):
            ask(cache.port, request)
        with socket.create_connection(("127.0.0.1", cache.port), timeout=servers.PATIENCE) as slow:
            slow.sendall(b"GET / HT")
            while slow.recv(4096):
                pass
        wait_until(lambda: len(lines_of(log)) >= 7, "lines are missing")
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        expect([e["status"] for e in entries] == [200, 400, 400, 414, 400, 400, 408], entries)
        expect(entries[1]["request"] == "GET / HTTP/1.1" and entries[6]["request"] == "GET / HT", entries)
        expect(len(entries[3]["request"]) <= 8192, "a line is not bounded")
        expect(set(entries[0]) == {"time", "remote_addr", "request", "host", "status", "body_bytes_sent", "http_referer",
                                   "http_user_agent", "duration_us"}, entries[0])
        status = cache.status()["access_log"]
        expect(status["lost"] == 0 and status["lines"] >= 7, status)


def rotation(work, image):
    """Each request is in one of the files, whole, whatever happens to them."""
    log = work / "rotated.log"
    clients, each = 4, 400
    with servers.Process(CACHE, [image], (f"access-log={log}", "threads=3", "requests=100000")) as cache:
        cache.get("/")

        def client(number):
            for i in range(each):
                ask(cache.port, b"GET /page.html?%d-%d HTTP/1.1\r\nHost: a\r\n\r\n" % (number, i))

        threads = [threading.Thread(target=client, args=(n,), daemon=True) for n in range(clients)]
        for t in threads:
            t.start()
        rotations = 0
        while any(t.is_alive() for t in threads):
            wait_until(lambda: log.exists() or not any(t.is_alive() for t in threads), "no new file")
            if not log.exists():
                break
            log.rename(work / f"rotated.{rotations}")
            rotations += 1
            cache.process.send_signal(signal.SIGUSR1)
        cache.process.send_signal(signal.SIGTERM)
        cache.ends_with(0)
        expect(rotations > 1, "nothing was rotated")
        seen = [re.search(r"\?(\d+-\d+) ", line) for path in work.glob("rotated.*") for line in lines_of(path)]
        names = sorted(m.group(1) for m in seen if m)
        expect(names == sorted(f"{n}-{i}" for n in range(clients) for i in range(each)),
               f"{len(names)} lines of {clients * each} after {rotations} rotations")


def nobody_reads(work, image):
    """A FIFO whose reader stopped delays no client; what is lost is told."""
    fifo = work / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    with servers.Process(CACHE, [image], (f"access-log={fifo}", "threads=1")) as cache:
        cache.get("/")
        request = b"GET /%s HTTP/1.1\r\nHost: a\r\n\r\n" % (b"x" * 7000)
        with socket.create_connection(("127.0.0.1", cache.port), timeout=servers.PATIENCE) as s:
            answers = s.makefile("rb")
            for _ in range(400):
                s.sendall(request)
                length = 0
                while (line := answers.readline()) != b"\r\n":
                    expect(line, "the connection was closed")
                    if line.lower().startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                answers.read(length)
        status = cache.status()["access_log"]
        expect(status["lost"] > 0, status)
        metrics = cache.get("/.docteur/metrics")[1].decode()
        expect("docteur_access_log_lost_total " in metrics, metrics)
        cache.process.send_signal(signal.SIGTERM)
        cache.ends_with(0)
    os.close(reader)


def places(work, image):
    for place in ("-", "stderr"):
        with servers.Process(CACHE, [image], (f"access-log={place}",)) as cache:
            cache.get("/page.html?written")
            cache.waits_for(rb'"GET /page.html\?written HTTP/1.1" 200 1400 "-" "-"')
    expect(not pathlib.Path("-").exists(), "a file of this name")
    for words, status in ((f"--access-log={work}/no/such/folder", 3), (f"--access-log={work}", 3), ("--access-log=syslog:", 2),
                          ("--access-log-format=odd", 2)):
        run = subprocess.run([CACHE, image, "--listen", "127.0.0.1:1", words], capture_output=True, timeout=60, check=False,
                             stdin=subprocess.DEVNULL)
        expect(run.returncode == status and len(run.stderr.splitlines()) >= 1, (words, run))
    with tempfile.TemporaryDirectory() as short:
        path = pathlib.Path(short) / "log"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as logger:
            logger.bind(str(path))
            logger.settimeout(servers.PATIENCE)
            with servers.Process(CACHE, [image], (f"access-log=syslog:{path}",)) as cache:
                cache.get("/")
                message = logger.recv(65536)
                expect(re.fullmatch(rb'<190>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d docteur-cache: 127\.0\.0\.1 - - \[.*\] "GET / '
                                    rb'HTTP/1\.1" 200 7 "-" "-"', message), message)


def main():
    with tempfile.TemporaryDirectory(prefix="docteur-log-") as work:
        work = pathlib.Path(work)
        work.chmod(0o755)
        image = servers.make_image(MAKE, work / "tree", FILES, work / "disk.img")
        for path in (work / "tree").rglob("*"):
            os.utime(path, (1_704_067_200, 1_704_067_200))
        bad_requests(work, image)
        rotation(work, image)
        nobody_reads(work, image)
        places(work, image)
        beside_nginx(work, image)


main()
