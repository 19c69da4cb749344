#!/bin/sh
# Usage: selection_test.sh BIN   --path, --submodules and --lfs: trees as git has them, commits that say what they are.
bin=$1
. "$(dirname "$0")/make.sh"
program=$bin/docteur-make
export HOME="$work/home"
mkdir "$HOME" out
git config --global protocol.file.allow always

# tree IMAGE: the id of its root; commit text IMAGE, from a repository that git reads.
tree() { "$bin/docteur-verify" "$1" 2>said | sed -n 's/^root	: //p'; }
unpack() {
  rm -rf unpacked
  "$bin/docteur-extract" -q --git "$1" unpacked 2>said || die "extract: $(cat said)"
  git -C unpacked fsck --strict 2>fsck || die "fsck: $(cat fsck)"
}
# Whatever the changes are, the commit quotes the one it was made from.
check_quotation() {
  unpack "$1"
  git -C unpacked cat-file commit HEAD | sed -n '/^The commit it was made from/,$s/^    //p' >quoted
  git -C "$2" cat-file commit HEAD | sed '$a\' | cmp - quoted || die "the quotation"
  [ "$(git -C unpacked log -1 --format='%an %ae %at %cn %ct')" = "$(git -C "$2" log -1 --format='%an %ae %at %cn %ct')" ] ||
    die "author or committer"
  "$bin/docteur-verify" "$1" >printed 2>said
  grep -q "note: this is not the tree of commit $(git -C "$2" rev-parse HEAD), but" said || die "verify does not tell: $(cat said)"
}

# A folder becomes the root; from any kind of repository, and with any number of threads, the same.
sample_repository r
make 0 --path doc r part.img
grep -q "note: the tree is not that of commit $(git -C r rev-parse HEAD)" said || die "make does not tell: $(cat said)"
[ "$(tree part.img)" = "$(git -C r rev-parse HEAD:doc)" ] || die "root: $(tree part.img)"
check_quotation part.img r
git clone -q --bare r bare.git
git clone -q --depth 1 "file://$PWD/r" shallow
for from in bare.git shallow r; do
  make 0 --path /doc/ --threads 3 -b main $from other.img
  cmp part.img other.img
done
make 0 --path doc/deep r deep.img
for name in ./doc/deep doc//deep/ /doc/./deep .//doc/deep/.; do
  make 0 --path $name r other.img
  cmp deep.img other.img
done
[ "$(tree deep.img)" = "$(git -C r rev-parse HEAD:doc/deep)" ] || die "root: $(tree deep.img)"
"$bin/docteur-verify" --json deep.img 2>said | grep -q "\"made_from\":\"$(git -C r rev-parse HEAD)\"" || die "JSON"
# A folder of a plain folder.
cp -r r/doc plain
make 0 --object-format "${GIT_DEFAULT_HASH:-sha1}" --path deep -d 2020-10-10T08:00:00Z plain deep2.img
[ "$(tree deep2.img)" = "$(tree deep.img)" ] || die "a folder of a plain folder"
# Nothing changes: the commit itself, and its tag.
git -C r tag -a -m v1 v1
make 0 -b v1 r whole.img
for name in / . ./; do
  make 0 -b v1 --path $name --submodules r same.img
  cmp whole.img same.img
done
# A partial clone that has all of the folder, and not all of the commit.
git -C r config uploadpack.allowFilter true
git -c protocol.version=2 clone -q --no-checkout --filter=blob:none "file://$PWD/r" partial
git -C partial cat-file blob HEAD:doc/numbers >numbers
git -C partial cat-file blob HEAD:doc/deep/numbers >numbers
make 0 --path doc partial other.img
cmp part.img other.img
refused 1 'this is a partial clone' partial out/x.img
refused 1 'same/x: object' --path same partial out/x.img
refused 1 '--path: none: no such folder' --path none r out/x.img
refused 1 '--path: run: is not a folder' --path run r out/x.img
refused 1 '--path: doc/none: no such folder' --path doc/none/x r out/x.img
refused 2 '--path: doc/../doc: .. is not allowed' --path doc/../doc r out/x.img
refused 2 '--path: an empty name' --path '' r out/x.img

# Commits that git reads and its fsck does not like: only the tree matters to the image. The new commit is well-formed.
tree_id=$(git -C r rev-parse 'HEAD^{tree}')
who='T <t@t> 5 +0000'
odd() {
  name=$1
  shift
  printf "$@" >odd
  id=$(git -C r hash-object -t commit -w --stdin --literally <odd)
  [ "$(git -C r archive "$id" doc/numbers | tar -xO doc/numbers | cksum)" = "$(cksum <r/doc/numbers)" ] || die "git: $name"
  make 0 -b "$id" r odd.img
  [ "$(commit_of odd.img)" = "$id" ] || die "$name: $(commit_of odd.img)"
  "$program" --json -q -b "$id" r odd.img >printed
  grep -q "\"root\":\"$tree_id\"" printed || die "$name: $(cat printed)"
  "$bin/docteur-verify" -q odd.img || die "verify: $name"
  make 0 --path doc -b "$id" r odd.img
  [ "$(tree odd.img)" = "$(git -C r rev-parse HEAD:doc)" ] || die "$name: root $(tree odd.img)"
  unpack odd.img
  git -C unpacked cat-file commit HEAD | sed -n '/^The commit it was made from/,$s/^    //p' >quoted
  sed '$a\' odd | cmp - quoted || die "$name: the quotation"
}
odd 'two authors' "tree $tree_id\nauthor A <a@a> 4 +0000\nauthor $who\ncommitter $who\n\nm\n"
git -C unpacked log -1 --format=%an%at%cn%ct | grep -qx 'A4T5' || die "people: $(git -C unpacked log -1)"
odd 'a continued author' "tree $tree_id\nauthor $who\n more\ncommitter $who\n\nm\n"
odd 'no author' "tree $tree_id\ncommitter $who\n\nm\n"
odd 'no committer' "tree $tree_id\nauthor $who\n\nm\n"
git -C unpacked log -1 --format=%cn%ct | grep -qx 'T5' || die "people: $(git -C unpacked log -1)"
odd 'nobody' "tree $tree_id\nother x\n\nm\n"
odd 'no end' "tree $tree_id\nauthor $who\ncommitter $who"
odd 'another order' "tree $tree_id\ncommitter $who\nauthor $who\nencoding odd\n\n\377\n"
git -C unpacked cat-file commit HEAD | grep -qx 'encoding odd' || die "no encoding"

# Submodules, one in the other; their names are not their places.
for name in inner sub; do
  git init -q -b main $name
  echo "$name" >$name/$name.c
  chmod +x $name/$name.c
  git -C $name add .
  git -C $name commit -qm $name
done
git -C sub submodule --quiet add --name other/name ../inner deps/inner 2>advice
git -C sub commit -qm 'with inner'
git init -q -b main top
echo 1 >top/lib-first
echo 2 >top/lib.last
git -C top submodule --quiet add --name a-name ../sub lib 2>advice
git -C top submodule --quiet add ../inner again 2>advice
git -C top add .
git -C top commit -qm top
git -C top submodule --quiet update --init --recursive 2>advice
make 0 --submodules top modules.img
! grep -q 'without content' said || die "a submodule is left: $(cat said)"
check_quotation modules.img top
# What a recursive clone has on disk.
git clone -q --recurse-submodules top clone 2>advice
find clone -name .git -prune -exec rm -rf {} +
rm -rf unpacked/.git
diff -r clone unpacked || die "submodules' content"
[ -x unpacked/lib/deps/inner/inner.c ] || die "modes of submodules' content"
make 0 --submodules top/.git other.img
cmp modules.img other.img
git -C top worktree add -q ../linked
make 0 --submodules linked other.img
cmp modules.img other.img
refused 1 '--path: lib: is a submodule' --submodules --path lib top out/x.img
make 0 top kept.img
[ "$(commit_of kept.img)" = "$(git -C top rev-parse HEAD)" ] || die "without --submodules"
git clone -q top uninitialised
refused 1 'of this submodule is not here (git submodule update' --submodules uninitialised out/x.img
refused 2 'not for plain folders' --submodules plain out/x.img

# Git LFS: in a worktree, bare, and in a submodule.
git init -q -b main large
(
  cd large
  git lfs install --local >lfs.log
  git lfs track '*.bin' >lfs.log
  rm lfs.log
  mkdir d
  head -c 300000 /dev/urandom >d/a.bin
  cp d/a.bin copy.bin
  chmod +x copy.bin
  echo small >b.bin
  : >empty.bin
  git add .
  git commit -qm large
)
make 0 --lfs large lfs.img
! grep -q 'LFS pointer' said || die "a pointer is left: $(cat said)"
check_quotation lfs.img large
for file in d/a.bin copy.bin b.bin empty.bin .gitattributes; do
  "$bin/docteur-cat" lfs.img $file | cmp - large/$file || die "content of $file"
done
[ "$("$bin/docteur-ls" -l lfs.img | grep -c '^100755')" = 1 ] || die "modes"
git clone -q --bare large large.git 2>advice
cp -r large/.git/lfs large.git/
make 0 --lfs large.git other.img
cmp lfs.img other.img
make 0 large pointers.img
grep -q 'note: 2 Git LFS pointers are kept' said || die "pointers: $(cat said)"
make 0 --from pointers.img large next.img
grep -q 'note: 2 Git LFS pointers are kept' said || die "pointers that stay as they lie: $(cat said)"
make 0 --lfs r same.img
[ "$(commit_of same.img)" = "$(git -C r rev-parse HEAD)" ] || die "--lfs without pointers"
git init -q -b main over
git -C over submodule --quiet add ../large large 2>advice
git -C over commit -qm over
mkdir -p over/.git/modules/large/lfs
cp -r large/.git/lfs/objects over/.git/modules/large/lfs/
make 0 --submodules --lfs over over.img
"$bin/docteur-cat" over.img large/d/a.bin | cmp - large/d/a.bin
"$bin/docteur-verify" over.img >printed 2>said
[ "$(grep -c '^- ' printed)" = 2 ] || die "changes: $(cat printed)"

# Content that is not there, or is not what the pointer says; and no git lfs.
git -C large.git remote remove origin
hash=$(git -C large cat-file blob HEAD:b.bin | sed -n 's/^oid sha256://p')
stored=$(find large.git/lfs/objects -name "$hash")
chmod u+w "$stored"
echo other >"$stored"
refused 1 'b.bin: git lfs does not have the content of this pointer' --lfs large.git out/x.img
rm "$stored"
refused 1 'b.bin: git lfs does not have the content of this pointer' --lfs large.git out/x.img
mkdir path
for tool in git sh env; do ln -s "$(command -v $tool)" path/; done
if ! PATH=$work/path git lfs version >advice 2>&1; then
  status=0
  PATH=$work/path "$program" --lfs large out/x.img 2>said || status=$?
  [ $status = 3 ] || die "status $status without git lfs: $(cat said)"
  grep -q 'git lfs is not installed' said || die "$(cat said)"
fi
[ -z "$(ls -A out)" ] || die "left behind: $(ls -A out)"
