#!/usr/bin/env python3
"""Several commits in one image: docteur-make -b ... -b ..., and everything that reads them, compared with git.

Usage: versions_test.py FOLDER_OF_PROGRAMS"""

import json
import os
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zlib

programs = sys.argv[1]
hash_kind = os.environ.get("GIT_DEFAULT_HASH", "sha1")
folder_of_all = tempfile.TemporaryDirectory()
os.chdir(folder_of_all.name)
ENVIRONMENT = {**os.environ, "HOME": folder_of_all.name, "TZ": "UTC", "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A U Thor",
               "GIT_AUTHOR_EMAIL": "author@example.org", "GIT_COMMITTER_NAME": "A U Thor",
               "GIT_COMMITTER_EMAIL": "author@example.org"}


def run(program, *arguments, status=0, cwd=None, more=None):
    done = subprocess.run([program, *arguments], capture_output=True, env={**ENVIRONMENT, **(more or {})}, cwd=cwd, timeout=120)
    assert done.returncode == status, f"status {done.returncode}: {program} {arguments}\n{done.stdout[:2000]}{done.stderr[:2000]}"
    return done.stdout, done.stderr.decode()


def docteur(program, *arguments, status=0):
    return run(os.path.join(programs, "docteur-" + program), *arguments, status=status)


def git(*arguments, date=None):
    more = {"GIT_AUTHOR_DATE": f"{date} +0000", "GIT_COMMITTER_DATE": f"{date} +0000"} if date else None
    return run("git", *arguments, cwd="site", more=more)[0].decode()


def write(name, content):
    os.makedirs(os.path.dirname(os.path.join("site", name)), exist_ok=True)
    with open(os.path.join("site", name), "wb") as f:
        f.write(content)


def text(seed, lines=200):
    r = random.Random(seed)
    return b"".join(b"%d %s\n" % (i, r.choice([b"one", b"two", b"three"]) * r.randrange(1, 9)) for i in range(lines))


# A history in which each kind of change occurs: 20 versions, so that the lists lead over several others.
VERSIONS = 20
run("git", "init", "-q", f"--object-format={hash_kind}", "site")
for i in range(30):
    write(f"pages/{i % 5}/page{i}.html", text(i))
write("a.txt", b"a")
write("run.sh", b"#!/bin/sh\n")
submodule = "1" * (64 if hash_kind == "sha256" else 40)
for v in range(VERSIONS):
    write(f"pages/{v % 5}/page{v}.html", text(v) + b"changed in %d\n" % v)
    if v == 2:
        os.chmod("site/run.sh", 0o755)
    if v == 3:
        os.symlink("a.txt", "site/link")
    if v == 4:
        shutil.rmtree("site/pages/1")
    if v == 5:
        os.remove("site/a.txt")
        write("a.txt/is/a/folder", b"now")
        write("a.txt-", b"between the two")
    if v == 6:
        shutil.rmtree("site/a.txt")
        write("a.txt", b"a")
    git("add", "-A")
    if v >= 7:
        # Submodules come, move and go.
        git("update-index", "--add", "--cacheinfo", f"160000,{submodule},{'vendor/lib' if v % 3 else 'zlib'}")
    if v == 9:
        git("read-tree", "v7")  # the tree of another version again
    git("commit", "-q", "--allow-empty", "-m", f"version {v}", date=1_700_000_000 + v)
    if v == 9:
        git("reset", "-q", "--hard")
    git("tag", *(["-m", f"tag {v}", "-a"] if v % 4 == 1 else []), f"v{v}", date=1_700_000_100 + v)
    git("rm", "-q", "--cached", "--ignore-unmatch", "vendor/lib", "zlib")
git("branch", "feature/of/mine", "v3")

NAMES = ["latest", *[f"v{v}" for v in range(VERSIONS)], "feature-of-mine"]
REVISIONS = ["HEAD", *[f"v{v}" for v in range(VERSIONS)], "feature/of/mine"]
asked = ["-b", "HEAD=latest"]
for v in range(VERSIONS):
    asked += ["-b", f"v{v}" if v % 2 else f"refs/tags/v{v}"]
asked += ["-b", "feature/of/mine"]
docteur("make", "--threads=1", "site", "all.img", *asked)
docteur("make", "--threads=2", "site", "again.img", *asked)
with open("all.img", "rb") as f, open("again.img", "rb") as g:
    whole = f.read()
    assert whole == g.read(), "other bytes with other threads"


def tree_of(revision):
    """Path -> (mode, id) as git has it, folders included."""
    listed = git("ls-tree", "-r", "-t", "-z", "--full-tree", revision)
    entries = (line.split("\t", 1) for line in listed.split("\0") if line)
    return {path: (head.split()[0], head.split()[2]) for head, path in entries}


def listed(image, *at):
    lines = docteur("ls", image, "-R", "-l", "-z", *at)[0].decode().split("\0")
    entries = (line.split("\t", 1) for line in lines if line)
    return {path: (head.split()[0], head.split()[2]) for head, path in entries}


for name, revision in zip(NAMES, REVISIONS):
    assert listed("all.img", "--at", name) == tree_of(revision), name
assert listed("all.img") == tree_of("HEAD")
assert listed("all.img", "--at", "refs/tags/v3") == tree_of("v3"), "by its full reference"
assert docteur("cat", "all.img", "--at", "v6", "a.txt")[0] == b"a"
assert docteur("cat", "all.img", "--at", "v5", "a.txt/is/a/folder")[0] == b"now"
assert docteur("ls", "all.img", "--at", "v99", status=1)[1] == "docteur-ls: all.img: no version v99\n"
docteur("extract", "all.img", "--at", "v5", "five")
git("worktree", "add", "-q", "../five.git", "v5")
os.remove("five.git/.git")
run("diff", "-r", "five", "five.git")

# As a repository, with the branches and tags that the image records.
docteur("extract", "--bare", "all.img", "all.git")
run("git", "fsck", "--strict", cwd="all.git")
there = dict(line.split(" ")[::-1] for line in run("git", "for-each-ref", "--format=%(objectname) %(refname)", cwd="all.git")[0].decode().splitlines())
expected = dict(line.split(" ")[::-1] for line in git("for-each-ref", "--format=%(objectname) %(refname)").splitlines())
expected["refs/heads/latest"] = expected.pop(git("symbolic-ref", "HEAD").strip())  # what HEAD led to has no other name here
assert there == expected, there

# docteur-verify names all of them and checks each list against the trees.
report = json.loads(docteur("verify", "--json", "all.img")[0])
assert report["ok"] and [v["name"] for v in report["versions"]] == NAMES, report
for v, revision in zip(report["versions"], REVISIONS):
    assert v["commit"] == git("rev-parse", f"{revision}^{{commit}}").strip(), v
    assert v["paths"] == len(tree_of(revision)) + 1, v
    # The root and, for an annotated tag, the tag itself.
    assert v["root"] == git("rev-parse", f"{revision}^{{tree}}").strip(), v
    is_tag = git("cat-file", "-t", revision).strip() == "tag"
    assert [t["oid"] for t in v.get("tags", [])] == ([git("rev-parse", revision).strip()] if is_tag else []), v
assert report["versions"][0]["reference"] == "HEAD" and report["versions"][1]["reference"] == "refs/tags/v0" and report["versions"][-1]["reference"] == "refs/heads/feature/of/mine"
printed = docteur("verify", "all.img")[0].decode()
assert "version\t: v3 " + git("rev-parse", "v3").strip() in printed, printed

# --stats says what each commit has alone and what it shares, as git lists objects; the bytes add up.
printed = docteur("make", "-q", "--stats", "site", "again.img", *asked)[0].decode()
table = [line.split(None, 6) for line in printed[printed.index("only in version\n"):].split("\n\n")[0].splitlines()[1:]]
reached = {}  # by commit
for name, revision in zip(NAMES, REVISIONS):
    commit = git("rev-parse", f"{revision}^{{commit}}").strip()
    ids = {oid for mode, oid in tree_of(revision).values() if mode != "160000"}
    ids |= {commit, git("rev-parse", f"{revision}^{{tree}}").strip(), git("rev-parse", revision).strip()}
    reached[commit] = reached.get(commit, set()) | ids
all_ids = [oid for ids in reached.values() for oid in ids]
times = {oid: all_ids.count(oid) for oid in set(all_ids)}
alone = sorted(sum(times[oid] == 1 for oid in ids) for ids in reached.values())
versions_of_table = [line for line in table if len(line) == 7 and not line[-1].startswith("in ")]
assert sorted(int(line[0]) for line in versions_of_table) == alone, printed
several = next(line for line in table if line[-2:] == ["in", "several"])
whole_line = next(line for line in table if line[-2:] == ["all", "objects"])
assert int(several[0]) == sum(n > 1 for n in times.values()) and int(whole_line[0]) == len(times), printed
assert sum(int(line[1]) for line in [*versions_of_table, several]) == int(whole_line[1]), printed
assert any(line[-1] == "v19, latest" for line in versions_of_table) and any(line[-1] == "v3, feature-of-mine" for line in versions_of_table), printed
assert {int(line[5]) for line in versions_of_table} == {len(tree_of(r)) + 1 for r in REVISIONS}, printed
assert "only in version" not in docteur("make", "-q", "--stats", "site", "again.img")[0].decode()

# docteur-ls --versions says of each what docteur-verify says.
known = json.loads(docteur("ls", "--versions", "--json", "all.img")[0])
assert known == report["versions"], known
lines = docteur("ls", "--versions", "all.img")[0].decode().splitlines()
assert docteur("ls", "--versions", "-z", "all.img")[0].decode().split("\0") == [*lines, ""]
for line, name, revision, v in zip(lines, NAMES, REVISIONS, report["versions"], strict=True):
    commit, date = git("log", "-1", "--format=%H %cd", "--date=format-local:%Y-%m-%dT%H:%M:%SZ", revision).split()
    assert line == f"{name}\t{commit}\t{date}\t{v['paths']}\t{v['reference']}", line
    assert v["committed"] == int(git("log", "-1", "--format=%ct", revision)), v
docteur("make", "-q", "site", "one.img")
assert docteur("ls", "--versions", "one.img")[0] == b"" and json.loads(docteur("ls", "--versions", "--json", "one.img")[0]) == []
for other in (["a.txt"], ["-l"], ["-R"], ["--stats"], ["--at", "v3"]):
    docteur("ls", "all.img", "--versions", *other, status=2)
# By its id a commit has no reference. A name that would hide something is escaped, but not with -z.
docteur("make", "-q", "site", "odd.img", "-b", git("rev-parse", "v3").strip() + "=\u202eodd", "-b", "v1")
assert docteur("ls", "--versions", "odd.img")[0].splitlines()[0].split(b"\t")[::4] == [b"\\xe2\\x80\\xaeodd", b"-"]
assert docteur("ls", "--versions", "-z", "odd.img")[0].startswith("\u202eodd\t".encode())

# The image of one of them is in front: the same commit, tree and order for those who know no versions.
docteur("make", "site", "one.img", "-b", "HEAD")
header = whole[:20]
assert header == open("one.img", "rb").read()[:20]
# As git reads the PACK.
table = struct.unpack_from("<Q", whole, 20)[0] - 512
pack = whole[28:28 + struct.unpack_from("<Q", whole, table + 0x20)[0]]
run("git", "init", "-q", "--bare", f"--object-format={hash_kind}", "bare")
with open("bare/in.pack", "wb") as f:
    f.write(pack)
run("git", "index-pack", "--strict", "in.pack", cwd="bare")

# A name for one commit is recorded; without one, the image is the same whatever the commit was asked for by.
docteur("make", "site", "named.img", "-b", "HEAD=latest")
assert [v["name"] for v in json.loads(docteur("verify", "--json", "named.img")[0])["versions"]] == ["latest"]
docteur("make", "site", "tip.img", "-b", git("rev-parse", "HEAD").strip())
assert open("tip.img", "rb").read() == open("one.img", "rb").read()
docteur("make", "site", "default.img", "-b", "v1", "-b", "v2", "--default", "v2")
assert listed("default.img") == tree_of("v2") and listed("default.img", "--at", "v1") == tree_of("v1")

# Patterns: the newest first, as dates of commits say.
def names_in(image):
    return [v["name"] for v in json.loads(docteur("verify", "--json", image)[0])["versions"]]


docteur("make", "site", "tags.img", "-b", "refs/tags/v*")
assert names_in("tags.img") == [f"v{v}" for v in reversed(range(VERSIONS))]
docteur("make", "site", "some.img", "-b", "v1[0-4]", "--newest", "3", "-b", "v0")
assert names_in("some.img") == ["v14", "v13", "v12", "v0"]
docteur("make", "site", "since.img", "-b", "v0=first", "-b", "refs/tags/v*", "--since", "2023-11-14T22:13:37Z")
assert names_in("since.img") == ["first", "v19", "v18", "v17"]

# One version costs what it differs by.
with open("one.img", "rb") as f:
    single = len(f.read())
assert len(whole) < 2.5 * single, (len(whole), single)

# The same bytes from a server, where HEAD, branches, tags and ids are asked for one by one.
port = socket.create_server(("127.0.0.1", 0)).getsockname()[1]
daemon = subprocess.Popen(["git", "daemon", f"--base-path={os.getcwd()}", "--export-all", f"--port={port}", "--listen=127.0.0.1", "--reuseaddr", os.getcwd()],
                          env=ENVIRONMENT, start_new_session=True, stderr=subprocess.DEVNULL)
try:
    for _ in range(100):
        if subprocess.run(["git", "ls-remote", f"git://127.0.0.1:{port}/site"], capture_output=True, env=ENVIRONMENT, timeout=60).returncode == 0:
            break
        time.sleep(0.1)
    several = ["-b", "HEAD=latest", "-b", "feature/of/mine", "-b", "v5", "-b", "refs/tags/v2"]
    docteur("make", f"git://127.0.0.1:{port}/site", "fetched.img", *several)
    docteur("make", "site", "local.img", *several)
    assert open("fetched.img", "rb").read() == open("local.img", "rb").read()
finally:
    os.killpg(daemon.pid, signal.SIGTERM)
    daemon.wait(30)

# Wrong usage: nothing is written.
for arguments, message in ((["-b", "v1", "-b", "refs/tags/v1"], "the name of two versions"), (["-b", "v1=a/b", "-b", "v2"], "no name for a version"),
                           (["-b", "v1="], "an empty name after '='"), (["-b", "v1", "-b", ""], "an empty name"),
                           (["-b", "v1", "--default", "v2"], "--default: no version v2"), (["-b", "v1", "--newest", "2"], "are for a pattern"),
                           (["-b", "v*=all"], "cannot have one name")):
    said = docteur("make", "site", "wrong.img", *arguments, status=2)[1]
    assert message in said and not os.path.exists("wrong.img"), said


# Damage to any byte of the section is found, behind right checksums, too; reading ends in an answer or an error.
def entries_of(image):
    at = struct.unpack_from("<Q", image, 20)[0] - 512
    found = {}
    for i in range(struct.unpack_from("<I", image, at + 12)[0]):
        place = at + 0x50 + 24 * i
        found[struct.unpack_from("<I", image, place)[0]] = (place, *struct.unpack_from("<QQ", image, place + 8))
    return at, found


def resealed(image):
    """Corrects the checksums of the versions section, of its records and lists, and of the table."""
    out = bytearray(image)
    at, found = entries_of(image)
    place, offset, length = found[5]
    count, records = struct.unpack_from("<II", out, offset)
    record = offset + 16
    for _ in range(min(count, 100)):
        if record + 32 > offset + length:
            break
        name, reference, tags = struct.unpack_from("<HHH", out, record)
        where, size = struct.unpack_from("<QQ", out, record + 16)
        if size and where + size <= length:
            struct.pack_into("<I", out, record + 8, zlib.crc32(out[offset + where:offset + where + size]))
        record += 32 + name + reference + (1 + tags) * (32 if hash_kind == "sha256" else 20)
    if 16 + records <= length:
        struct.pack_into("<I", out, offset + 8, zlib.crc32(out[offset + 16:offset + 16 + records]))
    struct.pack_into("<I", out, place + 4, zlib.crc32(out[offset:offset + length]))
    struct.pack_into("<I", out, at + 0x1fc, zlib.crc32(out[at:at + 0x1fc]))
    return bytes(out)


_, (_, offset, length) = entries_of(whole)[0], entries_of(whole)[1][5]
choose = random.Random(7)
for at in sorted(choose.sample(range(offset, offset + length), 60)):
    damaged = bytearray(whole)
    damaged[at] ^= 1 << choose.randrange(8)
    for image in (bytes(damaged), resealed(damaged)):
        if image == whole:  # the byte was of a checksum
            continue
        with open("damaged.img", "wb") as f:
            f.write(image)
        report = json.loads(docteur("verify", "--json", "damaged.img", status=1)[0])
        assert report["fault_count"] > 0, at
        for name in ("v7", "v19", "feature-of-mine"):
            done = subprocess.run([os.path.join(programs, "docteur-ls"), "damaged.img", "-R", "--at", name], capture_output=True, timeout=60)
            assert done.returncode in (0, 1), (at, name, done.stderr)
