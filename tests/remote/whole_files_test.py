#!/usr/bin/env python3
"""docteur-fetch and docteur-verify from a server that knows no ranges: Python's http.server; and one that cuts answers off, changes
the file, codes it, or does not say how long it is."""

import http.server
import shutil
import threading
from functools import partial

from old_and_new import versions
from range_server import Server, check, cut_then, expect, good, refused, run_checks, sample_image

image, files = sample_image(12 << 20)
data = image.read_bytes()
server = Server(data)
out = image.parent / "out"
out.mkdir()
target = out / "a.img"


def whole(r, body=None, fields=None, length=None):
    """The answer of a server that knows no ranges."""
    r.reply(200, r.server.version if fields is None else fields, r.data if body is None else body, length)
    return True


def cut(after, numbers=None):
    """Ends answers of these numbers after so many bytes."""
    def answer(r):
        if numbers is not None and r.number not in numbers:
            return whole(r)
        whole(r, r.data[:after], length=len(r.data))
        r.close()
        return True
    return answer


def fetched(*options, url=None, wanted=data):
    done = good("fetch", *options, url or server.url, target)
    expect(target.read_bytes() == wanted, "another image")
    expect([p.name for p in out.iterdir()] == ["a.img"], f"left behind: {list(out.iterdir())}")
    target.unlink()
    return done


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@check
def pythons_server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=image.parent)) as python:
        threading.Thread(target=python.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{python.server_address[1]}/{image.name}"
        fetched(url=url)
        expect(good("verify", url).out == good("verify", image).out.replace(str(image).encode(), url.encode()), "verified otherwise")
        refused(3, "whole files only", "cat", url, "dir/file7")
        refused(3, "no such file", "fetch", url + "x", target)
        python.shutdown()


@check
def one_request_brings_all():
    server.reset(whole)
    fetched()
    expect(len(server.requests) == 1, f"{len(server.requests)} requests")
    digest = good("verify", "--json", image).out.split(b'"digest":"')[1][:71].decode()
    server.reset(whole)
    fetched("--digest", digest)
    expect(len(server.requests) == 1, f"{len(server.requests)} requests")
    small = out / "small.img"
    (out / "src").mkdir()
    (out / "src" / "a").write_text("a\n")
    good("make", "-q", out / "src", small, "-d", "2020-10-10T08:00:00+00:00", "--author", "A <a@example.org>")
    content = small.read_bytes()
    small.unlink()
    shutil.rmtree(out / "src")
    other = Server(content)
    other.reset(whole)
    fetched(url=other.url, wanted=content)


@check
def what_is_cut_off_is_asked_for_again():
    for after in (0, 3000, 70_000, 2_500_000, len(data) - 1):
        server.reset(cut(after, {0}))
        fetched()
        expect(len(server.requests) == 2, f"{len(server.requests)} requests")
    server.reset(cut(100_000))
    refused(3, "", "fetch", "--retries", "2", server.url, target)
    expect(len(server.requests) <= 4, f"{len(server.requests)} requests, all of which brought the same")
    for file in out.iterdir():
        file.unlink()


@check
def ranges_after_a_whole_file():
    server.reset(lambda r: r.number == 0 and cut(1_000_000)(r))
    fetched()
    expect(server.sent < len(data) - 900_000, f"{server.sent} bytes by ranges")
    # And when a part is there, of which the first answer brings too little to tell.
    server.reset(cut_then(404))
    refused(3, "what came is kept", "fetch", "--connections", "1", server.url, target)
    server.reset(lambda r: r.number == 0 and cut(3000)(r))
    fetched()


@check
def what_was_there_is_fetched_again():
    # From a server of ranges, which goes away.
    server.reset(cut_then(404))
    refused(3, "what came is kept", "fetch", "--connections", "1", server.url, target)
    server.reset(whole)
    fetched()
    expect(len(server.requests) == 1, f"{len(server.requests)} requests")
    # From one of whole files.
    server.reset(cut(1_000_000))
    refused(3, "what came is kept", "fetch", "--retries", "0", server.url, target)
    server.reset(whole)
    fetched()
    # A server of ranges goes on from there.
    server.reset(cut(1_000_000))
    refused(3, "what came is kept", "fetch", "--retries", "0", server.url, target)
    server.reset()
    fetched()
    expect(server.sent < len(data) - 900_000, f"{server.sent} bytes")


@check
def another_file_meanwhile():
    def changed(r):
        if r.number == 0:
            return cut(1_000_000)(r)
        return whole(r, fields=[("ETag", '"two"')])
    server.reset(changed)
    refused(3, "changed on the server", "fetch", server.url, target)
    for file in out.iterdir():
        file.unlink()


@check
def ranges_that_end():
    """A file that came by ranges is not gone on with by an answer that is none."""
    server.reset(lambda r: whole(r) if r.number > 0 else cut_then()(r))
    refused(3, "whole files only", "fetch", "--connections", "1", server.url, target)
    server.reset()
    fetched()


@check
def answers_that_will_not_do():
    tag = [("ETag", '"one"')]
    for fields, words in ((tag + [("Content-Encoding", "gzip")], "codes"), ([], "neither a strong ETag"),
                          (tag + [("ETag", '"two"')], "two values")):
        server.reset(lambda r, fields=fields: whole(r, fields=fields))
        refused(3, words, "fetch", server.url, target)
        expect(len(server.requests) == 1, "tried again")

    def endless(r):
        r.send(b"HTTP/1.1 200 -\r\nETag: \"one\"\r\nConnection: close\r\n\r\n" + r.data)
        r.close()
        return True
    server.reset(endless)
    refused(3, "does not say how long", "fetch", server.url, target)
    server.reset(lambda r: whole(r, b"<html>log in</html>" * 1000))
    refused(1, "not an image", "fetch", server.url, target)
    server.reset(lambda r: whole(r, b""))
    refused(3, "the file is empty", "fetch", server.url, target)
    expect(not list(out.iterdir()), f"left behind: {list(out.iterdir())}")


@check
def an_older_image_does_not_help():
    _, old, new = versions("site", 1)
    content = new.read_bytes()
    other = Server(content)
    other.reset(whole)
    said = fetched("--from", old, url=other.url, wanted=content).said
    expect("whole files only; all is fetched" in said and "as a whole" in said, said)


run_checks(server)
