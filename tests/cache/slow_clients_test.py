#!/usr/bin/env python3
"""Slow clients: bounded memory, right bytes, and no other client is refused.

Usage: slow_clients_test.py SERVER DOCTEUR_MAKE    (docteur-cache, or docteur-cache.elf: then in QEMU with 64 MiB)
Fifty read large files, which together are larger than a guest's memory, a little now and then; the memory that the server
uses may grow by what the README promises for each. Some read to the end, the rest go away in the middle. A page comes
meanwhile. Then many, of a process a thousand, with files that are just small enough to be built whole.
"""

import pathlib
import random
import resource
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import programs
import servers

SERVER, MAKE = sys.argv[1:3]
CLIENTS = 50
FINISHING = 5  # of the clients: these read all
ROUNDS, PIECE, PAUSE = 15, 16 << 10, 0.25
EACH = 200 << 10  # bytes of memory for a client: data on its way, and data being read
SIZE = 10_000_000
DICE = random.Random(7)

IS_GUEST = SERVER.endswith(".elf")
IS_SANITIZED = programs.is_sanitized(SERVER)  # the process's memory is then meaningless
# For all of them: the guest bounds what is on its way for all connections together, by a quarter of its memory.
MOST = (16 << 20) + CLIENTS * (72 << 10) if IS_GUEST else CLIENTS * EACH
MANY = 60 if IS_GUEST else 1000
WHOLE = (2 << 20 if IS_GUEST else 4 << 20) - 4096  # bytes of a file that is built whole
CONTENT = 8 << 20 if IS_GUEST else 16 << 20  # bytes of content that clients are being sent
TIMES = 4 if IS_GUEST else 1  # requests of a file: this machine and QEMU's user network buffer megabytes of a response
FILES = {f"large{i}": DICE.randbytes(SIZE) for i in range(8)} | {"page": b"a page\n" * 300}


class SlowClient(threading.Thread):
    def __init__(self, port, name, finishes):
        super().__init__(daemon=True)
        self.port, self.name_, self.finishes, self.why = port, name, finishes, None
        self.reads = threading.Event()

    def run(self):
        try:
            self.read_all()
        except (OSError, AssertionError) as why:
            self.why = f"{self.name_}: {why!r}"
        self.reads.set()

    def read_all(self):
        content = FILES[self.name_]
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 10)
            s.settimeout(servers.PATIENCE)
            s.connect(("127.0.0.1", self.port))
            s.sendall(f"GET /{self.name_} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".encode())
            got = b""
            while b"\r\n\r\n" not in got:
                got += s.recv(4096)
            head, got = got.split(b"\r\n\r\n", 1)
            assert head.startswith(b"HTTP/1.1 200"), head
            got = got or s.recv(PIECE)
            at = 0
            turns = 0
            while at < SIZE:
                assert got and got == content[at:at + len(got)], f"wrong bytes, or the end, at {at}"
                at += len(got)
                self.reads.set()
                turns += 1
                if turns < ROUNDS:
                    time.sleep(PAUSE)
                elif not self.finishes:
                    return
                elif at < SIZE:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
                got = s.recv(PIECE if turns < ROUNDS else 1 << 20) if at < SIZE else b""


def large_files():
    """Forty files just small enough to be built whole: stored, deflated, and deltas."""
    dice = random.Random(5)
    files = {f"stored{i}": dice.randbytes(WHOLE) for i in range(20)}
    words = [b"%06x " % dice.getrandbits(24) for _ in range(1 << 12)]
    for i in range(10):
        text = b"".join(dice.choices(words, k=WHOLE // 7))
        files[f"text{i}"] = text
        files[f"text{i}.new"] = text[:WHOLE // 2] + b"another line\n" + text[WHOLE // 2:]
    return files


def used(server):
    """Bytes of memory of a guest, or of a process."""
    if IS_GUEST:
        return server.status()["memory"]["used_bytes"]
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) << 10


class Reader:
    """A client that requests a file, and has read the first bytes of it."""

    def __init__(self, port, name):
        self.name = name
        self.s = socket.socket()
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 10)
        self.s.settimeout(servers.PATIENCE)
        self.s.connect(("127.0.0.1", port))
        asks = f"GET /{name} HTTP/1.1\r\nHost: h\r\n".encode()
        self.s.sendall((asks + b"\r\n") * (TIMES - 1) + asks + b"Connection: close\r\n\r\n")
        self.got = bytearray(self.s.recv(1000))
        assert self.got.startswith(b"HTTP/1.1 200 "), self.got[:20]

    def read_to_end(self, content):
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        while piece := self.s.recv(1 << 20):
            self.got += piece
        assert self.got.count(content) == TIMES and len(self.got) < TIMES * (len(content) + 1000), self.name


def many_readers(work):
    """Quick clients are served, and each slow one costs little memory. Without a cache, so with the least room."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    large = large_files()
    small = {f"page{i}": b"page %d\n" % i * 300 for i in range(20)}
    image = servers.make_image(MAKE, work / "many", large | small, work / "many.img")
    names = sorted(large)
    with servers.serve(SERVER, [image], ["cache=0", "time-out=600"]) as server:
        assert server.get("/page0") == (200, small["page0"])
        before = most = used(server)
        readers = []
        for i in range(MANY):
            readers.append(Reader(server.port, names[i * 7 % len(names)]))
            if i % 20 == 0:
                assert server.get(f"/page{i // 20 % 20}") == (200, small[f"page{i // 20 % 20}"]), f"{i} readers"
        for turn in range(10):
            most = max(most, used(server))
            for r in readers[turn::10]:
                r.got += r.s.recv(30_000)
            assert server.get(f"/page{turn}") == (200, small[f"page{turn}"])
        # A quick client of a large file is served as well.
        assert server.get("/text3.new") == (200, large["text3.new"])
        most = max(most, used(server))
        for r in readers[::MANY // 25]:
            r.read_to_end(large[r.name])
        status = server.status()
        assert set(status["statuses"]) == {"200"} and status["faults"] == 0, status
        assert status["cache"]["taken_from_slow"] > 0, status["cache"]
        # The limit of content (there is no cache), two files being built, and the cost of each reader.
        assert IS_SANITIZED or most - before < CONTENT + 2 * WHOLE + MANY * EACH, f"{most - before} bytes"
        for r in readers:
            r.s.close()
        server.type("halt\n")
        server.ends_with(0)
        print(f"{MANY} readers of files of {WHOLE >> 10} KiB took {(most - before) / MANY / 1024:.0f} KiB each")


def fifty_readers(work):
    image = servers.make_image(MAKE, work / "site", FILES, work / "disk.img")
    with servers.serve(SERVER, [image], ["cache=4000000"]) as server:
        assert server.get("/page") == (200, FILES["page"])
        before = server.status()["memory"]
        clients = [SlowClient(server.port, f"large{i % 8}", i < FINISHING) for i in range(CLIENTS)]
        for c in clients:
            c.start()
            time.sleep(0.02)  # QEMU's user network listens with a backlog of 1
        for c in clients:
            assert c.reads.wait(servers.PATIENCE), "a client got nothing"
        most, slowest = 0, 0.0
        while any(c.is_alive() for c in clients[FINISHING:]):
            begin = time.monotonic()
            _, _, page = servers.fetch(server.ports[1], "/page")
            assert page == FILES["page"]
            slowest = max(slowest, time.monotonic() - begin)
            status = server.status()
            most = max(most, status["memory"]["used_bytes"])
            time.sleep(0.1)
        for c in clients:
            c.join(2 * servers.PATIENCE)
            assert not c.is_alive() and c.why is None, c.why or "a client did not end"
        grown = most - before["used_bytes"]
        assert IS_SANITIZED or 0 < grown < MOST, f"{grown} bytes more for {CLIENTS} clients"
        after = server.status()
        assert after["faults"] == 0 and after["connections"]["timed_out"] == 0, after
        server.type("halt\n")
        server.ends_with(0)
        print(f"{CLIENTS} clients took {grown / CLIENTS / 1024:.0f} KiB each; a page took {slowest:.2f} s at most")


def main():
    with tempfile.TemporaryDirectory() as work:
        fifty_readers(pathlib.Path(work))
        many_readers(pathlib.Path(work))


main()
