"""Shared by the interoperability tests: a private folder, git without the host's configuration, a repository with
something of everything, and images made by hand from git's output (doc/FORMAT.md)."""

import atexit
import hashlib
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

BIN = Path(sys.argv[1])  # of docteur's commands
WORK = Path(tempfile.mkdtemp(prefix="docteur-interop-"))
atexit.register(shutil.rmtree, WORK, ignore_errors=True)

ENVIRONMENT = {
    "PATH": os.environ["PATH"], "HOME": str(WORK), "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C", "TZ": "UTC",
    "GIT_AUTHOR_NAME": "A U Thor", "GIT_AUTHOR_EMAIL": "author@example.org", "GIT_AUTHOR_DATE": "1600000000 +0200",
    "GIT_COMMITTER_NAME": "C O Mitter", "GIT_COMMITTER_EMAIL": "c@example.org",
    "GIT_COMMITTER_DATE": "1600000001 +0200",
}
# The kind of all ids, and the bytes of one.
KIND = os.environ.get("GIT_DEFAULT_HASH", "sha1")
ID_SIZE = {"sha1": 20, "sha256": 32}[KIND]
ENVIRONMENT["GIT_DEFAULT_HASH"] = KIND
for name in ("TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LD_LIBRARY_PATH"):
    if name in os.environ:
        ENVIRONMENT[name] = os.environ[name]


def run(*command, cwd=WORK, stdin=b"", status=0):
    """The command's standard output; the test fails if its exit status is not `status`."""
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=ENVIRONMENT, input=stdin, capture_output=True)
    if done.returncode != status:
        sys.exit(f"{' '.join(map(str, command))[:300]}\nexit status {done.returncode}, not {status}\n"
                 f"{done.stdout[-1000:].decode(errors='replace')}{done.stderr[-3000:].decode(errors='replace')}")
    return done.stdout


def git(repository, *arguments, stdin=b""):
    return run("git", "-C", repository, *arguments, stdin=stdin)


def expect(good, what):
    if not good:
        sys.exit(what)


class History:
    """A bare repository, through git fast-import: marks for blobs, whole trees for commits."""

    def __init__(self, path):
        self.path = path
        self.stream = bytearray()
        self.marks = {}
        run("git", "init", "-q", "--bare", "-b", "main", path)

    def blob(self, content):
        if content not in self.marks:
            self.marks[content] = len(self.marks) + 1
            self.stream += b"blob\nmark :%d\ndata %d\n%s\n" % (self.marks[content], len(content), content)
        return self.marks[content]

    def commit(self, files, branch=b"main"):
        """`files`: path -> (mode, content); a submodule's content is its commit id."""
        lines = bytearray()
        for path, (mode, content) in files.items():
            quoted = b'"' + b"".join(b"\\%03o" % c for c in path) + b'"'
            what = content if mode == b"160000" else b":%d" % self.blob(content)
            lines += b"M %s %s %s\n" % (mode, what, quoted)
        message = b"a commit\n"
        self.stream += b"commit refs/heads/%s\ncommitter C O Mitter <c@example.org> 1600000001 +0200\ndata %d\n%s" % (
            branch, len(message), message)
        self.stream += b"deleteall\n" + lines + b"\n"

    def finish(self):
        git(self.path, "fast-import", "--quiet", stdin=bytes(self.stream))
        git(self.path, "repack", "-q", "-adf")
        return self.path


def noise(size, seed):
    return random.Random(seed).randbytes(size)


def text(lines, seed):
    r = random.Random(seed)
    return b"".join(b"line %d of the text\n" % r.randrange(100000) for _ in range(lines))


def versions(count, seed, size=2000, changed=40):
    """Texts of one size, each of which differs from the previous one in `changed` bytes: git stores them best as a chain."""
    r = random.Random(seed)
    content = bytearray(r.randbytes(size).hex().encode()[:size])
    for _ in range(count):
        at = r.randrange(size - changed)
        content[at:at + changed] = r.randbytes(changed).hex().encode()[:changed]
        yield bytes(content)


def everything():
    """Paths with every kind of entry that a tree may have."""
    files = {b"README.md": (b"100644", b"# read me\n"), b"empty": (b"100644", b""), b"run": (b"100755", b"#!/bin/sh\n"),
             b"link": (b"120000", b"doc/0/text-0"), b"dangling": (b"120000", b"nowhere"),
             b"module": (b"160000", (b"0123456789" * 7)[:2 * ID_SIZE]),
             b"noise": (b"100644", noise(70000, 1)),
             b"zeros": (b"100644", bytes(300000)), b"large-text": (b"100644", text(60000, 2)),
             b"odd/ ": (b"100644", b"blank"), b"odd/new\nline": (b"100644", b"newline"),
             b"odd/\xff\xfe": (b"100644", b"not UTF-8"), b'odd/"quoted"': (b"100644", b"quoted"),
             b"odd/\xe2\x82\xac": (b"100644", b"euro"), b"odd/\x01": (b"100644", b"control"),
             b"order/a": (b"100644", b"a"), b"order/a-": (b"100644", b"a-"), b"order/a.b": (b"100644", b"a.b"),
             b"order/ab/x": (b"100644", b"x"), b"order/ab.c": (b"100644", b"ab.c"), b"order/ab0": (b"100644", b"ab0"),
             b"/".join([b"n" * 200] * 20) + b"/end": (b"100644", b"a path of 4 KB\n")}
    for family in range(5):
        content = text(400, family)
        for version in range(30):
            at = version * 977 % len(content)
            content = content[:at] + b"changed in version %d\n" % version + content[at:]
            files[b"doc/%d/text-%d" % (family, version)] = (b"100644", content)
    for i in range(300):
        files[b"many/file%d" % i] = (b"100644", b"the content of %d\n" % i)
        files[b"again/file%d" % i] = (b"100644", b"the content of %d\n" % i)
    for i in range(60):  # trees that differ little, so that trees become deltas
        for j in range(60):
            files[b"trees/%d/%s" % (i, noise(4, j).hex().encode())] = (b"100644", b"%d" % (j if i != j else -i))
    return files


def objects_of(repository, revision="HEAD"):
    """The ids of the commit and everything its tree reaches, each with a path, as `git pack-objects` reads them."""
    return git(repository, "rev-list", "--objects", "--no-object-names", "--no-walk", revision), git(
        repository, "rev-list", "--objects", "--no-walk", revision)


def blobs_of(repository, revision="HEAD"):
    """(path, mode, id) of all but trees and submodules, in Git's order."""
    for line in git(repository, "ls-tree", "-r", "-z", revision).split(b"\0"):
        if line:
            head, path = line.split(b"\t", 1)
            mode, kind, oid = head.split(b" ")
            if kind == b"blob":
                yield path, mode, oid


def contents_of(repository, ids):
    """id -> content, from `git cat-file`."""
    out = git(repository, "cat-file", "--batch", stdin=b"".join(oid + b"\n" for oid in ids))
    contents = {}
    while out:
        head, out = out.split(b"\n", 1)
        oid, kind, size = head.split(b" ")
        contents[oid], out = out[:int(size)], out[int(size) + 1:]
    return contents


def expect_reads_like_git(image, repository, revision="HEAD", verify=True):
    """docteur's commands print the same about `image` as git about the commit."""
    listed = run(BIN / "docteur-ls", "-R", "-l", "-z", image)
    expected = git(repository, "ls-tree", "-r", "-t", "-l", "-z", revision)
    expect(listed == expected, f"{image}: docteur-ls and git ls-tree differ")
    files = [(path, oid) for path, mode, oid in blobs_of(repository, revision) if mode != b"120000"]
    contents = contents_of(repository, {oid for _, oid in files})
    for at in range(0, len(files), 500):
        some = files[at:at + 500]
        printed = run(BIN / "docteur-cat", image, *[os.fsdecode(path) for path, _ in some])
        expect(printed == b"".join(contents[oid] for _, oid in some), f"{image}: docteur-cat differs")
    if verify:
        printed = run(BIN / "docteur-verify", image)
        oid = git(repository, "rev-parse", revision).strip()
        expect(printed.startswith(b"commit\t: " + oid + b"\n"), f"{image}: docteur-verify says {printed[:60]}")


def index(pack, version="2"):
    """The IDX that git makes of a PACK."""
    at = WORK / "index"
    at.mkdir(exist_ok=True)
    (at / "p.pack").write_bytes(pack)
    (at / "p.idx").unlink(missing_ok=True)
    run("git", "index-pack", f"--object-format={KIND}", f"--index-version={version}", "p.pack", cwd=at)
    return (at / "p.idx").read_bytes()


def image_by_hand(commit, pack, idx, whole_block=False, tail=0):
    """Header, PACK, padding, IDX, padding. `whole_block`: a block of padding even if the end is aligned, as OCaml docteur
    writes it. With ids of SHA-256, a section table without sections stands before IDX."""
    def pad(data):
        n = -len(data) % 512
        return data + bytes(512 if n == 0 and whole_block else n)

    front = pad(bytes(28) + pack)
    named = bytes.fromhex(commit.decode())
    if KIND == "sha256":
        table = struct.pack("<8sIIQQQII32s384x32s12x", b"DOCTEUR\n", 1, 0, 1, 0, len(pack), 512, 0, b"by hand", named)
        front += table + struct.pack("<I", zlib.crc32(table))
        named = bytes(20)
    front = named + struct.pack("<Q", len(front)) + front[28:]
    return pad(front + idx) + bytes(tail)


def pack_by_hand(objects):
    """A PACK of whole objects, (kind, content), in this order."""
    out = bytearray(struct.pack(">4sII", b"PACK", 2, len(objects)))
    for kind, content in objects:
        number = {b"commit": 1, b"tree": 2, b"blob": 3, b"tag": 4}[kind]
        rest, b = len(content) >> 4, number << 4 | len(content) & 15
        while rest:
            out.append(b | 0x80)
            rest, b = rest >> 7, rest & 0x7f
        out.append(b)
        out += zlib.compress(content)
    return bytes(out) + hashlib.new(KIND, out).digest()


def cut(image):
    """The (commit, PACK, IDX and the rest) of an image that has a section table."""
    data = Path(image).read_bytes()
    at, = struct.unpack_from("<Q", data, 20)
    table = data[at - 512:at]
    expect(table.startswith(b"DOCTEUR\n"), f"{image}: no section table")
    size, = struct.unpack_from("<Q", table, 0x20)
    named = data[:20] if KIND == "sha1" else table[0x1d0:0x1f0]
    return named.hex().encode(), data[28:28 + size], data[at:]
