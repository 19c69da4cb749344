#!/usr/bin/env python3
"""Servers that are slow or broken, and signals meanwhile: one clear line, status 3, within --timeout; no temporary
repository, no image, no process is left behind (network.Run looks)."""

import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor

from network import PATIENCE, SITES, Forwarder, Run, Server, Web, expect, git, git_daemon, made, refused, repository

site = repository("site.git")
noise = b"".join(b"M 100644 inline noise%d\ndata 40000\n%s\n" % (i, random.Random(i).randbytes(40000)) for i in range(10))
git(site, "fast-import", "--quiet", "--force",
    stdin=b"commit refs/heads/main\ncommitter C <c> 1 +0000\ndata 0\n\n" + noise)
web, daemon = Web(), git_daemon()
SHORT = "--timeout=2"


def silent(connection):
    time.sleep(PATIENCE)


def reads_and_is_silent(connection):
    connection.recv(65536)
    time.sleep(PATIENCE)


def says(text, close=True):
    def talk(connection):
        if connection.recv(65536).startswith(b"POST"):
            return  # it asks for more than there is
        connection.sendall(text)
        if not close:
            time.sleep(PATIENCE)
    return talk


def answer(body, length=None, kind=b"application/x-git-upload-pack-advertisement", status=b"200 OK"):
    return says(b"HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s" % (
        status, kind, len(body) if length is None else length, body))


REFS = (b"001e# service=git-upload-pack\n0000000eversion 2\n0015agent=git/2.39.5\n0013ls-refs=unborn\n"
        b"0012fetch=shallow\n0000")


def until(limit, then):
    """A spoiler for Forwarder: after `limit` bytes of a connection `then(data)`."""
    def spoil(data, at):
        return data if at + len(data) <= limit else then(data)
    return spoil


def cut(_):
    raise EOFError


def stall(_):
    return None


def corrupt(at_byte):
    def spoil(data, at):
        if at <= at_byte < at + len(data):
            data = bytearray(data)
            data[at_byte - at] ^= 0x55
        return bytes(data)
    return spoil


def http(port):
    return f"http://127.0.0.1:{port}/git/site.git"


def plain(port):
    return f"git://127.0.0.1:{port}/site.git"


QUIET = "nothing came for 2 seconds"
cases = []


def case(words, source, *arguments):
    cases.append((words, source, arguments))


# Silence, at each point of the conversation.
case("", http(Server(silent).port), SHORT)
case("", http(Server(says(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", close=False)).port), SHORT)
case(QUIET, plain(Server(silent).port), SHORT)
case(QUIET, plain(Server(reads_and_is_silent).port), SHORT)
case(QUIET, f"ssh://127.0.0.1:{Server(silent).port}/site.git", SHORT)
case(QUIET, f"ssh://127.0.0.1:{Server(says(b'SSH-2.0-x', close=False)).port}/site.git", SHORT)
for limit in (100, 200_000):
    case("", http(Forwarder(web.port, until(limit, stall)).port), SHORT)
    case(QUIET, plain(Forwarder(daemon, until(limit, stall)).port), SHORT)
# An end in the middle, and bytes that changed on the way.
for limit in (0, 100, 700, 200_000, 300_000):
    case("", http(Forwarder(web.port, until(limit, cut)).port))
    case("", plain(Forwarder(daemon, until(limit, cut)).port))
for at_byte in (0, 250_000):
    case("", http(Forwarder(web.port, corrupt(at_byte)).port), SHORT)
    case("", plain(Forwarder(daemon, corrupt(at_byte)).port), SHORT)  # a length that never comes
# Answers that are none.
noisy = random.Random(1).randbytes(5000)
case("", http(Server(says(noisy)).port))
case("", plain(Server(says(noisy)).port))
case("", f"ssh://127.0.0.1:{Server(says(noisy)).port}/site.git")
case("", http(Server(answer(REFS, length=len(REFS) + 1000)).port))
case("", http(Server(answer(REFS, length=len(REFS) - 3)).port))
case("no Git repository answers there", http(Server(answer(b"<html>\n<p>hello</p>\n</html>\n", kind=b"text/html")).port))
case("500", http(Server(answer(b"oh", status=b"500 Oh")).port))
case("", http(Server(answer(b"zzzz" + noisy)).port))
case("", http(Server(lambda connection: None).port))
case("", plain(Server(lambda connection: None).port))
case("", plain(Server(says(b"0032ERR \x1b]0;title\x07\x1b[31m" + b"x" * 27)).port))


def check(words, source, arguments):
    done = refused(3, words, source, *arguments)
    expect("\x1b" not in done.said and len(done.said) < 1000, f"control characters, or too much: {done.shown!r}")
    expect(len(done.said) > len(f"docteur-make: {source}: ") + 5, f"no reason: {done.shown}")
    return done.said


with ThreadPoolExecutor(8) as pool:
    for said in pool.map(lambda c: check(*c), cases):
        pass

# A slow server is no broken one: every piece is a sign of life.
slow = Forwarder(daemon, pause=0.08, piece=5_000)
expect(made(plain(slow.port), "--timeout=5") == made(site), "another image from a slow server")

# Signals, while the server is silent and while it sends.
for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    for source in (plain(Server(reads_and_is_silent).port), http(Forwarder(web.port, until(200_000, stall)).port)):
        run = Run(source, "--progress=plain", wait=False)
        end = time.monotonic() + PATIENCE
        while len(run.processes()) < 2 and time.monotonic() < end:  # git is there
            time.sleep(0.02)
        time.sleep(0.2)
        run.process.send_signal(name)
        run.wait()
        expect(run.status == -name and not run.image.exists(), f"{name}: {run.shown}")
