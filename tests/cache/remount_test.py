#!/usr/bin/env python3
"""Swaps two images while clients fetch: no request fails, and each response is entirely from one image.

Usage: remount_test.py SERVER DOCTEUR_MAKE    (docteur-cache, or docteur-cache.elf: then in QEMU, by its shell over TCP)
"""

import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers
from version_clients import Client, end, files

SERVER, MAKE = sys.argv[1:3]
CLIENTS = 6
SWAPS = 60
# Small, whole in memory, streamed; the same paths in both images, all content different.
SIZES = {"page": 2_000, "picture": 300_000, "film": 6_000_000}


def main():
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        sites = [files(SIZES, seed) for seed in (8, 9)]
        images = [servers.make_image(MAKE, work / f"site{i}", site, work / f"disk{i}.img") for i, site in enumerate(sites)]
        with servers.serve(SERVER, images) as server:
            assert server.get("/page") == (200, sites[0]["page"])
            clients = [Client(server.port, sites, (20, 5, 1), random.Random(i)) for i in range(CLIENTS)]
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
            of = end(clients)
            assert min(of) > SWAPS // 4, of
            status = server.status()
            assert set(status["statuses"]) == {"200"} and status["connections"]["aborted"] == 0, status
            server.type("halt\n")
            server.ends_with(0)
            print(f"{SWAPS} swaps, {of[0]} responses of the one image, {of[1]} of the other")


main()
