#!/bin/sh
# Usage: make_replace_test.sh PROGRAM   What is replaced and when: links are followed, permissions stay, and the old image
# stays where the command fails; also where a file cannot be made without a name.
. "$(dirname "$0")/make.sh"
sample_repository repository
git -C repository branch older HEAD^
make 0 repository good.img

# A link is followed, though it leads to nothing yet; and one to such a link. A loop is no image.
mkdir real links
ln -s ../real/new.img links/first
ln -s links/first second
make 0 repository second
cmp good.img real/new.img
[ -L second ] && [ -L links/first ] || die "a link was replaced"
make 0 repository second
cmp good.img real/new.img
ln -s "$work/real/absolute.img" absolute
make 0 repository absolute
cmp good.img real/absolute.img
ln -s turn around
ln -s around turn
make 3 repository around
grep -q 'around: Too many levels' said || die "a loop: $(cat said)"
[ -L around ] || die "a link of a loop was replaced"
ln -s nowhere/x.img astray
make 3 repository astray
ln -s page.html page
make 0 repository --report page x.img
[ -L page ] && [ -s page.html ] || die "--report did not follow a link"
ln -s y.img y
make 2 repository --report y y.img
grep -q 'y is the image' said || die "--report onto the image: $(cat said)"

# Permissions, and the owner where that may be.
mode_of() { stat -c '%a %u %g' "$1"; }
for mode in 600 640 664 755; do
  chmod $mode real/new.img page.html
  [ "$(id -u)" != 0 ] || chown 12 real/new.img
  [ "$(id -u)" != 0 ] || chgrp 34 real/new.img
  was=$(mode_of real/new.img)
  make 0 repository -b older second
  [ "$(mode_of real/new.img)" = "$was" ] || die "mode and owner $was became $(mode_of real/new.img)"
  make 0 repository --report page.html second
  [ "$(stat -c %a page.html)" = $mode ] || die "--report: mode $mode became $(stat -c %a page.html)"
done
(umask 027 && "$program" -q repository --report masked.html masked.img)
[ "$(stat -c %a masked.img masked.html | tr '\n' ' ')" = '640 640 ' ] || die "umask: $(ls -l masked.*)"

# A result that cannot be written: the old image stays, a new one does not come.
if [ -e /dev/full ]; then
  make 0 repository -b older old.img
  cp old.img kept.img
  for image in old.img none.img; do
    status=0
    "$program" --json repository $image >/dev/full 2>said || status=$?
    [ $status = 3 ] || die "--json to a full device: status $status"
    grep -q 'stdout: No space left' said || die "$(cat said)"
  done
  cmp kept.img old.img || die "replaced though the command failed"
  [ ! -e none.img ] || die "made though the command failed"
fi

# The folder for temporary files.
status=0
TMPDIR=/nowhere/at-all "$program" http://127.0.0.1:1/x.git x.img 2>said || status=$?
[ $status = 3 ] || die "TMPDIR that is not there: status $status"
grep -q 'TMPDIR is /nowhere/at-all: No such file' said || die "TMPDIR is not named: $(cat said)"
status=0
TMPDIR= "$program" http://127.0.0.1:1/x.git x.img 2>said || status=$?
[ $status = 3 ] && ! grep -qi tmpdir said || die "an empty TMPDIR: status $status: $(cat said)"

# An image inside the folder it is made of: its bytes do not depend on what was there, nor on how the file was made.
mkdir folder
seq 100000 >folder/numbers
head -c 300000 /dev/urandom >folder/noise
make 0 folder -d 2020-10-10T08:00:00Z folder.img
inside() {
  how=$1
  shift
  for round in new replaced; do
    status=0
    TMPDIR=$work/folder "$@" "$program" folder -d 2020-10-10T08:00:00Z folder/disk.img 2>said || status=$?
    [ $status != 77 ] || return 0
    [ $status = 0 ] || die "$how: status $status: $(cat said)"
    cmp folder.img folder/disk.img || die "$how, $round: another image"
    [ "$(ls -A folder | tr '\n' ' ')" = 'disk.img noise numbers ' ] || die "$how: left behind: $(ls -A folder)"
    [ "$(grep -c 'left out' said)" = "$([ $round = new ] && echo 0 || echo 1)" ] || die "$how, $round: $(cat said)"
  done
  cp folder/disk.img before.img
  status=0
  "$@" "$program" repository -b nowhere folder/disk.img 2>said || status=$?
  [ $status = 1 ] || die "$how: no such branch: status $status"
  cmp before.img folder/disk.img
  chmod 604 folder/disk.img
  ln -s folder/later.img later
  "$@" "$program" -q repository folder/disk.img && "$@" "$program" -q repository --report later.html later
  cmp good.img folder/disk.img
  cmp good.img folder/later.img
  [ "$(stat -c %a folder/disk.img)" = 604 ] || die "$how: mode $(stat -c %a folder/disk.img)"
  rm later folder/later.img folder/disk.img later.html
  [ "$(ls -A folder | tr '\n' ' ')" = 'noise numbers ' ] || die "$how: left behind: $(ls -A folder)"
}
inside 'as here' env
inside 'no unnamed files' python3 "$support/without_tmpfile.py"
without_proc='mount -t tmpfs none /proc && exec "$@"'
if is_sanitized; then
  :  # LeakSanitizer needs /proc
elif own_mounts sh -c "$without_proc" sh true 2>/dev/null; then
  inside 'no /proc' own_mounts sh -c "$without_proc" sh
  inside 'neither' own_mounts sh -c "$without_proc" sh python3 "$support/without_tmpfile.py"
elif unshare -rm sh -c "$without_proc" sh true 2>/dev/null; then
  inside 'no /proc' unshare -rm sh -c "$without_proc" sh
fi
[ -z "$(find . -name '.*.tmp' -o -name 'docteur-*')" ] || die "left behind: $(find . -name '.*.tmp' -o -name 'docteur-*')"
