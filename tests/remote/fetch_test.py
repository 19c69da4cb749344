#!/usr/bin/env python3
"""docteur-fetch: the whole image or nothing under its name, killed at any moment and resumed without a block twice, a full
disk, a server that goes away, a new version meanwhile."""

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

from range_server import (BIN, ENVIRONMENT, Server, checks, cut_then, docteur, expect, first_sent_by, good, refused, run_checks,
                          sample_image, stops_after)
from waiting import wait_until

BLOCK = 64 << 10
HEAD = 1024  # bytes of the map before the blocks
PROBE = 4096
image, files = sample_image(16 << 20)
data = image.read_bytes()
server = Server(data)
out = image.parent / "out"
out.mkdir()
target = out / "a.img"
part, mapped = out / "a.img.partial", out / "a.img.partial.map"


def clean(kept=()):
    left = sorted(p.name for p in out.iterdir())
    expect(left == sorted(kept), f"left behind: {left}")


def blocks():
    """Numbers of the blocks that the map says are there; nothing it says may be wrong."""
    head = mapped.read_bytes()[HEAD:]
    there = [i for i, c in enumerate(head) if c in b"ws"]
    content = part.read_bytes()
    for i in there:
        expect(content[i * BLOCK:(i + 1) * BLOCK] == data[i * BLOCK:(i + 1) * BLOCK], f"block {i} is not what the map says")
    return set(there)


def written():
    return sum(c in b"ws" for c in mapped.read_bytes()[HEAD:]) if mapped.exists() else -99


def asked():
    """Numbers of the blocks that requests were for, but for the few bytes by which a version is compared."""
    end = len(server.content) - 1
    return [i for r in server.requests if r.last != PROBE - 1
            for i in range(r.first // BLOCK, min(r.last, end) // BLOCK + 1)]


def fetched(*options):
    done = good("fetch", *options, server.url, target)
    expect(target.read_bytes() == data, "another image")
    clean(["a.img"])
    return done


def whole():
    server.reset()
    fetched()
    expect(sorted(asked()) == list(range((len(data) + BLOCK - 1) // BLOCK)), "a block twice, or not at all")
    expect(server.requests[0].last > 1 << 20, "the first request brings only a head")
    report = json.loads(fetched("--json", "-q").out)
    expect(report["image_bytes"] == len(data) and report["resumed_bytes"] == 0 and report["verified"], report)
    expect(report["received_bytes"] == len(data), report)
    target.chmod(0o640)
    fetched("-q", "--connections", "1")
    expect(target.stat().st_mode & 0o777 == 0o640, "other permissions")
    expect(fetched("-q").said == "", "not quiet")
    target.unlink()


def slow_first():
    """The first request, for all of a small image, goes on for long: others fetch the end of it meanwhile, each block once."""
    begun, by_first = [], []

    def slowly(r, body):
        for at in range(0, len(body), BLOCK):
            r.send(body[at:at + BLOCK])
            by_first.append(at)
            time.sleep(0.05)
    server.reset(first_sent_by(slowly, begun))
    report = json.loads(fetched("--json").out)
    expect(begun[0][1] >= len(data) - 1, "the first request is for a part")
    others = sorted(begun[1:])
    expect(len(others) >= 3 and report["requests"] == len(begun), (begun, report))
    expect(all(a[1] + 1 == b[0] for a, b in zip(others, others[1:])), f"twice, or not at all: {others}")
    expect(others[0][0] % BLOCK == 0 and others[-1][1] == len(data) - 1, others)
    expect(report["received_bytes"] == len(data) and report["retries"] == 0, report)
    expect(others[0][0] < len(data) // 2 and len(by_first) * BLOCK < len(data), "the first brings most")
    target.unlink()


def killed():
    """Killed when the server has sent so many bytes, several times, then resumed."""
    for point in (5_000, 70_000, 1_000_000, 5_000_000, len(data) - 10_000):
        answer, stopped = stops_after(point)
        server.reset(lambda r: r.last != PROBE - 1 and answer(r))
        process = subprocess.Popen([BIN / "docteur-fetch", "-q", server.url, target], env=ENVIRONMENT,
                                   stderr=subprocess.DEVNULL)
        # What was sent arrives, but for a block that is not complete in each connection.
        wait_until(lambda: stopped.is_set() and written() >= point // BLOCK - 7, "nothing comes")
        process.send_signal(signal.SIGKILL)
        process.wait()
        clean(["a.img.partial", "a.img.partial.map"])
        there = blocks()
        server.reset()
        report = json.loads(fetched("--json").out)
        expect(report["resumed_bytes"] >= (len(there) - 1) * BLOCK, report)
        twice = there.intersection(asked())
        expect(not twice, f"killed after {point} bytes: blocks {sorted(twice)} were fetched twice")
        target.unlink()


def another_boot():
    """After the machine stopped only blocks count that were synced."""
    server.reset(cut_then(404))
    refused(3, "what came is kept", "fetch", "--connections", "1", server.url, target)
    there = blocks()
    expect(there, "nothing was kept")
    head = bytearray(mapped.read_bytes())
    at = head.index(b"boot ") + 5
    expect(all(c in b"s." for c in head[HEAD:]), "a failure did not sync")
    head[at:at + 4] = b"0000"
    first = min(there)
    head[HEAD + first] = ord("w")
    mapped.write_bytes(head)
    server.reset()
    fetched("-q")
    expect(set(asked()) & there == {first}, "not the doubtful block alone")
    target.unlink()


def interrupted():
    ready = threading.Event()

    def stuck(r):
        fields, body = r.part()
        r.reply(206, fields, body[:3_000_000], length=len(body))
        ready.set()
        time.sleep(20)
        return True
    server.reset(stuck)
    process = subprocess.Popen([BIN / "docteur-fetch", server.url, target], env=ENVIRONMENT, stderr=subprocess.PIPE)
    wait_until(ready.is_set, "no request")
    process.send_signal(signal.SIGTERM)
    process.communicate()
    expect(process.returncode == -signal.SIGTERM, f"status {process.returncode}")
    server.reset()
    fetched("-q")
    target.unlink()


def failures():
    target.write_bytes(b"old")
    server.reset(cut_then(503))
    refused(3, "status 503", "fetch", "--retries", "1", server.url, target)
    expect(target.read_bytes() == b"old", "the old file is gone")
    clean(["a.img", "a.img.partial", "a.img.partial.map"])
    # Another version: nothing of the old one is used.
    server.reset(version=[("ETag", '"two"')])
    done = fetched()
    expect("another version" in done.said, done.shown)
    expect(len(set(asked())) == (len(data) + BLOCK - 1) // BLOCK, "old blocks were used")
    # It changes meanwhile.
    def changing(r):
        if r.number == 1:
            server.version = [("ETag", '"three"')]
        return cut_then()(r)
    server.reset(changing)
    refused(3, "changed", "fetch", "--connections", "2", server.url, target)
    expect(target.read_bytes() == data, "the old file is gone")
    server.reset()
    fetched("-q")
    refused(2, "not written to standard output", "fetch", server.url, "-")
    # Not an image, a damaged one.
    server.content = os.urandom(300_000)
    refused(1, "not an image", "fetch", server.url, out / "b.img")
    server.content = data[:1000] + bytes(100) + data[1100:]
    done = docteur("fetch", server.url, out / "b.img")
    expect(done.status == 1 and "not a good image" in done.said, done.shown)
    clean(["a.img"])
    good("fetch", "-q", "--no-verify", server.url, out / "b.img")
    expect((out / "b.img").read_bytes() == server.content, "other bytes")
    (out / "b.img").unlink()
    server.content = data
    refused(2, "not a file", "fetch", server.url, out)
    refused(2, "not an address", "fetch", "the.img", out / "b.img")
    refused(3, "No such file", "fetch", server.url, out / "none" / "b.img")
    clean(["a.img"])
    target.unlink()


def two_at_once():
    go = threading.Event()

    def waits(r):
        if r.last == PROBE - 1:
            return False
        fields, body = r.part()
        r.reply(206, fields, body[:2 * PROBE], length=len(body))
        go.wait(60)
        r.send(body[2 * PROBE:])
        return True
    server.reset(waits)
    process = subprocess.Popen([BIN / "docteur-fetch", "-q", server.url, target], env=ENVIRONMENT)
    wait_until(mapped.exists, "no partial file")
    refused(3, "another process is filling it", "fetch", server.url, target)
    go.set()
    expect(process.wait() == 0 and target.read_bytes() == data, "the first failed")
    clean(["a.img"])
    target.unlink()


def by_digest():
    """Blocks are compared as they come; one that differs is the only one that is fetched again."""
    value = json.loads(good("verify", "--json", image).out)["digest"]
    server.reset()
    done = fetched("--digest", value)
    expect("all of this digest" in done.said, done.shown)
    report = json.loads(fetched("--json", "-q", "--digest", value).out)
    expect(report["verified"] and report["received_bytes"] == len(data), report)
    target.unlink()
    other = "sha256:" + "0" * 64
    refused(1, value, "fetch", "--digest", other, server.url, target)
    refused(2, "sha256:", "fetch", "--digest", "sha256:12", server.url, target)
    refused(2, "excludes", "fetch", "--digest", value, "--no-verify", server.url, target)
    clean()
    for damaged in (0, 17, (len(data) - 2000) // BLOCK):  # the last one holds IDX
        server.content = bytearray(data)
        at = min(damaged * BLOCK + 1000, len(data) - 2000)
        server.content[at:at + 100] = b"x" * 100
        server.reset()
        if damaged == 0:
            # Where a block holds what leads to the digests, it may seem to be another image, of which nothing is kept.
            done = docteur("fetch", "--digest", value, server.url, target)
            expect(done.status == 1 and not target.exists(), done.shown)
        else:
            refused(1, "1 blocks are not those that the digest pins", "fetch", "--digest", value, server.url, target)
        server.content = data
        server.reset()
        fetched("-q", "--digest", value)
        if damaged != 0:
            expect(asked() == [damaged], f"asked for {asked()}")
        target.unlink()
    # What was there before is compared, too.
    server.reset(cut_then(404))
    refused(3, "what came is kept", "fetch", "--digest", value, server.url, target)
    with part.open("r+b") as f:
        f.seek(min(blocks()) * BLOCK + 50)
        f.write(b"damage")
    server.reset()
    done = docteur("fetch", "--digest", value, server.url, target)
    expect(done.status == 1 and not target.exists(), done.shown)
    fetched("-q", "--digest", value)
    target.unlink()
    # No digest covers what lies behind the image.
    server.content = data + bytes(5000)
    server.reset()
    good("fetch", "-q", "--digest", value, server.url, target)
    target.unlink()
    server.content = data + bytes(4999) + b"x"
    server.reset()
    refused(1, "bytes behind the image are not zero", "fetch", "--digest", value, server.url, target)
    clean()
    server.content = data


def full_disk():
    small = image.parent / "small"
    small.mkdir()
    if os.getuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "none", small],
                                          capture_output=True).returncode != 0:
        print("full_disk: left out, no file system may be mounted here")
        return
    try:
        server.reset()
        refused(3, "No space left on device", "fetch", server.url, small / "a.img")
        expect(not list(small.iterdir()), "left behind")
        expect(len(server.requests) == 1, "bytes were fetched for which there is no room")
    finally:
        subprocess.run(["umount", small], check=True)


checks += [whole, slow_first, killed, another_boot, interrupted, failures, two_at_once, by_digest, full_disk]
run_checks(server)
