#!/bin/sh
# Usage: make_packs_test.sh PROGRAM   However a repository keeps its objects: many PACKs and few descriptors, what cannot
# be read, what git recovers, and memory that a chain of deltas does not take.
. "$(dirname "$0")/make.sh"
sample_repository r
make 0 r good.img

# A PACK for each of 300 objects.
git init -q --bare many.git
python3 - <<'PY'
import subprocess
stream = b""
for i in range(300):
    text = b"file %d\n" % i
    stream += b"commit refs/heads/main\nmark :%d\ncommitter T <t@t> %d +0000\ndata 1\nm" % (i + 1, i + 1)
    stream += (b"\nfrom :%d" % i if i else b"") + b"\nM 100644 inline d%d/f%d\ndata %d\n" % (i % 9, i, len(text)) + text
    stream += b"\ncheckpoint\n\n"
subprocess.run(["git", "-C", "many.git", "-c", "fastimport.unpackLimit=0", "fast-import", "--quiet"], input=stream,
               check=True)
PY
[ "$(ls many.git/objects/pack/*.pack | wc -l)" = 300 ] || die "other PACKs than expected"
make 0 many.git -b main many.img
for descriptors in 256 64 24; do
  (
    ulimit -n $descriptors
    make 0 many.git -b main few.img
    cmp many.img few.img
  )
done
git -C many.git multi-pack-index write
(
  ulimit -n 24
  make 0 many.git -b main few.img
  cmp many.img few.img
)
git -C many.git repack -qad --depth=0
make 0 many.git -b main few.img
cmp many.img few.img

# Nobody may read the PACK: the environment is at fault, and the file is named.
git clone -q --bare --no-local r closed.git
chmod 0400 closed.git/objects/pack/*
pack=$(ls "$PWD"/closed.git/objects/pack/*.pack)
as_other() {
  if [ "$(id -u)" = 0 ]; then
    chmod 755 . && setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
  else
    chmod 0 "$pack" "${pack%.pack}.idx" && "$@"
  fi
}
cat >try.sh <<'SH'
status=0
"$1" "$2" "$3" 2>&1 || status=$?
echo "status $status"
SH
mkdir -m 777 open
as_other sh try.sh "$program" closed.git "$PWD/open/x.img" >said
grep -q 'status 3' said || die "unreadable: $(cat said)"
grep -qF "objects/pack/pack-" said || die "no name of the PACK: $(cat said)"
grep -q 'Permission denied' said || die "no reason: $(cat said)"
chmod 0444 closed.git/objects/pack/*
chmod 0700 closed.git/objects/pack
if [ "$(id -u)" = 0 ]; then
  as_other sh try.sh "$program" closed.git "$PWD/open/x.img" >said
  grep -q 'status 3' said || die "unreadable folder: $(cat said)"
  grep -q 'objects/pack.* cannot be read: Permission denied' said || die "unreadable folder: $(cat said)"
fi

# A delta whose base is damaged in the PACK and whole as a loose object: git reads it.
git init -q -b main based
seq 1 3000 >based/a
seq 1 3001 >based/b
git -C based add .
git -C based commit -qm m
git -C based gc -q --prune=now
make 0 based based.img
idx=$(ls based/.git/objects/pack/*.idx)
base=$(git -C based rev-parse HEAD:b)
at=$(git -C based show-index <"$idx" | awk -v b="$base" '$2 == b { print $1 }')
chmod +w "${idx%.idx}.pack"
printf '\0' | dd of="${idx%.idx}.pack" bs=1 seek="$at" conv=notrunc 2>/dev/null
refused 1 "${idx%.idx}.pack" based out/x.img
mv "$idx" kept
git -C based hash-object -w b >printed
mv kept "$idx"
make 0 based other.img
cmp based.img other.img

# A wild offset in an IDX: an error that names the PACK.
git -C r gc -q --prune=now
idx=$(ls r/.git/objects/pack/*.idx)
n=$(git -C r show-index <"$idx" | wc -l)
cp "$idx" kept
chmod +w "$idx"
for i in $(seq 0 $((n - 1))); do
  cat kept >"$idx"
  printf '\0\377\0\0' | dd of="$idx" bs=1 conv=notrunc seek=$((8 + 1024 + (${#base} / 2 + 4) * n + 4 * i)) 2>/dev/null
  status=0
  "$program" r x.img 2>said || status=$?
  [ $status = 1 ] || cmp -s x.img good.img || die "wild offset $i: status $status: $(cat said)"
done
cat kept >"$idx"

# An alternate that is not there, by its carriage return: named, and no loop.
git init -q -b main b
printf '%s/r/.git/objects\r\n' "$PWD" >b/.git/objects/info/alternates
git -C r rev-parse HEAD >b/.git/refs/heads/main
refused 1 "r/.git/objects\\x0d, named in" b out/x.img

# Files that are none do not hang it.
git clone -q --bare --no-local r fifo.git
pack=$(ls fifo.git/objects/pack/*.pack)
rm -f "$pack"
mkfifo "$pack"
ln -s /dev/zero fifo.git/objects/info/alternates
(
  is_sanitized || ulimit -v 4000000  # KiB
  refused 1 'is not a regular file' fifo.git out/x.img
)

# One file behind 30 deltas of 8 MiB, each a thousandth of that in the PACK. Held together they are 240 MiB.
python3 - <<'PY'
import hashlib, os, struct, subprocess, zlib
KIND = os.environ.get("GIT_DEFAULT_HASH", "sha1")
DELTAS, SIZE = 30, 4 << 20

def number(n):
    out = b""
    while n > 127:
        out += bytes([n & 127 | 128])
        n >>= 7
    return out + bytes([n])

def entry(kind, content, size):
    out, rest = [kind << 4 | size & 15], size >> 4
    while rest:
        out[-1] |= 128
        out.append(rest & 127)
        rest >>= 7
    return bytes(out) + content

def distance(d):
    out = [d & 127]
    d >>= 7
    while d:
        d -= 1
        out.append(128 | d & 127)
        d >>= 7
    return bytes(reversed(out))

def name(kind, content):
    return hashlib.new(KIND, b"%s %d\0" % (kind, len(content)) + content).digest()

pack = bytearray(b"PACK" + struct.pack(">II", 2, DELTAS + 3))
index = []
def add(oid, data):
    index.append((oid, len(pack)))
    pack.extend(data)

blob = name(b"blob", b"a" * SIZE)
tree = b"100644 f\0" + blob
commit = b"tree " + name(b"tree", tree).hex().encode() + b"\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nm\n"
add(name(b"commit", commit), entry(1, zlib.compress(commit), len(commit)))
add(name(b"tree", tree), entry(2, zlib.compress(tree), len(tree)))
first = b"a" + b"%07d" % 0 + b"a" * (SIZE - 8)
last = len(pack)
add(name(b"blob", first), entry(3, zlib.compress(first), SIZE))
for k in range(1, DELTAS + 1):
    made = b"a" * SIZE if k == DELTAS else b"a" + b"%07d" % k + b"a" * (SIZE - 8)
    steps = b"\x90\x01" * SIZE if k == DELTAS else b"\x90\x01\x07" + b"%07d" % k + b"\x90\x01" * (SIZE - 8)
    delta = number(SIZE) * 2 + steps
    at = len(pack)
    add(name(b"blob", made), entry(6, distance(at - last) + zlib.compress(delta), len(delta)))
    last = at
trailer = hashlib.new(KIND, pack).digest()
index.sort()
idx = b"\xfftOc" + struct.pack(">I", 2)
idx += b"".join(struct.pack(">I", sum(1 for o, _ in index if o[0] <= i)) for i in range(256))
idx += b"".join(o for o, _ in index) + bytes(4 * len(index))
idx += b"".join(struct.pack(">I", at) for _, at in index) + trailer
subprocess.run(["git", "init", "-q", "--bare", "chain.git"], check=True)
open("chain.git/objects/pack/pack-c.pack", "wb").write(pack + trailer)
open("chain.git/objects/pack/pack-c.idx", "wb").write(idx + hashlib.new(KIND, idx).digest())
open("chain.git/HEAD", "w").write(name(b"commit", commit).hex() + "\n")
PY
python3 - "$program" "$(is_sanitized && echo sanitized)" <<'PY'
import resource, subprocess, sys
subprocess.run([sys.argv[1], "--memory", "64M", "--threads", "1", "-q", "chain.git", "chain.img"], check=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
assert peak < 150 or sys.argv[2], f"{peak} MiB for one chain of deltas"
PY
