#pragma once
// What the PACK writer is given: the objects of one commit and a way to read them. Hosted.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "object/byte_stream.hpp"
#include "object/failure.hpp"
#include "object/oid.hpp"

namespace docteur {

struct source_object {
  oid id;
  object_type type;
  std::uint64_t size;  // bytes of content, without Git's object header
};

class object_source {
 public:
  virtual ~object_source() = default;

  // Every object of the image once, in canonical order: [0] the commit, then the annotated tags by which it was asked
  // for (each names the next, the last one the commit), then trees depth-first (a tree before its subtrees, subtrees in
  // tree order, each at its first occurrence), then blobs in path order (first occurrence).
  [[nodiscard]] virtual std::span<const source_object> objects() const = 0;

  // Of objects(): the commit, the annotated tags that lead to it, the root tree.
  [[nodiscard]] const source_object& commit() const { return objects().front(); }
  [[nodiscard]] std::span<const source_object> tags() const {
    const auto rest = objects().subspan(1);
    const auto end = std::ranges::find_if(rest, [](const source_object& o) { return o.type != object_type::tag; });
    return rest.first(static_cast<std::size_t>(end - rest.begin()));
  }
  [[nodiscard]] const source_object& root() const { return objects()[1 + tags().size()]; }

  // Path of the first occurrence, '/'-separated, without a leading '/'; empty for commit, tags and root tree.
  [[nodiscard]] virtual std::string_view path(std::size_t index) const = 0;

  // Replaces `out` with the whole content of objects()[index]. Safe to call from many threads at once.
  // The caller checks the bytes against the id.
  [[nodiscard]] virtual outcome<void> read(std::size_t index, std::vector<std::byte>& out) const = 0;

  // The same for a caller that found bytes which are not the id's: a source that has several copies passes over those.
  [[nodiscard]] virtual outcome<void> read_verified(std::size_t index, std::vector<std::byte>& out) const {
    return read(index, out);
  }

  // The same as read(), as a stream, in memory that does not grow with the object. Safe to call from many threads.
  [[nodiscard]] virtual outcome<std::unique_ptr<byte_stream>> open(std::size_t index) const = 0;
};

}  // namespace docteur
