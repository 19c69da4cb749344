#!/usr/bin/env python3
"""Swaps two images while clients fetch: no request fails, and each response is entirely from one image.

Usage: remount_test.py SERVER DOCTEUR_MAKE    (docteur-cache, or docteur-cache.elf: then in QEMU, by its shell over TCP)
"""

import contextlib
import hashlib
import http.client
import pathlib
import random
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers

SERVER, MAKE = sys.argv[1:3]
CLIENTS = 6
SWAPS = 60
# Small, whole in memory, streamed; the same paths in both images, all content different.
SIZES = {"page": 2_000, "picture": 300_000, "film": 6_000_000}


def files(seed):
    dice = random.Random(seed)
    return {name: dice.randbytes(size) for name, size in SIZES.items()}


def tag(content):
    """The ETag of a file: its blob's id."""
    return '"' + hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest() + '"'


class Client(threading.Thread):
    def __init__(self, port, sites, dice):
        super().__init__(daemon=True)
        self.port, self.sites, self.dice = port, sites, dice
        self.of, self.wrong, self.over = [0, 0], [], threading.Event()

    def run(self):
        try:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=servers.PATIENCE)) as c:
                while not self.over.is_set():
                    self.fetch(c)
        except (OSError, http.client.HTTPException) as why:
            self.wrong.append(repr(why))

    def fetch(self, c):
        name = self.dice.choices(list(SIZES), weights=(20, 5, 1))[0]
        c.request("GET", "/" + name)
        answer = c.getresponse()
        body = answer.read()
        for i, site in enumerate(self.sites):
            if body == site[name] and answer.headers["ETag"] == tag(body) and answer.status == 200:
                self.of[i] += 1
                return
        self.wrong.append(f"{name}: {answer.status}, {len(body)} bytes, {answer.headers['ETag']}")


def main():
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        sites = [files(seed) for seed in (8, 9)]
        images = [servers.make_image(MAKE, work / f"site{i}", site, work / f"disk{i}.img") for i, site in enumerate(sites)]
        with servers.serve(SERVER, images) as server:
            assert server.get("/page") == (200, sites[0]["page"])
            clients = [Client(server.port, sites, random.Random(i)) for i in range(CLIENTS)]
            for c in clients:
                c.start()
                time.sleep(0.02)
            with server.shell() as run:
                for i in range(SWAPS):
                    said = run(f"mount {(i + 1) % 2}")
                    assert "mounted\r\n" in said, said
                    # Over TCP, like all other clients.
                    assert f"{i % 2 ^ 1}" == server.status()["image"]["disk"]
                    assert server.get("/page")[1] == sites[(i + 1) % 2]["page"]
                    time.sleep(0.05)
            for c in clients:
                c.over.set()
            for c in clients:
                c.join(servers.PATIENCE)
                assert not c.is_alive(), "a client hangs"
                assert not c.wrong, c.wrong[:3]
            of = [sum(c.of[i] for c in clients) for i in (0, 1)]
            assert min(of) > SWAPS // 4, of
            status = server.status()
            assert set(status["statuses"]) == {"200"} and status["connections"]["aborted"] == 0, status
            server.type("halt\n")
            server.ends_with(0)
            print(f"{SWAPS} swaps, {of[0]} responses of the one image, {of[1]} of the other")


main()
