#!/usr/bin/env python3
"""Usage: layout_test.py READ_THROUGH DOCTEUR_BLOCKS   A reader made from doc/CACHE.md alone, with Python's own CRC-32 and SHA-256,
reads what the cache wrote; and what a writer made from it writes is served."""
import hashlib
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import zlib

READ = os.path.abspath(sys.argv[1])
BLOCK = 65536
work = pathlib.Path(tempfile.mkdtemp(prefix="docteur-blocks-"))
image, cache, log = work / "image", work / "cache", work / "log"
content = random.Random(4).randbytes(5 * BLOCK + 99)
blocks = [content[at:at + BLOCK] for at in range(0, len(content), BLOCK)]
name, identity = b"https://example.org/image", b"v1"
file_name = (hashlib.sha256(name).hexdigest()[:16] + "-" +
             hashlib.sha256(identity + b"\0" + str(len(content)).encode()).hexdigest()[:16] + ".blocks")
boot = (zlib.crc32(pathlib.Path("/proc/sys/kernel/random/boot_id").read_bytes()[:36]) & ~1) or 2
start = -(-(8192 + 8 * len(blocks)) // BLOCK) * BLOCK


def header():
    h = b"docteur blocks\r\n" + struct.pack("<IIQ", 1, BLOCK, len(content)) + hashlib.sha256(name).digest()
    h += struct.pack("<HHI", len(identity), len(name), 0) + identity + name
    h = h.ljust(4064, b"\0")
    return h + hashlib.sha256(h).digest()


def record(number, written):
    crc = zlib.crc32(blocks[number])
    mark = zlib.crc32(struct.pack("<QI", number, crc), zlib.crc32(file_name.encode())) | 1
    return struct.pack("<II", crc, mark ^ (boot if written else 0))


def read(source=image, status=0):
    done = subprocess.run([READ, cache, source, log, "0", "100000", "0"], stdout=subprocess.DEVNULL)
    assert done.returncode == status, done
    return log.read_text() if log.exists() else ""


try:
    image.write_bytes(content)
    read()
    assert [f.name for f in cache.iterdir()] == [file_name], list(cache.iterdir())
    raw = (cache / file_name).read_bytes()
    assert len(raw) == start + len(content)
    assert raw[:4096] == header()
    assert raw[4096:8192] == struct.pack("<Q", 1).ljust(4096, b"\0")
    for number in range(len(blocks)):
        assert raw[8192 + 8 * number:8200 + 8 * number] == record(number, written=True), number
    assert raw[start:] == content
    assert not any(raw[8192 + 8 * len(blocks):start])

    mine = header() + struct.pack("<Q", 7).ljust(4096, b"\0")
    mine += b"".join(record(number, number % 2 == 0) for number in range(len(blocks)))
    (cache / file_name).write_bytes(mine.ljust(start, b"\0") + content)
    (cache / file_name).chmod(0o600)
    log.unlink()
    assert read(source=f"offline:{image}") == ""
    assert (cache / file_name).read_bytes()[8192:] == (mine.ljust(start, b"\0") + content)[8192:]
finally:
    subprocess.run(["rm", "-rf", work], check=True)
