#!/usr/bin/env python3
"""Usage: command_test.py READ_THROUGH DOCTEUR_BLOCKS   docteur-blocks lists, checks, removes and bounds a cache, also while it is in
use."""
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

READ, BLOCKS = map(os.path.abspath, sys.argv[1:3])
BLOCK = 65536
work = pathlib.Path(tempfile.mkdtemp(prefix="docteur-blocks-"))
cache = work / "cache"


def fill(name, blocks=10, seed=0):
    path = work / name
    if not path.exists():
        path.write_bytes(random.Random(name).randbytes(blocks * BLOCK))
    subprocess.run([READ, cache, path, work / "log", str(seed), "100000", "0"], check=True, stdout=subprocess.DEVNULL)


def run(*words, status=0):
    done = subprocess.run([BLOCKS, "--cache", cache, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, (words, done)
    assert (done.stderr == "") == (status == 0), (words, done)
    assert done.stderr == "" or re.fullmatch(r"docteur-blocks: .+\n", done.stderr), done.stderr
    return done


def listed(still=True):
    """`still`: no image is opened meanwhile, which would change the order."""
    found = json.loads(run("list", "--json").stdout)
    lines = run("list").stdout.splitlines()
    if still:
        assert [line.split()[0] for line in lines] == [f["id"] for f in found]
    return found


def usage():
    assert run("list").stdout == "" and run("--json", "list").stdout == "[]\n"
    assert not cache.exists()
    run(status=2)
    run("eat", status=2)
    run("remove", status=2)
    run("trim", "x", status=2)
    run("--bound", "x", "trim", status=2)
    fill("a")
    run("remove", "nothing", status=1)
    env = {"PATH": os.environ["PATH"], "HOME": str(work)}
    assert subprocess.run([BLOCKS, "list"], env=env, capture_output=True, check=True).stdout == b""
    assert subprocess.run([BLOCKS, "list"], env={"PATH": ""}, capture_output=True).returncode == 2
    cache.chmod(0o777)
    assert "other users can write" in run("list", status=3).stderr
    cache.chmod(0o700)


def lists_and_removes():
    fill("b\x1b", blocks=3)
    fill("a")
    a, b = listed()
    assert a["name"] == "https://example.org/a" and a["blocks"] == a["kept"] == 10 and a["size"] == 10 * BLOCK, a
    assert a["disk"] >= 10 * BLOCK and not a["in_use"] and a["good"] and a["identity"] == "v1", a
    assert b["name"] == "https://example.org/b\x1b" and b["kept"] == 3, b
    assert "b\\x1b" in run("list").stdout and "\x1b" not in run("list").stdout
    assert run("list", "https://example.org/a").stdout.split()[2:] == ["10/10", "free", "https://example.org/a"]
    assert run("remove", b["id"][:10]).stdout == b["id"] + "\n"
    assert [f["id"] for f in listed()] == [a["id"]]
    run("remove", "https://example.org/a")
    assert listed() == [] and list(cache.iterdir()) == []


def checks():
    fill("a")
    fill("b\x1b", blocks=3)
    assert "damaged" in run("check").stdout
    (a,) = [f for f in listed() if f["kept"] == 10]
    file = cache / (a["id"] + ".blocks")
    with open(file, "r+b") as f:
        f.seek(file.stat().st_size - 10 * BLOCK + 4 * BLOCK)
        f.write(b"damage")
    found = json.loads(run("--json", "check", status=1).stdout)
    assert sorted(f["damaged"] for f in found) == [0, 1], found
    assert "9 good, 1 forgotten" in run("--repair", "check").stdout
    run("check")
    assert sorted(f["kept"] for f in listed()) == [3, 9]
    fill("a")
    run("check")
    assert sorted(f["kept"] for f in listed()) == [3, 10]
    file.write_bytes(b"rubbish")
    assert not listed()[-1]["good"]
    assert "not a good file" in run("list").stdout
    run("check", status=1)
    assert "removed" in run("--repair", "check").stdout
    assert len(listed()) == 1
    link = cache / "0123456789abcdef-0123456789abcdef.blocks"
    link.symlink_to(work / "a")
    run("check", status=1)
    run("--repair", "check")
    assert not link.is_symlink() and (work / "a").exists()


def in_use():
    fill("a")
    fill("c")
    user = subprocess.Popen([READ, cache, work / "big", work / "log", "0", "65536", "20000"], stdout=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 30
        while not any(f["in_use"] for f in listed(still=False)):
            assert time.monotonic() < end
        (used,) = [f for f in listed() if f["in_use"]]
        assert "in use" in run("remove", used["id"], status=3).stderr
        assert "in use" in run("--bound", "0", "trim", status=3).stderr
        assert [f["id"] for f in listed()] == [used["id"]]
        run("check")
    finally:
        user.send_signal(signal.SIGKILL)
        user.wait()
    assert run("--bound", "0", "trim").stdout == used["id"] + "\n"
    assert listed() == []


def trims():
    for name in ("a", "c", "d"):
        fill(name)
    fill("a")
    (cache / ".killed.new").write_bytes(b"x" * 100)
    gone = json.loads(run("--json", "--bound", "1500K", "trim").stdout)
    assert [f["name"] for f in gone] == ["https://example.org/c"], gone
    assert [f["name"][-1] for f in listed()] == ["a", "d"]
    assert not (cache / ".killed.new").exists()


try:
    (work / "big").write_bytes(random.Random(3).randbytes(200 * BLOCK))
    usage()
    lists_and_removes()
    checks()
    in_use()
    trims()
finally:
    subprocess.run(["rm", "-rf", work], check=True)
