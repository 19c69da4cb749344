#!/usr/bin/env python3
"""From version to version under 50 clients that keep their connections, by update packs: no request fails, each response is
of one version, and no client sees an older version again.

Usage: next_version_test.py SERVER DOCTEUR_MAKE

docteur-cache: docteur-patch replaces the image's file, SIGHUP mounts it. docteur-cache.elf, in QEMU with two disks: what
docteur-patch made is put behind the disk that is not served (QMP), and `mount` attaches that.
"""

import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import monitor
import servers
from version_clients import Client, end, files
from waiting import wait_until

SERVER, MAKE = sys.argv[1], pathlib.Path(sys.argv[2])
IS_GUEST = SERVER.endswith(".elf")
CLIENTS, VERSIONS = 50, 6
# Small, and read in blocks; the same paths in all versions.
SIZES = {"page": 2_000, "notes": 20_000, "picture": 300_000}
KEPT = {f"kept{i}": 30_000 for i in range(40)}


def run(name, *arguments):
    subprocess.run([MAKE.parent / name, "-q", *map(str, arguments)], check=True, timeout=120)


def make_versions(work):
    """Images, each larger than the one before, and packs from each to the next."""
    kept, sites, images, packs = files(KEPT, 99), [], [], []
    for i in range(VERSIONS):
        sites.append(files(SIZES, i))
        grown = files({f"grown{n}": 50_000 for n in range(i)}, 50)
        images.append(servers.make_image(MAKE, work / f"v{i}", {**kept, **grown, **sites[i]}, work / f"v{i}.img"))
    for i in range(1, VERSIONS):
        packs.append(work / f"{i}.dpk")
        run("docteur-diff", images[i - 1], images[i], packs[-1])
        assert packs[-1].stat().st_size < images[i].stat().st_size // 2
    return sites, images, packs


class Process(servers.Process):
    """The served file is replaced while it is served."""

    def __init__(self, work, image):
        self.file = work / "site.img"
        self.file.write_bytes(image.read_bytes())
        super().__init__(SERVER, [self.file], ["threads=2"])

    def go_to(self, pack, image):
        run("docteur-patch", self.file, pack, self.file)
        assert self.file.read_bytes() == image.read_bytes()
        self.process.send_signal(signal.SIGHUP)


class Guest(servers.Guest):
    """Two disks, one of which is served."""

    def __init__(self, work, image):
        self.work, self.now, self.count = work, work / "0.img", 0
        self.now.write_bytes(image.read_bytes())
        qemu = ["-qmp", f"unix:{work}/qmp,server=on,wait=off"]
        for disk in (0, 1):
            qemu += ["-blockdev", f"driver=file,node-name=file{disk},filename={self.now},read-only=on",
                     "-blockdev", f"driver=raw,node-name=disk{disk},file=file{disk},read-only=on",
                     "-device", f"virtio-blk-device,drive=disk{disk}"]
        super().__init__(SERVER, "microvm", words=("ip=10.0.2.15/24", "shell=23"), qemu=qemu)
        self.files = ["file0", "file1"]
        self.qmp = monitor.Qmp(work / "qmp")

    def go_to(self, pack, image):
        self.count += 1
        made, disk, node = self.work / f"{self.count}.made", self.count % 2, f"made{self.count}"
        run("docteur-patch", self.now, pack, made)
        self.qmp("blockdev-add", driver="file", **{"node-name": node, "filename": str(made), "read-only": True})
        self.qmp("blockdev-reopen", options=[{"driver": "raw", "node-name": f"disk{disk}", "file": node, "read-only": True}])
        self.qmp("blockdev-del", **{"node-name": self.files[disk]})
        self.files[disk], self.now = node, made
        with self.shell() as shell:
            said = shell(f"mount {disk}")
            assert "mounted\r\n" in said, said


class Watched(Client):
    """Never sees an older version again."""

    def fetch(self, c):
        before = self.last or 0
        super().fetch(c)
        if self.last is not None and self.last < before:
            self.wrong.append(f"version {self.last} after {before}")
        time.sleep(0.005)


def main():
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        sites, images, packs = make_versions(work)
        with (Guest if IS_GUEST else Process)(work, images[0]) as server:
            assert server.get("/page") == (200, sites[0]["page"])
            clients = [Watched(server.port, sites, (20, 5, 1), random.Random(i)) for i in range(CLIENTS)]
            for c in clients:
                c.start()
                time.sleep(0.02)
            wait_until(lambda: all(c.last == 0 for c in clients), "the clients are not served")
            for i, pack in enumerate(packs, 1):
                server.go_to(pack, images[i])
                # Nobody is answered from the version before any more, so its disk is free for the next one.
                wait_until(lambda i=i: all(c.last == i or c.wrong for c in clients), f"version {i} does not come")
                wrong = [c.wrong for c in clients if c.wrong]
                assert not wrong, wrong[:3]
            of = end(clients)
            assert min(of) >= CLIENTS, of
            status = server.status()
            assert set(status["statuses"]) == {"200"} and status["connections"]["aborted"] == 0, status
            server.type("halt\n")
            server.ends_with(0)
            print(f"{len(packs)} swaps under {CLIENTS} clients, responses of each version: {of}")


main()
