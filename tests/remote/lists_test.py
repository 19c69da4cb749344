#!/usr/bin/env python3
"""What is fetched before it is needed: lists of what was read (--record, --prefetch), docteur-blocks fill, a whole image in
order; the bound of the cache, and what is said when it does not work."""

import json
import os
import shutil
import subprocess
import threading
import time

from range_server import Server, check, docteur, expect, good, refused, run_checks, sample_image

BLOCK = 64 << 10
image, files = sample_image(24 << 20)
data = image.read_bytes()
server = Server(data)
work = image.parent
folder = work / "kept"
cached = ["--cache", folder]
SMALL = "dir/file7"
lists = work / "the.list"


def empty():
    shutil.rmtree(folder, ignore_errors=True)
    server.content = data
    server.reset()


def kept():
    return json.loads(good("blocks", "list", "--json", "--cache", folder).out)


def numbers(path):
    """The blocks that a list names, read as doc/CACHE.md says."""
    head, of, *lines = path.read_text().splitlines()
    expect(head == "docteur block list 1", head)
    expect(of.split()[0] == "image" and int(of.split()[3]) == len(data), of)
    named = []
    for line in lines:
        first, _, last = line.partition("-")
        named += range(int(first), int(last or first) + 1)
    expect(len(named) == len(set(named)), "a block is named twice")
    return named


@check
def record_and_prefetch():
    empty()
    good("cat", *cached, "--record", lists, server.url, SMALL)
    named = numbers(lists)
    expect(0 < len(named) < len(data) // BLOCK // 2, f"{len(named)} blocks for one file")
    expect(sorted(p.name for p in work.iterdir() if "list" in p.name) == ["the.list"], "left behind")
    # Of a file, from the cache, and without a cache it is the same list.
    for source, options in ((image, ["--no-cache"]), (server.url, cached), (server.url, ["--no-cache"])):
        good("cat", *options, "--record", work / "again", source, SMALL)
        expect(numbers(work / "again") == named, "another list")
    # Filled from it, all that is needed is there.
    empty()
    done = good("blocks", "fill", "--cache", folder, "--list", lists, server.url)
    expect(f"{sum(min(BLOCK, len(data) - n * BLOCK) for n in named)}".encode() in done.out, done.out)
    expect(kept()[0]["kept"] >= len(named), f"{kept()}")
    server.reset()
    expect(good("cat", *cached, server.url, SMALL).out == files[SMALL], "wrong bytes")
    expect(len(server.requests) == 1, f"{len(server.requests)} requests for what a list named")
    # In the background while something else is read.
    empty()
    expect(good("cat", *cached, "--prefetch", lists, server.url, "large").out == files["large"], "wrong bytes")
    server.reset()
    good("cat", *cached, server.url, SMALL)
    expect(len(server.requests) == 1, "not fetched in the background")
    expect(good("cat", "--no-cache", "--prefetch", lists, server.url, SMALL).out == files[SMALL], "wrong bytes")


@check
def lists_that_do_not_fit():
    empty()
    good("cat", "--no-cache", "--record", lists, server.url, SMALL)
    store = work / "store"
    (store / SMALL).write_text("new\n")
    good("make", "-q", "-d", "2021-10-10T08:00:00+00:00", "--author", "A <a@b>", store, work / "new.img")
    (store / SMALL).write_bytes(files[SMALL])
    server.content = (work / "new.img").read_bytes()
    server.reset(version=[("ETag", '"two"')])
    done = good("cat", *cached, "--prefetch", lists, server.url, SMALL)
    expect(done.out == b"new\n" and len(done.said.splitlines()) == 1 and "another image" in done.said, done.shown)
    refused(1, "another image", "blocks", "fill", "--cache", folder, "--list", lists, server.url)
    server.content = data
    server.reset()
    for text in ("", "docteur block list 1\n", lists.read_text() + "999999\n", lists.read_text() + "x\n"):
        (work / "bad").write_text(text)
        refused(1, f"{work / 'bad'}:", "cat", *cached, "--prefetch", work / "bad", server.url, SMALL)
    refused(3, "No such file", "cat", "--prefetch", work / "none", image, SMALL)
    refused(2, "no such folder", "cat", "--record", work / "none" / "list", image, SMALL)
    refused(2, "", "cat", "--prefetch-rate", "5", image, SMALL)
    # Nothing is written when the command fails, and what was there stays.
    before = lists.read_text()
    docteur("cat", "--record", lists, image, "no such file")
    expect(lists.read_text() == before, "written after a failure")


@check
def fill():
    empty()
    report = json.loads(good("blocks", "fill", "--json", "--cache", folder, server.url).out)
    expect(report["fetched"] == report["wanted"] == report["size"] == len(data), report)
    expect(len(server.requests) <= len(data) // (1 << 20) + 5, f"{len(server.requests)} requests")
    expect(server.sent <= len(data) + BLOCK, f"{server.sent} bytes")
    report = json.loads(good("blocks", "fill", "--json", "--cache", folder, server.url).out)
    expect(report["fetched"] == 0, "fetched again")

    def closes(r):
        r.close()
        return True
    server.reset(closes)
    expect(good("cat", *cached, server.url, "large").out == files["large"], "wrong bytes without the server")
    refused(2, "expected one image", "blocks", "fill", "--cache", folder)
    refused(3, "no usable cache", "blocks", "fill", image, environment={"HOME": str(work)})
    # Slowly.
    empty()
    began = time.monotonic()
    good("blocks", "fill", "--cache", folder, "--rate", "48M", server.url)
    expect(time.monotonic() - began > len(data) / (48 << 20) - 0.1, "faster than the rate")
    # The server goes away.
    empty()
    server.reset(lambda r: r.number > 3 and (r.reply(404), True)[1])
    refused(3, "404", "blocks", "fill", "--cache", folder, server.url)


@check
def all_in_order():
    """docteur-extract asks for each byte once, by large requests, and does not wait for what attaching needs."""
    empty()
    begun, late = threading.Event(), []

    def table_comes_late(r):
        if r.last < len(data) // 2 and r.last - r.first >= 1 << 19:
            begun.set()
        elif r.first > len(data) * 3 // 4 and not begun.wait(10):
            late.append(r)
        return False
    server.reset(table_comes_late)
    good("extract", "-q", *cached, server.url, work / "out")
    for path, content in files.items():
        expect((work / "out" / path).read_bytes() == content, f"wrong bytes: {path}")
    shutil.rmtree(work / "out")
    expect(begun.is_set() and not late, "nothing is fetched until the image is attached")
    expect(server.sent <= 1.02 * len(data), f"{server.sent} bytes of an image of {len(data)}")
    expect(len(server.requests) <= 2 * len(data) // (1 << 20) + 20, f"{len(server.requests)} requests")
    # What is no image is not fetched.
    other = Server(os.urandom(8 << 20))
    done = docteur("extract", "-q", "--cache", work / "other", other.url, work / "out")
    expect(done.status != 0 and other.sent < 1 << 20, f"{other.sent} bytes: {done.shown}")


@check
def bound():
    """Another image's blocks go when the bound is reached; those of the image in use stay."""
    empty()
    other = Server(data)
    good("extract", "-q", *cached, other.url, work / "out")
    shutil.rmtree(work / "out")
    expect([i["kept"] for i in kept()] == [(len(data) + BLOCK - 1) // BLOCK], f"{kept()}")
    good("cat", *cached, "--cache-bound", "30M", server.url, "large")
    expect([i["name"] for i in kept()] == [server.url], f"{kept()}")
    # The image alone is larger.
    empty()
    done = good("cat", *cached, "--cache-bound", "4M", server.url, "large")
    expect(done.out == files["large"], "wrong bytes")
    expect("the images in use fill the cache" in done.said and len(done.said.splitlines()) == 1, done.shown)
    expect(kept()[0]["disk"] <= (4 << 20) + (64 << 10), f"{kept()}")
    refused(2, "--cache-bound", "cat", *cached, "--cache-bound", "many", server.url, SMALL)


def told(words, *arguments, **how):
    done = good("cat", *arguments, server.url, SMALL, **how)
    expect(done.out == files[SMALL], "wrong bytes")
    expect(len(done.said.splitlines()) == 1 and done.said.startswith("docteur-cat: cache: ") and words in done.said,
           f"no word of {words!r}: {done.shown}")


@check
def trouble():
    empty()
    home = work / "home"
    home.mkdir()
    # The standard folder cannot be made.
    (home / ".cache").write_text("a file")
    told("Not a directory", environment={"HOME": str(home)})
    (home / ".cache").unlink()
    # Damaged: a file, a block.
    good("cat", *cached, server.url, SMALL)
    one, = folder.glob("*.blocks")
    with one.open("r+b") as f:
        f.write(b"damage")
    told("a file that was damaged was replaced", *cached)
    with one.open("r+b") as f:
        f.seek(-len(data) + 100, os.SEEK_END)
        f.write(b"damage")
    told("a block that was damaged was fetched again", *cached)
    expect(good("cat", *cached, server.url, SMALL).said == "", "told again")
    # A bad folder that was named is an error.
    refused(3, "", "cat", "--cache", image, server.url, SMALL)


@check
def trouble_of_the_disk():
    if os.getuid() != 0:
        print("left out: no file system may be mounted here")
        return
    empty()
    small = work / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k,mode=700", "none", small], capture_output=True)
    if mounted.returncode != 0:
        print("left out: no file system may be mounted here")
        return
    try:
        told("No space left on device", "--cache", small)
        subprocess.run(["mount", "-o", "remount,ro", small], check=True)
        for path in small.iterdir():
            expect(path.suffix == ".blocks", f"left behind: {path}")
        told("Read-only file system", "--cache", small)
    finally:
        subprocess.run(["umount", small], check=True)


run_checks(server)
