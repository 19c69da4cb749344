#!/usr/bin/env python3
"""docteur-cache on an image that lies on a server: whoever waits for a block delays nobody else.

Usage: slow_disk_test.py BIN    (the folder of the commands)
The server's answers are held back by a gate, so that nothing here depends on how long anything takes.
"""

import concurrent.futures
import http.client
import hashlib
import json
import os
import pathlib
import random
import re
import signal
import socket
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "remote"))
from range_server import BIN, ENVIRONMENT, Server, docteur, good, replies
import servers
import supervised
from ports import free_port
from waiting import PATIENCE, expect, wait_until

os.environ.clear()
os.environ.update(ENVIRONMENT)  # also of servers: no proxy, no cache of blocks
supervised.CACHE = str(BIN / "docteur-cache")
COLD = 60
WORK = tempfile.TemporaryDirectory()


def cold_name(i):
    return f"cold{i:02}"


def image_of(seed):
    """An image, and its files by path. No two of the cold files are in the same 64 KiB."""
    dice = random.Random(seed)
    files = {"hot": b"hot %d" % seed, "large": dice.randbytes(9_000_000)}
    files |= {cold_name(i): dice.randbytes(70_000) for i in range(COLD)}
    store = pathlib.Path(WORK.name) / f"store{seed}"
    store.mkdir()
    for name, content in files.items():
        (store / name).write_bytes(content)
    image = store.with_suffix(".img")
    good("make", "-q", "-d", "2020-10-10T08:00:00+00:00", "--author", "A <a@b>", store, image)
    return image.read_bytes(), files


class Gate:
    """A fault that lets requests pass only while the gate is open."""

    def __init__(self):
        self.open = threading.Event()
        self.waiting = 0

    def __call__(self, request):
        if not self.open.is_set():
            self.waiting += 1
            self.open.wait(PATIENCE)
        return False


def body(port, name):
    status, _, got = servers.fetch(port, "/" + name, timeout=PATIENCE)
    return got if status == 200 else status


def status(port):
    return json.loads(servers.fetch(port, "/.docteur/status", timeout=PATIENCE)[2])


class Crowd:
    """Clients that wait for cold files."""

    def __init__(self, port, files, names):
        self.files = files
        self.pool = concurrent.futures.ThreadPoolExecutor(len(names))
        self.answers = {name: self.pool.submit(body, port, name) for name in names}

    def done(self):
        return sum(a.done() for a in self.answers.values())

    def all_right(self):
        for name, answer in self.answers.items():
            expect(answer.result(PATIENCE) == self.files[name], f"{name}: not its content")
        self.pool.shutdown()


def check_waiting(web, images, threads):
    content, files = images[0]
    gate = Gate()
    web.content = content
    web.reset()
    with supervised.Serving(web.url, "--no-image-cache", "--threads", str(threads)) as s:
        expect(body(s.port, "hot") == files["hot"], "the hot file")
        web.reset(gate)
        crowd = Crowd(s.port, files, [cold_name(i) for i in range(COLD)] + ["large"])
        wait_until(lambda: gate.waiting > 0 and status(s.port)["connections"]["active"] >= COLD, "nobody waits")
        for _ in range(200):
            expect(body(s.port, "hot") == files["hot"], "the hot file, while others wait")
        expect(crowd.done() < COLD + 1, "nobody had to wait")  # some of it may have been read ahead
        gate.open.set()
        crowd.all_right()
        now = status(s.port)
        expect(now["threads"] == threads and len(now["requests_by_thread"]) == threads, f"threads: {now}")
        expect(sum(now["requests_by_thread"]) == now["requests"], f"the sum of all threads: {now}")
        expect(now["disk_waits"] > 0, f"waits: {now}")
        expect(now["faults"] == 0, f"faults: {now}")
        # In memory now: the server is not asked again.
        asked = len(web.requests)
        expect(body(s.port, cold_name(3)) == files[cold_name(3)] and len(web.requests) == asked, "asked again")


def session(port, words, said):
    """A session of the shell: sends the words, appends what comes to `said`, which the end of the session closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as c:
        c.sendall(words)
        while piece := c.recv(65536):
            said.extend(piece)


def check_shell(web, images):
    """Commands of the shell wait as clients do; it runs on the first thread, here the only one."""
    content, files = images[0]
    gate = Gate()
    web.content = content
    web.reset()
    with supervised.Serving(web.url, "--no-image-cache", "--threads", "1",
                            "--shell", f"127.0.0.1:{(shell := free_port())}") as s:
        expect(body(s.port, "hot") == files["hot"], "the hot file")
        web.reset(gate)
        said = [bytearray() for _ in range(3)]
        lines = [b"stat cold11\n", b"cat cold22\n", b"mount\n"]
        with concurrent.futures.ThreadPoolExecutor(len(lines)) as pool:
            ends = [pool.submit(session, shell, line + b"exit\n", out) for line, out in zip(lines, said)]
            wait_until(lambda: gate.waiting > 0 and all(line.strip() in out for line, out in zip(lines, said)),
                       "no command waits")
            for _ in range(50):
                expect(body(s.port, "hot") == files["hot"], "the hot file, while commands wait")
            expect(not any(end.done() for end in ends), "no command had to wait")
            gate.open.set()
            for end in ends:
                end.result(PATIENCE)
        expect(re.search(rb"bytes +70000\r\n", said[0]), f"stat: {said[0][:300]}")
        expect(len(said[1]) > 70_000 and b"not there" not in said[1], f"cat: {len(said[1])} bytes")
        expect(b"\r\nmounted\r\n" in said[2], f"mount: {said[2]}")


def check_new_version(web, images, threads):
    """SIGHUP looks for a newer image. While the server does not answer, the old one is served."""
    (content, files), (new_content, new_files) = images
    gate = Gate()
    web.content = content
    web.reset()
    with supervised.Serving(web.url, "--no-image-cache", "--threads", str(threads)) as s:
        expect(body(s.port, "hot") == files["hot"], "the hot file")
        web.reset(gate, version=[("ETag", '"two"')])
        web.content = new_content
        s.signal(signal.SIGHUP)
        wait_until(lambda: gate.waiting > 0, "the server is not asked")
        s.signal(signal.SIGHUP)
        for _ in range(50):
            expect(body(s.port, "hot") == files["hot"], "the old version, meanwhile")
        gate.open.set()
        s.says(r"(?s)(attached in.*){3}")  # at the start, and once for each signal
        expect(body(s.port, "hot") == new_files["hot"], "the new version is not served")
        for name in ("large", cold_name(1), cold_name(50)):
            expect(body(s.port, name) == new_files[name], f"{name} of the new version")
        # Gone: it says so, and goes on.
        web.reset(replies(404), version=[("ETag", '"two"')])
        s.signal(signal.SIGHUP)
        s.says("404.*; what was mounted before is still served")
        expect(body(s.port, "hot") == new_files["hot"], "the image that is gone")


def check_failure(web, images):
    """What the server does not give is an error for those who ask for it, and comes when the server gives it again."""
    content, files = images[0]
    web.content = content
    web.reset()
    with supervised.Serving(web.url, "--no-image-cache", "--threads", "2") as s:
        expect(body(s.port, "hot") == files["hot"], "the hot file")
        web.reset(replies(403))
        for i in range(20, 40):
            expect(body(s.port, cold_name(i)) in (500, files[cold_name(i)]), "without permission")
        expect(body(s.port, "hot") == files["hot"], "the hot file, while the server refuses")
        web.reset()
        wait_until(lambda: body(s.port, cold_name(30)) == files[cold_name(30)], "the server gives it again")
        # Another file in its place is no answer.
        web.reset(version=[("ETag", '"other"')])
        for i in range(41, COLD):  # some may have been read ahead
            expect(body(s.port, cold_name(i)) in (500, files[cold_name(i)]), "a part of another version")
        try:
            expect(body(s.port, "large") == 500, "a large file, which cannot all be there")
        except (OSError, http.client.HTTPException):
            pass  # cut off
        expect(body(s.port, cold_name(30)) == files[cold_name(30)], "what is in memory")


def check_end(web, images):
    """SIGTERM does not wait for a server that does not answer."""
    content, files = images[0]
    gate = Gate()
    web.content = content
    web.reset()
    with supervised.Serving(web.url, "--no-image-cache", "--threads", "2", "--drain", "1") as s:
        web.reset(gate)
        crowd = Crowd(s.port, files, [cold_name(i) for i in range(30, 40)])
        wait_until(lambda: gate.waiting > 0, "nobody waits")
        s.signal(signal.SIGTERM)
        s.ends_with(0)
        gate.open.set()
        for answer in crowd.answers.values():
            expect(answer.exception(PATIENCE) is not None, "an answer without content")


def check_cache(web, images):
    """With a cache on disk, the server may be gone at the next start; a digest pins the image."""
    content, files = images[0]
    folder = pathlib.Path(WORK.name) / "kept"
    digest = next(line for line in good("verify", pathlib.Path(WORK.name) / "store0.img").out.decode().split()
                  if line.startswith("sha256:"))
    other = "sha256:" + hashlib.sha256(b"").hexdigest()
    web.content = content
    web.reset()
    with supervised.Serving(web.url, "--image-cache", str(folder), "--digest", digest) as s:
        for name, right in files.items():
            expect(body(s.port, name) == right, f"{name}, with a cache")
    web.reset(replies(503))
    with supervised.Serving(web.url, "--image-cache", str(folder), "--digest", digest) as s:
        for name, right in files.items():
            expect(body(s.port, name) == right, f"{name}, from the cache")
    done = docteur("cache", web.url, "--image-cache", folder, "--digest", other, "--show", "hot")
    expect(done.status == 1 and "sha256" in done.said, f"another digest: {done.shown}")


def blocks_of(path):
    """The numbers in a list of blocks (doc/CACHE.md)."""
    runs = [line.split("-") for line in path.read_text().splitlines()[2:]]
    return {n for run in runs for n in range(int(run[0]), int(run[-1]) + 1)}


def check_record(web, images):
    """What clients read is written as a list at the end, also while the server does not answer; with what such a list
    names in the cache, the same pages are served without the server."""
    content, files = images[0]
    listed, folder = pathlib.Path(WORK.name) / "the.list", pathlib.Path(WORK.name) / "filled"
    names = ["hot", cold_name(7), cold_name(44)]
    for source in (web.url, pathlib.Path(WORK.name) / "store0.img"):
        gate = Gate()
        web.content = content
        web.reset()
        with supervised.Serving(source, "--no-image-cache", "--record", str(listed)) as s:
            for name in names:
                expect(body(s.port, name) == files[name], name)
            web.reset(gate)
            s.signal(signal.SIGTERM)
            s.ends_with(0)
        gate.open.set()
        named = blocks_of(listed)
        # Each of the two has 70,000 bytes, so it is in at least two blocks.
        expect(4 < len(named) < len(content) // 65536 // 2, f"{len(named)} blocks of {source}")
    web.reset()
    good("blocks", "fill", "--cache", folder, "--list", listed, web.url)
    web.reset(replies(503))
    with supervised.Serving(web.url, "--image-cache", str(folder)) as s:
        for name in names:
            expect(body(s.port, name) == files[name], f"{name}, without the server")
    # A list that cannot be written is told before anything is served.
    done = docteur("cache", "--record", pathlib.Path(WORK.name) / "none" / "the.list", web.url)
    expect(done.status == 2 and "the.list" in done.said, done.shown)


def main():
    images = [image_of(0), image_of(1)]
    web = Server(images[0][0])
    for threads in (1, 3):
        check_waiting(web, images, threads)
        check_new_version(web, images, threads)
    check_shell(web, images)
    check_failure(web, images)
    check_end(web, images)
    check_cache(web, images)
    check_record(web, images)


main()
