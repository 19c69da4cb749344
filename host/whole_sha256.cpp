#include "host/whole_sha256.hpp"

#include <algorithm>
#include <vector>

#include "host/describe.hpp"
#include "object/hasher.hpp"
#include "object/result.hpp"

namespace docteur {
namespace {

constexpr std::uint64_t kPiece = 1 << 20;  // bytes

}  // namespace

outcome<oid> whole_sha256(const device& from, const std::string& shown, progress& report) {
  report.phase("hashing", 0);
  hasher hash(hash_kind::sha256);
  std::vector<std::byte> buffer(std::min(kPiece, from.size));
  for (std::uint64_t at = 0; at < from.size; at += buffer.size()) {
    if (report.cancelled()) return give_up(blame::environment, "interrupted");
    const mutable_bytes piece = mutable_bytes(buffer).first(std::min<std::uint64_t>(buffer.size(), from.size - at));
    if (const auto read = read_exactly(from, at, piece); !read)
      return tl::make_unexpected(describe(read.error(), shown));
    hash.update(piece);
    report.add_bytes(piece.size());
  }
  return hash.finish();
}

}  // namespace docteur
