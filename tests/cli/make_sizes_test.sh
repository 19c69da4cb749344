#!/bin/sh
# Usage: make_sizes_test.sh PROGRAM   A repository has its objects in two PACKs, and entry headers of one give sizes that
# are wrong but plausible. git reads the other copies; the image is the same as without damage.
. "$(dirname "$0")/make.sh"
sample_repository r
# Too large for deltas: it is streamed.
python3 -c 'import random; random.seed(1); open("r/streamed", "wb").write(random.randbytes(17 << 20))'
git -C r add .
git -C r commit -qm large
git clone -q --bare --no-local r two.git
make 0 --effort fast two.git good.img

# The second PACK has no deltas.
git -C two.git cat-file --batch-all-objects --batch-check='%(objectname)' >ids
git -C two.git pack-objects -q --depth=0 objects/pack/pack <ids >name
plain=two.git/objects/pack/pack-$(cat name).pack
deltas=$(ls two.git/objects/pack/*.pack | grep -v "$(cat name)")
git -C two.git verify-pack -v "../${deltas%.pack}.idx" | grep -q '^chain length = 1: ' || die "no deltas"
chmod u+w two.git/objects/pack/*
make 0 --effort fast two.git x.img
cmp good.img x.img

cat >damage.py <<'PY'
import os, subprocess, sys
pack, flipped, which = sys.argv[1], int(sys.argv[2], 16), sys.argv[3:]
content = bytearray(open(pack, "rb").read())
listed = subprocess.run(["git", "show-index", "--object-format=" + os.environ.get("GIT_DEFAULT_HASH", "sha1")], stdin=open(pack[:-4] + "idx", "rb"), capture_output=True, check=True)
entries = {line.split()[1].decode(): int(line.split()[0]) for line in listed.stdout.splitlines()}
for oid in which or entries:
    at = entries[oid]
    if flipped > 0xf:  # in the second byte of the size, where it has one
        if content[at] & 0x80:
            content[at + 1] ^= flipped >> 4 & 0x7f
    else:
        content[at] ^= flipped
open(pack, "wb").write(content)
PY
# damaged PACK BITS [ID...]: the image with these bits of sizes flipped in that PACK; in all its entries without an ID.
damaged() {
  cp "$1" kept
  python3 damage.py "$@"
  # git does not look further where a multi-pack-index led it.
  [ -e two.git/objects/pack/multi-pack-index ] || while read -r id; do
    git -C two.git cat-file -p "$id" >/dev/null 2>&1 || die "git cannot read $id with $*"
  done <read
  make 0 --effort fast two.git x.img
  cmp good.img x.img || die "another image with $*"
  cat kept >"$1"
}
git -C two.git rev-parse HEAD 'HEAD^{tree}' HEAD:streamed HEAD:doc/numbers HEAD:doc/deep/numbers >read
for pack in "$deltas" "$plain"; do
  # By one; by many.
  for bits in 1 100; do damaged "$pack" $bits; done
  for file in streamed doc/numbers doc/deep/numbers; do
    damaged "$pack" 1 "$(git -C two.git rev-parse "HEAD:$file")"
  done
done
git -C two.git multi-pack-index write
for pack in "$deltas" "$plain"; do damaged "$pack" 1; done
rm two.git/objects/pack/multi-pack-index

# Loose copies of all objects.
mv "$plain" "${plain%.pack}.idx" .
mv "$deltas" "${deltas%.pack}.idx" .
git -C two.git unpack-objects -q <"$(basename "$plain")"
mv "$(basename "$deltas")" "$(basename "${deltas%.pack}.idx")" two.git/objects/pack
for bits in 1 100; do damaged "$deltas" $bits; done

# Without another copy it is refused.
rm -rf two.git/objects/??
python3 damage.py "$deltas" 1 "$(git -C two.git rev-parse HEAD:streamed)"
refused 1 "$deltas" two.git out/x.img
