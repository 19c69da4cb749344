"""Images that docteur-make writes: git accepts their PACK, their IDX is the one that git writes, and the same commit
gives the same bytes however its repository is packed and with any number of threads."""

from interop import *


def make(repository, name="made", *options):
    image = WORK / f"{name}.img"
    run(BIN / "docteur-make", "-q", *options, repository, image)
    return image


def expect_git_accepts(image, repository, revision="HEAD"):
    commit, pack, rest = cut(image)
    expect(commit == git(repository, "rev-parse", revision).strip(), "commit in the header")

    # A repository with nothing but the PACK; it is shallow, so the commit's parents may be absent.
    alone = WORK / "alone.git"
    shutil.rmtree(alone, ignore_errors=True)
    run("git", "init", "-q", "--bare", "-b", "main", alone)
    (alone / "shallow").write_bytes(commit + b"\n")
    where = alone / "objects" / "pack"
    (where / "pack-x.pack").write_bytes(pack)
    git(alone, "index-pack", "--strict", "--fsck-objects", where / "pack-x.pack")
    idx = (where / "pack-x.idx").read_bytes()
    expect(rest[:len(idx)] == idx, "IDX is not the one that git writes")
    expect(not rest[len(idx):].strip(b"\0") and len(rest) - len(idx) < 4096, "padding behind IDX")
    git(alone, "update-ref", "refs/heads/main", commit.decode())
    git(alone, "fsck", "--full", "--strict", "--no-dangling")

    # Chains are short, those of trees short enough for OCaml docteur; the commit is first.
    deepest = {}
    found = {}
    for line in git(alone, "verify-pack", "-v", where / "pack-x.idx").splitlines():
        field = line.split()
        if len(field) in (5, 7) and len(field[0]) == 2 * ID_SIZE:
            found[field[0]] = field[1]
            if field[4] == b"12":
                expect(field[0] == commit, "the commit is not the first entry")
            if len(field) == 7:
                deepest[field[1]] = max(deepest.get(field[1], 0), int(field[5]))
    expect(deepest.get(b"tree", 0) <= 59, f"a chain of {deepest.get(b'tree')} trees")
    expect(deepest.get(b"blob", 0) <= 59, f"a chain of {deepest.get(b'blob')} blobs")

    # These objects and no others, with the content that git finds in the repository they came from.
    ids, _ = objects_of(repository, revision)
    expect(set(ids.split()) == set(found), "not the objects that the commit reaches")
    blobs = [oid for oid, kind in found.items() if kind == b"blob"]
    expect(contents_of(alone, blobs) == contents_of(repository, blobs), "blobs differ")
    return deepest


def entry_types(pack):
    """The types of all entries, by inflating one after the other."""
    count, = struct.unpack_from(">I", pack, 8)
    at, types = 12, []
    for _ in range(count):
        first = pack[at]
        types.append(first >> 4 & 7)
        while pack[at] & 0x80:
            at += 1
        at += 1
        if types[-1] == 6:
            while pack[at] & 0x80:
                at += 1
            at += 1
        expect(types[-1] in (1, 2, 3, 4, 6), f"entry of type {types[-1]}")
        z = zlib.decompressobj()
        z.decompress(pack[at:])
        expect(z.eof, "a zlib stream without its end")
        at = len(pack) - len(z.unused_data)
    expect(at == len(pack) - ID_SIZE, "bytes between the last entry and the trailer")
    return types


h = History(WORK / "world.git")
h.commit({b"first": (b"100644", b"first\n")})
h.commit(everything())
world = h.finish()

image = make(world)
deepest = expect_git_accepts(image, world)
expect({b"tree", b"blob"} <= set(deepest), f"deltas only of {set(deepest)}")
_, pack, _ = cut(image)
expect(6 in entry_types(pack), "no deltas")
expect_reads_like_git(image, world)
reference = image.read_bytes()

# Threads.
for threads in (1, 2, 5):
    expect(make(world, "threads", "--threads", threads).read_bytes() == reference, f"other bytes: {threads} threads")

# The same commit, packed differently.
loose = WORK / "loose.git"
run("git", "init", "-q", "--bare", "-b", "main", loose)
for name in sorted((world / "objects" / "pack").glob("*.pack")):
    git(loose, "unpack-objects", "-q", stdin=name.read_bytes())
git(loose, "update-ref", "refs/heads/main", git(world, "rev-parse", "HEAD").strip().decode())
expect(make(loose, "loose").read_bytes() == reference, "other bytes from loose objects")
git(loose, "-c", "repack.useDeltaBaseOffset=false", "repack", "-q", "-adf", "--window=250", "--depth=250")
expect(make(loose, "repacked").read_bytes() == reference, "other bytes from REF deltas of a window of 250")
several = WORK / "several.git"
run("git", "init", "-q", "--bare", "-b", "main", several)
ids = sorted(git(world, "rev-list", "--objects", "--no-object-names", "--all").split())
for part in range(5):
    some = b"".join(oid + b"\n" for oid in ids[part::5])
    data = git(world, "pack-objects", "-q", "--stdout", stdin=some)
    git(several, "index-pack", "--stdin", "--fix-thin", stdin=data)
git(several, "update-ref", "refs/heads/main", git(world, "rev-parse", "HEAD").strip().decode())
expect(make(several, "several").read_bytes() == reference, "other bytes from several packs")
git(several, "multi-pack-index", "write")
expect(make(several, "midx").read_bytes() == reference, "other bytes with a multi-pack-index")

# The first commit, and one without a tree's content.
first = git(world, "rev-parse", "HEAD~1").strip().decode()
expect_git_accepts(make(world, "first", "-b", first), world, first)
h = History(WORK / "empty.git")
h.commit({})
expect_git_accepts(make(h.finish(), "empty"), WORK / "empty.git")

# A folder: the commit that git itself would make of it.
folder = WORK / "folder"
for path, (mode, content) in everything().items():
    if mode in (b"160000",) or len(path) > 3000:
        continue
    at = folder / os.fsdecode(path)
    at.parent.mkdir(parents=True, exist_ok=True)
    if mode == b"120000":
        at.symlink_to(os.fsdecode(content))
    else:
        at.write_bytes(content)
        at.chmod(0o755 if mode == b"100755" else 0o644)
as_commit = ("-d", "2020-10-10T08:00:00+00:00", "--author", "F O Lder <f@example.org>", "--object-format", KIND)
image = make(folder, "folder", *as_commit)
again = make(folder, "again", *as_commit, "--threads", 1)
expect(image.read_bytes() == again.read_bytes(), "other bytes from the same folder")
twin = WORK / "twin.git"
run("git", "init", "-q", "--bare", "-b", "main", twin)
run("git", f"--git-dir={twin}", f"--work-tree={folder}", "add", "-A")
tree = git(twin, "write-tree").strip()
person = b"F O Lder <f@example.org> 1602316800 +0000"
commit = git(twin, "hash-object", "-t", "commit", "-w", "--stdin",
             stdin=b"tree %s\nauthor %s\ncommitter %s\n" % (tree, person, person)).strip()
git(twin, "update-ref", "refs/heads/main", commit.decode())
expect_git_accepts(image, twin)
expect_reads_like_git(image, twin)
