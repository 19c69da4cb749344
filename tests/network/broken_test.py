#!/usr/bin/env python3
"""Servers that are slow or broken, and signals meanwhile: one clear line, status 3, within --timeout; no temporary
repository, no image, no process is left behind (network.Run looks). By git, and by libgit2 where there is none."""

import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor

from network import KIND, PATIENCE, Run, alone, expect, git, made, refused, repository
from odd_servers import Forwarder, Server
from real_servers import Web, git_daemon

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


# A PACK that claims what it has not: four thousand million objects, one of as many bytes, a flood of words before it.
def packet(payload):
    return b"%04x%s" % (len(payload) + 4, payload)


HEAD = git(site, "rev-parse", "main").encode()
CLAIMS = [
    b"PACK" + (2).to_bytes(4, "big") + b"\xff\xff\xff\xff" + b"\x95\x0a" + noisy,
    b"PACK" + (2).to_bytes(4, "big") + b"\0\0\0\1" + b"\xbf" + b"\xff" * 6 + b"\x0f" + noisy,
    b"PACK" + (3).to_bytes(4, "big") + b"\0\0\0\1" + noisy,
    b"PACK" + (2).to_bytes(4, "big") + b"\0\0\0\0" + noisy[:20],
    noisy,
]


def gives(pack, words=()):
    """git:// of protocol version 0 with one branch, whose PACK is `pack`, after `words` for a person."""
    def talk(connection):
        connection.recv(65536)
        connection.sendall(packet(HEAD + b" HEAD\0side-band-64k ofs-delta shallow symref=HEAD:refs/heads/main\n") +
                           packet(HEAD + b" refs/heads/main\n") + b"0000")
        asked = b""
        while not asked.endswith(b"0009done\n"):
            had = asked
            asked += connection.recv(65536)
            if b"deepen" in asked and b"deepen" not in had:
                connection.sendall(packet(b"shallow " + HEAD + b"\n") + b"0000")
            if asked == had:
                return
        connection.sendall(packet(b"NAK\n"))
        for word in words:
            connection.sendall(packet(b"\2" + word))
        connection.sendall(packet(b"\1" + pack) + b"0000")
        while connection.recv(65536):
            pass
    return talk


for pack in CLAIMS:
    case("", plain(Server(gives(pack)).port))
endless_line = [b"x" * 60_000] * 500
many_lines = [b"\x1b[31m%d\n" % i * 4_000 for i in range(500)]
for words in (endless_line, many_lines):
    case("", plain(Server(gives(noisy, words)).port))


def check(words, source, arguments):
    for environment in ({}, alone):
        if environment == {} or not source.startswith("ssh:"):  # there is no one to ask about the host's key
            check_one(words if environment == {} or words == QUIET else "", source, arguments, environment)


def check_one(words, source, arguments, environment):
    done = refused(3, words, source, *arguments, environment=environment)
    expect("\x1b" not in done.said and len(done.said) < 1000, f"control characters, or too much: {done.shown!r}")
    expect(len(done.said) > len(f"docteur-make: {source}: ") + 5, f"no reason: {done.shown}")


with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda c: check(*c), cases))

# A slow server is no broken one: every piece is a sign of life.
slow = Forwarder(daemon, pause=0.08, piece=5_000)
expect(made(plain(slow.port), "--timeout=5") == made(site), "another image from a slow server")

# Signals, while the server is silent and while it sends.
for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    for source in (plain(Server(reads_and_is_silent).port), http(Forwarder(web.port, until(200_000, stall)).port)):
        for environment, processes in (({}, 2), (alone, 3 if KIND == "sha1" else 2)):
            run = Run(source, "--progress=plain", environment=environment, wait=False)
            end = time.monotonic() + PATIENCE
            while len(run.processes()) < processes and time.monotonic() < end:  # what fetches is there
                time.sleep(0.02)
            time.sleep(0.2)
            run.process.send_signal(name)
            run.wait()
            expect(run.status == -name and not run.image.exists(), f"{name}: {run.shown}")
