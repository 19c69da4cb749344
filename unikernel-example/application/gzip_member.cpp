#include "unikernel-example/application/gzip_member.hpp"

#include <libdeflate.h>

#include <algorithm>

namespace docteur::cache_vm {

void frame_gzip(mutable_bytes buffer, bytes content) noexcept {
  std::ranges::copy(kGzipHeadBytes, buffer.begin());
  const mutable_bytes tail = buffer.last(kGzipTail);
  store_le(tail.data(), libdeflate_crc32(0, content.data(), content.size()));
  store_le(tail.data() + 4, static_cast<std::uint32_t>(content.size()));
}

}  // namespace docteur::cache_vm
