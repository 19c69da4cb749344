#!/usr/bin/env python3
"""A guest serves as many connections at once as it promises. A further one gets 503, and a higher limit is refused.

Usage: connections_test.py ELF DOCTEUR_MAKE
"""

import pathlib
import resource
import socket
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers

ELF, MAKE = sys.argv[1:3]
MOST = 1024
PAGE = b"a page\n" * 30


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        image = servers.make_image(MAKE, work / "site", {"page": PAGE}, work / "disk.img")
        with servers.Guest(ELF, "microvm", [image], ("ip=10.0.2.15/24", f"connections={MOST}")) as guest:
            assert guest.get("/page") == (200, PAGE)
            clients = []
            for i in range(MOST + 40):
                c = socket.create_connection(("127.0.0.1", guest.port), timeout=servers.PATIENCE)
                c.sendall(b"GET /page HTTP/1.1\r\nHost: h\r\n\r\n")
                got = c.recv(1000)
                assert got.startswith(b"HTTP/1.1 200 " if i < MOST else b"HTTP/1.1 503 "), f"connection {i}: {got[:30]!r}"
                clients.append(c)
            for c in clients:
                c.close()
            while guest.get("/page") != (200, PAGE):  # until it has noticed that they are gone
                time.sleep(0.1)
            guest.type("halt\n")
            guest.ends_with(0)
        with servers.Guest(ELF, "microvm", [image], ("ip=10.0.2.15/24", f"connections={MOST + 1}")) as guest:
            guest.ends_with(servers.FAILED, rb"connections=1025: at most 1024, because a guest has no room for more")


main()
