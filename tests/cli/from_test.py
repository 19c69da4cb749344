#!/usr/bin/env python3
"""docteur-make --from and --keep: what is taken from an older image, what comes out, and what is refused.

Usage: from_test.py FOLDER_OF_PROGRAMS"""

import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

programs = sys.argv[1]
hash_kind = os.environ.get("GIT_DEFAULT_HASH", "sha1")
folder_of_all = tempfile.TemporaryDirectory()
os.chdir(folder_of_all.name)
ENVIRONMENT = {**os.environ, "HOME": folder_of_all.name, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "A U Thor",
               "GIT_AUTHOR_EMAIL": "author@example.org", "GIT_COMMITTER_NAME": "A U Thor",
               "GIT_COMMITTER_EMAIL": "author@example.org", "GIT_AUTHOR_DATE": "1700000000 +0000",
               "GIT_COMMITTER_DATE": "1700000000 +0000"}


def run(program, *arguments, status=0, cwd=None):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, env=ENVIRONMENT, cwd=cwd, timeout=300)
    assert done.returncode == status, f"status {done.returncode}: {program} {arguments}\n{done.stdout[:2000]}{done.stderr[:2000]}"
    return done.stdout, done.stderr.decode()


def docteur(program, *arguments, status=0):
    return run(os.path.join(programs, "docteur-" + program), *arguments, status=status)


def git(*arguments):
    return run("git", *arguments, cwd="site")[0].decode().strip()


def write(name, content):
    path = pathlib.Path("site") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def commit(name):
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", name)
    git("tag", name)


def verified(image):
    return json.loads(docteur("verify", "--json", image)[0])


def expect_content(image, revision, *options):
    """The image holds what git has: files, kinds, bytes."""
    shutil.rmtree("out", ignore_errors=True)
    docteur("extract", *options, image, "out")
    shutil.rmtree("wanted", ignore_errors=True)
    os.mkdir("wanted")
    archive = subprocess.run(["git", "-C", "site", "archive", revision], capture_output=True, check=True, env=ENVIRONMENT).stdout
    subprocess.run(["tar", "-C", "wanted", "-xf", "-"], input=archive, check=True)
    run("diff", "-r", "--no-dereference", "out", "wanted")


def kept(said):
    """(entries, bytes) that docteur-make says it took."""
    words = next(line for line in said.splitlines() if " as they lie in " in line).split()
    return int(words[1]), int(words[6])


def make(image, *arguments):
    return docteur("make", "site", image, *arguments)[1]


def text(seed, lines=120):
    dice = random.Random(seed)
    return b"".join(b"%d %s\n" % (i, dice.choice([b"one", b"two", b"three"]) * dice.randrange(1, 9)) for i in range(lines))


def pages(edition):
    """Pages that differ from a template by a line, and from edition to edition by another in all of them."""
    for i in range(40):
        write(f"pages/{i % 4}/page{i}.html", b"edition %d\n" % edition + text(0) + b"page %d\n" % i + text(1))


run("git", "init", "-q", f"--object-format={hash_kind}", "site")
pages(1)
for i in range(60):
    write(f"notes/{i}.txt", text(100 + i))
dice = random.Random(5)
write("large/noise.bin", dice.randbytes(9 << 20))  # stored, with restart points
write("large/words.txt", b"".join(b"%d " % dice.randrange(10**9) for _ in range(1_200_000)))  # deflated, with restart points
os.symlink("notes/1.txt", "site/link")
commit("v1")
write("notes/3.txt", text(103) + b"a line more\n")
write("notes/new.txt", text(777))
os.remove("site/notes/9.txt")
commit("v2")
pages(2)
write("notes/4.txt", text(104)[:-200])
commit("v3")

# From one version to the next: the same content as an image made anew, nearly all of it as it lies.
make("1.img", "-b", "v1")
make("2fresh.img", "-b", "v2")
entries, size = kept(make("2.img", "-b", "v2", "--from", "1.img"))
report = verified("2.img")
fresh = verified("2fresh.img")
assert report["ok"] and report["commit"] == git("rev-parse", "v2") and report["objects"] == fresh["objects"], report
everything = sum(report["objects"].values())
assert everything - entries <= 8, f"{entries} of {everything} entries were kept"
expect_content("2.img", "v2")
assert os.path.getsize("2.img") <= os.path.getsize("2fresh.img") * 1.03 + 8192
origin = report["from"]
assert origin["digest"] == verified("1.img")["digest"] and origin["steps"] == 1, origin
old = verified("1.img")
assert (origin["first_pack_bytes"], origin["first_content_bytes"]) == (old["pack_bytes"], old["content_bytes"]), origin
assert "from" not in fresh
assert "from\t: sha256:" in docteur("verify", "2.img")[0].decode()

# What is recorded gives the same bytes again, with any number of threads; over the older image, too.
for threads in "1", "3":
    docteur("make", "site", "again.img", "-b", "v2", "--from", "1.img", "--threads", threads, *origin["options"].split())
    run("cmp", "2.img", "again.img")
shutil.copy("1.img", "over.img")
make("over.img", "-b", "v2", "--from", "over.img")
run("cmp", "2.img", "over.img")

# Pages and their template change alike: deltas between them stay what they are, whatever the ids.
entries, size = kept(make("3.img", "-b", "v3", "--from", "2.img"))
report = verified("3.img")
assert report["from"]["first_pack_bytes"] == origin["first_pack_bytes"]
assert report["ok"] and report["from"]["steps"] == 2 and report["deltas"] > 30, report
assert sum(report["objects"].values()) - entries <= 12, entries
expect_content("3.img", "v3")

# Large blobs keep their restart points: ranges are read from the middle.
for name in "large/noise.bin", "large/words.txt":
    assert docteur("cat", "3.img", name)[0] == (pathlib.Path("site") / name).read_bytes()

# A shorter bound on chains than the older image has: longer ones are made anew.
make("flat.img", "-b", "v3", "--from", "3.img", "--max-depth", "1")
run("git", "init", "-q", "--bare", f"--object-format={hash_kind}", "flat.git")
docteur("extract", "--git", "flat.img", "flat")
chains = run("git", "-C", "flat", "verify-pack", "-v", next(pathlib.Path("flat/.git/objects/pack").glob("*.idx")).resolve())[0]
lengths = {int(line.split()[-2]) for line in chains.decode().splitlines() if len(line.split()) == 7}
assert lengths == {1}, lengths
expect_content("flat.img", "v3")
make("whole.img", "-b", "v3", "--from", "3.img", "--max-depth", "0")
assert verified("whole.img")["deltas"] == 0

# --keep: a version is added, one of the same name is replaced, the others stay.
assert "its commit has no name" in docteur("make", "site", "no.img", "-b", "v3", "--from", "2.img", "--keep", status=2)[1]
assert "--keep requires --from" in docteur("make", "site", "no.img", "-b", "v3", "--keep", status=2)[1]
make("versions.img", "-b", "v1", "-b", "v1=latest")
entries, size = kept(make("versions2.img", "-b", "v2=latest", "-b", "v2", "--from", "versions.img", "--keep"))
report = verified("versions2.img")
named = {v["name"]: v["commit"] for v in report["versions"]}
assert named == {"latest": git("rev-parse", "v2"), "v2": git("rev-parse", "v2"), "v1": git("rev-parse", "v1")}, named
assert report["ok"] and report["commit"] == named["latest"] and "--keep" in report["from"]["options"]
expect_content("versions2.img", "v1", "--at", "v1")
expect_content("versions2.img", "v2", "--at", "v2")
# The repository need not have the older commits any more.
run("git", "clone", "-q", "--depth", "1", "-b", "v3", "file://" + os.path.abspath("site"), "shallow")
docteur("make", "shallow", "versions3.img", "-b", "v3", "--from", "versions2.img", "--keep")
expect_content("versions3.img", "v3", "--at", "v3")
expect_content("versions3.img", "v1", "--at", "v1")
docteur("make", "site", "default.img", "-b", "v3", "--from", "versions2.img", "--keep", "--default", "v1")
assert verified("default.img")["commit"] == git("rev-parse", "v1")

# An image that is not sound is refused, and nothing is written.
def refused(image, words, status=1):
    out, said = docteur("make", "site", "no.img", "-b", "v3", "--from", image, status=status)
    assert words in said and said.count("\n") == 1, said
    assert not os.path.exists("no.img")


image = bytearray(pathlib.Path("2.img").read_bytes())
at = image.find((pathlib.Path("site") / "large/noise.bin").read_bytes()[:64])
assert at > 0
broken = bytearray(image)
broken[at + 70_000] ^= 1
pathlib.Path("broken.img").write_bytes(broken)
refused("broken.img", "broken.img: ")

# Sound to zlib and in its CRC-32, but other content than the id says: a stored file of its own.
write("small.bin", dice.randbytes(5000))
commit("v4")
make("4.img", "-b", "v4")
forged = bytearray(pathlib.Path("4.img").read_bytes())
content = (pathlib.Path("site") / "small.bin").read_bytes()
at = forged.find(content[:64])
assert forged[at - 5] == 1 and forged[at:at + 5000] == content, "it is stored in one block"
forged[at] ^= 1
forged[at + 5000:at + 5004] = struct.pack(">I", zlib.adler32(forged[at:at + 5000]))
pathlib.Path("forged.img").write_bytes(forged)
refused("forged.img", "forged.img: ")

cut = image[:len(image) // 2]
pathlib.Path("cut.img").write_bytes(cut)
refused("cut.img", "cut.img")
refused("none.img", "none.img", status=3)
run("git", "init", "-q", f"--object-format={'sha256' if hash_kind == 'sha1' else 'sha1'}", "other")
pathlib.Path("other/a").write_bytes(b"a" * 100)
run("git", "add", "a", cwd="other")
run("git", "commit", "-q", "-m", "other", cwd="other")
docteur("make", "other", "other.img")
refused("other.img", "has ids of")

# A folder becomes a file, and a file a folder: neither is an older self of the other.
write("turns/a", text(60))
write("turns/b", text(61))
write("flat", text(62))
commit("v5")
make("5.img", "-b", "v5")
git("rm", "-qr", "turns", "flat")
write("turns", text(60) + b"more\n")
write("flat/a", text(62) + b"more\n")
write("flat/b", text(61))
commit("v6")
make("6.img", "-b", "v6", "--from", "5.img")
assert verified("6.img")["ok"]
expect_content("6.img", "v6")

# Another image altogether: nothing is kept, and the result is as good as one made anew.
docteur("make", "-d", "2024-01-01T00:00:00Z", "--object-format", hash_kind, "site/pages", "pages.img")
entries, size = kept(make("from_pages.img", "-b", "v4", "--from", "pages.img"))
assert verified("from_pages.img")["ok"]
expect_content("from_pages.img", "v4")
print("ok")
