#!/usr/bin/env python3
"""A mounted image is the commit: every path, mode, target and byte, whatever reads it. Usage: content_test.py BIN KIND

KIND: sha1 or sha256."""

import errno
import hashlib
import mmap
import random
import stat
import threading

from mounting import *

RANDOM = random.Random(20)


def text(size):
    return b"".join(b"line %d of the text\n" % RANDOM.randrange(100_000) for _ in range(size // 20))


def make_repository(kind):
    repository = WORK / f"repository-{kind}"
    run("git", "init", "-q", f"--object-format={kind}", repository)
    files = {"README.md": b"hello\n", "empty": b"", "sub/deep/er/file": b"deep\n", "sub/page": text(300_000),
             "large.txt": text(20_000_000), "large.bin": RANDOM.randbytes(9_000_001), "exact": bytes(131_072),
             "odd/tab\t and \nnewline": b"odd", "odd/caf\u00e9": b"utf", "odd/back\\slash": b"b"}
    for i in range(1500):
        files[f"many/file-{i:04}"] = b"%d\n" % i
    for i in range(30):
        files[f"like/{i}"] = files["sub/page"][:200_000] + b"%d\n" % i + files["sub/page"][200_000:]
    for path, content in files.items():
        file = repository / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    (repository / "run").write_bytes(b"#!/bin/sh\necho \"ran $1\"\n")
    (repository / "run").chmod(0o755)
    shutil.copy("/bin/true", repository / "binary")
    for target, link in (("sub/page", "link"), ("/nowhere/at/all", "dangling"), (".", "sub/loop"), ("x" * 4000, "long")):
        (repository / link).symlink_to(target)
    git(repository, "add", "-A")
    git(repository, "update-index", "--add", "--cacheinfo", f"160000,{'12' * (20 if kind == 'sha1' else 32)},module")
    git(repository, "commit", "-q", "-m", "all")
    (repository / "module").mkdir()
    return repository


def listing(top):
    """Kind, mode, size, target and digest of every path."""
    found = {}
    for folder, folders, files in os.walk(top):
        folders[:] = [f for f in folders if f != ".git"]
        for name in folders + files:
            path = os.path.join(folder, name)
            s = os.lstat(path)
            what = [stat.filemode(s.st_mode)]
            if stat.S_ISLNK(s.st_mode):
                what += [s.st_size, os.readlink(path)]
            elif stat.S_ISREG(s.st_mode):
                with open(path, "rb") as file:
                    what += [s.st_size, hashlib.sha256(file.read()).hexdigest()]
            found[os.path.relpath(path, top)] = what
    return found


def same_as_checkout(repository, top):
    want, have = listing(repository), listing(top)
    expect(len(want) > 1540, "the repository is too small to say much")
    different = [p for p in want.keys() | have.keys() if want.get(p) != have.get(p)]
    expect(not different, f"differ: {[(p, want.get(p), have.get(p)) for p in sorted(different)[:3]]}")


def same_attributes(repository, top, kind):
    head = git(repository, "rev-parse", "HEAD")
    ids = {line.split("\t", 1)[1]: line.split()[2]
           for line in git(repository, "ls-tree", "-r", "-t", "-z", "HEAD").split("\0") if line}
    numbers = set()
    for path, oid in ids.items():
        s = os.lstat(top / path)
        numbers.add(s.st_ino)
        expect((s.st_mtime, s.st_ctime, s.st_nlink) == (COMMITTED, COMMITTED, 1), f"times or links of {path}: {s}")
        expect((s.st_uid, s.st_gid) == (os.geteuid(), os.getegid()), f"owner of {path}: {s}")
        if not stat.S_ISLNK(s.st_mode):
            expect(os.getxattr(top / path, "user.docteur.oid") == oid.encode(), f"id of {path}")
    expect(len(numbers) == len(ids), "two paths have one inode number")
    expect(os.getxattr(top, "user.docteur.commit") == head.encode(), "commit")
    expect(len(head) == (40 if kind == "sha1" else 64), "the repository is of the other kind")
    expect(os.getxattr(top, "user.docteur.oid") == git(repository, "rev-parse", "HEAD^{tree}").encode(), "root tree")
    expect(os.listxattr(top / "README.md") == ["user.docteur.oid"] and os.listxattr(top / "link", follow_symlinks=False)
           == [] and set(os.listxattr(top)) == {"user.docteur.oid", "user.docteur.commit"}, "names of attributes")
    try:
        os.getxattr(top / "README.md", "user.other")
        sys.exit("has an attribute that it has not")
    except OSError as e:
        expect(e.errno == errno.ENODATA, f"absent attribute: {e}")
    for entry in os.scandir(top / "many"):
        expect(entry.inode() == os.stat(entry.path).st_ino, "a listing has another inode number")


def same_to_tools(repository, top):
    paths = sorted(git(repository, "ls-tree", "-r", "-t", "--name-only", "-z", "HEAD").split("\0")[:-1])
    found = run("find", ".", "-mindepth", "1", "-printf", "%P\\0", cwd=top).decode().split("\0")[:-1]
    expect(sorted(found) == paths, "find")
    tar = run("tar", "cf", "-", "--sort=name", "--exclude=./module", ".", cwd=top)
    (WORK / "untarred").mkdir()
    run("tar", "xf", "-", "-C", WORK / "untarred", stdin=tar)
    (WORK / "untarred/module").mkdir()
    same_as_checkout(repository, WORK / "untarred")
    run("cp", "-a", top, WORK / "copy")
    same_as_checkout(repository, WORK / "copy")
    (WORK / "archived").mkdir()
    run("tar", "xf", "-", "-C", WORK / "archived", stdin=run("git", "-C", repository, "-c", "tar.umask=022", "archive", "HEAD"))
    expect(listing(WORK / "archived") == listing(top), "git archive")
    for each in ("untarred", "copy", "archived"):
        shutil.rmtree(WORK / each)


def runs(top):
    expect(run(top / "run", "it") == b"ran it\n", "script")
    run(top / "binary")
    expect(subprocess.run(["sh", "-c", f"'{top}/README.md'"], stderr=subprocess.DEVNULL).returncode == 126,
           "a file without the mode was executed")


def ranges(repository, top):
    for name in ("large.txt", "large.bin", "sub/page", "exact", "like/7"):
        content = (repository / name).read_bytes()
        with open(top / name, "rb") as file:
            with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as mapped:
                for at in (0, len(content) // 2, len(content) - 1):
                    expect(mapped[at:at + 5000] == content[at:at + 5000], f"mmap of {name} at {at}")
            for _ in range(100):
                at = RANDOM.randrange(len(content) + 10)
                size = RANDOM.choice((1, 4096, 70_000, 300_000))
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                expect(os.pread(file.fileno(), size, at) == content[at:at + size], f"{name} at {at}, {size} bytes")


def concurrent(repository, top):
    """Threads read all files in orders of their own, again and again from the server."""
    paths = [p for p in git(repository, "ls-files", "-z").split("\0")[:-1]
             if p != "module" and not (repository / p).is_symlink()]
    paths = [p for p in paths if not p.startswith("many/")] * 2 + paths[::7]
    want = {p: (repository / p).read_bytes() for p in paths}
    wrong = []

    def read(seed):
        order = random.Random(seed)
        mine = list(paths)
        order.shuffle(mine)
        for p in mine:
            with open(top / p, "rb", buffering=0) as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
                at = order.randrange(len(want[p]) + 1)
                if os.pread(file.fileno(), 200_000, at) != want[p][at:at + 200_000] or file.read() != want[p]:
                    wrong.append(p)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    expect(not wrong, f"wrong content: {wrong[:5]}")


def is_read_only(top):
    def refused(act):
        try:
            act()
        except OSError as e:
            return e.errno == errno.EROFS
        return False
    expect(refused(lambda: os.unlink(top / "README.md")) and refused(lambda: open(top / "new", "w"))
           and refused(lambda: os.utime(top / "README.md")) and refused(lambda: open(top / "README.md", "r+"))
           and refused(lambda: os.rename(top / "README.md", top / "x")) and refused(lambda: os.mkdir(top / "new"))
           and refused(lambda: os.chmod(top / "README.md", 0o600)) and refused(lambda: os.rmdir(top / "module"))
           and refused(lambda: os.setxattr(top / "README.md", "user.x", b"y")), "can be changed")
    for absent in ("absent", "many/absent", "README.md/x"):
        expect(not (top / absent).exists(), f"{absent} exists")
    space = os.statvfs(top)
    expect(space.f_bfree == 0 and space.f_files > 1540 and space.f_flag & os.ST_RDONLY, f"statfs: {space}")


def listings_go_on(top):
    """A folder is listed whole by two readers in turn, and by one that goes back."""
    names = {f"file-{i:04}" for i in range(1500)}
    first, second = os.scandir(top / "many"), os.scandir(top / "many")
    found = [set(), set()]
    for a, b in zip(first, second):
        found[0].add(a.name)
        found[1].add(b.name)
    expect(found == [names, names], "listings by turns")


def names_alone():
    """Who lists many folders for their names does not have the server read what sizes are found by; the sizes are right for who asks."""
    files = {}
    for i in range(400):
        same = RANDOM.randbytes(3000)
        files |= {f"d{i:03}/f{j}": same + RANDOM.randbytes(400 + i * j) for j in range(6)}  # deltas
    image, folder = folder_image("names", files)

    def reads(m):
        return int(dict(line.split(": ") for line in pathlib.Path(f"/proc/{m.server.pid}/io").read_text().splitlines())["rchar"])

    def listed(top, what):
        return sorted(run("find", ".", "-type", "f", "-printf", what, cwd=top).decode().splitlines())
    spent = []
    for what in ("%P\n", "%s %P\n"):
        with Mounted(image) as m:
            before = reads(m)
            expect(listed(m.path, what) == listed(folder, what), f"find {what!r}")
            spent.append(reads(m) - before)
            expect(listed(m.path, "%s %P\n") == listed(folder, "%s %P\n"), "sizes after another listing")
    expect(spent[0] < spent[1] // 4, f"{spent[0]} bytes are read for names, {spent[1]} with sizes")


def check(kind):
    repository = make_repository(kind)
    image = make(repository, f"{kind}.img")
    with Mounted(image) as m:
        listings_go_on(m.path)
        same_as_checkout(repository, m.path)
        same_attributes(repository, m.path, kind)
        same_to_tools(repository, m.path)
        runs(m.path)
        ranges(repository, m.path)
        is_read_only(m.path)
    with Mounted(image, "--threads", "4") as m:
        concurrent(repository, m.path)
        expect(m.messages() == "", f"said: {m.messages()}")
    with Mounted(image, "--threads", "1") as m:
        concurrent(repository, m.path)
    names_alone()


if __name__ == "__main__":
    check(sys.argv[2])
