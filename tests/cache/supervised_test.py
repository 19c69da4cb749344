#!/usr/bin/env python3
"""The server under shells and supervisors: job control, signals, logs without a reader.

Usage: supervised_test.py DOCTEUR_CACHE DOCTEUR_MAKE
Real shells on a pseudo terminal, real signals.
"""

import contextlib
import fcntl
import http.client
import os
import pathlib
import pty
import random
import re
import select
import signal
import socket
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import servers
from ports import free_port
from supervised import CACHE, PATIENCE, Serving, answers, expect, is_stopped, state, wait_until

MAKE = sys.argv[2]
LARGE = random.Random(3).randbytes(8_000_000)
NOISE = random.Random(1).randbytes(6000)


class Reader:
    """A client that has read the first bytes of the large file, and buffers no more than a little."""

    def __init__(self, port):
        self.s = socket.socket()
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 10)
        self.s.settimeout(PATIENCE)
        self.s.connect(("127.0.0.1", port))
        self.s.sendall(b"GET /large HTTP/1.1\r\nHost: h\r\n\r\n")
        self.got = self.s.recv(1000)
        expect(self.got.startswith(b"HTTP/1.1 200"), f"{self.got[:50]}")

    def rest(self):
        """The whole body, or the part that arrived."""
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        got = bytearray(self.got)
        with contextlib.suppress(ConnectionResetError):
            while piece := self.s.recv(1 << 20):
                got += piece
        return bytes(got).split(b"\r\n\r\n", 1)[1]


class Terminal:
    """An interactive bash on a terminal and in a folder of its own, where nohup(1) leaves its nohup.out."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.shell, self.fd = pty.fork()
        if self.shell == 0:
            os.chdir(self.folder.name)
            os.execvp("bash", ["bash", "--norc", "--noprofile", "--noediting", "-i"])
        self.seen = ""
        self.types("PS1='ready$ '")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """As when a window is closed: the shell gets SIGHUP, and passes it to its jobs."""
        with contextlib.suppress(OSError):
            os.close(self.fd)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.shell, 0)
        self.folder.cleanup()

    def types(self, text, end="\n"):
        os.write(self.fd, (text + end).encode())

    def shows(self, pattern):
        """Waits for it in what comes next, and returns the match."""
        end = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.seen)):
            expect(time.monotonic() < end, f"not {pattern} in {self.seen!r}")
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.seen += os.read(self.fd, 65536).decode(errors="replace")
                except OSError:
                    sys.exit(f"the terminal ended, without {pattern} in {self.seen!r}")
        self.seen = self.seen[found.end():]
        return found


def in_the_background_of_a_terminal(image):
    port = free_port()
    with Terminal() as t:
        t.types("stty tostop")
        t.types(f"{CACHE} {image} --listen 127.0.0.1:{port} & echo pid=$!")
        pid = int(t.shows(r"pid=(\d+)")[1])
        t.shows("HTTP on")
        wait_until(lambda: answers(port) is not None, "does not answer")
        expect(not is_stopped(pid), "the background job was stopped")
        # The shell gets what is typed, line by line and with echo.
        t.types("echo $((6 * 7))")
        t.shows(r"\$\(\(6 \* 7\)\)\s+42")
        # In the foreground it is a console; ^Z restores the terminal, bg continues the server.
        t.types("fg")
        t.types("", "\r")
        t.shows("> ")
        t.types("uptime", "\r")
        t.shows(r"0 days 00:")
        t.types("\x1a", "")
        t.shows("Stopped")
        expect(is_stopped(pid), "not stopped by ^Z")
        t.types("stty -a | tr ' ;' '\\n\\n' | grep -x -e icanon -e echo | tr '\\n' + ; echo =")
        t.shows(r"\bicanon\+echo\+=")
        t.types("bg")
        wait_until(lambda: not is_stopped(pid) and answers(port) is not None, "does not go on")
        t.types("echo $((6 * 8))")
        t.shows("48")
        # ^C stops it, with status 0.
        t.types("fg")
        t.shows("fg")
        t.types("", "\r")
        t.shows("> ")
        t.types("\x03", "")
        t.shows("asked to stop")
        t.types("echo status=$?")
        expect(t.shows(r"status=(\d+)")[1] == "0", "^C")


def when_its_terminal_goes_away(image):
    for prefix, lives in [("", False), ("nohup ", True)]:
        port = free_port()
        with Terminal() as t:
            t.types(f"{prefix}{CACHE} {image} --listen 127.0.0.1:{port} 2>&1 </dev/tty & echo pid=$!")
            pid = int(t.shows(r"pid=(\d+)")[1])
            wait_until(lambda: answers(port) is not None, "does not answer")
        try:
            if lives:
                os.kill(pid, signal.SIGHUP)
                expect(answers(port) is not None, "nohup was not heeded")
            else:
                wait_until(lambda: state(pid) == "Z", "outlives its terminal")
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def what_is_ignored_stays_ignored(image):
    def ignore():
        for which in (signal.SIGINT, signal.SIGHUP):
            signal.signal(which, signal.SIG_IGN)
    with Serving(image, preparation=ignore) as s:
        for which in (signal.SIGINT, signal.SIGHUP):
            s.signal(which)
        s.signal(signal.SIGTERM)  # the only one of the three that is not ignored
        s.says("asked to stop")
        s.ends_with(0)
        expect(s.log().count("attached") == 1, f"mounted again: {s.log()}")


def with_a_dead_log(folder, image):
    """Requests for a damaged file make it log lines that nobody reads."""
    raw = bytearray(image.read_bytes())
    at = raw.find(NOISE[1000:1100])
    expect(at > 0, "noise was not stored as it is")
    raw[at] ^= 1
    damaged = folder / "damaged.img"
    damaged.write_bytes(raw)
    for is_read in (False, True):
        reader, writer = os.pipe()
        with Serving(damaged, log=writer) as s:
            if is_read:  # by a reader that has stopped
                fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
                flags = fcntl.fcntl(writer, fcntl.F_GETFL)
                fcntl.fcntl(writer, fcntl.F_SETFL, flags | os.O_NONBLOCK)
                with contextlib.suppress(BlockingIOError):
                    while os.write(writer, b"x"):
                        pass
                fcntl.fcntl(writer, fcntl.F_SETFL, flags)
            else:
                os.close(reader)
            for _ in range(3):
                expect(answers(s.port, "/noise") == b"status 500", "the damaged file")
                expect(answers(s.port) == b"a page\n", "it goes on")
            s.signal(signal.SIGTERM)
            s.ends_with(0)
        os.close(writer)
        if is_read:
            os.close(reader)


def mounts_again(folder, image, other):
    served = folder / "served.img"
    served.write_bytes(image.read_bytes())

    def replace(content):
        (folder / "new.img").write_bytes(content)
        (folder / "new.img").replace(served)

    with Serving(served, "--shell", f"127.0.0.1:{(shell := free_port())}") as s:
        def remount():
            with socket.create_connection(("127.0.0.1", shell), timeout=PATIENCE) as c:
                c.sendall(b"remount\nexit\n")
                said = b""
                while piece := c.recv(4096):
                    said += piece
                return said.decode()

        attached = s.log().count("attached")
        replace(other.read_bytes())
        s.signal(signal.SIGHUP)
        wait_until(lambda: answers(s.port) == b"another page\n", "does not mount again")
        expect(s.log().count("attached") == attached + 1, s.log())
        still = "what was mounted before is still served"

        def fails(why):
            said = s.log().count(still)
            s.signal(signal.SIGHUP)
            wait_until(lambda: s.log().count(still) == said + 1, lambda: s.log())
            expect(re.search(f"disk 0: .*{why}.*; {still}\n$", s.log()), f"not {why} in {s.log()}")
            text = remount()
            expect(re.search(f"disk 0: .*{why}.*; {still}", text) and "mounted\r\n" not in text, text)
            expect(answers(s.port) == b"another page\n", "the old image")

        served.unlink()
        fails("served.img: No such file")
        served.mkdir()
        fails("served.img: Is a directory")
        served.rmdir()
        os.mkfifo(served)
        fails("served.img: neither a file nor a block device")
        served.unlink()
        replace(image.read_bytes()[:2000])
        fails("truncated")
        if os.geteuid() != 0:
            replace(image.read_bytes())
            served.chmod(0)
            fails("served.img: Permission denied")
        replace(image.read_bytes())
        expect("mounted\r\n" in remount(), "remount")
        expect(answers(s.port) == b"a page\n", "the first image again")
        s.signal(signal.SIGTERM)
        s.ends_with(0)


def drains(image):
    for which in (signal.SIGTERM, signal.SIGINT):
        with Serving(image, "--drain", "600") as s:
            idle = http.client.HTTPConnection("127.0.0.1", s.port, timeout=PATIENCE)
            idle.request("GET", "/page")
            idle.getresponse().read()
            reader = Reader(s.port)
            s.signal(which)
            s.says("asked to stop")
            expect(idle.sock.recv(1) == b"", "a connection without a request was kept")
            try:
                socket.create_connection(("127.0.0.1", s.port), timeout=PATIENCE).close()
                sys.exit("still listens")
            except ConnectionRefusedError:
                pass
            expect(s.process.poll() is None, "did not wait")
            expect(reader.rest() == LARGE, "what was being sent was cut off")
            reader.s.close()
            s.ends_with(0)
    with Serving(image, "--drain", "1") as s:  # a client that no longer reads
        reader = Reader(s.port)
        s.signal(signal.SIGTERM)
        s.ends_with(0)
    with Serving(image, "--drain", "600") as s:
        reader = Reader(s.port)
        s.signal(signal.SIGTERM)
        s.says("asked to stop")
        s.signal(signal.SIGINT)
        s.ends_with(-signal.SIGINT)


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)  # for another user
        files = {"page": b"a page\n", "large": LARGE, "noise": NOISE}
        image = servers.make_image(MAKE, folder / "site", files, folder / "site.img")
        other = servers.make_image(MAKE, folder / "other", {"page": b"another page\n"}, folder / "other.img")
        in_the_background_of_a_terminal(image)
        when_its_terminal_goes_away(image)
        what_is_ignored_stays_ignored(image)
        with_a_dead_log(folder, image)
        mounts_again(folder, image, other)
        drains(image)


main()
