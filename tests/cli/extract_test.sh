#!/bin/sh
# Usage: extract_test.sh PROGRAM MAKE   What docteur-extract writes is what git has: trees by bytes and modes, and
# repositories that git accepts and that become the same image again.
extract_program=$1
. "$(dirname "$0")/make.sh"
program=$2

# extract STATUS ARGUMENT...: must end with STATUS, and write nothing to stdout. stderr is kept in $work/said.
extract() {
  expected=$1
  shift
  status=0
  "$extract_program" "$@" >printed 2>said || status=$?
  [ "$status" = "$expected" ] || die "status $status, not $expected: docteur-extract $*
$(cat said)"
  [ ! -s printed ] || die "printed on stdout: docteur-extract $*"
}
# The modes, targets and contents of a folder, as text.
listing() {
  (cd "$1" && find . -path ./.git -prune -o -printf '%y %m %p %l\n' | LC_ALL=C sort
   find . -path ./.git -prune -o -type f -exec sha1sum {} + | LC_ALL=C sort -k2)
}
same_tree() {
  listing "$1" >one
  listing "$2" >two
  diff one two >difference || die "$1 and $2 differ: $(cat difference)"
}

umask 022
sample_repository repository
(
  cd repository
  printf 'odd' >"$(printf 'tab\t and \nnewline')"
  printf 'caf\351' >"$(printf 'caf\351')"
  ln -s /nowhere/at/all dangling
  ln -s . doc/loop
  : >empty
  head -c 9000000 /dev/urandom >large
  git init -q sub
  git -C sub commit -q --allow-empty -m s
  git add -A 2>"$work/advice"
  git commit -qm three
  git tag -a -m 'a tag' v1
)
make 0 repository app.img
head=$(git -C repository rev-parse HEAD)

# A tree: what git checks out, bytes and modes.
mkdir wanted
git -C repository checkout-index -q -a --prefix="$work/wanted/"
extract 0 app.img tree
same_tree wanted tree
grep -q '1 submodules' said || die "no word of the submodule: $(cat said)"
[ "$(stat -c %Y tree tree/empty tree/doc tree/dangling | sort -u)" = "$(git -C repository log -1 --format=%ct)" ] ||
  die "times: $(stat -c '%Y %n' tree tree/empty tree/doc tree/dangling)"
git -C repository ls-tree -r -z HEAD | tr '\0' '\n' >ls-tree
extract 0 -q --threads 1 app.img ./one-thread/
[ ! -s said ] || die "said: $(cat said)"
same_tree wanted one-thread
mkdir there
chmod 750 there
extract 0 --touch app.img there
same_tree wanted/doc there/doc
[ "$(stat -c %a there)" = 750 ] || die "an empty folder keeps its mode"
[ "$(stat -c %Y there/empty)" -gt 1700000000 ] || die "--touch"
extract 0 --path doc app.img part
same_tree wanted/doc part
extract 0 --path doc/deep/ app.img part2
same_tree wanted/doc/deep part2

# A repository with its worktree: nothing to commit, nothing wrong, and the same image.
extract 0 --git -b main app.img work
git -C work fsck --strict 2>fsck || die "fsck: $(cat fsck)"
[ "$(git -C work rev-parse HEAD main)" = "$head
$head" ] || die "HEAD"
[ "$(git -C work symbolic-ref HEAD)" = refs/heads/main ] || die "the branch"
[ -z "$(git -C work status --porcelain)" ] || die "status: $(git -C work status --porcelain)"
[ "$(git -C work log --format=%s)" = three ] || die "log: $(git -C work log --oneline)"
[ "$(git -C work rev-parse --is-shallow-repository)" = true ] || die "not shallow"
git -C work ls-tree -r -z HEAD | tr '\0' '\n' | cmp - ls-tree
same_tree wanted work
rm work/empty
git -C work checkout -q HEAD -- empty
git -C work -c user.name=T -c user.email=t@t commit -q --allow-empty -m more
git -C work reset -q --hard "$head"
make 0 work again.img
cmp app.img again.img

# Bare; HEAD is detached. Cloned, it is the same again.
extract 0 --bare app.img bare.git
git -C bare.git fsck --strict 2>fsck || die "fsck: $(cat fsck)"
[ "$(git -C bare.git rev-parse HEAD)" = "$head" ] || die "HEAD of the bare repository"
! git -C bare.git symbolic-ref -q HEAD >ref || die "HEAD is not detached: $(cat ref)"
[ "$(find bare.git -name '*.pack' | wc -l)" = 1 ] && [ -z "$(find bare.git -path '*objects/??/*')" ] || die "not one PACK"
(cd bare.git && git verify-pack objects/pack/*.idx)
git -C bare.git show HEAD:large | cmp - wanted/large
make 0 bare.git again.img
cmp app.img again.img
for from in work bare.git "file://$PWD/bare.git"; do
  git -c advice.detachedHead=false clone -q "$from" clone 2>advice || die "clone $from: $(cat advice)"
  [ "$(git -C clone rev-parse HEAD)" = "$head" ] || die "clone of $from"
  git -C clone fsck 2>fsck || die "fsck of a clone: $(cat fsck)"
  same_tree wanted clone
  rm -rf clone
done

# For programs: one object, with -q nothing else.
count() { find wanted "$@" -printf '%s\n' | awk '{n += $1} END {printf "%d %d", NR, n}'; }
files=$(count ! -type d)
"$extract_program" -q --json app.img "tab	caf$(printf '\351')" >printed 2>said || die "--json: $(cat said)"
[ "$(cat printed)" = "{\"commit\":\"$head\",\"target\":\"tab\\tcaf\ufffd\",\"target_hex\":\"74616209636166e9\",\
\"repository\":false,\"files\":${files% *},\"folders\":$(find wanted -mindepth 1 -type d ! -name sub | wc -l),\
\"submodules\":1,\"content_bytes\":${files#* }}" ] || die "--json: $(cat printed)"
[ ! -s said ] || die "said: $(cat said)"
"$extract_program" --json --bare app.img json.git >printed 2>said || die "--json: $(cat said)"
[ "$(cat printed)" = "{\"commit\":\"$head\",\"target\":\"json.git\",\"repository\":true}" ] || die "--json: $(cat printed)"
grep -q 'a bare repository' said || die "said: $(cat said)"

# A commit without parents is not shallow. A plain folder's, too, and its empty folders are there.
mkdir -p folder/empty folder/full
echo x >folder/full/x
make 0 folder folder.img
extract 0 --git folder.img folder.git
[ "$(git -C folder.git rev-parse --is-shallow-repository)" = false ] || die "shallow without a reason"
[ -z "$(git -C folder.git status --porcelain)" ] || die "status: $(git -C folder.git status --porcelain)"
[ -d folder.git/empty ] || die "an empty folder"

# An image made of git's own PACK, without a section table: REF deltas, a history besides. Such an image has ids of SHA-1.
if [ "${GIT_DEFAULT_HASH:-sha1}" = sha1 ]; then
  git -C repository pack-objects -q --all --no-reuse-delta --depth=50 "$work/p" </dev/null >name
  pack=p-$(cat name)
  size=$(stat -c %s "$pack.pack")
  padded=$(((28 + size + 511) / 512 * 512))
  {
    head -c 20 app.img
    for byte in 0 8 16 24 32 40 48 56; do printf "\\$(printf %03o $((padded >> byte & 255)))"; done
    cat "$pack.pack"
    head -c $((padded - 28 - size)) /dev/zero
    cat "$pack.idx"
    head -c 512 /dev/zero
  } >foreign.img
  extract 0 --git foreign.img foreign
  git -C foreign fsck >fsck 2>&1 || die "fsck: $(cat fsck)"
  cmp "$pack.pack" foreign/.git/objects/pack/*.pack
  cmp "$pack.idx" foreign/.git/objects/pack/*.idx
  [ "$(git -C foreign log --format=%s)" = three ] || die "one commit only"
  same_tree wanted foreign
fi

# What is refused: nothing is written, what was there stays.
refused_extract() {
  text=$2
  status=$1
  shift 2
  extract "$status" "$@"
  [ "$(wc -l <said)" = 1 ] || die "not one line: $(cat said)"
  grep -qF -- "$text" said || die "no word of '$text': $(cat said)"
  grep -q '^docteur-extract: ' said || die "no program name: $(cat said)"
}
mkdir -p out/full
echo mine >out/full/mine
refused_extract 2 'out/full: is not empty' app.img out/full
refused_extract 2 'out/full/mine: exists and is not a folder' app.img out/full/mine
refused_extract 3 'out/none/x: No such file' app.img out/none/x
refused_extract 1 'app.img: nowhere: no such path' --path nowhere app.img out/x
refused_extract 1 'app.img: run: not a directory' --path run app.img out/x
refused_extract 2 'not a name for a branch' --git -b 'a..b' app.img out/x
refused_extract 2 'needs --git or --bare' -b main app.img out/x
refused_extract 2 'exclude each other' --git --bare app.img out/x
refused_extract 2 'not a part' --git --path doc app.img out/x
refused_extract 3 'nowhere.img' nowhere.img out/x
extract 2 app.img
# A byte of a file's stream: the tree fails at the file, the repository at the first fault.
cp app.img bad.img
printf '\377\377\377\377' | dd of=bad.img bs=1 seek=$(($(stat -c %s app.img) / 2)) conv=notrunc 2>dd.log
extract 1 bad.img out/x
refused_extract 1 'bad.img: ' --bare bad.img out/x
refused_extract 1 'bad.img: ' --git bad.img out/x
[ "$(ls -A out out/full)" = "out:
full

out/full:
mine" ] || die "left behind: $(ls -A out out/full)"
