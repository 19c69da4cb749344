#!/bin/sh
# Usage: deflater.sh LIB   Fails if the library that writes images needs a deflater of the system, or defines a name that
# the system's deflater defines too.
set -eu
nm "$1" >/dev/null 2>&1 || { echo "deflater.sh: no library: $1" >&2; exit 1; }
wrong=$(nm "$1" 2>/dev/null | awk '
  NF == 2 && $1 == "U" && $2 ~ /^(libdeflate_(.*_)?(alloc_)?compress|deflate|compress)/ {print "needs " $2}
  NF == 3 && $2 ~ /^[A-TV-Z]$/ && $3 ~ /^(libdeflate_|deflate|compress)/ {print "defines " $3}' | sort -u)
[ -z "$wrong" ] && exit 0
printf '%s\n' "$wrong" >&2
exit 1
