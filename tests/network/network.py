"""What the network tests share: a folder of their own, repositories, and runs of docteur-make that must leave nothing
behind. Usage of each test: NAME_test.py BIN, the folder of the commands."""

import atexit
import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from programs import program, skip  # noqa: E402, F401

BIN = Path(sys.argv[1])
WORK = Path(tempfile.mkdtemp(prefix="docteur-network-"))
SITES = WORK / "sites"  # what the servers serve
for folder in (SITES, WORK / "home", WORK / "runs", WORK / "nothing"):
    folder.mkdir()
# The kind of the repositories' ids, and the digits of one.
KIND = os.environ.get("GIT_DEFAULT_HASH", "sha1")
DIGITS = {"sha1": 40, "sha256": 64}[KIND]
# An environment without git: libgit2 fetches. It reads no ids of SHA-256; git fetches those again.
alone = {"PATH": str(WORK / "nothing")} if KIND == "sha1" else {}
started = []
numbers = itertools.count()


def end_all():
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    shutil.rmtree(WORK, ignore_errors=True)


atexit.register(end_all)

ENVIRONMENT = {
    "PATH": os.environ["PATH"], "HOME": str(WORK / "home"), "GIT_CONFIG_NOSYSTEM": "1",
    "LC_ALL": "C", "TZ": "UTC",
    "GIT_AUTHOR_NAME": "A U Thor", "GIT_AUTHOR_EMAIL": "author@example.org", "GIT_AUTHOR_DATE": "1600000000 +0200",
    "GIT_COMMITTER_NAME": "C O Mitter", "GIT_COMMITTER_EMAIL": "c@example.org",
    "GIT_COMMITTER_DATE": "1600000001 +0200",
}
for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "LD_LIBRARY_PATH", "GIT_DEFAULT_HASH"):
    if name in os.environ:
        ENVIRONMENT[name] = os.environ[name]
# A slow machine with a sanitizer: what must come is waited for, nothing is timed.
PATIENCE = 120  # seconds


def expect(good, what):
    if not good:
        sys.exit(what)


def run(*command, cwd=WORK, stdin=b""):
    """Standard output of a command that must succeed."""
    done = subprocess.run([str(c) for c in command], cwd=cwd, env=ENVIRONMENT, input=stdin, capture_output=True)
    expect(done.returncode == 0, f"{' '.join(map(str, command))[:300]}\n{done.stderr[-2000:].decode(errors='replace')}")
    return done.stdout


def git(repository, *arguments, stdin=b""):
    return run("git", "-C", repository, *arguments, stdin=stdin).decode().strip()


def repository(name, commits=3, files=40, seed=b"x"):
    """SITES/name, bare, through git fast-import: `commits` commits that each change a file of `files`; a branch, a light
    tag and an annotated one on the first commit, and an annotated tag of a tag."""
    path = SITES / name
    run("git", "init", "-q", "--bare", "-b", "main", path)
    stream = bytearray()
    for n in range(commits):
        stream += b"commit refs/heads/main\ncommitter C <c@example.org> %d +0000\ndata 2\nc\n" % (1600000000 + n)
        for f in range(files) if n == 0 else [n % files]:
            content = b"".join(b"%s file %d, version %d, line %d\n" % (seed, f, n if f == n % files else 0, i * i)
                               for i in range(60))
            stream += b"M 100644 inline dir%d/file%d\ndata %d\n%s\n" % (f % 5, f, len(content), content)
        stream += b"\n"
    git(path, "fast-import", "--quiet", stdin=bytes(stream))
    first = git(path, "rev-list", "--max-parents=0", "main")
    git(path, "branch", "old", first)
    git(path, "tag", "light", first)
    git(path, "tag", "-a", "-m", "first", "v1", first)
    git(path, "tag", "-a", "-m", "again", "v1-again", "v1")
    git(path, "repack", "-q", "-ad")
    git(path, "config", "gc.auto", "0")
    return path


class Run:
    """docteur-make of `source` into `image`, in folders of its own, to its end or (`wait=False`) until wait()."""

    def __init__(self, source, *arguments, environment=None, wait=True):
        self.prepare(source, *arguments)
        self.process = subprocess.Popen(
            self.command, cwd=WORK, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**ENVIRONMENT, "TMPDIR": str(self.temporary), **(environment or {})})
        if wait:
            self.wait()

    def prepare(self, source, *arguments):
        self.home = WORK / "runs" / str(next(numbers))
        self.temporary, self.out = self.home / "tmp", self.home / "out"
        self.temporary.mkdir(parents=True)
        self.out.mkdir()
        self.image = self.out / "the.img"
        self.command = [str(BIN / "docteur-make"), *map(str, arguments), "--", str(source), str(self.image)]

    def wait(self):
        try:
            printed, said = self.process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            sys.exit(f"it hangs: {self.command}")
        self.status = self.process.returncode
        self.printed, self.said = printed.decode(errors="replace"), said.decode(errors="replace")
        self.shown = f"{' '.join(self.command)}: status {self.status}\n{self.printed}{self.said}"
        self.expect_nothing_left()
        return self

    def expect_nothing_left(self):
        left = [*self.temporary.iterdir(), *(p for p in self.out.iterdir() if p != self.image)]
        expect(not left, f"{self.shown}left behind: {left}")
        # What was killed with it may end a moment after it.
        end = time.monotonic() + 10
        while (running := self.processes()) and time.monotonic() < end:
            time.sleep(0.02)
        expect(not running, f"{self.shown}left running: {running}")

    def processes(self):
        """Those that it started, by their TMPDIR."""
        mark = b"TMPDIR=%s\0" % os.fsencode(self.temporary)
        return [entry.name for entry in Path("/proc").iterdir()
                if entry.name.isdigit() and mark in read_if_there(entry / "environ")]


def read_if_there(path):
    """A file of /proc, by one read: a process that becomes another program between two reads shows the start of the one
    and the end of the other."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:  # the process has ended
        return b""
    try:
        return os.read(descriptor, 1 << 20)
    except OSError:  # it has ended since, or is a zombie
        return b""
    finally:
        os.close(descriptor)


def made(source, *arguments, **options):
    """The bytes of the image that docteur-make makes of `source`."""
    done = Run(source, *arguments, **options)
    expect(done.status == 0, done.shown)
    data = done.image.read_bytes()
    done.image.unlink()
    return data


def refused(status, words, source, *arguments, secrets=(), **options):
    """docteur-make ends with `status`, one line that holds `words`, none of `secrets`, and nothing left behind."""
    done = Run(source, *arguments, **options)
    lines = done.said.splitlines()
    expect(done.status == status and not done.printed, f"not status {status}: {done.shown}")
    expect(len(lines) == 1 and lines[0].startswith("docteur-make: "), f"not one line: {done.shown}")
    for word in [words] if isinstance(words, str) else words:
        expect(word in lines[0], f"no word of {word!r}: {done.shown}")
    for secret in secrets:
        expect(secret not in done.said, f"a secret in a message: {done.shown}")
    expect(not done.image.exists(), f"an image: {done.shown}")
    return done
