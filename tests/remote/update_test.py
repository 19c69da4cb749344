#!/usr/bin/env python3
"""docteur-fetch --from: an image from an older one. The result is the server's image, byte for byte, whatever the older one is,
with little moved where it is of use; killed and resumed, a server that fails or changes, images of all kinds."""

import json
import os
import random
import signal
import struct
import subprocess
from pathlib import Path

from old_and_new import by_git, versions
from range_server import BIN, ENVIRONMENT, WORK, Server, checks, docteur, expect, good, refused, run_checks, stops_after
from waiting import wait_until

BLOCK = 64 << 10
HEAD = 1024  # bytes of the map before the blocks
PROBE = 4096
work = Path(WORK.name)
out = work / "out"
out.mkdir()
target = out / "a.img"
part, mapped = out / "a.img.partial", out / "a.img.partial.map"


folder, old, new = versions("site", 1)
data = new.read_bytes()
server = Server(data)


def clean(kept=()):
    left = sorted(p.name for p in out.iterdir())
    expect(left == sorted(kept), f"left behind: {left}")


def updated(*options, source=old, content=None):
    """Returns what was reported; the file is the server's."""
    done = good("fetch", "--json", *options, "--from", source, server.url, target)
    expect(target.read_bytes() == (content or server.content), f"another image: {done.shown}")
    clean(["a.img"])
    target.unlink()
    return json.loads(done.out), done.said


def moves_little():
    report, said = updated()
    expect(report["reused_bytes"] > 10 << 20 and report["received_bytes"] < 1 << 20, report)
    expect(report["received_bytes"] == server.sent and report["requests"] == len(server.requests) <= 200, report)
    expect("moved" in said and "note" not in said and "were there" not in said and report["resumed_bytes"] == 0, said)
    asked = sorted((r.first, r.last) for r in server.requests if not r.is_of_pack)
    expect(sum(r.is_of_pack for r in server.requests) == 1 and report["way"] == "ranges", report)
    twice = [b for a, b in zip(asked, asked[1:]) if b[0] <= a[1] and b[1] != PROBE - 1]
    expect(not twice, f"bytes were fetched twice: {twice}")
    # Everything is there: no more than header, sections and IDX moves.
    server.reset()
    report, said = updated(source=new)
    expect(report["received_bytes"] < 200_000 and len(server.requests) <= 5, (report, said))
    # Over the old image itself.
    target.write_bytes(old.read_bytes())
    good("fetch", "-q", "--from", target, server.url, target)
    expect(target.read_bytes() == data, "another image")
    target.unlink()
    server.reset()
    expect("verified" not in updated("--no-verify")[1].replace("not verified", ""), "a wrong word")


def by_digest():
    value = json.loads(good("verify", "--json", new).out)["digest"]
    updated("--digest", value)
    server.reset()
    refused(1, value, "fetch", "--digest", "sha256:" + "0" * 64, "--from", old, server.url, target)
    expect(len(server.requests) <= 4 and server.sent < 300_000, f"{server.sent} bytes of an image that is not wanted")
    for p in out.iterdir():
        p.unlink()


def old_ones_that_are_of_no_use():
    noise = work / "noise"
    noise.write_bytes(os.urandom(300_000))
    _, other, _ = versions("other", 2)
    empty = work / "empty"
    empty.write_bytes(b"")
    for source, words in ((noise, "all is fetched"), (empty, "all is fetched"), (other, "has nothing of this image; all")):
        server.reset()
        report, said = updated(source=source)
        expect(words in said and report["reused_bytes"] == 0, (source, said))
        expect(report["received_bytes"] <= len(data) + 2 * BLOCK, report)
    refused(3, "No such file", "fetch", "--from", work / "none", server.url, target)
    expect(not target.exists(), "fetched")
    for p in out.iterdir():
        p.unlink()


def damaged_old_ones():
    content = old.read_bytes()
    dice = random.Random(3)
    bad = work / "bad"
    # In the PACK: the streams are found by IDX, and are not what they should be.
    damaged = bytearray(content)
    for _ in range(20):
        damaged[dice.randrange(100, 10 << 20)] ^= 1
    bad.write_bytes(damaged)
    report, said = updated(source=bad)
    expect("are not the image's" in said and report["received_bytes"] < 4 << 20, (report, said))
    # Anywhere, also in table and IDX.
    idx = struct.unpack_from("<Q", content, 20)[0]
    for at in [20, 21, 25, idx - 512, idx - 480, idx, idx + 9, idx + 1500] + [dice.randrange(len(content)) for _ in range(20)]:
        damaged = bytearray(content)
        damaged[at] ^= 1 << dice.randrange(8)
        bad.write_bytes(damaged)
        updated(source=bad)
    for size in (1, 27, 28, 40, 100_000, 5 << 20, idx, idx + 1000, len(content) - 1000):
        bad.write_bytes(content[:size])
        updated(source=bad)


def without_sections():
    # What zlib deflated, libdeflate would have deflated otherwise: it does so anew.
    report, _ = updated(source=by_git(folder, "old"))
    expect(report["remade_bytes"] == report["reused_bytes"] > 3 << 20 and report["received_bytes"] < 10 << 20, report)
    # The same PACK with nothing around it.
    content = old.read_bytes()
    idx, = struct.unpack_from("<Q", content, 20)
    size, = struct.unpack_from("<Q", content, idx - 512 + 0x20)
    bare = work / "bare"
    bare.write_bytes(content[:20] + struct.pack("<Q", 28 + size) + content[28:28 + size] + content[idx:])
    good("verify", bare)
    report, said = updated(source=bare)
    expect(report["reused_bytes"] > 3 << 20 and report["received_bytes"] < 10 << 20, (report, said))
    server.content = by_git(folder, "new").read_bytes()
    report, said = updated()
    expect("no section table; all is fetched" in said and report["reused_bytes"] == 0, (report, said))
    expect(report["received_bytes"] <= len(server.content) + 2 * BLOCK, report)
    server.content = data


def of_sha256():
    _, older, newer = versions("wide", 4, "sha256")
    server.content = newer.read_bytes()
    report, _ = updated(source=older)
    expect(report["reused_bytes"] > 10 << 20 and report["received_bytes"] < 1 << 20, report)
    server.content = data


def with_other_bases():
    """The same objects, whose deltas are against others: none of their streams is in the old image, and all are made anew."""
    for options in (["--max-depth", "1"], ["--max-depth", "1", "--effort", "fast"], ["--max-depth", "1", "--effort", "max"]):
        image = work / "flat.img"
        good("make", "-q", *options, folder, "-b", "new", image)
        server.content = image.read_bytes()
        server.reset()
        report, _ = updated(source=new)
        expect(report["remade_bytes"] > 5_000 and report["received_bytes"] < 110_000, report)
    server.content = data


def blocks():
    """Numbers of the blocks that the map says are there; nothing it says may be wrong."""
    content = part.read_bytes()
    there = [i for i, c in enumerate(mapped.read_bytes()[HEAD:]) if c in b"ws"]
    for i in there:
        expect(content[i * BLOCK:(i + 1) * BLOCK] == data[i * BLOCK:(i + 1) * BLOCK], f"block {i} is not what the map says")
    return set(there)


def written():
    return sum(c in b"ws" for c in mapped.read_bytes()[HEAD:]) if mapped.exists() else 0


def killed():
    moved = updated()[0]["received_bytes"]
    for point in (0, 5_000, 100_000, moved - 70_000, moved - 10_000):
        answer, stopped = stops_after(point, 4_000)
        server.reset(answer)
        process = subprocess.Popen([BIN / "docteur-fetch", "-q", "--from", old, server.url, target], env=ENVIRONMENT)
        # What is copied is there long before the server has sent the rest.
        wait_until(lambda: stopped.is_set() and (point < moved - 10_000 or written() > 100), "nothing comes")
        process.send_signal(signal.SIGKILL)
        process.wait()
        there = blocks() if mapped.exists() and mapped.stat().st_size else set()
        server.reset()
        report, _ = updated()
        whole = [i for r in server.requests if not r.is_of_pack for first, last in r.ranges
                 for i in range(-(-first // BLOCK), (last + 1) // BLOCK)]
        expect(not there.intersection(whole), f"{point}: blocks {there.intersection(whole)} were fetched twice")
        expect(server.sent < 1 << 20, f"{point}: {server.sent} bytes")
    # Resumed without the old image.
    server.reset(lambda r: r.number > 6 and (r.reply(404), True)[1])
    refused(3, "what came is kept", "fetch", "--from", old, server.url, target)
    there = blocks()
    server.reset()
    good("fetch", "-q", server.url, target)
    expect(target.read_bytes() == data, "another image")
    asked = {i for r in server.requests for i in range(r.first // BLOCK, r.last // BLOCK + 1) if r.last != PROBE - 1}
    expect(not there & asked, f"fetched twice: {there & asked}")
    target.unlink()
    clean()


def failing_servers():
    # Each answer is cut in the middle, once.
    seen = set()

    def cut(r):
        if r.last in seen:
            return False
        seen.add(r.last)
        fields, body = r.part()
        r.reply(206, fields, body[:len(body) // 2], length=len(body))
        r.close()
        return True
    server.reset(cut)
    updated()
    # One request in four is refused for now.
    server.reset(lambda r: r.number % 4 == 1 and (r.reply(503), True)[1])
    updated()
    server.reset(lambda r: (r.reply(200, server.version, server.content), True)[1])
    said = good("fetch", "--from", old, server.url, target).said
    expect("whole files only; all is fetched" in said and target.read_bytes() == server.content, said)
    target.unlink()
    clean()
    server.reset(lambda r: r.number > 4 and (r.reply(416), True)[1])
    refused(3, "status 416", "fetch", "--from", old, server.url, target)
    server.reset()
    updated()


def changing_servers():
    def changing(r):
        if r.number == 5:
            server.version = [("ETag", '"two"')]
            server.content = old.read_bytes()
        return False
    server.reset(changing)
    refused(3, "changed", "fetch", "--connections", "2", "--from", old, server.url, target)
    server.reset(version=[("ETag", '"two"')])
    done = good("fetch", "--from", old, server.url, target)
    expect(target.read_bytes() == server.content and "another version" in done.said, done.shown)
    target.unlink()
    # A server whose file is damaged: nothing of it gets the name.
    server.content = bytearray(data)
    server.content[5 << 20] ^= 1
    done = docteur("fetch", "--from", new, server.url, target)
    expect(done.status == 0 and target.read_bytes() == data, "the old image had what the server's digests say")
    target.unlink()
    server.content = bytearray(data)
    idx = struct.unpack_from("<Q", data, 20)[0]
    for at in (20, 24, idx - 512, idx - 400, idx + 8 + 255 * 4, idx + 3000, len(data) - 6000):
        server.content = bytearray(data)
        server.content[at] ^= 0x10
        done = docteur("fetch", "--from", old, server.url, target)
        expect(done.status in (0, 1), done.shown)
        expect(done.status == 1 or target.read_bytes() == data, f"byte {at}: another image")
        for p in out.iterdir():
            p.unlink()
    server.content = data
    server.reset()


def of_several(answer):
    """A fault of requests for several ranges."""
    def fault(r):
        if len(r.ranges) < 2:
            return False
        answer(r)
        return True
    fault.__name__ = answer.__name__
    return fault


def servers_without_parts():
    """Those that know one range only: what is between others is fetched, too."""
    @of_several
    def whole(r):
        r.reply(200, server.version, server.content)

    @of_several
    def one(r):
        r.reply(416)

    @of_several
    def covering(r):
        r.reply(206, *r.part())

    @of_several
    def first_only(r):
        first, last = r.ranges[0]
        r.reply(206, [("Content-Range", f"bytes {first}-{last}/{len(data)}"), *server.version], data[first:last + 1])

    @of_several
    def wrong_parts(r):
        r.ranges = [(first, last - 1) for first, last in r.ranges]
        r.reply(206, *r.parts())

    @of_several
    def swapped(r):
        r.ranges = r.ranges[::-1]
        r.reply(206, *r.parts())

    @of_several
    def without_end(r):
        r.reply(206, r.parts()[0], b"x" * 9000)

    @of_several
    def unpinned(r):
        fields, body = r.parts()
        r.reply(206, fields[:1], body)

    @of_several
    def closing(r):
        r.close()

    @of_several
    def cut(r):
        fields, body = r.parts()
        r.reply(206, fields, body[:len(body) * 2 // 3], length=len(body))
        r.close()
    for fault in (whole, one, covering, first_only, wrong_parts, swapped, without_end, unpinned, closing, cut):
        server.reset(fault)
        report, said = updated()
        expect(report["reused_bytes"] > 10 << 20 and report["requests"] <= 200, (fault.__name__, report))
        expect(report["received_bytes"] < 8 << 20, (fault.__name__, report))
        asked_for_parts = sum("," in r.fields["range"] for r in server.requests)
        if fault in (whole, one, wrong_parts, swapped, without_end, unpinned):
            expect(asked_for_parts == 1, f"{fault.__name__}: {asked_for_parts} requests for parts")
    server.reset(lambda r: len(r.ranges) > 1 and (r.reply(206, [r.parts()[0][0], ("ETag", '"two"')], r.parts()[1]), True)[1])
    refused(3, "changed", "fetch", "--from", old, server.url, target)
    server.reset()
    updated()


checks += [with_other_bases, killed, moves_little, servers_without_parts, by_digest, old_ones_that_are_of_no_use, damaged_old_ones, without_sections, of_sha256,
           failing_servers, changing_servers]
run_checks(server)
