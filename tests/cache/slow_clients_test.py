#!/usr/bin/env python3
"""Fifty slow clients of large files, which together are larger than a guest's memory: bounded memory, right bytes.

Usage: slow_clients_test.py SERVER DOCTEUR_MAKE    (docteur-cache, or docteur-cache.elf: then in QEMU with 64 MiB)
Each reads a little now and then, and is sent more than its connection can hold; the memory that the server uses may grow
by what the README promises for each. Some read to the end, the rest go away in the middle. A page comes quickly meanwhile.
"""

import pathlib
import random
import socket
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers

SERVER, MAKE = sys.argv[1:3]
CLIENTS = 50
FINISHING = 5  # of the clients: these read all
ROUNDS, PIECE, PAUSE = 15, 16 << 10, 0.25
EACH = 200 << 10  # bytes of memory for a client: what is on its way, and what is being read
SIZE = 10_000_000
DICE = random.Random(7)
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


def main():
    with tempfile.TemporaryDirectory() as work:
        image = servers.make_image(MAKE, pathlib.Path(work) / "site", FILES, pathlib.Path(work) / "disk.img")
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
            assert 0 < grown < CLIENTS * EACH, f"{grown} bytes more for {CLIENTS} clients"
            after = server.status()
            assert after["faults"] == 0 and after["connections"]["timed_out"] == 0, after
            server.type("halt\n")
            server.ends_with(0)
            print(f"{CLIENTS} clients took {grown / CLIENTS / 1024:.0f} KiB each; a page took {slowest:.2f} s at most")


main()
