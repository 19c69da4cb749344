#!/usr/bin/env python3
"""HTTP/2 without TLS: each response is that of HTTP/1.1, whatever the client, and what hostile clients do costs little.

Usage: http2_test.py DOCTEUR_CACHE DOCTEUR_MAKE   Exit status 77 when curl, nghttp or h2load is absent.
"""

import contextlib
import pathlib
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import http2
import servers
from http2 import CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, RST_STREAM, Talk, block, frame, get
from programs import program
from waiting import expect, wait_until

CACHE, MAKE = sys.argv[1:3]
CURL, NGHTTP, H2LOAD = program("curl"), program("nghttp"), program("h2load")
NOISE = b"".join(i.to_bytes(4, "big") for i in range(1_500_000))

FILES = {"index.html": b"<h1>top", "page.html": b"<p>page " * 400, "sub/a b.txt": b"a", "large.bin": NOISE, "empty": b"",
         "404.html": b"<p>not here", "_headers": b"/*\n  X-Own: 1\n", "_redirects": b"/old /new 301\n"}
REQUESTS = [
    ["/"], ["/page.html"], ["/page"], ["/empty"], ["/sub"], ["/sub/"], ["/sub/a%20b.txt"], ["/nothing"], ["/old"], ["/large.bin"],
    ["/page.html", "-I"], ["/large.bin", "-I"], ["/page.html", "--compressed"], ["/page.html", "-H", "Accept-Encoding: deflate"],
    ["/page.html", "-H", "Range: bytes=5-9"], ["/page.html", "-H", "Range: bytes=0-1,5-9,90-"], ["/page.html", "-H", "Range: bytes=99999-"],
    ["/large.bin", "-H", "Range: bytes=-70000"], ["/page.html", "-H", "If-None-Match: *"], ["/page.html", "-H", "If-Match: \"x\""],
    ["/page.html", "-X", "OPTIONS"], ["/page.html", "-X", "PUT"], ["/page.html", "-X", "BREW"], ["/page.html", "-d", "content"],
    ["/page.html", "-d", "content", "-H", "Expect: 100-continue"], ["/page.html", "-H", "Expect: nonsense"],
    ["/%ff%00"], ["/../x", "--path-as-is"], ["/info/refs?service=git-upload-pack"], ["/.docteur/status", "-H", "Host: elsewhere"],
    ["/" + "x" * 9000], ["/page.html", "-H", "X-Long: " + "y" * 40_000], ["/git-upload-pack", "-d", "0000", "-H", "Content-Type: text/plain"],
]


def fetch(port, version, path, *options):
    run = subprocess.run([CURL, "-s", "-i", "--max-time", "60", f"--{version}", *options, f"http://127.0.0.1:{port}{path}"],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False, timeout=120)
    head, _, body = run.stdout.partition(b"\r\n\r\n")
    while head.split(b"\r\n")[0].endswith(b" 100") or b" 100 Continue" in head.split(b"\r\n")[0]:
        head, _, body = body.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    fields = sorted((name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:]))
    # Those are about the connection, or the moment.
    fields = [f for f in fields if f[0] not in ("connection", "date", "transfer-encoding")]
    return run.returncode, lines[0].split(" ")[1:2], fields, body


def same_as_http_1(port):
    for path, *options in REQUESTS:
        ours, plain = (fetch(port, version, path, *options) for version in ("http2-prior-knowledge", "http1.1"))
        expect(plain[0] == 0 and ours == plain, f"{path} {options}: {str(ours)[:600]}, by HTTP/1.1 {str(plain)[:600]}")


def request_content(port):
    """Of Git's clients, with a length and without one, in one piece and in many."""
    ask = b"0014command=ls-refs\n0001" + b"0014ref-prefix HEAD\n" * 1500 + b"0000"
    common = [CURL, "-s", "-f", "--max-time", "60", "-H", "Content-Type: application/x-git-upload-pack-request", "-H", "Git-Protocol: version=2"]
    where = f"http://127.0.0.1:{port}/git-upload-pack"
    answers = [subprocess.run([*common, *how, where], input=ask, stdout=subprocess.PIPE, check=True, timeout=120).stdout
               for how in (["--http1.1", "--data-binary", "@-"], ["--http2-prior-knowledge", "--data-binary", "@-"],
                           ["--http2-prior-knowledge", "-X", "POST", "-T", "-"])]
    expect(len(answers[0]) > 40 and answers[1:] == answers[:1] * 2, f"answers to Git: {answers}")
    # Too much of it: refused before all was sent.
    large = subprocess.run([*common[:2], *common[3:], "-o", "/dev/null", "-w", "%{http_code}", "--http2-prior-knowledge", "-X", "POST", "-T", "-", where],
                           input=bytes(3_000_000), stdout=subprocess.PIPE, check=False, timeout=120).stdout
    expect(large == b"413", f"large content: {large}")


def many_streams(port):
    out = subprocess.run([H2LOAD, "-n", "3000", "-c", "5", "-m", "40", f"http://127.0.0.1:{port}/page.html"], capture_output=True, check=True, timeout=120).stdout.decode()
    expect("3000 2xx, 0 3xx, 0 4xx, 0 5xx" in out and "0 failed, 0 errored" in out, out)
    # One connection, small windows, large files beside small ones.
    out = subprocess.run([NGHTTP, "-n", "-s", "-w", "14", "-W", "15", *[f"http://127.0.0.1:{port}{p}" for p in ("/large.bin", "/page.html", "/large.bin?2", "/empty", "/?2")]],
                         capture_output=True, check=True, timeout=120).stdout.decode()
    expect(re.findall(r" (\d+) +\d+[KM]? /", out).count("200") == 5, out)


def fronts(port):
    """The preface in pieces, and what only begins like it."""
    def exchange(*pieces):
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.settimeout(servers.PATIENCE)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                s.sendall(piece)
                wait_until(lambda: has_read_all(s.getsockname()[1]), "the server does not read")
            s.shutdown(socket.SHUT_WR)
            got = b""
            while piece := s.recv(65536):
                got += piece
            return got

    def has_read_all(client):
        """Whether the server's socket is there, with nothing to be read."""
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, remote, _, queues, *_ = line.split()
            if (int(local.split(":")[1], 16), int(remote.split(":")[1], 16)) == (port, client):
                return int(queues.split(":")[1], 16) == 0
        return False

    settings = frame(http2.SETTINGS, 0)
    for cut in (1, 3, 14, 23, 24):
        got = exchange(http2.PREFACE[:cut], http2.PREFACE[cut:] + settings + frame(HEADERS, 1, get("/empty"), END_STREAM | END_HEADERS))
        expect(got.startswith(b"\0\0\x0c\4") and b"etag" not in got[:9], got)
    expect(exchange(b"P", b"OST / HTTP/1.1\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 405"), "POST in pieces")
    expect(exchange(b"PRI * HTTP/2.0\r\n\r\n").startswith(b"HTTP/1.1 505"), "half a preface")
    expect(exchange(b"PR") == b"", "less")
    expect(exchange(b"GET / HTTP/2.0\r\nHost: a\r\n\r\n").startswith(b"HTTP/1.1 505"), "HTTP/2.0 as text")


def malformed(port):
    """Each is answered by an error of its stream, and the next stream is served."""
    good = [(":method", "GET"), (":scheme", "http"), (":path", "/empty"), (":authority", "a")]

    def with_field(*field):
        return block(*good, field)

    blocks = [block(*good[1:]), block(*good[:2], good[3]), block(*good, good[0]), with_field("connection", "close"), with_field("transfer-encoding", "chunked"),
              with_field("Upper", "x"), with_field("a b", "x"), with_field("x", "a\r\nInjected: b"), with_field("x", "a\0b"), with_field(":unknown", "x"),
              block(good[0], good[1], (":path", "/a b"), good[3]), block((":method", "GET / HTTP/1.1\r\nX: y\r\n"), *good[1:]),
              block(good[0], good[1], (":path", ""), good[3])]
    with Talk(port) as t:
        for i, b in enumerate(blocks):
            t.send(frame(HEADERS, 4 * i + 1, b, END_STREAM | END_HEADERS))
            kind, _, stream, payload = next(f for f in t.frames() if f[0] in (RST_STREAM, HEADERS, GOAWAY))
            refused = kind == RST_STREAM or (kind == HEADERS and re.search(rb"400|\x8c", payload[:8]))
            expect(refused and stream == 4 * i + 1, f"{b}: {kind} {stream} {payload}")
            t.send(frame(HEADERS, 4 * i + 3, block(*good), END_STREAM | END_HEADERS))
            expect(t.until(HEADERS)[2] == 4 * i + 3, f"after {b}")


def floods(server, port):
    """Of what costs a client nothing. The server goes on with others, and holds little."""
    before = server.status()["connections"]["aborted"]

    def flood(piece, times):
        with Talk(port, patience=20) as t:
            try:
                for _ in range(times):
                    t.send(piece() if callable(piece) else piece)
            except OSError:
                return "cut off"
            expect(servers.fetch(port, "/page.html")[0] == 200, "others are not served")
            return "endured"

    streams = iter(range(1, 1 << 30, 2))

    def resets():
        return b"".join(frame(HEADERS, s, get("/large.bin"), END_STREAM | END_HEADERS) + frame(RST_STREAM, s, bytes(4)) for s in (next(streams) for _ in range(100)))

    said = {
        "pings": flood(frame(PING, 0, bytes(8)) * 500, 400), "settings": flood(frame(http2.SETTINGS, 0, struct.pack(">HI", 1, 4096) * 10) * 200, 200),
        "resets": flood(resets, 500), "continuations": flood(frame(HEADERS, 1, get("/")) + frame(CONTINUATION, 1, block(("a", "b"))) * 500, 200),
        "empty data": flood(frame(HEADERS, 1, get("/", "POST"), END_HEADERS) + frame(DATA, 1) * 500, 1),
    }
    # A window of nothing: responses that nobody takes are cut off like those of other slow clients.
    with Talk(port, {4: 0}) as t:
        t.send(b"".join(frame(HEADERS, s, get("/large.bin"), END_STREAM | END_HEADERS) for s in range(1, 201, 2)))
        resets_seen = 0
        for kind, *_ in t.frames():
            resets_seen += kind == RST_STREAM
            if resets_seen == 100:
                break
        expect(resets_seen == 100, f"{resets_seen} of 100 streams that take nothing were cut off")
    expect(server.status()["connections"]["aborted"] > before, "nothing was cut off")
    return said


def limits(image):
    with servers.Process(CACHE, [image], ["idle=1"]) as server:
        server.get("/")
        with Talk(server.port) as t:
            expect([f[0] for f in t.frames()][-1] == GOAWAY, "an idle connection is not told")
        # A head that is never whole.
        with Talk(server.port) as t:
            t.send(frame(HEADERS, 1, get("/"), END_STREAM))
            expect([f[0] for f in t.frames()][-1] == GOAWAY, "half a head")
    with servers.Process(CACHE, [image], ["connections=3", "requests=5"]) as server:
        server.get("/")
        # One connection has only so many requests.
        with Talk(server.port) as t:
            for s in range(1, 11, 2):
                t.send(frame(HEADERS, s, get("/empty"), END_STREAM | END_HEADERS))
                if s < 9:
                    t.until(HEADERS)
            frames = list(t.frames())
            expect(GOAWAY in [f[0] for f in frames] and (HEADERS, 9) in [(f[0], f[2]) for f in frames], f"requests: {frames}")
        # Only so many connections.
        talks = []

        def is_served():
            t = Talk(server.port)
            t.send(frame(HEADERS, 1, get("/empty"), END_STREAM | END_HEADERS))
            if next(f[0] for f in t.frames() if f[0] in (HEADERS, GOAWAY)) == HEADERS:
                talks.append(t)
            return len(talks) == 3

        # The one before may still count.
        wait_until(is_served, "three connections are not served")
        with Talk(server.port) as more:
            expect(more.until(GOAWAY)[3][4:8] == b"\0\0\0\x0b", "one connection too many")
        for t in talks:
            t.socket.close()
    with servers.Process(CACHE, [image], ["http2=off"]) as server:
        server.get("/")
        expect(fetch(server.port, "http2-prior-knowledge", "/")[0] != 0, "--http2 off")


def drains(image, log):
    with servers.Process(CACHE, [image], [f"access-log={log}"]) as server:
        server.get("/")
        # Of each loop, some; one has a response in progress.
        with Talk(server.port) as t, contextlib.ExitStack() as ends:
            idle = [ends.enter_context(Talk(server.port)) for _ in range(8)]
            for one in idle:
                one.until(http2.SETTINGS)  # it speaks HTTP/2: until then it is an idle connection as any other
            t.send(frame(HEADERS, 1, get("/large.bin"), END_STREAM | END_HEADERS))
            t.until(DATA)
            server.process.send_signal(signal.SIGTERM)
            server.waits_for(b"asked to stop")
            for one in idle:
                one.until(GOAWAY)
            t.send(frame(http2.WINDOW_UPDATE, 0, struct.pack(">I", 10_000_000)) + frame(http2.WINDOW_UPDATE, 1, struct.pack(">I", 10_000_000)))
            frames = list(t.frames())
            expect(frames[-1][0] in (DATA, GOAWAY) and any(f[0] == DATA and f[1] & END_STREAM for f in frames), "the response was not finished")
        server.ends_with(0)
    expect('"GET /large.bin HTTP/2.0" 200 6000000 ' in pathlib.Path(log).read_text(), pathlib.Path(log).read_text())


def main():
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        image = servers.make_image(MAKE, work / "site", FILES, work / "disk.img")
        with servers.Process(CACHE, [image], ["listing", "stall=2", "idle=60"]) as server:
            server.get("/")
            same_as_http_1(server.port)
            request_content(server.port)
            many_streams(server.port)
            fronts(server.port)
            malformed(server.port)
            said = floods(server, server.port)
            wait_until(lambda: server.status()["connections"]["active"] == 1, lambda: f"streams are left: {server.status()}")
            server.type("halt\n")
            server.ends_with(0)
        limits(image)
        drains(image, work / "log")
        print(f"{len(REQUESTS)} requests as by HTTP/1.1; floods: {said}")


main()
