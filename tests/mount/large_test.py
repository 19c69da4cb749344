#!/usr/bin/env python3
"""Large files that are read in no order: the server's memory stays bounded, a full folder of temporary files changes
nothing, and a killed server leaves nothing there. Usage: large_test.py BIN

As root it runs in a mount namespace of its own, where it mounts small file systems."""

import concurrent.futures
import os
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from programs import OWN_MOUNTS, is_sanitized

if os.geteuid() == 0 and os.environ.get("DOCTEUR_TEST_UNSHARED") is None:
    os.environ["DOCTEUR_TEST_UNSHARED"] = "1"
    command = [OWN_MOUNTS, sys.executable, *sys.argv]
    os.execvp(command[0], command)

from mounting import *  # noqa: E402

FILES, SIZE, BLOCK = 12, 10_000_000, 4096
MOST = 96 << 20  # bytes of memory; all files together are 120 MB
IS_ASAN = is_sanitized(MOUNT)


def make_files():
    """One text, of which all others are deltas, and two files that cannot be deflated."""
    dice = random.Random(5)
    base = b"".join(b"#define FIELD_%06d 0x%08x\n" % (i, dice.getrandbits(32)) for i in range(SIZE // 29))
    files = {}
    for i in range(FILES - 2):
        content = bytearray(base)
        for _ in range(200):
            at = dice.randrange(len(content))
            content[at:at] = b"/* %d */\n" % dice.randrange(1 << 30)
        files[f"text{i}"] = bytes(content)
    for i in range(2):
        files[f"noise{i}"] = dice.randbytes(SIZE)
    return files


def read_at_random(top, files, reads, seed, threads=4):
    def reader(number):
        dice = random.Random(f"{seed} {number}")
        for _ in range(reads // threads):
            name = dice.choice(sorted(files))
            at = dice.randrange(len(files[name]))
            with open(top / name, "rb", buffering=0) as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_RANDOM)
                got = os.pread(file.fileno(), BLOCK, at)
            expect(got == files[name][at:at + BLOCK], f"{name} at {at}: other bytes")

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        for end in [pool.submit(reader, n) for n in range(threads)]:
            end.result()


def peak(pid):
    """Bytes of memory at most so far (proc_pid_status: VmHWM)."""
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(text.split("VmHWM:")[1].split()[0]) * 1024


def kept_files(pid, folder):
    """The unnamed files in a folder that the process has open, with their sizes."""
    found = []
    for fd in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        target = os.readlink(fd)
        if target.startswith(f"{folder}/") and target.endswith(" (deleted)"):
            found.append(os.stat(fd).st_size)
    return found


def temporary(name):
    folder = WORK / name
    folder.mkdir()
    os.environ["TMPDIR"] = str(folder)
    return folder


def bounded(image, files):
    folder = temporary("roomy")
    with Mounted(image, "--threads", "2") as m:
        read_at_random(m.path, files, 1000, "bounded")
        for name, content in files.items():
            expect((m.path / name).read_bytes() == content, f"{name}: other bytes")
        most = peak(m.server.pid)
        print(f"{len(files)} files of {SIZE} bytes: {most >> 20} MiB at most")
        expect(IS_ASAN or most <= MOST, f"{most} bytes of memory")
        expect(sum(kept_files(m.server.pid, folder)) > 50_000_000, "what was built is not kept in a file")
        expect(not list(folder.iterdir()), "a file with a name")


def killed(image, files):
    folder = temporary("killed")
    m = Mounted(image)
    read_at_random(m.path, files, 40, "killed")
    expect(len(kept_files(m.server.pid, folder)) == 1, "nothing to leave behind")
    m.server.kill()
    m.server.wait(PATIENCE)
    expect(not list(folder.iterdir()), f"left behind: {list(folder.iterdir())}")
    run(*(["umount", "-l"] if os.geteuid() == 0 else ["fusermount3", "-u", "-z"]), m.path)


def full(image, files):
    """The folder of temporary files is on a file system that is full from the start, becomes full, or has little room."""
    if os.geteuid() != 0:
        print("left out: a file system of its own needs root")
        return
    for name, size, before, later in (("full", "1m", True, False), ("filling", "48m", False, True),
                                      ("little", "48m", False, False)):
        folder = temporary(name)
        run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)

        def fill():
            with (folder / "filler").open("wb", buffering=0) as file:
                try:
                    while True:
                        file.write(bytes(1 << 16))
                except OSError as e:
                    expect(e.errno == 28, f"{e}")

        if before:
            fill()
        with Mounted(image) as m:
            read_at_random(m.path, files, 40, f"{name} 1")
            kept = sum(kept_files(m.server.pid, folder))
            expect(kept == 0 if before else 5_000_000 < kept <= 24 << 20, f"{name}: {kept} bytes are kept")
            if later:
                fill()
            read_at_random(m.path, files, 60, f"{name} 2")
            expect(m.messages() == "", f"{name}: {m.messages()}")
        run("umount", folder)


content = make_files()
the_image, _ = folder_image("large", content)
bounded(the_image, content)
killed(the_image, content)
full(the_image, content)
