#!/bin/sh
# Usage: make_repository_test.sh PROGRAM   The same commit gives the same bytes from every kind of repository; what
# cannot become an image ends with status 1 and one line.
. "$(dirname "$0")/make.sh"
sample_repository r
git -C r tag -a -m v1 v1
head=$(git -C r rev-parse HEAD)
old=$(git -C r rev-parse HEAD^)

make 0 r loose.img
[ "$(commit_of loose.img)" = "$head" ] || die "commit $(commit_of loose.img)"
same() {
  make 0 "$@" other.img
  cmp loose.img other.img
}
same r --threads 1
same r --threads 7
same "file://$PWD/r" -b main
same relativize://r/.git -b "$(echo "$head" | cut -c1-9)"
git -C r tag light
same r -b light
git clone -q --bare r bare.git
same bare.git -b refs/tags/light
git -C bare.git repack -qad --window=100 --depth=100
git -C bare.git multi-pack-index write
same bare.git
git clone -q --shared r shared
same shared
git clone -q --depth 1 "file://$PWD/r" shallow
same shallow
git -C r worktree add -q --detach ../linked HEAD
same linked
git -C r repack -qadf --depth=0
same r
rm -rf "r/.git/objects/info"
git -C r repack -qad --no-write-bitmap-index --threads=1 --window=2
same r
make 0 r -b "$old" old.img
[ "$(commit_of old.img)" = "$old" ] || die "commit $(commit_of old.img)"

# An annotated tag is kept beside its commit, so this is another image of the same commit; tags of tags, too.
git -C r tag -a -m again v1-again v1 2>advice
for tag in v1 v1-again; do
  make 0 r -b $tag tag.img
  ! cmp -s tag.img loose.img || die "no tag in the image"
  [ "$(commit_of tag.img)" = "$head" ] || die "commit $(commit_of tag.img)"
  make 0 r -b "$(git -C r rev-parse $tag)" --threads 3 by-id.img
  cmp tag.img by-id.img
done
git clone -q --bare "file://$PWD/r" tagged.git
make 0 tagged.git -b v1-again by-id.img
cmp tag.img by-id.img

# A tag that says of what it points to that it is something else; a tag of such a tag.
for type in blob tree tag; do
  id=$(printf 'object %s\ntype %s\ntag w\ntagger T <t@t> 1 -0000\n\nm\n' "$head" $type |
    git -C r hash-object -t tag -w --stdin --literally)
  git -C r update-ref refs/tags/wrong "$id"
  ! git -C r rev-parse -q --verify 'wrong^{commit}' >printed 2>advice || die "git takes a tag of the wrong type"
  refused 1 "object $head is a commit, and tag $id says it is a $type" -b wrong r out/x.img
  outer=$(printf 'object %s\ntype tag\ntag w\ntagger T <t@t> 1 -0000\n\nm\n' "$id" |
    git -C r hash-object -t tag -w --stdin --literally)
  refused 1 "object $head is a commit, and tag $id says it is a $type" -b "$outer" r out/x.img
done
git -C r update-ref -d refs/tags/wrong

# The longest name an image may hold, to make and to verify; and one more byte.
long=$(head -c 4096 /dev/zero | tr '\0' n)
blob=$(git -C r rev-parse HEAD:run)
commit_with() { git -C r commit-tree -m long "$(printf '100644 blob %s\t%s\n' "$blob" "$1" | git -C r mktree)"; }
make 0 -b "$(commit_with "$long")" r long.img
"$(dirname "$program")/docteur-verify" -q long.img || die "verify refuses a name of 4,096 bytes"
refused 1 'an entry name is longer than 4096 bytes' -b "$(commit_with "n$long")" r out/x.img

make 0 r -d 2020-10-10T08:00:00Z note.img
grep -q 'note: --author and --date are for plain folders' said || die "no note: $(cat said)"
cmp loose.img note.img
[ "$(wc -l <said)" = 2 ] || die "more than a note and a summary: $(cat said)"

# Somebody else's repository is read: nothing of it is run.
if [ "$(id -u)" = 0 ]; then
  cp -r r theirs
  chown -R 65534:65534 theirs
  same theirs
fi

git init -q empty
refused 1 'which has no commit yet' empty out/x.img
git init -q long
git -C long config core.repositoryFormatVersion 1
git -C long config extensions.objectFormat sha512
refused 1 'a repository with sha512 ids' long out/x.img
refused 1 'nothing: no such branch, tag or commit' -b nothing r out/x.img
refused 1 'is a tree, not a commit' -b "$(git -C r rev-parse HEAD^{tree})" r out/x.img
# As a link, .gitmodules may lead out of what was checked: git fsck refuses it, too.
blob=$(echo README.md | git -C r hash-object -w --stdin)
tree=$(printf '120000 blob %s\tGITMOD~1\n' "$blob" | git -C r mktree)
refused 1 'stands for .gitmodules is not a file' -b "$(git -C r commit-tree -m m "$tree")" r out/x.img
mkdir -p broken/.git
refused 1 'broken/.git: is not a repository' broken out/x.img
git -C r config uploadpack.allowFilter true
git clone -q --bare --filter=blob:none "file://$PWD/r" partial.git
refused 1 'this is a partial clone' partial.git out/x.img

# A folder inside of a repository is a plain folder.
make 0 r/doc doc.img
[ "$(commit_of doc.img)" != "$head" ] || die "searched upwards"

# What was there stays there when nothing comes of it.
mkdir kept
cp loose.img kept/disk.img
make 1 -b nothing r kept/disk.img
cmp loose.img kept/disk.img
[ "$(ls -A kept)" = disk.img ] || die "left behind: $(ls -A kept)"
