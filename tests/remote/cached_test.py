#!/usr/bin/env python3
"""Images on a server with the cache of blocks in between: what was read once is not fetched again, also when the server is
gone; another version is another image; no credential is kept."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

from range_server import BIN, ENVIRONMENT, Server, check, expect, good, refused, replies, run_checks, sample_image

image, files = sample_image()
data = image.read_bytes()
server = Server(data)
folder = image.parent / "kept"
cached = ["--cache", folder]
SMALL = "dir/file7"


def empty():
    shutil.rmtree(folder, ignore_errors=True)
    server.content = data
    server.reset()


def cat(*paths, url=None, options=()):
    return good("cat", *cached, *options, url or server.url, *paths).out


def listed():
    return json.loads(good("blocks", "list", "--json", "--cache", folder).out)


@check
def second_time():
    empty()
    expect(cat(SMALL) == files[SMALL], "wrong bytes")
    cold = server.sent
    expect(0 < cold < len(data) // 2, f"{cold} of {len(data)} bytes for one file")
    server.reset()
    expect(cat(SMALL) == files[SMALL], "wrong bytes from the cache")
    expect(len(server.requests) == 1 and server.sent <= 16 << 10, f"{len(server.requests)} requests, {server.sent} bytes")
    # Whole: each block came once.
    for path, content in files.items():
        expect(cat(path) == content, f"wrong bytes: {path}")
        if path == "dir/file20":
            break
    expect(cat("large") == files["large"], "wrong bytes")


@check
def blocks_come_once():
    empty()
    good("extract", "-q", *cached, server.url, image.parent / "out")
    shutil.rmtree(image.parent / "out")
    expect(server.sent <= 1.05 * len(data), f"{server.sent} bytes of an image of {len(data)}")
    server.reset()
    good("extract", "-q", *cached, server.url, image.parent / "out")
    for path, content in files.items():
        expect((image.parent / "out" / path).read_bytes() == content, f"wrong bytes: {path}")
    shutil.rmtree(image.parent / "out")
    expect(server.sent <= 64 << 10, f"{server.sent} bytes for what is there")


@check
def server_gone():
    empty()
    good("extract", "-q", *cached, server.url, image.parent / "out")
    shutil.rmtree(image.parent / "out")

    def closes(r):
        r.close()
        return True
    server.reset(closes)
    expect(cat(SMALL, "large") == files[SMALL] + files["large"], "wrong bytes without the server")
    expect(good("ls", *cached, server.url).out == good("ls", image).out, "another listing without the server")
    # Nobody listens at all.
    silent = Server(data)
    good("cat", *cached, silent.url, SMALL)
    silent.shutdown()
    silent.server_close()
    expect(good("cat", *cached, silent.url, SMALL).out == files[SMALL], "wrong bytes where nobody listens")
    refused(3, "", "cat", "--retries=0", *cached, silent.url, "large")
    # A server that answers is believed.
    server.reset(replies(404))
    refused(3, "404", "cat", *cached, server.url, SMALL)
    server.reset()
    expect(cat(SMALL) == files[SMALL], "wrong bytes when it is back")


@check
def another_version():
    empty()
    expect(cat(SMALL, "large") == files[SMALL] + files["large"], "wrong bytes")
    store = image.parent / "store"
    (store / SMALL).write_text("new\n")
    good("make", "-q", "-d", "2021-10-10T08:00:00+00:00", "--author", "A <a@b>", store, image.parent / "new.img")
    (store / SMALL).write_bytes(files[SMALL])
    server.content = (image.parent / "new.img").read_bytes()
    server.reset(version=[("ETag", '"two"')])
    expect(cat(SMALL, "large") == b"new\n" + files["large"], "not the new version")
    expect(len(listed()) == 2, f"not two versions: {listed()}")
    # And back.
    server.content = data
    server.reset()
    expect(cat(SMALL) == files[SMALL], "not the old version")


@check
def nothing_secret():
    empty()
    url = server.url.replace("//", "//jane:s3cr3t@") + "?signature=t0ken"
    expect(cat(SMALL, url=url) == files[SMALL], "wrong bytes")
    names = [p for p in folder.rglob("*")]
    expect(names, "nothing was kept")
    for path in names:
        expect("jane" not in path.name and "t0ken" not in path.name, f"a secret in a name: {path}")
        content = path.read_bytes() if path.is_file() else b""
        head = content[:4096]
        expect(b"s3cr3t" not in head and b"t0ken" not in head and b"jane" not in head, f"a secret in {path}")
    server.reset()
    expect(cat(SMALL, url=url.replace("t0ken", "another")) == files[SMALL] and server.sent <= 16 << 10, "fetched again")


@check
def damage_heals():
    empty()
    value = json.loads(good("verify", "--json", image).out)["digest"]
    pinned = ["--digest", value]
    expect(cat("large", options=pinned) == files["large"], "wrong bytes")
    kept, = folder.glob("*.blocks")
    with kept.open("r+b") as f:
        f.seek(-(1 << 20), os.SEEK_END)
        f.write(b"damage" * 1000)
    server.reset()
    expect(cat("large", options=pinned) == files["large"], "wrong bytes from a damaged cache")
    expect(server.sent < 1 << 20, f"{server.sent} bytes to heal one place")
    other = "sha256:" + "0" * 64
    refused(1, value, "cat", *cached, "--digest", other, server.url, SMALL)


@check
def where_nothing_is_kept():
    empty()
    expect(good("cat", "--no-cache", server.url, SMALL).out == files[SMALL], "wrong bytes")
    home = image.parent / "home"
    home.mkdir()
    by_home = {"HOME": str(home)}
    expect(good("cat", "--no-cache", server.url, SMALL, environment=by_home).out == files[SMALL], "wrong bytes")
    expect(not list(home.iterdir()), "something was kept")
    expect(good("cat", server.url, SMALL, environment=by_home).out == files[SMALL], "wrong bytes")
    expect(list((home / ".cache/docteur/images").glob("*.blocks")), "nothing was kept")
    refused(2, "", "cat", "--cache", folder, "--no-cache", server.url, SMALL)
    (image.parent / "file").write_text("not a folder")
    refused(3, "", "cat", "--cache", image.parent / "file", server.url, SMALL)


@check
def files_too():
    empty()
    for _ in range(2):
        expect(good("cat", *cached, image, SMALL).out == files[SMALL], "wrong bytes")
    expect([i["name"] for i in listed()] == [str(image)], f"{listed()}")
    old = Path(image.parent / "by-hand.img")
    old.write_bytes(bytes(4096))
    refused(2, "--cache: an image without a digest cannot be kept", "cat", *cached, old, SMALL)


@check
def mounted():
    if not os.access("/dev/fuse", os.W_OK) or shutil.which("fusermount3") is None:
        print("not mounted: no FUSE here")
        return
    empty()
    place = image.parent / "mnt"
    place.mkdir()
    mount = subprocess.Popen([BIN / "docteur-mount", "-f", "--retries=0", *cached, server.url, place], env=ENVIRONMENT,
                             stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not (place / "dir").is_dir() and time.monotonic() < end:
            time.sleep(0.05)
        expect((place / SMALL).read_bytes() == files[SMALL], "wrong bytes through the mount")

        def closes(r):
            r.close()
            return True
        server.reset(closes)
        expect((place / SMALL).read_bytes() == files[SMALL], "wrong bytes that are kept")
        try:
            (place / "large").read_bytes()
            expect(False, "bytes from nowhere")
        except OSError as e:
            expect(e.errno == 5, f"not EIO: {e}")
        server.reset()
        expect((place / "large").read_bytes() == files["large"], "wrong bytes when it is back")
    finally:
        mount.terminate()
        mount.wait()
    expect(mount.returncode in (0, -15), f"docteur-mount ends with {mount.returncode}")


run_checks(server)
