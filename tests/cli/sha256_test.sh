#!/bin/sh
# Usage: sha256_test.sh PROGRAMS   Images of SHA-256 ids: git says the same of what is in them, whatever the commit came
# from; a folder has the ids that git gives it; and a tool that knows SHA-1 only finds nothing in them.
programs=$1
set -- "$programs/docteur-make"
export GIT_DEFAULT_HASH=sha256
. "$(dirname "$0")/make.sh"
sample_repository r
git -C r tag -a -m v1 v1
head=$(git -C r rev-parse HEAD)
[ ${#head} = 64 ] || die "git has no SHA-256 here: $head"

# What git says of the image's content.
make 0 r -b v1 disk.img
"$programs/docteur-verify" disk.img >verified || die "verify: $(cat verified)"
grep -q "$head" verified || die "verify names another commit: $(cat verified)"
"$programs/docteur-ls" -lR disk.img >listed
git -C r ls-tree -rtl HEAD | sort >expected
sort listed | cmp - expected
"$programs/docteur-cat" disk.img doc/numbers | cmp - r/doc/numbers
"$programs/docteur-extract" -q disk.img files
git -C r archive HEAD | tar -xf - --one-top-level=archived
diff -r files archived
"$programs/docteur-extract" -q --git disk.img copy
git -C copy fsck --full --strict
[ "$(git -C copy rev-parse HEAD v1)" = "$(git -C r rev-parse HEAD v1)" ] || die "another commit or tag after extract"
[ -z "$(git -C copy status --porcelain)" ] || die "worktree: $(git -C copy status --porcelain)"
pack=$(echo copy/.git/objects/pack/*.pack)
cp "$pack" again.pack
(cd r && git index-pack --object-format=sha256 ../again.pack) >/dev/null
cmp "${pack%.pack}.idx" again.idx

# The same bytes from everywhere, by any number of threads.
same() {
  make 0 "$@" other.img
  cmp disk.img other.img
}
for threads in 1 7; do same r -b v1 --threads $threads; done
git clone -q --bare r bare.git
same bare.git -b v1
git -C bare.git repack -qad --window=100 --depth=100
git -C bare.git multi-pack-index write
same bare.git -b v1
git clone -q --shared r shared
same shared -b v1
git -C r worktree add -q --detach ../linked
same linked -b v1
same "file://$PWD/r" -b "$(git -C r rev-parse v1)"
make 0 r -b "$(printf %.9s "$head")" short.img
[ "$(commit_of short.img)" = "$head" ] || die "a short id"

# A folder.
make 0 --object-format sha256 -d 2020-10-10T08:00:00+00:00 archived folder.img
"$programs/docteur-verify" -q folder.img
"$programs/docteur-extract" -q --bare folder.img folder.git
[ "$(git -C folder.git rev-parse HEAD^{tree})" = "$(git -C r rev-parse HEAD^{tree})" ] || die "a folder's tree"
git -C folder.git fsck --full --strict
refused 2 'sha1' --object-format sha1 r out/x.img
refused 2 'sha512' --object-format sha512 archived out/x.img

# Damage is found in what only such images have: the commit in the section table, and the header that names none.
idx=$(od -An -tu8 -j20 -N8 disk.img | tr -d ' ')
spoil() {
  cp disk.img bad.img
  there=$(od -An -tu1 -j"$1" -N1 disk.img)
  printf "\\$(printf %o $((255 - there)))" | dd of=bad.img bs=1 seek="$1" conv=notrunc 2>/dev/null
  if "$programs/docteur-verify" bad.img >said 2>&1; then die "a byte at $1 does not matter"; fi
  grep -q "$2" said || die "no word of '$2': $(cat said)"
}
spoil $((idx - 512 + 464)) 'section table'
spoil 3 'names a commit'
