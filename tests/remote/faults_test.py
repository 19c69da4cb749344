#!/usr/bin/env python3
"""docteur-cat and -ls read an image from a server that does something wrong: no wrong byte is ever printed, what can go on
goes on, what cannot is one clear line, and what failed works again when the cause is gone."""

import gzip
import os
import socket
import struct
import time

from range_server import Server, check, docteur, expect, good, once, refused, replies, run_checks, sample_image

image, files = sample_image()
data = image.read_bytes()
server = Server(data)
QUICK = ["--retries", "2", "--timeout", "2"]

def cat(*paths, options=(), url=None, **how):
    return good("cat", *options, url or server.url, *paths, **how).out


def right(options=()):
    """All is well: the bytes are those of the files."""
    expect(cat("dir/file7", "large", options=options) == files["dir/file7"] + files["large"], "wrong bytes")


def cut(after):
    def fault(r):
        fields, body = r.part()
        r.reply(206, fields, body[:after], length=len(body))
        r.close()
        return True
    return fault


@check
def nothing_wrong():
    right()
    listed = good("ls", "-R", server.url).out
    expect(b"dir/file199\n" in listed, "not listed")
    server.reset()
    cat("dir/file7")
    expect(len(server.requests) <= 6, f"{len(server.requests)} requests for one file")
    expect(all(r.fields.get("accept-encoding") == "identity" for r in server.requests), "coded content was asked for")
    expect(all("if-match" in r.fields for r in server.requests[1:]), "later requests do not name the version")


@check
def answers_that_pass():
    for status in (500, 502, 503, 504, 429, 408):
        server.reset(once(1)(replies(status)))
        right()
    server.reset(once(0, 1, 2)(replies(503)))
    right()
    server.reset(once(1)(replies(503, ("Retry-After", "1"))))
    began = time.monotonic()
    right()
    expect(time.monotonic() - began >= 1, "Retry-After was not waited for")


@check
def answers_that_stay():
    server.reset(replies(503))
    refused(3, "status 503", "cat", *QUICK, server.url, "dir/file7")
    expect(len(server.requests) == 3, f"{len(server.requests)} tries")
    server.reset(replies(429, ("Retry-After", "4000")))
    refused(3, "come back in 4000 s", "cat", *QUICK, server.url, "dir/file7")
    for status, words in ((404, "no such file"), (401, "asks for a user"), (403, "refuses access"), (410, "gone"),
                          (416, "no such range"), (200, "whole files only"), (501, "status 501")):
        server.reset(replies(status, body=b"secret page"))
        refused(3, words, "cat", *QUICK, server.url, "dir/file7")
        expect(len(server.requests) == 1, f"status {status} was tried again")
    server.reset(lambda r: r.number > 1 and replies(503)(r))
    done = docteur("cat", *QUICK, server.url, "large")
    expect(done.status == 3 and files["large"].startswith(done.out), done.shown)
    expect("status 503" in done.said, f"the cause is not told: {done.shown}")
    server.reset()
    right()


@check
def bodies_that_end_early():
    for after in (0, 1, 5000, 20000):
        server.reset(once(0, 2)(cut(after)))
        right()
    # Only the rest is asked for again.
    server.reset(once(0)(cut(20000)))
    right()
    expect(server.requests[1].first == 20000, f"asked again from {server.requests[1].first}")
    # A server that gives a little each time is used to its end.
    server.reset(cut(50000))
    right()
    server.reset(cut(0))
    refused(3, "", "cat", *QUICK, server.url, "dir/file7")


@check
def resets():
    def reset(r):
        r.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(r.connection.detach())
        raise OSError
    server.reset(once(0, 2, 3)(reset))
    right()


@check
def shorter_parts():
    def half(r):
        fields, body = r.part()
        body = body[:max(5000, len(body) // 2)]
        fields[0] = ("Content-Range", f"bytes {r.first}-{r.first + len(body) - 1}/{len(data)}")
        r.reply(206, fields, body)
        return True
    server.reset(half)
    right()


@check
def wrong_ranges():
    def shifted(r):
        fields, body = r.part()
        first = r.first + (1 if r.first + len(body) < len(data) else -1)
        r.reply(206, [("Content-Range", f"bytes {first}-{first + len(body) - 1}/{len(data)}"), *server.version], body)
        return True

    def without(r):
        r.reply(206, server.version, r.part()[1])
        return True

    def multipart(r):
        r.reply(206, [("Content-Type", "multipart/byteranges; boundary=x"), *server.version], b"--x--")
        return True

    def coded(r):
        fields, body = r.part()
        r.reply(206, [*fields, ("Content-Encoding", "gzip")], gzip.compress(body))
        return True

    def longer(r):
        fields, body = r.part()
        r.reply(206, fields, body + b"more")
        return True

    def twice(r):
        fields, body = r.part()
        r.reply(206, [*fields, ("Content-Range", f"bytes 0-9/{len(data)}")], body)
        return True
    for fault, words in ((shifted, "another range"), (without, "no Content-Range"), (multipart, "no Content-Range"),
                         (coded, "codes ranges"), (longer, "disagree"), (twice, "two values")):
        for n in (0, 2):
            server.reset(once(n, *range(n, 99))(fault))
            done = docteur("cat", *QUICK, server.url, "dir/file7")
            expect(done.status == 3 and not done.out, done.shown)
            expect(words in done.said, f"no word of {words!r}: {done.shown}")


@check
def more_than_asked():
    def endless(r):
        fields, body = r.part()
        lines = ["HTTP/1.1 206 -", "Transfer-Encoding: chunked", *(f"{n}: {v}" for n, v in fields)]
        r.send("\r\n".join(lines).encode() + b"\r\n\r\n")
        sent = 0
        while sent < 1 << 28:
            r.send(b"10000\r\n" + (body[sent:sent + 65536]).ljust(65536, b"x") + b"\r\n")
            sent += 65536
        sys_exit.append("a client took 256 MB")
        return True
    sys_exit = []
    server.reset(endless)
    refused(3, "more than was asked for", "cat", *QUICK, server.url, "dir/file7")
    expect(not sys_exit, sys_exit)


@check
def endless_heads():
    def fault(r):
        r.send(b"HTTP/1.1 206 -\r\n")
        for i in range(10000):
            r.send(b"X-%d: %s\r\n" % (i, b"x" * 1000))
        return True
    server.reset(fault)
    refused(3, "no end", "cat", *QUICK, server.url, "dir/file7")


@check
def slowness():
    def silent(r):
        time.sleep(30)
        return True

    def trickle(r):
        fields, body = r.part()
        r.reply(206, fields, b"", length=len(body))
        for i in range(300):
            r.send(body[i:i + 1])
            time.sleep(0.1)
        return True
    for fault in (silent, trickle):
        server.reset(once(1)(fault))
        right(options=["--timeout", "1"])
    server.reset(silent)
    refused(3, "", "cat", "--retries", "1", "--timeout", "1", server.url, "dir/file7")


@check
def a_new_image_meanwhile():
    newer = bytes(reversed(data))

    def replaced(version, content):
        def fault(r):
            if r.number == 2:
                server.version, server.content = version, content
            return False
        return fault
    for version, content in (([("ETag", '"two"')], newer), ([("ETag", '"one"')], data + b"x"), ([("ETag", 'W/"one"')], newer),
                             ([("Last-Modified", "Sat, 28 Nov 2026 10:00:00 GMT")], newer)):
        server.reset(replaced(version, content))
        done = docteur("cat", *QUICK, server.url, "dir/file7", "large")
        server.content = data
        expect(done.status == 3 and (files["dir/file7"] + files["large"]).startswith(done.out), done.shown)
        expect("changed" in done.said, f"not told: {done.shown}")
    server.reset(lambda r: r.number > 1 and replies(412)(r))
    refused(3, "changed", "ls", *QUICK, server.url)
    server.reset(lambda r: r.number > 1 and replies(416, ("Content-Range", "bytes */9"))(r))
    refused(3, "changed", "ls", *QUICK, server.url)
    server.reset()
    right()


@check
def versions():
    dated = [("Last-Modified", "Sat, 28 Nov 2026 10:00:00 GMT")]
    server.reset(version=dated)
    right()
    expect(all("if-unmodified-since" in r.fields for r in server.requests[1:]), "the date is not named")
    server.reset(version=[("ETag", 'W/"one"'), *dated])
    right()
    for version in ([("ETag", 'W/"one"')], [("X", "y")]):
        server.reset(version=version)
        refused(3, "neither a strong ETag nor Last-Modified", "cat", server.url, "dir/file7")


@check
def nobody_there():
    gone = Server(data)
    url = gone.url
    gone.shutdown()
    gone.server_close()
    refused(3, "onnect", "cat", *QUICK, url, "dir/file7")


@check
def what_is_no_image():
    for content, words in ((b"x" * 100000, ""), (b"x", "")):
        server.content = content
        server.reset()
        refused(1, words, "ls", server.url)
    server.content = b""
    server.reset(replies(416, ("Content-Range", "bytes */0")))
    refused(3, "empty", "ls", server.url)
    server.content = data


@check
def extracting():
    target = image.parent / "target"
    server.reset(lambda r: r.number % 3 == 1 and cut(30000)(r))
    good("extract", "-q", server.url, target)
    for name, content in files.items():
        expect((target / name).read_bytes() == content, f"{name}: other content")
    server.reset(lambda r: r.number > 3 and replies(503)(r))
    done = docteur("extract", "-q", "--retries", "0", server.url, image.parent / "none")
    expect(done.status == 3 and "status 503" in done.said and not (image.parent / "none").exists(), done.shown)


run_checks(server)
