#!/bin/sh
# Usage: make_failure_test.sh PROGRAM   A full disk or a signal leaves neither an image nor a stray file.
. "$(dirname "$0")/make.sh"
mkdir folder out
head -c 3000000 /dev/urandom >folder/random

refused 3 'No such file' folder none/x.img
(
  ulimit -f 1000
  status=0
  "$program" folder out/x.img 2>said || status=$?
  [ $status = 3 ] || die "file size limit: status $status: $(cat said)"
)
[ -z "$(ls -A out)" ] || die "left behind: $(ls -A out)"
if [ -e /dev/full ]; then refused 3 'No space left' folder /dev/full; fi

# Terabytes that are not there: hashing them takes long enough for any signal.
truncate -s 4T folder/holes
for signal in TERM INT HUP; do
  "$program" --progress folder out/x.img 2>said &
  pid=$!
  until grep -q hashing said; do
    kill -0 $pid || die "ended by itself: $(cat said)"
    sleep 0.05
  done
  # A shell without job control starts background programs with SIGINT ignored, and ignored it stays.
  [ $signal != INT ] || kill -TERM $pid
  kill -$signal $pid 2>/dev/null || true
  status=0
  wait $pid || status=$?
  [ $status -gt 128 ] || die "SIG$signal: status $status: $(cat said)"
  [ -z "$(ls -A out)" ] || die "left behind after SIG$signal: $(ls -A out)"
done
