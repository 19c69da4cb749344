#!/bin/sh
# Usage: make_folder_test.sh PROGRAM   A plain folder: its commit is what git computes, its bytes only depend on content.
. "$(dirname "$0")/make.sh"
mkdir -p store/sub/deep store/.hidden
echo hello >store/README.md
seq 5000 >store/sub/numbers
echo "odd name" >"store/sub/deep/new
line"
echo hidden >store/.hidden/file
printf '#!/bin/sh\n' >store/run
chmod 755 store/run
ln -s sub/numbers store/link

when=2020-10-10T08:00:00+02:00
make 0 file://"$PWD"/store -d $when --author 'A B <a@b>' one.img
make 0 -q file://"$PWD"/store -d $when --author 'A B <a@b>' two.img
[ ! -s said ] || die "-q said: $(cat said)"
cmp one.img two.img
# More threads than cores are had, in silence.
make 0 -q --threads 9 store -d $when --author 'A B <a@b>' nine.img
[ ! -s said ] || die "--threads 9 said: $(cat said)"
cmp one.img nine.img
git init -q --bare g.git
tree=$(export GIT_DIR="$PWD/g.git" GIT_WORK_TREE="$PWD/store" && git add -A && git write-tree)
commit=$(printf 'tree %s\nauthor A B <a@b> 1602309600 +0200\ncommitter A B <a@b> 1602309600 +0200\n' "$tree" |
  git hash-object -t commit --stdin)
[ "$(commit_of one.img)" = "$commit" ] || die "commit $(commit_of one.img), not git's $commit"

# A copy with its files made in another order and at other times, named in other ways, with one thread.
mkdir copy
(cd store && find . -type d | sort -r | tail -n +1) | while read -r d; do mkdir -p "copy/$d"; done
tar -C store -cf - . | tar -C copy -m -xf -
make 0 copy -d $when --author 'A B <a@b>' --threads 1 three.img
cmp one.img three.img
(cd copy && make 0 relativize://../store -d $when --author 'A B <a@b>' ../four.img)
cmp one.img four.img

# Without -d: SOURCE_DATE_EPOCH, else the newest file; unchanged content keeps its bytes.
SOURCE_DATE_EPOCH=1602309600 make 0 store five.img
make 0 store -d 2020-10-10T06:00:00Z six.img
cmp five.img six.img
make 0 store seven.img
sleep 0.01
touch store/sub
make 0 store eight.img
cmp seven.img eight.img
touch -d 2035-01-01T00:00:00Z store/README.md
make 0 store nine.img
make 0 store -d 2035-01-01T00:00:00Z ten.img
cmp nine.img ten.img

# An image inside of the folder it is made from does not become content.
make 0 store -d $when --author 'A B <a@b>' store/disk.img
make 0 store -d $when --author 'A B <a@b>' store/disk.img
grep -q 'disk.img: left out' said || die "no note: $(cat said)"
cmp one.img store/disk.img
rm store/disk.img

# Blocks of another size: whole blocks, and IDX at the start of one.
make 0 store --bs 4096 big.img
[ $(($(wc -c <big.img) % 4096)) = 0 ] || die "not whole blocks"
idx=$(od -An -v -t u8 -j20 -N8 big.img | tr -d ' ')
[ $((idx % 4096)) = 0 ] || die "IDX at $idx"

# Left out, noted, refused.
git init -q store/nested
echo kept >store/nested/kept
make 0 store x.img
grep -q 'docteur-make: note: nested/.git: left out' said || die "no note: $(cat said)"
rm -r store/nested
mkfifo store/pipe
refused 1 'store/pipe: is a FIFO' store out/x.img
rm store/pipe
mkdir store/.GIT
refused 1 'store/.GIT: a bad name' store out/x.img
rmdir store/.GIT
ln -s README.md store/.gitmodules
refused 1 'store/.gitmodules: an entry that stands for .gitmodules is not a file' store out/x.img
rm store/.gitmodules
refused 1 'nowhere: No such file' nowhere out/x.img
refused 1 'README.md: Not a directory' store/README.md out/x.img

chmod 000 store/run
if [ "$(id -u)" = 0 ]; then
  # Root reads everything; somebody else does not.
  chmod 755 . store
  mkdir -p out
  chmod 777 out .
  status=0
  setpriv --reuid 65534 --clear-groups "$program" store out/x.img 2>said || status=$?
  [ $status = 3 ] || die "unreadable file: status $status"
  grep -q 'store/run: Permission denied' said || die "$(cat said)"
  [ -z "$(ls -A out)" ] || die "left behind: $(ls -A out)"
else
  refused 3 'store/run: Permission denied' store out/x.img
fi
