#!/bin/sh
# Usage: make_usage_test.sh PROGRAM   What is asked for in a wrong way ends with status 2, one line, and no image.
. "$(dirname "$0")/make.sh"
mkdir folder
echo x >folder/x
sample_repository repository

refused 2 'repository is required'
refused 2 'image is required' folder
refused 2 'not expected' folder out/x.img more
refused 2 '--nonsense' --nonsense folder out/x.img
for size in 0 1 100 513 2097152 x; do refused 2 "$size" --bs $size folder out/x.img; done
for date in '' yesterday 2020-10-10 1969-12-31T23:59:59Z; do
  refused 2 'date' -d "$date" folder out/x.img
done
for author in '' me '<me>' 'me <a' 'a
b <c>'; do
  refused 2 'author' --author "$author" folder out/x.img
done
SOURCE_DATE_EPOCH=soon refused 2 SOURCE_DATE_EPOCH folder out/x.img
refused 2 'plain folder has no branch' -b main folder out/x.img
refused 2 'HEAD~1' -b HEAD~1 repository out/x.img
refused 2 'an empty name' -b '' repository out/x.img
refused 2 'ftp' ftp://user:secret@example.org/x.git out/x.img
grep -q secret said && die "credentials in a message: $(cat said)"
refused 2 'folder' folder folder
refused 2 '4096' --threads 4096 folder out/x.img
refused 2 'plain, line or none' --progress=fancy folder out/x.img
for seconds in -1 x 9999999; do refused 2 'timeout' --timeout=$seconds folder out/x.img; done

"$program" --version >printed 2>said || die "--version: status $?"
grep -qE '^docteur-make [0-9]+\.[0-9]+\.[0-9]+$' printed || die "version: $(cat printed)"
"$program" --help >printed 2>said || die "--help: status $?"
grep -q -- --branch printed || die "help: $(cat printed)"
[ ! -s said ] || die "help on stderr: $(cat said)"
if [ -e /dev/full ]; then
  status=0
  "$program" --help >/dev/full || status=$?
  [ $status = 3 ] || die "help to a full device: status $status"
fi
