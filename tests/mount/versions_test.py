#!/usr/bin/env python3
"""All versions of an image in one mount: each folder is what git has of its commit, for ls, find, cmp and tar. Usage:
versions_test.py BIN"""

import io
import tarfile
import threading

from mounting import *

VERSIONS = 12
REPOSITORY = WORK / "repository"


def commit(v):
    """Each version changes, adds and removes files, and one path is a file, a folder and a link in turn."""
    for name in ("turns", f"only{v - 1}"):
        path = REPOSITORY / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for i in range(v % 5, 200, 5):
        (REPOSITORY / f"pages/{i % 7}").mkdir(parents=True, exist_ok=True)
        (REPOSITORY / f"pages/{i % 7}/page{i}").write_text(f"page {i} in version {v}\n" * 50)
    (REPOSITORY / f"only{v}").write_bytes(b"here only\n")
    if v % 3 == 0:
        (REPOSITORY / "turns").write_bytes(b"file\n")
    elif v % 3 == 1:
        (REPOSITORY / "turns").mkdir()
        (REPOSITORY / "turns/inside").write_bytes(b"inside\n")
    else:
        (REPOSITORY / "turns").symlink_to("pages")
    large = b"".join(b"line %d of many\n" % (n if n % 1000 else n + v) for n in range(300_000))
    (REPOSITORY / "large").write_bytes(large)
    git(REPOSITORY, "add", "-A")
    os.environ["GIT_COMMITTER_DATE"] = f"{COMMITTED + v} +0200"
    git(REPOSITORY, "commit", "-q", "-m", f"version {v}")
    git(REPOSITORY, "tag", f"v{v}")


run("git", "init", "-q", "-b", "main", REPOSITORY)
for number in range(VERSIONS):
    commit(number)
NAMES = [f"v{v}" for v in range(VERSIONS)]
IMAGE = make(REPOSITORY, "versions.img", "-b", "main=latest", "-b", "refs/tags/v*", "-b", "v3=stable")


def as_checkouts(top):
    """Every file, mode, target and date of every version, as tar writes them of a checkout."""
    for name in NAMES:
        expected = tarfile.open(fileobj=io.BytesIO(run("git", "-C", REPOSITORY, "archive", name)))
        date = int(git(REPOSITORY, "log", "-1", "--format=%ct", name))
        seen = tarfile.open(fileobj=io.BytesIO(run("tar", "-c", "-C", top / name, ".")))
        want = {m.name.rstrip("/"): m for m in expected}
        have = {os.path.normpath(m.name): m for m in seen if m.name != "."}
        expect(want.keys() == have.keys(), f"{name}: {sorted(want.keys() ^ have.keys())[:5]}")
        for path, m in have.items():
            w = want[path]
            expect((m.type, m.linkname, m.mtime) == (w.type, w.linkname, date), f"{name}/{path}: {m} {m.mtime}")
            if m.isfile():
                same = seen.extractfile(m).read() == expected.extractfile(w).read()
                expect(same and bool(m.mode & 0o100) == bool(w.mode & 0o100), f"{name}/{path}: content or mode")


def the_folder_of_versions(top):
    listed = run("ls", "-1", "-U", "-F", top).decode().split()
    newest_first = [f"v{v}/" for v in reversed(range(VERSIONS))]
    expect([name for name in listed if name.endswith("/")] == newest_first, f"ls: {listed}")
    expect({name for name in listed if name.endswith("@")} == {"latest@", "stable@"}, f"ls: {listed}")
    expect(os.readlink(top / "latest") == "v11" and os.readlink(top / "stable") == "v3", "links")
    run("cmp", top / "latest/large", top / "v11/large")
    run("cmp", top / "v3/large", top / "stable/large")
    run("cmp", top / "v3/large", top / "v4/large", status=1)
    for absent in ("v12", "main", "large", "refs/tags/v3"):
        expect(not (top / absent).exists(), f"{absent} is there")
    for name in NAMES:
        expect(os.getxattr(top / name, "user.docteur.commit").decode() == git(REPOSITORY, "rev-parse", name), name)
    expect(os.listxattr(top) == [], "the folder of versions has a commit")
    expect(os.stat(top / "v5").st_mtime == COMMITTED + 5, "the date of a version")
    expect(os.path.samefile(top / "v5/..", top) and os.path.samefile(top / "v5/pages/1/../..", top / "v5"), "..")


def inode_numbers(top):
    lines = run("find", top, "-printf", "%i %p\n").decode().splitlines()
    expect(len(lines) > VERSIONS * 100, "find sees too little")
    numbers = {line.split()[0] for line in lines}
    expect(len(numbers) == len(lines), "two paths have one inode number")
    for folder in (top, top / "v7", top / "v7/pages/1"):
        for entry in os.scandir(folder):
            expect(entry.inode() == os.stat(entry.path, follow_symlinks=False).st_ino, f"{entry.path}: another inode")


def many_at_once(top):
    """Several programs walk through all versions while the kernel forgets what it knows."""
    sums = set()

    def walk():
        sums.add(run("sh", "-c", "cd \"$0\" && find . -type f -exec cat {} + | sha256sum", top))

    threads = [threading.Thread(target=walk) for _ in range(4)]
    for t in threads:
        t.start()
    if os.geteuid() == 0 and os.access("/proc/sys/vm/drop_caches", os.W_OK):
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("2\n")
    for t in threads:
        t.join()
    expect(len(sums) == 1, f"readers differ: {sums}")


def one_version_still():
    with Mounted(IMAGE, "--at", "v4") as m:
        expect((m.path / "only4").read_bytes() == b"here only\n" and not (m.path / "v4").exists(), "--at")


def what_is_refused():
    folder = WORK / "refused"
    folder.mkdir()
    complains("--at", MOUNT, IMAGE, folder, "--versions", "--at", "v4", status=2)
    one = make(REPOSITORY, "one.img")
    complains("one.img: no versions in the image", MOUNT, "-f", one, folder, "--versions", status=1)
    expect(not is_mounted(folder), "is mounted")


def as_mount_calls_it():
    folder, helper = WORK / "helped", WORK / "mount.fuse.docteur"
    folder.mkdir()
    helper.symlink_to(MOUNT)
    run(helper, IMAGE, folder, "-o", "ro,versions,noexec")
    expect((folder / "v2/only2").read_bytes() == b"here only\n", "-o versions")
    run("umount", folder)


with Mounted(IMAGE, "--versions") as m:
    the_folder_of_versions(m.path)
    as_checkouts(m.path)
    inode_numbers(m.path)
    many_at_once(m.path)
with Mounted(IMAGE, "--versions", "--threads", "1", "-v") as m:
    as_checkouts(m.path)
    expect(f"{VERSIONS + 2} versions of " in m.messages(), m.messages())
one_version_still()
what_is_refused()
as_mount_calls_it()
