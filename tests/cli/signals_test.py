#!/usr/bin/env python3
"""A signal ends every program, whatever it is in, and nothing stays behind.

Usage: signals_test.py FOLDER   of the programs. Each is stopped in a write that nobody will ever take: that cannot be
cut short from within. PATIENCE only bounds a failure.
"""

import fcntl
import os
import pathlib
import platform
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from waiting import PATIENCE, expect, wait_until

BIN = pathlib.Path(sys.argv[1])
HERE = pathlib.Path(__file__).resolve().parent
WITHOUT_TMPFILE = [sys.executable, str(HERE.parent / "support/without_tmpfile.py")]
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
WRITE = {"x86_64": 1, "aarch64": 64}[platform.machine()]  # the system call's number


def full_pipe():
    reader, writer = os.pipe()
    flags = fcntl.fcntl(writer, fcntl.F_GETFL)
    fcntl.fcntl(writer, fcntl.F_SETFL, flags | os.O_NONBLOCK)
    try:
        while True:
            os.write(writer, bytes(4096))
    except BlockingIOError:
        pass
    fcntl.fcntl(writer, fcntl.F_SETFL, flags)
    return reader, writer


def is_writing(process):
    """Whether its first thread waits in write(1, ...)."""
    try:
        words = pathlib.Path(f"/proc/{process.pid}/syscall").read_text().split()
    except OSError:
        return False
    return words[:2] == [str(WRITE), "0x1"]


class Blocked:
    """The program, run until it waits for somebody to read its standard output."""

    def __init__(self, command, preparation=None):
        self.command = [str(word) for word in command]
        self.reader, writer = full_pipe()
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=writer, stderr=subprocess.PIPE,
                                        preexec_fn=preparation)
        os.close(writer)
        wait_until(lambda: is_writing(self.process) or self.process.poll() is not None, f"does not write: {self.command}")
        if self.process.poll() is not None:
            sys.exit(f"ended by itself: {self.command}: {self.process.returncode}: {self.process.stderr.read()}")

    def end(self):
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            sys.exit(f"does not end: {self.command}")
        os.close(self.reader)
        return self.process.returncode


def ends_by_each(command, nothing_left):
    for which in SIGNALS:
        run = Blocked(command)
        run.process.send_signal(which)
        status = run.end()
        expect(status == -which, f"{which.name}: status {status}: {run.command}")
        nothing_left(f"{which.name}: {run.command}")


def ignored_stays_ignored(command):
    run = Blocked(command, lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    run.process.send_signal(signal.SIGHUP)
    while os.read(run.reader, 65536):
        pass
    status = run.end()
    expect(status == 0, f"SIGHUP was to be ignored: status {status}: {run.command}")


def children_end(folder):
    """git that does not heed SIGTERM, a process it has started, and the temporary repository of both."""
    fake, temporary, pids = folder / "fake", folder / "temporary", folder / "pids"
    fake.mkdir()
    temporary.mkdir()
    (fake / "git").write_text(f"#!/bin/sh\ntrap '' TERM\nsleep 1000 2>&- &\necho $$ $! >{pids}.new\nmv {pids}.new {pids}\nwait\n"
                              "while :; do sleep 1000; done\n")
    (fake / "git").chmod(0o755)
    environment = {**os.environ, "PATH": f"{fake}:{os.environ['PATH']}", "TMPDIR": str(temporary)}
    for which in (*SIGNALS, signal.SIGKILL):
        pids.unlink(missing_ok=True)
        process = subprocess.Popen([BIN / "docteur-make", "http://127.0.0.1:1/x.git", folder / "out/x.img"],
                                   stdin=subprocess.DEVNULL, env=environment)
        wait_until(pids.exists, "git was not started")
        expect(any(temporary.iterdir()), "no temporary repository")
        process.send_signal(which)
        status = process.wait(PATIENCE)
        expect(status == -which, f"{which.name}: status {status}")
        expect(which == signal.SIGKILL or not any(temporary.iterdir()),
               f"{which.name}: left behind: {list(temporary.iterdir())}")
        for pid in map(int, pids.read_text().split()):
            wait_until(lambda: is_gone(pid), f"{which.name}: process {pid} lives on")


def is_gone(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX"
    except OSError:
        return True


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        site, out = folder / "site", folder / "out"
        site.mkdir()
        out.mkdir()
        (site / "file").write_text("content\n")
        image = folder / "site.img"
        make = [BIN / "docteur-make", "--json", site]
        subprocess.run([BIN / "docteur-make", "-q", site, image], check=True, timeout=PATIENCE)

        def nothing_left(shown):
            expect(not any(out.iterdir()), f"{shown}: left behind: {list(out.iterdir())}")

        commands = [[BIN / "docteur-ls", image], [BIN / "docteur-cat", image, "file"], [BIN / "docteur-verify", image],
                    [BIN / "docteur-cache", "--show", "file", image], [*make, out / "x.img"],
                    [BIN / "docteur-extract", "--json", image, out / "x"]]
        for command in commands:
            ends_by_each(command, nothing_left)
        if subprocess.run([*WITHOUT_TMPFILE, "true"], check=False).returncode == 0:
            ends_by_each([*WITHOUT_TMPFILE, *make, out / "x.img"], nothing_left)
        ignored_stays_ignored([*make, out / "x.img"])
        ignored_stays_ignored([BIN / "docteur-extract", "--json", image, out / "x"])
        (out / "x.img").unlink()
        children_end(folder)


main()
