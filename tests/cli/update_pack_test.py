#!/usr/bin/env python3
"""docteur-diff and docteur-patch with real images: the new image comes out byte for byte; a pack that is damaged, cut or
for another image changes nothing; and whatever ends docteur-patch, there is the old image or the new one.

Usage: update_pack_test.py FOLDER_OF_PROGRAMS"""

import json
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time

programs = sys.argv[1]
ENVIRONMENT = {**os.environ, "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1"}
IS_SHA256 = os.environ.get("GIT_DEFAULT_HASH") == "sha256"
folder_of_all = tempfile.TemporaryDirectory()
os.chdir(folder_of_all.name)
chance = random.Random(6)


def program(name):
    return os.path.join(programs, name)


def run(name, *arguments, status=0, stdin=None, shown=None):
    """Runs one of the commands; returns what it printed. A failure is one line that begins with the program's name."""
    done = subprocess.run([program(name), *arguments], capture_output=True, env=ENVIRONMENT, timeout=120, input=stdin)
    said = done.stderr.decode()
    assert done.returncode == status, f"status {done.returncode}: {name} {arguments}\n{said}"
    if status != 0:
        assert said.count("\n") == 1 and said.startswith(name + ": "), said
        assert shown is None or shown in said, said
    return done.stdout


def git(*arguments, **more):
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "gc.auto=0"]
    return subprocess.run(["git", "-C", "repo", *identity, *arguments], check=True, capture_output=True,
                          env=ENVIRONMENT, timeout=120, **more).stdout


def content(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    os.makedirs(os.path.dirname(os.path.join("repo", path)), exist_ok=True)
    with open(os.path.join("repo", path), "wb") as file:
        file.write(data)


def page(number):
    return [f"<p>line {i} of page {number}, {chance.random()}</p>\n" for i in range(60)]


def make_repository():
    """Four commits: pages of one template, programs, large blobs of both kinds, renamed and removed files."""
    subprocess.run(["git", "init", "-q", "-b", "main", "repo"], check=True, env=ENVIRONMENT)
    pages = [page(i) for i in range(80)]
    text = "".join(f"entry {chance.randrange(10**9)} of the index\n" for _ in range(320_000)).encode()
    noise = chance.randbytes(9 << 20)

    def commit(version):
        for i, lines in enumerate(pages):
            text_of_page = f"<html><title>Manual {version}</title>\n" + "".join(lines)
            write(f"manual/part{i % 5}/page{i}.html", text_of_page.encode())
        git("add", "-A")
        git("commit", "-qm", f"version {version}")
        git("tag", "-am", f"release {version}", f"v{version}")

    write("src/main.c", b"int main() { return 0; }\n" * 200)
    write("run", b"#!/bin/sh\nexit 0\n")
    os.chmod("repo/run", 0o755)
    os.symlink("src/main.c", "repo/link")
    commit("1.0")
    for i in (3, 17, 40):
        pages[i][10:12] = ["<p>something new</p>\n"]
    write("src/main.c", b"int main() { return 0; }\n" * 190 + b"int other() { return 1; }\n")
    commit("1.1")
    git("mv", "src", "source")
    git("rm", "-q", "run")
    write("large/text", text)
    write("large/noise", noise)
    commit("1.2")
    write("large/text", text[:5_000_000] + b"one more entry\n" + text[5_000_000:])
    write("large/noise", noise[:4_000_000] + b"changed" + noise[4_000_007:])
    commit("1.3")


def make_images():
    images = []
    for number in range(4):
        image = f"{number}.img"
        run("docteur-make", "-q", "repo", "-b", f"v1.{number}", image)
        images.append(image)
    run("docteur-make", "-q", "--effort", "fast", "--max-depth", "1", "--bs", "512", "repo", "-b", "v1.1", "fast.img")
    run("docteur-make", "-q", "--effort", "max", "--optimize", "size", "repo", "-b", "v1.1", "max.img")
    images += ["fast.img", "max.img"]
    if not IS_SHA256:  # an image of SHA-256 has a section table
        images += [image_by_hand("ofs.img", "v1.0", "--delta-base-offset"), image_by_hand("ref.img", "v1.1")]
    return images


def image_by_hand(name, revision, *options):
    """An image as doc/FORMAT.md allows it: header, PACK of git, IDX, and no sections."""
    commit = git("rev-parse", f"{revision}^{{commit}}").decode().strip()
    objects = {line.split()[0] for line in git("rev-list", "--objects", "--no-walk", commit).decode().splitlines()}
    pack = git("pack-objects", "--stdout", "-q", *options, input="\n".join(objects).encode())
    with open("hand.pack", "wb") as file:
        file.write(pack)
    subprocess.run(["git", "index-pack", "hand.pack"], check=True, capture_output=True, env=ENVIRONMENT)
    start = -(-(28 + len(pack)) // 512) * 512
    with open(name, "wb") as file:
        file.write(bytes.fromhex(commit) + struct.pack("<Q", start) + pack)
        file.seek(start)
        file.write(content("hand.idx"))
        file.write(bytes(-file.tell() % 512 + 512))
    return name


def check_round_trips(images):
    pairs = [("0.img", "1.img"), ("1.img", "0.img"), ("1.img", "2.img"), ("2.img", "3.img"), ("3.img", "1.img"),
             ("fast.img", "1.img"), ("0.img", "max.img"), ("max.img", "fast.img"), ("ofs.img", "ref.img"),
             ("ref.img", "ofs.img"), ("ref.img", "0.img"), ("0.img", "ref.img")]
    for old, new in pairs:
        if old not in images or new not in images:
            continue
        out = json.loads(run("docteur-diff", "-q", "--json", old, new, "u.pack"))
        assert out["pack_bytes"] == os.path.getsize("u.pack") and out["image_bytes"] == os.path.getsize(new)
        run("docteur-patch", "-q", old, "u.pack", "out.img")
        assert content("out.img") == content(new), (old, new)
    # The pack follows from the two images.
    run("docteur-diff", "-q", "--no-check", "0.img", "1.img", "u.pack")
    run("docteur-diff", "-q", "0.img", "1.img", "again.pack")
    assert content("again.pack") == content("u.pack")


def check_sizes():
    """What an update is for: it holds what changed."""
    run("docteur-diff", "-q", "0.img", "0.img", "u.pack")
    assert os.path.getsize("u.pack") < 1000, os.path.getsize("u.pack")
    out = json.loads(run("docteur-diff", "-q", "--json", "0.img", "1.img", "u.pack"))
    assert out["raw_entries"] == 0, out
    assert out["pack_bytes"] < os.path.getsize("1.img") / 5, out
    # The large text is 12 MB with one line more; of the noise, which is stored, 7 bytes differ.
    out = json.loads(run("docteur-diff", "-q", "--json", "2.img", "3.img", "u.pack"))
    assert out["raw_entries"] == 0 and out["pack_bytes"] < 20_000, out


def check_ways():
    run("docteur-diff", "-q", "0.img", "1.img", "u.pack")
    run("docteur-patch", "-q", "0.img", "-", "out.img", stdin=content("u.pack"))
    assert content("out.img") == content("1.img")
    run("docteur-patch", "-q", "0.img", "-", "out.img", stdin=content("u.pack")[:-1], status=1, shown="stdin: ")
    assert run("docteur-diff", "-q", "0.img", "1.img", "-") == content("u.pack") and not os.path.exists("-")
    run("docteur-diff", "--json", "0.img", "1.img", "-", status=2, shown="--json")
    run("docteur-patch", "0.img", "u.pack", "-", status=2, shown="not written to standard output")
    run("docteur-make", "repo", "-", status=2, shown="not written to standard output")
    assert not os.path.exists("-")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([program("docteur-diff"), "-q", "0.img", "1.img", "-"], stdout=full, stderr=subprocess.PIPE,
                              env=ENVIRONMENT, timeout=120)
    assert done.returncode == 3 and b"No space left" in done.stderr, done
    # In place, and through a symbolic link.
    with open("place.img", "wb") as file:
        file.write(content("0.img"))
    os.symlink("place.img", "name.img")
    said = json.loads(run("docteur-patch", "-q", "--json", "name.img", "u.pack", "name.img"))
    assert content("place.img") == content("1.img") and os.path.islink("name.img")
    assert said["image_bytes"] == os.path.getsize("1.img")
    run("docteur-verify", "-q", "name.img")


def refused(old, pack, status=1, shown=None):
    """docteur-patch refuses the pack in one line, and leaves alone what is there."""
    before = sorted(os.listdir())
    with open("kept.img", "wb") as file:
        file.write(b"kept")
    run("docteur-patch", "-q", old, pack, "kept.img", status=status, shown=shown)
    assert content("kept.img") == b"kept"
    os.remove("kept.img")
    assert sorted(os.listdir()) == before


def is_harmless(pack):
    """Whether the pack makes the image all the same: some bits of Zstandard mean nothing (RFC 8878, section 3.1.1.1.1.3)."""
    done = subprocess.run([program("docteur-patch"), "-q", "0.img", pack, "right.img"], capture_output=True, env=ENVIRONMENT,
                          timeout=120)
    if done.returncode == 0:
        assert content("right.img") == content("1.img"), "another image"
        os.remove("right.img")
    return done.returncode == 0


def check_refusals():
    run("docteur-diff", "-q", "0.img", "1.img", "u.pack")
    refused("1.img", "u.pack", shown="1.img: not the image that this update is for")
    refused("u.pack", "u.pack", shown="not the image that this update is for")
    refused("0.img", "1.img", shown="1.img: not an update pack")
    refused("0.img", "missing", status=3)
    good = content("u.pack")
    with open("longer.img", "wb") as file:
        file.write(content("0.img") + b"more")
    run("docteur-patch", "-q", "longer.img", "u.pack", "out.img")  # as on a larger device
    with open("bad.pack", "wb") as file:
        file.write(good + b"x")
    refused("0.img", "bad.pack", shown="bad.pack: the update pack is damaged")
    head = 168  # bytes, with a checksum
    places = list(range(0, head, 3)) + [chance.randrange(head, len(good)) for _ in range(60)]
    for at in places:
        with open("bad.pack", "wb") as file:
            file.write(good[:at] + bytes([good[at] ^ (1 << chance.randrange(8))]) + good[at + 1:])
        if at < head or not is_harmless("bad.pack"):
            refused("0.img", "bad.pack", shown="bad.pack: ")
    for size in [*range(0, 200, 9), *(chance.randrange(200, len(good)) for _ in range(40)), len(good) - 1]:
        with open("bad.pack", "wb") as file:
            file.write(good[:size])
        refused("0.img", "bad.pack", shown="bad.pack: ")
    with open("bad.pack", "wb") as file:
        file.write(good[:head + 4] + bytes([good[head + 4] ^ 16]) + good[head + 5:])
    assert good[head:head + 4] == b"\x28\xb5\x2f\xfd" and is_harmless("bad.pack"), "a bit that decoders ignore"
    run("docteur-diff", "-q", "u.pack", "1.img", "no.pack", status=1, shown="u.pack")
    run("docteur-diff", "-q", "0.img", "missing", "no.pack", status=3)
    assert not os.path.exists("no.pack")


def check_kills():
    """SIGKILL at any time leaves the old image or the new one, and no file beside it."""
    run("docteur-diff", "-q", "2.img", "3.img", "u.pack")
    old, new = content("2.img"), content("3.img")
    os.mkdir("kill")
    began = time.monotonic()
    run("docteur-patch", "-q", "2.img", "u.pack", "kill/disk.img")
    whole = time.monotonic() - began
    seen = set()
    for i in range(16):
        with open("kill/disk.img", "wb") as file:
            file.write(old)
        command = [program("docteur-patch"), "-q", "kill/disk.img", "u.pack", "kill/disk.img"]
        child = subprocess.Popen(command, env=ENVIRONMENT)
        time.sleep(whole * 1.2 * i / 15)
        child.send_signal(signal.SIGTERM if i % 4 == 3 else signal.SIGKILL)
        child.wait(timeout=60)
        there = content("kill/disk.img")
        assert there in (old, new)
        seen.add(there == new)
        assert os.listdir("kill") == ["disk.img"], os.listdir("kill")
    assert False in seen


def check_full_disk():
    """No space for the new image: a failure of the environment, and the old one stays."""
    if os.geteuid() != 0:
        return
    os.mkdir("small")
    size = os.path.getsize("2.img") + os.path.getsize("3.img") // 2
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", "small"], capture_output=True)
    if mounted.returncode != 0:
        return
    try:
        with open("small/disk.img", "wb") as file:
            file.write(content("2.img"))
        run("docteur-patch", "-q", "small/disk.img", "u.pack", "small/disk.img", status=3, shown="No space left")
        assert content("small/disk.img") == content("2.img")
        assert os.listdir("small") == ["disk.img"]
    finally:
        subprocess.run(["umount", "small"], check=True)


make_repository()
all_images = make_images()
check_round_trips(all_images)
check_sizes()
check_ways()
check_refusals()
check_kills()
check_full_disk()
