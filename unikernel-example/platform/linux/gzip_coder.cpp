#include "unikernel-example/platform/linux/gzip_coder.hpp"

#include <libdeflate.h>

#include <memory>
#include <new>

namespace docteur::cache_vm::on_linux {
namespace {

// Pages of 90 and 170 KB: 74 to 96 MB/s, about the size of zlib's level 9. Level 9 takes three times as long for 2 %
// less, level 10 eight times as long for 5 %.
constexpr int kLevel = 6;

struct release {
  void operator()(libdeflate_compressor* c) const noexcept { libdeflate_free_compressor(c); }
};

}  // namespace

std::size_t gzip_of(bytes content, mutable_bytes out) {
  const std::unique_ptr<libdeflate_compressor, release> deflate(libdeflate_alloc_compressor(kLevel));
  if (!deflate) throw std::bad_alloc();
  return libdeflate_gzip_compress(deflate.get(), content.data(), content.size(), out.data(), out.size());
}

}  // namespace docteur::cache_vm::on_linux
