#!/bin/sh
# Usage: extract_failure_test.sh PROGRAM MAKE   A full disk or a signal leaves nothing of an extraction behind.
extract=$1
. "$(dirname "$0")/make.sh"
program=$2
mkdir -p folder/a/b out there
head -c 3000000 /dev/urandom >folder/a/b/random
seq 1000 | while read -r i; do echo "$i" >"folder/a/$i"; done
make 0 folder folder.img

left_behind() { [ -z "$(find out there -mindepth 1)" ] || die "$1: left behind: $(find out there -mindepth 1)"; }

for how in "" --git --bare; do
  for target in out/x there; do
    (
      ulimit -f 1000
      status=0
      # shellcheck disable=SC2086
      "$extract" $how folder.img $target 2>said || status=$?
      [ $status = 3 ] || die "file size limit: status $status: $(cat said)"
      grep -q 'File too large' said || die "file size limit: $(cat said)"
    )
    left_behind "file size limit, $how"
  done
done

# A disk that is full: a small one of our own, where we may have it.
if [ "$(id -u)" = 0 ] && own_mounts sh -c "mount -t tmpfs -o size=2m none '$work/there'" 2>unshare.log; then
  own_mounts sh -eu -c '
    mount -t tmpfs -o size=2m none there
    status=0
    "$1" folder.img there 2>said || status=$?
    [ $status = 3 ] || { echo "a full disk: status $status"; exit 1; }
    status=0
    "$1" --git folder.img there/new 2>>said || status=$?
    [ $status = 3 ] || { echo "a full disk: status $status"; exit 1; }
    [ -z "$(ls -A there)" ] || { echo "left on a full disk: $(ls -A there)"; exit 1; }
    # A mount point is an empty folder as any other.
    mount -t tmpfs -o size=20m none there
    "$1" -q folder.img there
    cmp folder/a/b/random there/a/b/random
  ' sh "$extract" || die "$(cat said)"
  [ "$(grep -c 'No space left' said)" = 2 ] || die "full disk: $(cat said)"
fi

# Signals, sent when there is something to clean up. A large file that deflates to little takes long to write.
truncate -s 500M folder/holes
make 0 --threads 2 folder holes.img
rm folder/holes
for signal in TERM HUP; do
  "$extract" holes.img out/x 2>said &
  pid=$!
  until [ -n "$(ls -A out)" ]; do
    kill -0 $pid || die "ended by itself: $(cat said)"
    sleep 0.01
  done
  kill -$signal $pid
  status=0
  wait $pid 2>waited || status=$?
  [ $status -gt 128 ] || die "SIG$signal: status $status: $(cat said)"
  left_behind "SIG$signal"
done
