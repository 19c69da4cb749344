#!/bin/sh
# docteur-make --stats and --report, but for what the page draws (survey_page_test.py).
. "$(dirname "$0")/make.sh"

mkdir -p site/docs/deep
seq 1 20000 >site/docs/numbers
{ cat site/docs/numbers; echo 20001; } >site/docs/more-numbers
head -c 50000 /dev/urandom >site/docs/deep/noise
echo text >"site/$(printf 'line\nfeed')"
mkdir 'site/<'
echo markup >'site/</script><!-- "&'

# stats ARGUMENT...: what docteur-make prints on stdout, in `printed`.
stats() {
  "$program" -q -d 2024-01-01T00:00:00Z "$@" >printed 2>said || die "status $?: $(cat said)"
  [ ! -s said ] || die "said: $(cat said)"
}

# The table of kinds: bytes are in the columns 39 to 52, and add up to what `image` has.
bytes_add_up() {
  awk -v size="$1" '
    /^kind / { on = 1; next }
    /^$/ { on = 0 }
    on && /^image  / { image = substr($0, 39, 14) + 0; next }
    on { sum += substr($0, 39, 14) }
    END { if (sum != size || image != size) { print sum, image, size; exit 1 } }' printed >wrong ||
    die "bytes do not add up: $(cat wrong)
$(cat printed)"
}

stats --stats site image
bytes_add_up "$(stat -c %s image)"
for text in '^blobs, deltas  *1 ' '^blobs, stored  *3 ' '^commit  *1 ' '^IDX ' ' docs/deep/$' ' docs/deep/noise$' \
  ' line\\nfeed$' '^deltas: 1, ' '^reading: 1\.[0-9]* bytes inflated'; do
  grep -q -- "$text" printed || die "no '$text' in
$(cat printed)"
done
stats site image
[ ! -s printed ] || die 'printed without --stats'

# The block size, a foreign layout: all counts.
stats --bs 65536 --stats site image
bytes_add_up "$(stat -c %s image)"
git init -q repository
git -C repository commit -q --allow-empty -m empty
"$program" -q --stats repository image >printed || die 'an empty commit'
bytes_add_up "$(stat -c %s image)"

# The report takes the place of what was there, whole, and leaves nothing beside it.
mkdir out
echo old >out/page.html
stats --report out/page.html site image
[ ! -s printed ] || die 'printed with --report alone'
[ "$(ls -A out)" = page.html ] || die "beside the report: $(ls -A out)"
grep -q 'id="survey">{"image":"image"' out/page.html || die 'no survey in the page'
! grep -q '@SURVEY@' out/page.html || die 'the mark is left in the page'
[ "$(grep -o '</script' out/page.html | wc -l)" = 2 ] || die 'a name ends a script element'
stats --report out/again.html site image
cmp -s out/page.html out/again.html || die 'the same image, another page'
rm -r out image

# What could not be written is refused before anything is made.
refused 2 'no such folder' --report nowhere/page.html site out/image
refused 2 'not a file' --report site site out/image
refused 2 'is the image' --report out/../out/image site out/image

# An error of output is the environment's; the image is there.
[ -c /dev/full ] || exit 0
status=0
"$program" -q --stats site image >/dev/full 2>said || status=$?
[ "$status" = 3 ] || die "status $status, not 3, on a full disk"
[ -s image ] || die 'no image'
