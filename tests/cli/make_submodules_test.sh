#!/bin/sh
# Usage: make_submodules_test.sh PROGRAM   --submodules of a local repository: content is found in `modules` though the
# worktree is gone or elsewhere, many of them take few descriptors, and what cannot be read is not told as absent.
. "$(dirname "$0")/make.sh"
export HOME="$work/home"
mkdir "$HOME"
git config --global protocol.file.allow always
git config --global advice.detachedHead false

for name in inner sub; do
  git init -q -b main $name
  echo "$name" >$name/$name.c
  git -C $name add .
  git -C $name commit -qm $name
done
git -C sub submodule --quiet add --name its/name ../inner deps/inner 2>advice
git -C sub commit -qm 'with inner'
git init -q -b main top
git -C top submodule --quiet add --name other ../sub lib/sub 2>advice
git -C top commit -qm top
git -C top submodule --quiet update --init --recursive 2>advice
commit=$(git -C sub rev-parse HEAD)
make 0 --submodules top whole.img
same() {
  make 0 --submodules "$@" other.img
  cmp whole.img other.img
}

# The submodule's folder removed, the repository moved, and only `.git` copied.
cp -r top bare-top
rm -rf bare-top/lib
same bare-top
cp -r top/.git copied.git
same copied.git
mkdir elsewhere
cp -r top/.git elsewhere/
same elsewhere
same --path . elsewhere
mkdir away
mv elsewhere away/again
same away/again
# As empty folders are lost.
find copied.git -type d -empty -delete
same copied.git
# Another commit checked out in the module, its configuration lost: it is looked for in all of them.
git -C sub rev-parse HEAD^ >copied.git/modules/other/HEAD
git config -f copied.git/modules/other/config --unset core.worktree
same copied.git
# A linked worktree keeps its own modules.
git -C top worktree add -q ../linked
git -C linked submodule --quiet update --init --recursive 2>advice
rm -rf linked/lib top/.git/modules
same linked
cp -r bare-top/.git/modules top/.git/

# What cannot be looked into is no absence: a damaged module, one that is unreadable.
rm -rf bare-top/.git/modules/other/objects
refused 1 "lib/sub: commit $commit of this submodule is not here (git submodule update" --submodules bare-top out/x.img
cp -r top/.git/modules/other/objects bare-top/.git/modules/other/
echo '[core' >>bare-top/.git/modules/other/config
refused 1 "lib/sub: commit $commit of this submodule was not found, but not all repositories could be read: " --submodules \
  bare-top out/x.img
grep -q 'modules/other/config: line' said || die "the file is not named: $(cat said)"
if [ "$(id -u)" = 0 ] && command -v setpriv >printed; then
  chmod 755 "$work"
  tested=$program
  nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$tested" "$@"; }
  program=nobody
  cp top/.git/modules/other/config bare-top/.git/modules/other/config
  for path in modules modules/other modules/other/HEAD modules/other/config; do
    chmod 0 bare-top/.git/$path
    mkdir -p out
    chmod 777 out
    refused 3 'Permission denied' --submodules bare-top out/x.img
    grep -q "bare-top/.git/$path" said || die "the file is not named: $(cat said)"
    chmod 755 bare-top/.git/$path
  done
  program=$tested
fi

# Many, with their content in packs; their names are not their paths, and there is no worktree.
git init -q --bare module.git
many=150
git init -q -b main many
i=0
while [ $i -lt $many ]; do
  module=many/.git/modules/name-$i
  mkdir -p $module/objects/pack $module/refs
  echo "ref: refs/heads/main" >$module/HEAD
  printf '[core]\n\trepositoryformatversion = 0\n\tworktree = ../../../sub/%s\n' $i >$module/config
  [ "${GIT_DEFAULT_HASH:-sha1}" = sha1 ] || git config -f "$module/config" core.repositoryformatversion 1
  [ "${GIT_DEFAULT_HASH:-sha1}" = sha1 ] || git config -f "$module/config" extensions.objectformat sha256
  export GIT_DIR=$module GIT_WORK_TREE=.
  tree=$(printf '100644 blob %s\tfile\n' "$(echo $i | git hash-object -w --stdin)" | git mktree)
  commit=$(git commit-tree -m m "$tree")
  git update-ref refs/heads/main "$commit"
  git repack -qad --no-write-bitmap-index
  unset GIT_DIR GIT_WORK_TREE
  printf '160000 %s\tsub/%s\n' "$commit" $i
  i=$((i + 1))
done >entries
git -C many update-index --add --index-info <entries
git -C many commit -qm many
(
  ulimit -n 96
  make 0 --submodules many many.img
)
# The commit, the root, `sub`; a tree and a file for each.
grep -q "$((many * 2 + 3)) objects" said || die "$(cat said)"
