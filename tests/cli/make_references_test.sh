#!/bin/sh
# Usage: make_references_test.sh PROGRAM   Which folders are repositories, and what their references say, as git has it;
# only what is not there is absent: all else is told by name, with status 3 where it cannot be read.
. "$(dirname "$0")/make.sh"
sample_repository r
git -C r config gc.auto 0
head=$(git -C r rev-parse HEAD)
old=$(git -C r rev-parse HEAD^)
upper=$(echo "$head" | tr a-f A-F)
make 0 r whole.img
same() {
  make 0 "$@" other.img
  cmp whole.img other.img
}
# limited SECONDS ARGUMENT...: `refused`, but a program that hangs ends with status 124.
limited() {
  tested=$program
  program=with_limit
  refused "$@"
  program=$tested
}
with_limit() { timeout -s KILL 20 "$tested" "$@"; }

# A copy that lost its empty folders, as object stores and archives make them: a bare repository and a worktree's.
git clone -q --bare r b.git
git -C b.git pack-refs --all
cp -r b.git full.git
find b.git -type d -empty -delete
[ ! -e b.git/refs ] || die "refs is there"
same b.git
same b.git/ -b main
cp -r r lost
git -C lost pack-refs --all
find lost/.git -type d -empty -delete
rm -rf lost/.git/refs
same lost
same lost/.git
for folder in r r/.git lost/.git b.git; do
  (cd $folder && "$program" -q . "$work/other.img") || die "in $folder"
  cmp whole.img other.img
done

# References in tables, where git makes them (2.45 and later), and a worktree with a table of its own.
if git init -q --bare --ref-format=reftable tables.git 2>/dev/null; then
  rm -r tables.git
  git clone -q --bare --ref-format=reftable r tables.git
  same tables.git
  same tables.git -b main
  git -C tables.git worktree add -q -b other ../tables "$old"
  make 0 r -b "$old" old.img
  make 0 tables other.img
  cmp old.img other.img
  same tables -b main
fi

# Two of HEAD, objects, refs and packed-refs: a repository, or an error.
for gone in HEAD objects; do
  cp -r full.git x.git
  rm -rf x.git/$gone
  refused 1 "x.git: is not a repository that can be read: it has no f" x.git out/x.img
  rm -rf x.git
done
# One of them is a name as any other.
mkdir one
cp full.git/config full.git/HEAD one
make 0 one one.img

# `.git` that leads nowhere, or to what is none; a linked worktree whose repository is gone.
mkdir pointed
echo "gitdir: ../nowhere" >pointed/.git
refused 1 'pointed/.git: is not a repository that can be read: it leads to pointed/../nowhere, which is not a folder' pointed \
  out/x.img
echo "gitdir: .." >pointed/.git
refused 1 'pointed/..: is not a repository' pointed out/x.img
echo "nothing" >pointed/.git
refused 1 'pointed/.git: is not a repository that can be read: it contains no path' pointed out/x.img
echo "gitdir: ../r/.git" >pointed/.git
same pointed
ln -sfn nowhere pointed/.git
refused 1 'pointed/.git: is not a repository' pointed out/x.img
rm pointed/.git
ln -s ../r/.git pointed/.git
same pointed
git clone -q --bare r main.git
git -C main.git worktree add -q ../linked main
same linked
same main.git/worktrees/linked
same linked/.git
git -C linked update-ref refs/worktree/own "$old"
make 0 -b worktree/own linked other.img
[ "$(commit_of other.img)" = "$old" ] || die "a reference of the worktree"
refused 1 'no such branch' -b refs/worktree/own main.git out/x.img
mv main.git moved.git
refused 1 'linked/.git: is not a repository that can be read: it leads to ' linked out/x.img
echo /nowhere >moved.git/worktrees/linked/commondir
refused 1 'commondir leads to /nowhere, which is not a folder' moved.git/worktrees/linked out/x.img

# A tag and a branch of one name, and packed-refs cut or damaged: git refuses to read on, and so do we.
cp -r full.git p.git
git -C p.git update-ref refs/tags/v1 "$old"
git -C p.git update-ref refs/heads/v1 "$head"
git -C p.git pack-refs --all
make 0 -b v1 p.git other.img
[ "$(commit_of other.img)" = "$old" ] || die "the branch and not the tag"
cp p.git/packed-refs whole-refs
truncate -s -2 p.git/packed-refs
! git -C p.git rev-parse -q --verify v1 >printed 2>advice || die "git takes a cut packed-refs"
refused 1 'p.git: packed-refs: is truncated' -b v1 p.git out/x.img
for line in "garbage" "${head}refs/heads/x" "$head " "^$head" "# late"; do
  { head -n 1 whole-refs && echo "$line" && tail -n +2 whole-refs; } >p.git/packed-refs
  refused 1 'p.git: packed-refs: line 2 is not well-formed' -b v1 p.git out/x.img
done
{ cat whole-refs && echo "$old refs/heads/v1"; } >p.git/packed-refs
refused 1 'gives refs/heads/v1 another id' -b v1 p.git out/x.img
{ head -n 1 whole-refs && tail -n +2 whole-refs | sed "s/$head/$upper/"; } >p.git/packed-refs
[ "$(git -C p.git rev-parse refs/heads/v1)" = "$head" ] || die "git and upper case"
same p.git -b refs/heads/v1
: >p.git/packed-refs
refused 1 'v1: no such branch' -b v1 p.git out/x.img

# Loose references.
cp -r full.git l.git
ref=l.git/refs/heads/x
echo "$upper" >$ref
same l.git -b x
printf '%s' "$head" >$ref
same l.git -b x
printf '%s\tnot-for-merge\n' "$head" >$ref
same l.git -b x
for text in '' garbage 'ref:' "${head}x" "$(echo "$head" | cut -c1-39)"; do
  echo "$text" >$ref
  ! git -C l.git rev-parse -q --verify refs/heads/x >printed 2>advice || die "git takes '$text'"
  refused 1 'l.git: refs/heads/x: ' -b x l.git out/x.img
done
# The tag is taken before the branch: a damaged one is not passed over.
: >l.git/refs/tags/main
refused 1 'l.git: refs/tags/main: is damaged' -b main l.git out/x.img
rm l.git/refs/tags/main
for text in 'ref:refs/heads/main' 'ref:   refs/heads/main  ' "$upper"; do
  echo "$text" >l.git/HEAD
  [ "$(git -C l.git rev-parse HEAD)" = "$head" ] || die "git and '$text'"
  same l.git
done
rm l.git/HEAD
ln -s refs/heads/main l.git/HEAD
same l.git
# Chains: git follows four.
i=1
echo 'ref: refs/heads/main' >l.git/refs/heads/s1
while [ $i -lt 4 ]; do
  echo "ref: refs/heads/s$i" >l.git/refs/heads/s$((i + 1))
  i=$((i + 1))
done
same l.git -b s4
echo 'ref: refs/heads/s4' >l.git/refs/heads/s5
! git -C l.git rev-parse -q --verify refs/heads/s5 >printed 2>advice || die "git takes five"
refused 1 'refs/heads/s5: too many symbolic references' -b s5 l.git out/x.img
echo 'ref: refs/heads/s5' >l.git/refs/heads/s1
refused 1 'too many symbolic references' -b s3 l.git out/x.img
echo 'ref: refs/heads/gone' >l.git/refs/tags/main
make 0 -b main l.git other.img
cmp whole.img other.img
grep -q 'note: refs/tags/main was skipped: it points to refs/heads/gone' said || die "not told: $(cat said)"
refused 1 'refs/tags/main was skipped' -b tags/main l.git out/x.img
echo 'ref: ../../config' >$ref
refused 1 'which is not a valid name of a reference' -b x l.git out/x.img
for name in config objects info/exclude description; do
  refused 1 "$name: no such branch, tag or commit" -b $name l.git out/x.img
done

# Replacements and grafts are not followed: an image holds what its ids name.
cp -r r replaced
git -C replaced replace "$head" "$old"
mkdir -p replaced/.git/info
echo "$head" >replaced/.git/info/grafts
[ "$(git -C replaced log -1 --format=%s 2>advice)" = one ] || die "git does not replace"
same replaced

# What is no regular file is not opened, or does not hold: references, configuration, the paths to them.
cp -r full.git f.git
for file in packed-refs HEAD config commondir refs/heads/fifo; do
  for kind in fifo device; do
    mv f.git/$file kept 2>advice || :
    if [ $kind = fifo ]; then mkfifo f.git/$file; else ln -s /dev/zero f.git/$file; fi
    limited 1 "$file: is not a regular file" -b fifo f.git out/x.img
    rm f.git/$file
    mv kept f.git/$file 2>advice || :
  done
done
mkfifo include
for target in "$work/include" /dev/zero; do
  git config -f f.git/config include.path "$target"
  tested=$program
  program=with_limit
  same f.git
  program=$tested
done
mkdir fifo
mkfifo fifo/.git
limited 1 'fifo/.git: is not a repository' fifo out/x.img

# Configuration: what git refuses is named, what only others say does not count.
cp -r full.git c.git
printf '[core\n' >>c.git/config
refused 1 'c.git/config: line ' c.git out/x.img
cp full.git/config c.git/config
git config -f c.git/config core.repositoryformatversion 1
for known in noop preciousObjects partialClone worktreeConfig relativeWorktrees; do
  git config -f c.git/config extensions.$known true
done
git config -f c.git/config extensions.objectFormat "${GIT_DEFAULT_HASH:-sha1}"
git config -f c.git/config extensions.refStorage files
same c.git
git config -f c.git/config extensions.refStorage reftable
refused 1 'c.git/reftable/tables.list: is missing' c.git out/x.img
git config -f c.git/config extensions.refStorage other
refused 1 'its references are stored as other, which is not supported; git refs migrate --ref-format=files' c.git \
  out/x.img
git config -f c.git/config extensions.refStorage files
git config -f c.git/config extensions.newest true
refused 1 'it needs the repository extension newest' c.git out/x.img
git config -f c.git/config core.repositoryformatversion 2
refused 1 'a repository of format version 2' c.git out/x.img
git config -f c.git/config core.repositoryformatversion 0
git config -f c.git/config extensions.refStorage files
if [ "${GIT_DEFAULT_HASH:-sha1}" = sha1 ]; then
  same c.git
else
  refused 1 'a repository of format version 0 has no sha256 ids' c.git out/x.img
fi
mkdir home
HOME=$work/home git config --global extensions.objectFormat sha256
(
  export HOME="$work/home"
  same full.git
)

# By somebody who may not read it. root may read all.
[ "$(id -u)" = 0 ] && command -v setpriv >printed || exit 0
chmod 755 "$work"
nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$tested" "$@"; }
unreadable() {
  tested=$program
  program=nobody
  mkdir -p out
  chmod 777 out
  refused 3 "$@"
  program=$tested
}
cp -r full.git u.git
for file in HEAD config packed-refs; do
  chmod 0400 u.git/$file
  unreadable "$file: cannot be read: Permission denied" -b main u.git out/x.img
  chmod 0644 u.git/$file
done
echo "$head" >u.git/refs/heads/loose
chmod 0 u.git/refs/heads/loose
unreadable 'refs/heads/loose: cannot be read: Permission denied' -b loose u.git out/x.img
chmod 0 u.git/refs/heads
unreadable 'u.git: refs/heads/main: cannot be read: Permission denied' -b refs/heads/main u.git out/x.img
chmod 755 u.git/refs/heads
chmod 0 u.git
unreadable 'u.git/.git: Permission denied' u.git out/x.img
chmod 755 u.git
cp -r r ur
chmod 0 ur/.git
unreadable 'ur/.git/' ur out/x.img
grep -q 'Permission denied' said || die "no reason: $(cat said)"
chmod 755 ur/.git
