"""Shared by the tests of docteur-mount: a private folder, images of repositories and folders, real mounts that are
gone when the test ends. Ends the test with status 77 where nothing can be mounted."""

import atexit
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from waiting import PATIENCE, expect, wait_until

BIN = pathlib.Path(sys.argv[1])  # of docteur's commands
MOUNT = BIN / "docteur-mount"
WORK = pathlib.Path(tempfile.mkdtemp(prefix="docteur-mount-"))
os.chdir(WORK)
os.umask(0o022)
if not os.access("/dev/fuse", os.R_OK | os.W_OK) or (os.geteuid() != 0 and shutil.which("fusermount3") is None):
    print("skipped: /dev/fuse cannot be used")
    sys.exit(77)

os.environ.update({
    "HOME": str(WORK), "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC",
    "GIT_AUTHOR_NAME": "A U Thor", "GIT_AUTHOR_EMAIL": "author@example.org", "GIT_AUTHOR_DATE": "1600000000 +0200",
    "GIT_COMMITTER_NAME": "C O Mitter", "GIT_COMMITTER_EMAIL": "c@example.org",
    "GIT_COMMITTER_DATE": "1600000001 +0200"})
COMMITTED = 1600000001  # seconds since 1970


def is_mounted(folder):
    """Whether the folder is in the table of mounts, alive or not."""
    name = str(pathlib.Path(folder).absolute()).replace(" ", "\\040")
    return any(line.split()[1] == name for line in pathlib.Path("/proc/self/mounts").read_text().splitlines())


def clean_up():
    for line in reversed(pathlib.Path("/proc/self/mounts").read_text().splitlines()):
        point = line.split()[1].replace("\\040", " ")
        if point.startswith(f"{WORK}/"):
            subprocess.run(["umount", "-l", point], stderr=subprocess.DEVNULL)
    os.chdir("/")
    shutil.rmtree(WORK, ignore_errors=True)


atexit.register(clean_up)


def run(*command, status=0, stdin=b"", cwd=None):
    """The command's standard output; the test ends if the exit status is not `status`."""
    done = subprocess.run([str(c) for c in command], input=stdin, capture_output=True, cwd=cwd, timeout=PATIENCE)
    if done.returncode != status:
        sys.exit(f"{' '.join(map(str, command))[:300]}\nexit status {done.returncode}, not {status}\n"
                 f"{done.stdout[-1000:].decode(errors='replace')}{done.stderr[-3000:].decode(errors='replace')}")
    return done.stdout


def complains(text, *command, status):
    """The command must end with the status and have `text` in the one line that it writes to stderr."""
    done = subprocess.run([str(c) for c in command], capture_output=True, timeout=PATIENCE)
    said = done.stderr.decode(errors="replace")
    expect(done.returncode == status and text in said and said.count("\n") == 1 and not done.stdout,
           f"{command}: status {done.returncode}, not {status}, or not '{text}': {said}")


def git(repository, *words, stdin=b""):
    return run("git", "-C", repository, *words, stdin=stdin).decode().strip()


def make(source, image, *options):
    run(BIN / "docteur-make", "-q", "--effort", "fast", source, image, *options)
    return pathlib.Path(image)


def folder_image(name, files):
    """An image of the files {path: bytes}, and their folder."""
    for path, content in files.items():
        file = WORK / name / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return make(WORK / name, f"{name}.img", "-d", "2020-10-10T08:00:00+00:00", "--author", "A <a@b>"), WORK / name


def servers(folder):
    """The processes of docteur-mount that this test started, for one mount point."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0] == os.fsencode(MOUNT) and os.fsencode(folder) in words:
            found.append(int(entry.name))
    return found


class Mounted:
    """An image on a new folder, by a server in the foreground: `with Mounted(image) as m: (m.path / ...)`."""

    def __init__(self, image, *options, folder=None):
        self.path = pathlib.Path(folder or tempfile.mkdtemp(prefix="on-", dir=WORK))
        self.path.mkdir(exist_ok=True)
        self.said = tempfile.TemporaryFile()
        self.server = subprocess.Popen([str(MOUNT), "-f", str(image), str(self.path), *options], stderr=self.said)
        wait_until(lambda: is_mounted(self.path) or self.server.poll() is not None, "does not mount")
        expect(self.server.poll() is None, lambda: f"ended: {self.messages()}")

    def messages(self):
        self.said.seek(0)
        return self.said.read().decode(errors="replace")

    def end(self, status=0, by=signal.SIGTERM):
        if self.server.poll() is None:
            self.server.send_signal(by)
        self.server.wait(PATIENCE)
        expect(self.server.returncode == status, f"status {self.server.returncode}: {self.messages()}")
        expect(not is_mounted(self.path), "is still mounted")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            return self.end()
        self.server.kill()
        self.server.wait()
