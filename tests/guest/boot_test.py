#!/usr/bin/env python3
"""Boots docteur-cache.elf in QEMU (software emulation, loopback only) and checks its behaviour.

Usage: boot_test.py ELF DOCTEUR_MAKE MACHINE    (q35, microvm, microvm-noacpi, microvm-modern)
Every QEMU is ended when its check is, and every wait has its bound.
"""

import contextlib
import gzip
import http.client
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers

ELF, MAKE, MACHINE = sys.argv[1:4]
FAILED = servers.FAILED


def boot(**how):
    return servers.Guest(ELF, MACHINE, **how)


def serves(image, files):
    coded = 0
    with boot(images=[image]) as g:
        for name, content in files.items():
            status, body = g.get("/" + name)
            assert status == 200 and body == content, f"{name}: {status}, {len(body)} bytes"
            _, fields, body = servers.fetch(g.port, "/" + name, {"Accept-Encoding": "gzip"})
            if fields["Content-Encoding"] == "gzip":
                coded += 1
                body = gzip.decompress(body)
            assert body == content, f"{name}: {fields['Content-Encoding']}"
        assert coded > 0
        g.type("halt\n")
        g.ends_with(0)


def serves_from_large_sectors(image, files):
    """A disk whose sectors have 4,096 bytes ends with the last whole one."""
    size = image.stat().st_size
    assert size % 4096 == 0, f"{size} bytes are no whole sectors"
    with boot(images=[image], sector=4096) as g:
        for name, content in files.items():
            status, body = g.get("/" + name)
            assert status == 200 and body == content, f"{name}: {status}, {len(body)} bytes"
        g.type("halt\n")
        g.ends_with(0)


def serves_many(image, files):
    wrong = []

    def client(g, name):
        try:
            if g.get("/" + name) != (200, files[name]):
                wrong.append(name)
        except AssertionError as why:
            wrong.append(why)

    with boot(images=[image]) as g:
        g.get("/README.md")
        threads = [threading.Thread(target=client, args=(g, name)) for _ in range(10) for name in files]
        for t in threads:
            t.start()
            time.sleep(0.01)  # QEMU's user network listens with a backlog of 1
        for t in threads:
            t.join(60)
        assert not wrong, wrong[:3]


def reboots(image, _):
    with boot(images=[image]) as g:
        g.get("/README.md")
        g.type("reboot\n")
        g.ends_with(0)  # -no-reboot


def gets_an_address(image, files):
    with boot(images=[image], words=()) as g:
        g.waits_for(rb"10\.0\.2\.15/24 gateway 10\.0\.2\.2")  # a SYN before that would be repeated only after 6 s
        assert g.get("/README.md") == (200, files["README.md"])


def serves_a_module(image, files):
    with boot(module=image) as g:
        for name, content in files.items():
            assert g.get("/" + name) == (200, content), name
        g.type("halt\n")
        g.ends_with(0)


def says_that_there_is_no_disk(*_):
    with boot() as g:
        g.ends_with(FAILED, rb"(?i)no disk")


def says_that_a_disk_is_short(image, _):
    short = image.with_name("short.img")
    for size in (0, 100, image.stat().st_size // 2):
        short.write_bytes(image.read_bytes()[:size])
        with boot(images=[short]) as g:
            g.ends_with(FAILED, rb"truncated")


def survives_an_error_of_the_disk(image, files):
    sector = image.stat().st_size // 2 // 512  # amid large.bin
    faulty = (f"readonly=on,format=raw,file.driver=blkdebug,file.image.filename={image},"
              f"file.inject-error.0.event=read_aio,file.inject-error.0.errno=5,file.inject-error.0.sector={sector}")
    with boot(drive=faulty) as g:
        assert g.get("/README.md") == (200, files["README.md"])
        try:
            status, body = g.get("/large.bin", patience=0)
            assert status >= 500 or body != files["large.bin"], "the error was not seen"
            assert status >= 500 or len(body) < len(files["large.bin"]), "wrong bytes"
        except AssertionError as why:
            assert "GET" in str(why), why  # an aborted connection is an answer, too
        assert g.get("/README.md") == (200, files["README.md"])


def refuses_a_wrong_address(image, _):
    for words, named in ((("ip=10.0.2.256",), rb"ip="), (("ip=10.0.2.15", "gateway=10.0.3.2"), rb"gateway="),
                         (("ip=10.0.2.15", "mac=52:54:00:12:34:56"), rb"mac=")):
        with boot(images=[image], words=words) as g:
            g.ends_with(FAILED, rb"failure: " + named)


def obeys_a_netmask(image, files):
    with boot(images=[image], words=("ip=10.0.2.15", "netmask=255.255.128.0")) as g:
        g.waits_for(rb"10\.0\.2\.15/17")
        assert g.get("/README.md") == (200, files["README.md"])


def serves_every_file_of_a_repository(image, _):
    """This checkout, if it is a repository: each file is as in git, over one connection."""
    top = pathlib.Path(__file__).resolve().parents[2]
    if not (top / ".git").exists():
        return
    git = ["git", "-C", str(top), "-c", f"safe.directory={top}"]
    listed = subprocess.run([*git, "ls-tree", "-r", "-z", "HEAD"], stdout=subprocess.PIPE, check=True, timeout=60).stdout
    files = {path: what.split() for what, path in (line.split(b"\t", 1) for line in listed.split(b"\0") if line)}
    repository = image.with_name("repository.img")
    subprocess.run([MAKE, "-q", str(top), str(repository)], check=True, timeout=120)
    with boot(images=[repository]) as g:
        g.get("/README.md")
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", g.port, timeout=20)) as c:
            for path, (mode, kind, oid) in files.items():
                if kind != b"blob" or mode == b"120000":
                    continue
                content = subprocess.run([*git, "cat-file", "blob", oid], stdout=subprocess.PIPE, check=True, timeout=60).stdout
                c.request("GET", "/" + urllib.parse.quote(path))
                r = c.getresponse()
                assert r.read() == content and r.status == 200, f"{path}: {r.status}"
                assert r.headers["ETag"] == f'"{oid.decode()}"', path


def serves_ranges_of_a_large_file(image, _):
    """A file of 1 GiB, in 64 MiB of memory."""
    if MACHINE not in ("q35", "microvm"):
        return
    dice = random.Random(5)
    folder = image.with_name("large")
    folder.mkdir()
    with open(folder / "file", "wb") as out:
        for _ in range(1024):
            out.write(dice.randbytes(1 << 20))
    large = image.with_name("large.img")
    subprocess.run([MAKE, "-q", "-d", "2024-01-01T00:00:00Z", str(folder), str(large)], check=True, timeout=200)
    with boot(images=[large]) as g, open(folder / "file", "rb") as original:
        g.get("/absent")
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", g.port, timeout=20)) as c:
            for size in (1, 511, 65536, 1 << 20, 5_000_000):
                for at in (0, dice.randrange((1 << 30) - size), (1 << 30) - size):
                    c.request("GET", "/file", headers={"Range": f"bytes={at}-{at + size - 1}"})
                    r = c.getresponse()
                    body = r.read()
                    original.seek(at)
                    assert r.status == 206 and body == original.read(size), f"{at}, {size}: {r.status}, {len(body)} bytes"
    shutil.rmtree(folder)
    large.unlink()


def make_image(folder):
    files = {"README.md": b"# A site\n" * 50, "two.txt": b"0123456789abcde\n" * 128, "empty": b"",
             "large.bin": random.Random(4).randbytes(3_000_001)}
    image = servers.make_image(MAKE, folder / "site", files, folder / "disk.img")
    return image, files


def main():
    with tempfile.TemporaryDirectory() as folder:
        image, files = make_image(pathlib.Path(folder))
        for check in (serves, serves_from_large_sectors, serves_many, reboots, gets_an_address, serves_a_module, says_that_there_is_no_disk,
                      says_that_a_disk_is_short, survives_an_error_of_the_disk, refuses_a_wrong_address, obeys_a_netmask,
                      serves_every_file_of_a_repository, serves_ranges_of_a_large_file):
            begin = time.monotonic()
            check(image, files)
            print(f"{MACHINE}: {check.__name__.replace('_', ' ')} ({time.monotonic() - begin:.1f} s)")


main()
