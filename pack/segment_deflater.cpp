#include "pack/segment_deflater.hpp"

#include <libdeflate.h>

namespace docteur {

outcome<void> segment_deflater::run(bytes content, bool last, std::vector<std::byte>& out) {
  stream_.resize(libdeflate_deflate_compress_bound(deflate_.get(), content.size()));
  stream_.resize(
      libdeflate_deflate_compress(deflate_.get(), content.data(), content.size(), stream_.data(), stream_.size()));
  // libdeflate ends its stream with a final block and does not return where that begins.
  if (!blocks_.find(stream_, content))
    return give_up(blame::environment,
                   "deflated content does not inflate to the original: a fault of this program or of this machine");
  out.clear();
  blocks_.append_cut(stream_, content, last, out);
  return {};
}

}  // namespace docteur
