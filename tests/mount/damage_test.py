#!/usr/bin/env python3
"""What is damaged or cannot be read now gives EIO, alone; what can be read again is read again. Usage: damage_test.py BIN"""

import errno
import random

from mounting import *

RANDOM = random.Random(7)
FILES = {f"files/{i}": RANDOM.randbytes(20_000) for i in range(200)} | {"large": RANDOM.randbytes(9_000_000)}
IMAGE, _ = folder_image("noise", FILES)


def fails(path):
    """Whether reading the file gives EIO; the test ends if it gives wrong bytes."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as e:
        expect(e.errno == errno.EIO, f"{path}: {e}")
        return True
    return content


def drop(path):
    """Lets the kernel forget the file's pages."""
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def damaged():
    whole = IMAGE.read_bytes()
    at = whole.find(FILES["files/77"][5_000:5_040])
    expect(at > 0, "noise is stored as it is")
    pathlib.Path("damaged.img").write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:])
    with Mounted("damaged.img") as m:
        for _ in range(2):
            for path, content in FILES.items():
                read = fails(m.path / path)
                expect(read is True if path == "files/77" else read == content, f"{path}: {read is True}")
        expect(len(list((m.path / "files").iterdir())) == 200, "a listing misses entries")
        expect("damaged.img: file " in m.messages() and " at 0x" in m.messages(), f"said: {m.messages()}")
        expect(m.messages().count("\n") <= 3, f"says too much: {m.messages()}")


def cut():
    """An image that becomes shorter while it is mounted, and whole again: no wrong byte, no end of the server."""
    shutil.copy(IMAGE, "cut.img")
    with Mounted("cut.img") as m:
        os.listdir(m.path / "files")
        os.truncate("cut.img", 300_000)
        failed = [p for p, content in FILES.items() if (read := fails(m.path / p)) is True or read != content]
        expect(len(failed) > 180 and all(fails(m.path / p) is True for p in failed), f"{len(failed)} failed")
        with open("cut.img", "r+b") as file:
            file.write(IMAGE.read_bytes())
        expect(all(fails(m.path / p) == content for p, content in FILES.items()), "does not come back")


def for_a_while():
    """The image lies on a device that fails for a while: nbdkit's filter, seen as a file through nbdfuse."""
    if shutil.which("nbdkit") is None or shutil.which("nbdfuse") is None:
        print("skipped in part: nbdkit, nbdfuse")
        return
    trigger, disk = WORK / "trigger", WORK / "disk"
    disk.write_bytes(b"")
    nbd = subprocess.Popen(["nbdfuse", str(disk), "--command", "nbdkit", "-s", "--exit-with-parent", "--filter=error",
                            "file", str(IMAGE), "error-pread-rate=100%", f"error-file={trigger}"],
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: disk.stat().st_size >= IMAGE.stat().st_size or nbd.poll() is not None, "nbdfuse")
        expect(nbd.poll() is None, "nbdfuse ended")
        with Mounted(disk) as m:
            os.listdir(m.path / "files")
            drop(disk)
            trigger.touch()
            failed = []
            for path in FILES:
                read = fails(m.path / path)
                expect(read is True or read == FILES[path], f"{path}: wrong bytes")
                failed += [path] if read is True else []
            expect(len(failed) > 100, f"{len(failed)} reads failed: the device did not")
            trigger.unlink()
            for path, content in FILES.items():
                expect(fails(m.path / path) == content, f"{path} does not come back")
                drop(m.path / path)
    finally:
        nbd.terminate()
        nbd.wait()


if __name__ == "__main__":
    damaged()
    cut()
    for_a_while()
