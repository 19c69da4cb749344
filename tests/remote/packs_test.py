#!/usr/bin/env python3
"""docteur-fetch --from with an update pack beside the image: a good one is used, and little else moves; whatever else lies
there is told in one line, and the image comes by ranges. A fetch that was killed goes on with the pack."""

import json
import random
import signal
import struct
import subprocess
from pathlib import Path

from old_and_new import versions
from range_server import BIN, ENVIRONMENT, WORK, Server, checks, expect, good, refused, run_checks, stops_after
from waiting import wait_until

PROBE = 4096
BLOCK = 64 << 10
work = Path(WORK.name)
out, beside = work / "out", work / "beside"
out.mkdir()
beside.mkdir()
target = out / "a.img"
folder, old, new = versions("site", 1)
data = new.read_bytes()
server = Server(data)


def digits(image):
    return json.loads(good("verify", "--json", image).out)["digest"].removeprefix("sha256:")[:16]


good("diff", "-q", "--name", "the.img", old, new, beside)
name = f"the.img.{digits(old)}-{digits(new)}.dpk"
expect([p.name for p in beside.iterdir()] == [name], "the name of the pack is another")
pack = (beside / name).read_bytes()
place = "/" + name


def pack_of(*images):
    made = work / "made.dpk"
    good("diff", "-q", *images, made)
    return made.read_bytes()


def edited(image):
    """The image with one byte changed in front of its table."""
    content = bytearray(image.read_bytes())
    content[struct.unpack_from("<Q", content, 20)[0] - 513] ^= 1
    made = work / f"edited-{image.name}"
    made.write_bytes(content)
    return made


def left():
    return sorted(p.name for p in out.iterdir())


def updated(*options, source=old, way="pack", note=None, url=None, may_do=False):
    """Returns what was reported; the file is the server's. `note`: what the one line about the pack says; None: there is
    none. `may_do`: the pack may make the image all the same."""
    before = len(server.requests)
    done = good("fetch", "--json", *options, "--from", source, url or server.url, target)
    expect(target.read_bytes() == server.content, f"another image: {done.shown}")
    expect(left() == ["a.img"], f"left behind: {left()}")
    target.unlink()
    report = json.loads(done.out)
    if may_do and report["way"] == "pack":
        way, note = "pack", None
    notes = [line for line in done.said.splitlines() if "note" in line]
    expect(report["way"] == way, (way, report, done.said))
    expect(len(notes) == (note is not None) and (note is None or note in notes[0]), (note, notes))
    words = {"pack": "by an update pack", "ranges": "by ranges", "whole": "as a whole"}
    expect(f"in {report['requests']} requests, {words[way]}" in done.said, done.said)
    expect(report["requests"] == len(server.requests) - before, report)
    return report


def for_pack():
    return [r for r in server.requests if r.is_of_pack]


def by_pack():
    server.packs = {place: pack}
    report = updated()
    expect(report["pack_bytes"] == len(pack) and report["received_bytes"] == server.sent, report)
    expect(report["received_bytes"] < len(pack) + 40_000 and report["requests"] == 3, report)
    server.reset()
    updated("--no-verify")
    updated("--digest", json.loads(good("verify", "--json", new).out)["digest"])
    # Over the old image, and with a query.
    target.write_bytes(old.read_bytes())
    good("fetch", "-q", "--from", target, server.url, target)
    expect(target.read_bytes() == data, "another image")
    target.unlink()
    server.reset()
    server.packs = {f"{place}?key=1": pack}
    updated(url=f"{server.url}?key=1#part")
    # From the image itself there is none to ask for.
    server.reset()
    updated(source=new, way="ranges")
    expect(not for_pack(), "a pack from an image to itself")


def none_there():
    server.packs = {}
    for answer in (None, lambda r: r.reply(403), lambda r: r.reply(503), lambda r: r.reply(500), lambda r: r.reply(416),
                   lambda r: r.reply(200, [("Content-Type", "text/html")], b"<html>" + b"no such page " * 400_000),
                   lambda r: r.reply(206, [("Content-Range", "bytes 0-0/0"), ("ETag", '"x"')], b""),
                   lambda r: r.reply(206, [("Content-Range", f"bytes 0-9/{1 << 62}")], b"0123456789"), lambda r: r.close()):
        server.reset(answer and (lambda r: r.is_of_pack and (answer(r), True)[1]))
        report = updated(way="ranges")
        expect(len(for_pack()) == 1, f"{len(for_pack())} requests for no pack")
        expect(report["received_bytes"] < 1 << 20, report)
    said = good("fetch", "-v", "--from", old, server.url, target).said
    expect("note: no update pack: " in said, said)
    target.unlink()


def bad_ones():
    dice = random.Random(5)

    def flipped(at):
        return pack[:at] + bytes([pack[at] ^ (1 << dice.randrange(8))]) + pack[at + 1:]
    _, other, later = versions("other", 2)
    faults = [(b"", None), (b"<html>no such page</html>" * 9, "not an update pack"), (data, "not an update pack"),
              (pack + b"x", "damaged"), (pack[:-1], "damaged"), (pack[:168], "damaged"), (pack[:40], "not an update pack"),
              (pack_of(edited(old), new), "not the image that this update is for"),
              (pack_of(other, later), "this update is for"), (pack_of(new, new), "for other images"),
              (pack[:168] + bytes(len(data)), "larger than the image"), (pack[:168] + dice.randbytes(200_000), "damaged")]
    faults += [(flipped(at), name) for at in [0, 13, 24, 40, 70, 100, 167]]
    # Some bits of Zstandard mean nothing.
    flips = [flipped(dice.randrange(168, len(pack))) for _ in range(12)] + [pack[:172] + bytes([pack[172] ^ 16]) + pack[173:]]
    # From the same image it makes another file of the same size.
    faults.append((pack_of(old, edited(new)), "another image than the server's"))
    for content, note in faults + [(flip, name) for flip in flips]:
        server.reset()
        server.packs = {place: content}
        report = updated(way="ranges", note=note, may_do=content in flips)
        expect(len(for_pack()) <= 1 + len(content) // BLOCK, f"{note}: {len(for_pack())} requests for a bad pack")
        expect(report["received_bytes"] < (1 << 20) + len(content), (note, report))
    server.packs = {place: pack}


def liars():
    """What the server says of the pack's size is not what it sends."""
    def says(total, length=None, sends=len(pack)):
        def fault(r):
            if not r.is_of_pack:
                return False
            last = min(r.last, total - 1)
            body = pack[r.first:r.first + sends]
            r.reply(206, [("Content-Range", f"bytes {r.first}-{last}/{total}"), ("ETag", '"p"')], body,
                    length=last + 1 - r.first if length is None else length)
            r.close()
            return True
        return fault
    server.packs = {place: pack}
    few = ["--retries", "2"]
    for fault, note in ((says(len(pack) - 7), "damaged"), (says(1 << 40), "larger than the image"),
                        (says(len(pack) + 50_000), None), (says(len(pack), length=5), None), (says(len(pack), sends=9), None)):
        server.reset(fault)
        updated(*few, way="ranges", note=note)
    server.reset(says(len(pack), sends=5_000))
    updated(*few)
    # Each answer is of another version.
    number = [0]

    def changes(r):
        if not r.is_of_pack:
            return False
        number[0] += 1
        fields, body = r.part()
        r.reply(206, [fields[0], ("ETag", f'"{number[0]}"')], body[:9_000], length=len(body))
        r.close()
        return True
    server.reset(changes)
    updated(*few, way="ranges")


def written():
    """Blocks of the pack that the map says are there."""
    there = out / "a.img.dpk.partial.map"
    return sum(c in b"ws" for c in there.read_bytes()[1024:]) if there.exists() else 0


def killed():
    server.packs = {place: pack}
    begun = ["a.img.dpk.partial", "a.img.dpk.partial.map"]
    for point in (0, 25_000, 120_000, len(pack) - 1_000):
        answer, stopped = stops_after(point, 100)
        server.reset(lambda r: r.is_of_pack and answer(r))
        process = subprocess.Popen([BIN / "docteur-fetch", "-q", "--from", old, server.url, target], env=ENVIRONMENT)
        wait_until(lambda: stopped.is_set() and written() >= point // BLOCK, "nothing comes")
        process.send_signal(signal.SIGKILL)
        process.wait()
        expect(set(left()) & set(begun) or point == 0, left())
        server.reset()
        report = updated()
        expect(report["received_bytes"] < len(pack) + 60_000 - point // BLOCK * BLOCK, (point, report))
        expect(report["resumed_bytes"] >= point // BLOCK * BLOCK, (point, report))
    # The server fails for good, for the pack and then for all: the pack goes on where it ended.
    seen = [0]

    def failing(r):
        if r.is_of_pack:
            seen[0] += 1
            fields, body = r.part()
            r.reply(206, fields, body[:2 * BLOCK] if seen[0] == 1 else b"", length=len(body))
            r.close()
            return True
        return seen[0] > 0 and (r.reply(404), True)[1]
    server.reset(failing)
    refused(3, "what came is kept", "fetch", "--retries", "1", "--from", old, server.url, target)
    server.reset()
    report = updated()
    expect(report["resumed_bytes"] == 2 * BLOCK and min(r.first for r in for_pack() if r.last != PROBE - 1) == 2 * BLOCK, report)


def begun_by_ranges():
    """What came by ranges is not thrown away for a pack that lies there now."""
    server.packs = {}
    server.reset(lambda r: r.number > 8 and (r.reply(404), True)[1])
    refused(3, "what came is kept", "fetch", "--from", old, server.url, target)
    server.packs = {place: pack}
    server.reset()
    report = updated(way="ranges")
    expect(report["resumed_bytes"] > 0 and not for_pack(), report)


def names():
    refused(2, "--name", "diff", "--name", "a/b", old, new, beside)
    refused(2, "not a folder", "diff", "--name", "b", old, new, beside / "x")
    made = json.loads(good("diff", "-q", "--json", old, new, beside).out)["file"]
    expect(made == str(beside / name.replace("the.img", new.name)), made)
    noise = work / "noise"
    noise.write_bytes(b"no image" * 99)
    refused(1, "noise", "diff", old, noise, beside)


checks += [by_pack, none_there, bad_ones, liars, killed, begun_by_ranges, names]
run_checks(server)
