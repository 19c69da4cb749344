#!/usr/bin/env python3
"""The digest section of images, computed here from doc/FORMAT.md alone: docteur-make writes it, docteur-verify compares it, and
--digest of the commands takes no other image and no changed block.

Usage: digest_test.py FOLDER_OF_PROGRAMS"""

import hashlib
import json
import os
import random
import struct
import subprocess
import sys
import tempfile
import zlib

BLOCK = 65536
programs = sys.argv[1]
ENVIRONMENT = {**os.environ, "HOME": "/nonexistent"}
folder_of_all = tempfile.TemporaryDirectory()
os.chdir(folder_of_all.name)


def run(program, *arguments, status=0):
    """Runs one of the commands; returns what it printed, and on stderr."""
    done = subprocess.run([os.path.join(programs, program), *arguments], capture_output=True, env=ENVIRONMENT, timeout=120)
    assert done.returncode == status, f"status {done.returncode}: {program} {arguments}\n{done.stdout}{done.stderr}"
    return done.stdout, done.stderr.decode()


def make(image, *arguments):
    """Makes an image; returns the digest that docteur-make printed for people, after a comparison with its JSON."""
    out, said = run("docteur-make", "--json", "-d", "2020-10-10T08:00:00Z", *arguments, image)
    digest = said.split(" bytes, digest ")[1].strip()
    assert json.loads(out)["digest"] == digest, (out, said)
    return digest


def table_of(image):
    """Offset of the section table, and type -> (offset of the entry, crc, offset, length)."""
    table = struct.unpack_from("<Q", image, 20)[0] - 512
    assert image[table:table + 8] == b"DOCTEUR\n"
    entries = {}
    for i in range(struct.unpack_from("<I", image, table + 12)[0]):
        at = table + 0x50 + 24 * i
        kind, crc, offset, length = struct.unpack_from("<IIQQ", image, at)
        entries[kind] = (at, crc, offset, length)
    return table, entries


def section_of(image, at):
    """The digest section of these bytes, at this offset in them."""
    blocks = -(-len(image) // BLOCK)
    length = 28 + 32 * blocks
    image = image[:at] + bytes(length) + image[at + length:]
    section = struct.pack("<QQII", len(image), at, BLOCK, 0)
    section += b"".join(hashlib.sha256(image[i:i + BLOCK]).digest() for i in range(0, len(image), BLOCK))
    return section + struct.pack("<I", zlib.crc32(section))


def write(name, content):
    with open(name, "wb") as f:
        f.write(content)


def read(name):
    with open(name, "rb") as f:
        return f.read()


def reseal(image, kind, section):
    """The image with another content of a section, of the same length or shorter, and right checksums."""
    table, entries = table_of(image)
    at, _, offset, length = entries[kind]
    out = bytearray(image)
    out[offset:offset + length] = section + bytes(length - len(section))
    struct.pack_into("<IIQQ", out, at, kind, zlib.crc32(section), offset, len(section))
    struct.pack_into("<I", out, table + 0x1fc, zlib.crc32(bytes(out[table:table + 0x1fc])))
    return bytes(out)


os.mkdir("small")
write("small/greeting", b"hello, world\n")
os.mkdir("large")
for i in range(6):
    write(f"large/noise{i}", random.Random(i).randbytes(70_000))
write("large/text", b"".join(b"line %d\n" % i for i in range(30_000)))

# What make writes is what the description says, for both kinds of ids, any block size, any number of threads.
digests = {}
for folder in "small", "large":
    for arguments in (), ("--object-format", "sha256"), ("--bs", "512"), ("--bs", "65536"), ("--bs", "1048576"):
        digest = make("it.img", *arguments, folder)
        image = read("it.img")
        _, crc, offset, length = table_of(image)[1][4]
        section = section_of(image, offset)
        assert image[offset:offset + length] == section, (folder, arguments)
        assert crc == 0x2144df1c == zlib.crc32(section)
        assert digest == "sha256:" + hashlib.sha256(section).hexdigest()
        assert make("again.img", "--threads", "3", *arguments, folder) == digest
        assert digests.setdefault(digest, image) == image, "one digest, two images"
        out, said = run("docteur-verify", "--digest", digest, "it.img")
        assert f"digest\t: {digest}\n".encode() in out and said == "", (out, said)
        assert json.loads(run("docteur-verify", "--json", "it.img")[0])["digest"] == digest

# With the digest all commands read the image, also on a larger device.
digest = make("good.img", "large")
good = read("good.img")
write("larger.img", good + bytes(100 * 512))
for image in "good.img", "larger.img":
    assert run("docteur-cat", "--digest", digest, image, "noise3")[0] == read("large/noise3")
    assert run("docteur-ls", "--digest", digest, "-R", image)[0] == run("docteur-ls", "-R", "good.img")[0]
    run("docteur-extract", "-q", "--digest", digest, image, "out-" + image)
    assert read(f"out-{image}/text") == read("large/text")
    run("docteur-extract", "-q", "--digest", digest.replace("abcdef", "ABCDEF"), "--bare", image, "bare-" + image)
    run("docteur-verify", "--digest", digest, image)

# Another image is refused with one line, before anything of it is used.
other = make("other.img", "small")
COMMANDS = {"docteur-verify": (), "docteur-ls": (), "docteur-cat": ("text",), "docteur-extract": ("nothing",)}


def refused(image, text, pin=digest, status=1):
    for program, further in COMMANDS.items():
        out, said = run(program, "--digest", pin, image, *further, status=status)
        assert out == b"" and said.count("\n") == 1 and text in said, (program, out, said)
        assert not os.path.exists("nothing")


refused("other.img", f"other.img: another image: its digest is {other}, not {digest}")
refused("good.img", "--digest: expected sha256: and 64 hexadecimal digits", digest[7:], status=2)
refused("good.img", "--digest: expected sha256: and 64 hexadecimal digits", "", status=2)
refused("nowhere.img", "nowhere.img: ", status=3)

# Damage anywhere: docteur-verify finds it with and without the digest, and with it what reads that block fails.
table, entries = table_of(good)
idx = table + 512
pack_end = 28 + struct.unpack_from("<Q", good, table + 0x20)[0]
_, _, paths, paths_length = entries[2]
_, _, section, section_length = entries[4]
places = {"commit of the header": 3, "IDX offset": 21, "PACK header": 30, "PACK": 200_000, "PACK trailer": pack_end - 1,
          "padding behind the PACK": pack_end, "path section": paths + 40, "padding of the path section": paths + paths_length,
          "size in the digest section": section, "digest": section + 60, "end of the digest section": section + section_length - 1,
          "padding before the table": table - 1, "magic": table, "builder": table + 0x30, "section's entry": entries[4][0] + 5,
          "checksum of the table": table + 0x1ff, "fan-out": idx + 12, "ids": idx + 8 + 1024 + 5, "IDX trailer": 0,
          "padding behind IDX": len(good) - 1}
places["IDX trailer"] = len(good.rstrip(b"\0")) - 2
assert all(good[at] == 0 for name, at in places.items() if name.startswith("padding")), places
for name, at in places.items():
    bad = bytearray(good)
    bad[at] ^= 0x10
    write("bad.img", bytes(bad))
    # OCaml docteur's kind of image, without a table, is what a wrong magic makes of it: the PACK's trailer tells.
    run("docteur-verify", "-q", "bad.img", status=1)
    _, said = run("docteur-verify", "--digest", digest, "bad.img", status=1)
    assert said, name
    # Attaching and listing reads header, table, IDX and path section; extracting reads everything but padding.
    read_by_all = name.startswith(("commit", "IDX offset", "PACK header", "path section", "size", "digest", "end of", "magic",
                                   "builder", "section's", "checksum", "fan-out"))
    if read_by_all:
        out, said = run("docteur-ls", "--digest", digest, "bad.img", status=1)
        assert out == b"" and said.count("\n") == 1, (name, out, said)
    if read_by_all or name == "PACK":
        out, said = run("docteur-extract", "-q", "--digest", digest, "bad.img", "nothing", status=1)
        assert said.count("\n") == 1 and not os.path.exists("nothing"), (name, said)

# Without the digest a reader does not compare blocks; with it the error has the block's offset.
bad = bytearray(good)
bad[200_000] ^= 1
write("bad.img", bytes(bad))
run("docteur-ls", "bad.img")
_, said = run("docteur-extract", "-q", "--digest", digest, "bad.img", "nothing", status=1)
assert f"bad checksum at {hex(200_000 // BLOCK * BLOCK)}: this block is not the one" in said, said

# Sections that lie: another digest, of a shorter image, cut short, empty; with right checksums all around.
lies = {"one digest": section_of(good[:70_000] + b"!" + good[70_001:], section),
        "shorter": struct.pack("<Q", len(good) - 512) + section_of(good, section)[8:-4],
        "truncated": section_of(good, section)[:-32], "empty": b"", "head": section_of(good, section)[:24]}
lies["shorter"] += struct.pack("<I", zlib.crc32(lies["shorter"]))
for name, content in lies.items():
    write("bad.img", reseal(good, 4, content))
    _, said = run("docteur-verify", "bad.img", status=1)
    assert "digest section" in said or "block does not match" in said, (name, said)
    refused("bad.img", "bad.img: ")
    # The objects are as they were.
    assert run("docteur-cat", "bad.img", "noise1")[0] == read("large/noise1")
write("bad.img", reseal(good, 4, lies["one digest"]))
out, said = run("docteur-verify", "bad.img", status=1)
assert said == "docteur-verify: bad.img: bad checksum at 0x10000: block does not match the digest section\n", said

# An image without the section, as earlier versions made it, is complete; with --digest it is refused.
old = bytearray(good)
at = entries[4][0]
assert struct.unpack_from("<I", old, table + 12)[0] == max(0, (at - table - 0x50) // 24) + 1, "the last section"
old[at:at + 24] = bytes(24)
old[section:section + section_length] = bytes(section_length)
struct.pack_into("<I", old, table + 12, struct.unpack_from("<I", old, table + 12)[0] - 1)
struct.pack_into("<I", old, table + 0x1fc, zlib.crc32(bytes(old[table:table + 0x1fc])))
write("old.img", bytes(old))
out, said = run("docteur-verify", "old.img")
assert b"digest" not in out and said == "", (out, said)
assert run("docteur-cat", "old.img", "noise1")[0] == read("large/noise1")
refused("old.img", "old.img: the image has no digest section")
