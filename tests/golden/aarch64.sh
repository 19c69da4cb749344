#!/bin/sh
# Usage: aarch64.sh LIBDEFLATE FOLDER   Compiles the code that plans, encodes and deflates for another processor, whose
# char is unsigned, and compares its result for the golden corpus with digests.txt. It runs on one thread, without oneTBB
# and LZ4 (serial/), whose libraries are for the host's processor. LIBDEFLATE: the pinned sources. FOLDER: where zlib's are
# kept.
set -eu
cc=aarch64-linux-gnu-gcc cxx=aarch64-linux-gnu-g++
libdeflate=$1 kept=$2
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
command -v $cxx >/dev/null && command -v qemu-aarch64 >/dev/null || exit 77
zlib=$("$top/scripts/fetch-source" zlib "$kept") || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# tl::expected is a header for any processor, unlike the host's other headers.
mkdir "$work/include" "$work/c" "$work/cpp"
ln -s /usr/include/tl "$work/include/tl"

cd "$work/c"
$cc -O2 -w -c "$libdeflate"/lib/deflate_compress.c "$libdeflate"/lib/zlib_compress.c \
  "$libdeflate"/lib/deflate_decompress.c "$libdeflate"/lib/zlib_decompress.c "$libdeflate"/lib/adler32.c \
  "$libdeflate"/lib/crc32.c "$libdeflate"/lib/utils.c "$libdeflate"/lib/arm/cpu_features.c -I"$libdeflate"
$cc -O2 -w -c "$zlib"/inflate.c "$zlib"/inftrees.c "$zlib"/inffast.c "$zlib"/zutil.c
$cc -O2 -w -c "$zlib"/adler32.c -o zlib_adler32.o
$cc -O2 -w -c "$zlib"/crc32.c -o zlib_crc32.o
cd "$work/cpp"
compile() {
  $cxx -O2 -std=c++20 -Wall -Wextra -Werror -c -I"$top" -I"$top/tests" -I"$here/serial" \
    -I"$work/include" -isystem "$libdeflate" -isystem "$zlib" "$@"
}
compile "$top"/pack/*.cpp "$top"/object/*.cpp "$here/golden_packs.cpp"
compile "$top"/builder/path_lister.cpp "$top"/builder/path_section.cpp "$top"/builder/path_section_writer.cpp
compile "$top"/base/leftover.cpp "$top"/base/printable.cpp "$top"/base/temporary_folder.cpp "$top"/base/whole_io.cpp
compile "$top/idx/writer.cpp" -o idx_writer.o
$cxx -static -o "$work/golden_packs" ./*.o ../c/*.o

cd "$work"
mkdir packs
qemu-aarch64 -cpu max ./golden_packs packs packs 1
grep ' packs/' "$here/digests.txt" >expected
sha256sum packs/* | diff -u expected - >&2
