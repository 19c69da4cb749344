#!/bin/sh
# The code that plans, encodes and deflates, cross-compiled and run in an emulator: what it makes of the golden corpus is
# what digests.txt says. On one thread, without oneTBB and LZ4 (serial/), whose libraries are of the host's processor.
# Usage: aarch64.sh LIBDEFLATE FOLDER   the pinned sources; where zlib's are kept
set -eu
libdeflate=$1 kept=$2
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
command -v aarch64-linux-gnu-g++ >/dev/null && command -v qemu-aarch64 >/dev/null || exit 77
zlib=$("$top/scripts/fetch-source" zlib "$kept") || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# tl::expected is a header for any processor; the host's other headers are not.
mkdir "$work/include" "$work/c" "$work/cpp"
ln -s /usr/include/tl "$work/include/tl"

cd "$work/c"
aarch64-linux-gnu-gcc -O2 -w -c "$libdeflate"/lib/deflate_compress.c "$libdeflate"/lib/zlib_compress.c \
  "$libdeflate"/lib/deflate_decompress.c "$libdeflate"/lib/zlib_decompress.c "$libdeflate"/lib/adler32.c \
  "$libdeflate"/lib/crc32.c "$libdeflate"/lib/utils.c "$libdeflate"/lib/arm/cpu_features.c -I"$libdeflate"
aarch64-linux-gnu-gcc -O2 -w -c "$zlib"/inflate.c "$zlib"/inftrees.c "$zlib"/inffast.c "$zlib"/zutil.c
aarch64-linux-gnu-gcc -O2 -w -c "$zlib"/adler32.c -o zlib_adler32.o
aarch64-linux-gnu-gcc -O2 -w -c "$zlib"/crc32.c -o zlib_crc32.o
cd "$work/cpp"
aarch64-linux-gnu-g++ -std=c++20 -O2 -Wall -Wextra -Werror -c -I"$top" -I"$top/tests" -I"$here/serial" -I"$work/include" \
  -isystem "$libdeflate" -isystem "$zlib" "$here/golden_packs.cpp" "$top"/pack/*.cpp "$top"/object/*.cpp \
  "$top"/idx/writer.cpp "$top"/builder/path_section.cpp "$top"/builder/path_section_writer.cpp
aarch64-linux-gnu-g++ -static -o "$work/golden_packs" ./*.o ../c/*.o

cd "$work"
mkdir packs
qemu-aarch64 -cpu max ./golden_packs packs packs 1
grep ' packs/' "$here/digests.txt" >expected
sha256sum packs/* | diff -u expected - >&2
