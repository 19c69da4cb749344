#pragma once
// The input of the PACK writer: the objects of one commit, and a way to read each. Hosted.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
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

// One of several commits in an image.
struct source_version {
  std::string name;       // as is_version_name() (layout/versions_section.hpp) accepts it
  std::string reference;  // full name of the reference that it was asked for by; empty if by its id
  oid commit;
  oid tree;
  std::vector<oid> tags;  // annotated tags that lead to the commit: each names the next
};

class object_source {
 public:
  virtual ~object_source() = default;

  // Every object of the image once, in canonical order: the commit; the annotated tags that lead to it, if it was asked
  // for by a tag (each names the next, the last one names the commit); trees depth-first (a tree before its subtrees,
  // subtrees in tree order); blobs in path order. A tree or blob with several paths stands at the first. With several
  // versions: all commits, each with its tags; then all trees; then all blobs.
  [[nodiscard]] virtual std::span<const source_object> objects() const = 0;

  // The kind of all ids.
  [[nodiscard]] hash_kind kind() const { return commit().id.kind(); }
  // The commit, the annotated tags that lead to it, and the root tree, all in objects().
  [[nodiscard]] const source_object& commit() const { return objects().front(); }
  [[nodiscard]] std::span<const source_object> tags() const {
    const auto rest = objects().subspan(1);
    const auto end = std::ranges::find_if(rest, [](const source_object& o) { return o.type != object_type::tag; });
    return rest.first(static_cast<std::size_t>(end - rest.begin()));
  }
  [[nodiscard]] const source_object& root() const {
    return *std::ranges::find(objects(), object_type::tree, &source_object::type);
  }
  // All commits with their names, that of commit() first; none if the image's commit has no name.
  [[nodiscard]] virtual std::span<const source_version> versions() const { return {}; }

  // The first path of objects()[index], '/'-separated, without a leading '/'; empty for commit, tags and root tree.
  [[nodiscard]] virtual std::string_view path(std::size_t index) const = 0;

  // Replaces `out` with the whole content of objects()[index]. The caller compares it with the id. Safe to call from
  // many threads at once.
  [[nodiscard]] virtual outcome<void> read(std::size_t index, std::vector<std::byte>& out) const = 0;

  // The same, for a caller that got content which does not match the id: a source with several copies of an object
  // skips those that do not match.
  [[nodiscard]] virtual outcome<void> read_verified(std::size_t index, std::vector<std::byte>& out) const {
    return read(index, out);
  }

  // The same as read(), as a stream, in memory that does not grow with the object. The source must outlive the stream.
  // Safe to call from many threads at once.
  [[nodiscard]] virtual outcome<std::unique_ptr<byte_stream>> open(std::size_t index) const = 0;
};

}  // namespace docteur
