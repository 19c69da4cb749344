#!/bin/sh
# Usage: deflater.sh LIB   Fails if what writes images takes a deflater from the system, or defines names that the
# system's has too.
set -eu
nm "$1" >/dev/null 2>&1 || { echo "deflater.sh: no library: $1" >&2; exit 1; }
wrong=$(nm "$1" 2>/dev/null | awk '
  NF == 2 && $1 == "U" && $2 ~ /^(libdeflate_(.*_)?(alloc_)?compress|deflate|compress)/ {print "needs " $2}
  NF == 3 && $2 ~ /^[A-TV-Z]$/ && $3 ~ /^(libdeflate_|deflate|compress)/ {print "defines " $3}' | sort -u)
[ -z "$wrong" ] && exit 0
printf '%s\n' "$wrong" >&2
exit 1
