#!/usr/bin/env python3
"""Mounting and unmounting: in the background and in the foreground, by signals and by fusermount3, busy, twice, with
closed descriptors, and what cannot be mounted. Usage: life_test.py BIN"""

import errno

from mounting import *

FILES = {"file": b"content\n", "folder/other": b"other\n"}
IMAGE, _ = folder_image("small", FILES)


def new_folder(name):
    folder = WORK / name
    folder.mkdir(parents=True)
    return folder


def reads(folder):
    return {p: (folder / p).read_bytes() for p in FILES} == FILES


def gone(folder, pids):
    """The folder is unmounted and its servers have ended."""
    wait_until(lambda: not is_mounted(folder) and not any(pathlib.Path(f"/proc/{p}/exe").exists() for p in pids),
               f"{folder}: still mounted, or the server runs")


def in_background():
    folder = new_folder("back")
    # The pipe ends only if the server has left it.
    said = run("sh", "-c", '"$0" -v "$1" "$2" 2>&1', MOUNT, IMAGE, folder)
    expect(b"commit " in said and b" is on " in said, f"-v said {said}")
    expect(is_mounted(folder) and reads(folder), "not there when the command ends")
    server = servers(folder)
    expect(len(server) == 1 and os.readlink(f"/proc/{server[0]}/cwd") == "/", f"servers: {server}")
    expect(os.getsid(server[0]) == server[0], "is no session of its own")
    run("fusermount3", "-u", folder)
    gone(folder, server)
    # A relative name of the image and of the folder.
    expect(run(MOUNT, IMAGE.name, "back") == b"" and reads(folder), "relative names")
    run("umount", folder)
    gone(folder, servers(folder))


def by_signals():
    for signal_ in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with Mounted(IMAGE) as m:
            expect(reads(m.path), "reads")
            m.end(by=signal_)
    folder = new_folder("by signal")
    run(MOUNT, IMAGE, folder)
    expect(reads(folder), "reads")
    server = servers(folder)
    os.kill(server[0], signal.SIGTERM)
    gone(folder, server)
    # Of a server that was started with SIGHUP ignored, the terminal may go.
    m = subprocess.Popen(["nohup", str(MOUNT), "-f", str(IMAGE), str(folder)], stderr=subprocess.DEVNULL)
    wait_until(lambda: is_mounted(folder), "nohup")
    m.send_signal(signal.SIGHUP)
    expect(reads(folder) and m.poll() is None, "ended by an ignored signal")
    run("fusermount3", "-u", folder)
    expect(m.wait(PATIENCE) == 0, "status after fusermount3 -u")
    # Stopped at once, many times: no signal may come too early or be lost.
    for _ in range(20):
        m = subprocess.Popen([str(MOUNT), "-f", str(IMAGE), str(folder)], stderr=subprocess.PIPE)
        wait_until(lambda: is_mounted(folder) or m.poll() is not None, "does not mount")
        m.terminate()
        expect(m.wait(PATIENCE) == 0 and not is_mounted(folder), f"stopped at once: {m.stderr.read()}")


def busy():
    with Mounted(IMAGE) as m:
        file = open(m.path / "file", "rb", buffering=0)
        complaint = subprocess.run(["fusermount3", "-u", str(m.path)], capture_output=True)
        expect(complaint.returncode != 0 and reads(m.path), "unmounted while it is in use")
        m.end()
        try:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            os.pread(file.fileno(), 10, 0)
        except OSError as e:
            expect(e.errno in (errno.ENOTCONN, errno.ECONNABORTED, errno.EIO), f"after the end: {e}")
        file.close()


def twice():
    folder = new_folder("twice")
    run(MOUNT, IMAGE, folder)
    complains("an image is mounted there already", MOUNT, IMAGE, folder, status=3)
    expect(reads(folder) and len(servers(folder)) == 1, "the first is disturbed")
    # The same image on another folder, and another mount over the first: its server must not unmount that.
    other = new_folder("twice-other")
    run(MOUNT, IMAGE, other)
    expect(reads(other), "a second folder")
    run("umount", other)
    server = servers(folder)
    if os.geteuid() == 0:
        run("mount", "-t", "tmpfs", "none", folder)
        (folder / "above").write_text("x")
        os.kill(server[0], signal.SIGTERM)
        wait_until(lambda: not servers(folder), "the server runs on")
        expect((folder / "above").exists(), "another's mount is gone")
        run("umount", folder)
        run("umount", folder)
    else:
        run("fusermount3", "-u", folder)
    gone(folder, server)


def with_closed_descriptors():
    folder = new_folder("closed")
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        run("sh", "-c", f'"$0" "$1" "$2" {closed}', MOUNT, IMAGE, folder)
        expect(reads(folder), f"with {closed}")
        server = servers(folder)
        run("fusermount3", "-u", folder)
        gone(folder, server)


def what_cannot_be_mounted():
    folder = new_folder("cannot")
    (WORK / "text").write_bytes(b"not an image " * 1000)
    for how in ([], ["-f"]):
        complains("text", MOUNT, *how, "text", folder, status=1)
        complains("No such file", MOUNT, *how, "absent.img", folder, status=3)
        complains("absent: No such file", MOUNT, *how, IMAGE, WORK / "absent", status=3)
        complains("Not a directory", MOUNT, *how, IMAGE, IMAGE, status=3)
        complains("-o nonsense: unknown option", MOUNT, *how, "-o", "ro,nonsense", IMAGE, folder, status=2)
        complains("-o uid=x: not a number", MOUNT, *how, "-o", "uid=x", IMAGE, folder, status=2)
        complains("folder", MOUNT, *how, IMAGE, status=2)
        expect(not is_mounted(folder) and not servers(folder), "something is left")
    complains("--threads", MOUNT, "--threads", "many", IMAGE, folder, status=2)
    complains("--threads", MOUNT, "--threads", "5000", IMAGE, folder, status=2)


def owner_and_options():
    with Mounted(IMAGE, "-o", "uid=1234,gid=5678,noatime,nodiratime,noexec,sync,dirsync", "-o", "rw,_netdev,x-systemd.automount,noauto,user") as m:
        s = os.stat(m.path / "file")
        expect((s.st_uid, s.st_gid) == (1234, 5678), f"owner {s}")
    odd = shutil.copy(IMAGE, "odd, name\\and more.img")
    with Mounted(odd) as m:
        expect(reads(m.path), "odd name")
        sources = run("findmnt", "-n", "-o", "SOURCE", m.path).decode()
        expect("odd, name" in sources, f"source: {sources}")


def killed():
    """After SIGKILL the folder is dead, until it is unmounted: nothing hangs."""
    folder = new_folder("killed")
    run(MOUNT, IMAGE, folder)
    server = servers(folder)
    os.kill(server[0], signal.SIGKILL)
    wait_until(lambda: not servers(folder), "lives")
    try:
        os.listdir(folder)
        sys.exit("a dead folder lists")
    except OSError as e:
        expect(e.errno in (errno.ENOTCONN, errno.ECONNABORTED), f"dead folder: {e}")
    run("fusermount3", "-u", folder)
    gone(folder, server)


if __name__ == "__main__":
    in_background()
    by_signals()
    busy()
    twice()
    with_closed_descriptors()
    what_cannot_be_mounted()
    owner_and_options()
    killed()
