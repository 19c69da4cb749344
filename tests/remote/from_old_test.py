#!/usr/bin/env python3
"""--from of docteur-blocks fill and of the commands that read: what an older image has is kept in the cache without being
fetched, and is what the server has, whatever the older one is."""

import json
import os
import random
import shutil
import struct
import subprocess
from pathlib import Path

from old_and_new import by_git, versions
from range_server import WORK, Server, checks, docteur, expect, good, refused, run_checks

work = Path(WORK.name)
cache = work / "cache"
folder, old, new = versions("site", 1)
data = new.read_bytes()
server = Server(data)
TEXT = (folder / "texts" / "t7").read_bytes()


def fresh():
    shutil.rmtree(cache, ignore_errors=True)
    server.reset()
    return ["--cache", cache]


def is_whole():
    """All of the image is in the cache, as the server has it: read without the server."""
    good("blocks", "check", "--cache", cache)
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    server.reset(lambda r: (r.close(), True)[1])
    good("extract", "--cache", cache, "--retries", "0", server.url, out)
    done = subprocess.run(["diff", "-r", "-x", ".git", folder, out], capture_output=True)
    expect(done.returncode == 0, done.stdout.decode()[:500])
    server.reset()


def filled(source, note=None):
    options = fresh()
    done = good("blocks", "fill", "--json", *options, "--from", source, server.url)
    report = json.loads(done.out)
    expect(report["received_bytes"] == server.sent and report["requests"] == len(server.requests), (report, server.sent))
    expect((note is None) == (done.said == "") and (note or "") in done.said, (note, done.said))
    is_whole()
    return report


def fill_moves_little():
    report = filled(old)
    expect(report["received_bytes"] < len(data) / 5 and report["taken"] > len(data) * 3 / 4, report)
    expect(filled(new)["received_bytes"] < 600_000, "the image itself")
    # Again: all is there.
    server.reset()
    said = good("blocks", "fill", "--cache", cache, "--from", old, server.url)
    expect(b": 0 bytes fetched of " in said.out and said.said == "" and server.sent <= 16 << 10, said.shown)
    # Without, all moves.
    options = fresh()
    report = json.loads(good("blocks", "fill", "--json", *options, server.url).out)
    expect("taken" not in report and report["received_bytes"] >= len(data), report)


def the_text_says_what_moved():
    options = fresh()
    said = good("blocks", "fill", *options, "--from", old, server.url).out.decode()
    expect(f" of them from {old}: moved {server.sent} bytes in {len(server.requests)} requests" in said, said)


def readers():
    fresh()
    options = ["--cache", cache, "--from", old, server.url]
    expect(good("cat", *options, "texts/t7").out == TEXT, "another text")
    first = server.sent
    expect(first < 600_000, first)
    # Of the large file, which the old image has, nothing moves.
    expect(good("cat", *options, "large").out == (folder / "large").read_bytes(), "another file")
    expect(server.sent - first < 200_000, (first, server.sent))
    good("ls", "-lR", *options)
    out = work / "out"
    shutil.rmtree(out, ignore_errors=True)
    good("extract", *options, out)
    expect(server.sent < len(data) / 5, server.sent)
    is_whole()
    # Several at a time.
    fresh()
    several = [subprocess.Popen([p for p in (str(docteur("cat").command[0]), *map(str, options), "large", f"noise{i}")],
                                stdout=subprocess.PIPE) for i in range(4)]
    for i, process in enumerate(several):
        expect(process.communicate()[0] == (folder / "large").read_bytes() + (folder / f"noise{i}").read_bytes(), i)
        expect(process.returncode == 0, i)


def of_no_use():
    noise = work / "noise"
    noise.write_bytes(os.urandom(300_000))
    empty = work / "empty"
    empty.write_bytes(b"")
    _, other, _ = versions("other", 2)
    for source, note in ((noise, "nothing is taken from it"), (empty, "nothing is taken from it"),
                         (other, "it has nothing of this image"), (by_git(folder, "old"), "nothing of this image")):
        report = filled(source, note)
        expect(report["taken"] == 0, report)
    refused(3, "No such file", "cat", "--cache", cache, "--from", work / "none", server.url, "large")
    refused(2, "--from", "cat", "--no-cache", "--from", old, server.url, "large")
    # An image without sections.
    server.content = by_git(folder, "new").read_bytes()
    report = filled(old, "nothing is taken from it")
    expect(report["taken"] == 0, report)
    server.content = data


def damaged_old_ones():
    content = old.read_bytes()
    dice = random.Random(3)
    bad = work / "bad"
    damaged = bytearray(content)
    for _ in range(20):
        damaged[dice.randrange(100, 10 << 20)] ^= 1
    bad.write_bytes(damaged)
    report = filled(bad)
    expect(0 < report["taken"] and report["received_bytes"] < len(data) / 2, report)
    idx = struct.unpack_from("<Q", content, 20)[0]
    for at in [20, 21, idx - 512, idx, idx + 9, idx + 1500] + [dice.randrange(len(content)) for _ in range(6)]:
        damaged = bytearray(content)
        damaged[at] ^= 1 << dice.randrange(8)
        bad.write_bytes(damaged)
        options = fresh()
        good("blocks", "fill", *options, "--from", bad, server.url)
        is_whole()
    bad.write_bytes(content[:5 << 20])
    options = fresh()
    good("blocks", "fill", *options, "--from", bad, server.url)
    is_whole()


def damaged_servers():
    """Digests, IDX or entry section that are not right: the commands say what they would say without --from."""
    idx = struct.unpack_from("<Q", data, 20)[0]
    for at in (5 << 20, idx - 512, idx - 400, idx - 6_000, idx + 8 + 255 * 4, idx + 3000, len(data) - 6000):
        server.content = bytearray(data)
        server.content[at] ^= 0x10
        fresh()
        without = docteur("cat", "--cache", cache, server.url, "texts/t7")
        fresh()
        seeded = docteur("cat", "--cache", cache, "--from", old, server.url, "texts/t7")
        expect((seeded.status, seeded.out) == (without.status, without.out), seeded.shown + without.shown)
    server.content = data


checks += [fill_moves_little, the_text_says_what_moved, readers, of_no_use, damaged_old_ones, damaged_servers]
run_checks(server)
