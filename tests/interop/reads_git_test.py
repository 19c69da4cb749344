"""Images made by hand from the output of `git pack-objects`: docteur lists, prints and verifies them as git does."""

from interop import *


def pack(repository, ids, *options, config=()):
    return git(repository, *config, "pack-objects", "-q", "--stdout", *options, stdin=ids)


def check(name, repository, data, version="2", **shape):
    commit = git(repository, "rev-parse", "HEAD").strip()
    image = WORK / f"{name}.img"
    image.write_bytes(image_by_hand(commit, data, index(data, version), **shape))
    expect_reads_like_git(image, repository)
    image.unlink()


def depth_of(data):
    """The longest chain in a PACK."""
    index(data)
    out = git(WORK / "index", "verify-pack", f"--object-format={KIND}", "-v", "p.idx")
    return max((int(line.split()[5]) for line in out.splitlines() if len(line.split()) == 7), default=0)


def kinds_of_deltas(data):
    index(data)
    lines = [line.split() for line in git(WORK / "index", "verify-pack", f"--object-format={KIND}", "-v", "p.idx").splitlines()]
    return {field[1] for field in lines if len(field) == 7}


h = History(WORK / "world.git")
h.commit({b"first": (b"100644", b"first\n")})
h.commit(everything())
world = h.finish()
_, named = objects_of(world)

ofs = pack(world, named, "--delta-base-offset")
ref = pack(world, named)
expect(kinds_of_deltas(ofs) >= {b"tree", b"blob"}, "git made no deltas of trees and blobs")
check("default", world, ofs)
check("ref", world, ref)
check("window", world, pack(world, named, "--no-reuse-delta", "--window=250", "--depth=250", "--delta-base-offset"))
check("window-ref", world, pack(world, named, "--no-reuse-delta", "--window=250", "--depth=250"))
for level in (0, 9):
    check(f"level{level}", world, pack(world, named, "--no-reuse-object", "--delta-base-offset",
                                      config=("-c", f"pack.compression={level}")))

# 64-bit offsets: all beyond byte 256.
check("wide", world, ofs, version="2,0x100")

# The shapes of an image: exact, with OCaml docteur's block of padding, on a larger device.
check("whole-block", world, ofs, whole_block=True)
check("aligned", world, ofs, tail=512)
check("larger", world, ofs, tail=1 << 20)

# Unreachable objects. With a section table, which an image of SHA-256 always has, they are faults.
extra = b"".join(git(world, "hash-object", "-w", "--stdin", stdin=noise(1000, n)).strip() + b"\n" for n in range(20))
if KIND == "sha1":
    check("unreachable", world, pack(world, named + extra, "--delta-base-offset"))

# The commit last, everything in another order than git's, no deltas.
ids = [line.split()[0] for line in named.splitlines()]
kinds = dict(line.split() for line in git(world, "cat-file", "--batch-check=%(objectname) %(objecttype)",
                                          stdin=b"".join(i + b"\n" for i in ids)).splitlines())
contents = contents_of(world, ids)
order = sorted(ids, key=lambda i: (kinds[i] == b"commit", i[::-1]))
check("commit-last", world, pack_by_hand([(kinds[i], contents[i]) for i in order]))

# Chains as deep as git writes them.
h = History(WORK / "deep.git")
h.commit({b"%04d/the-same-name-for-all" % n: (b"100644", v) for n, v in enumerate(versions(4500, 1))})
deep = h.finish()
_, named = objects_of(deep)
for options in (["--delta-base-offset"], []):
    data = pack(deep, named, "--no-reuse-delta", "--threads=1", "--window=4", "--depth=4095", *options)
    expect(depth_of(data) > 3000, f"the longest chain has {depth_of(data)} deltas")
    check("deep", deep, data)
