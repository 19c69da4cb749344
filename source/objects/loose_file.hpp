#pragma once
// A loose object: a zlib stream of "<type> <size>\0" and the content (`git help gitrepository-layout`, objects/).
// Hosted; all functions are safe from many threads.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "source/objects/id_table.hpp"
#include "source/objects/inflated_file.hpp"

namespace docteur {

class loose_file {
 public:
  // Opens the object's file in the folder `objects`. The fault is missing if there is no such file; others name the
  // file.
  [[nodiscard]] static object_result<loose_file> open(const std::string& objects, const oid& id);

  [[nodiscard]] object_type type() const noexcept { return type_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  // bytes of content
  // Replaces `out`.
  [[nodiscard]] object_result<void> read(std::vector<std::byte>& out) const;
  [[nodiscard]] object_result<std::unique_ptr<byte_stream>> open_stream() const;

 private:
  loose_file() = default;
  [[nodiscard]] object_result<void> parse_header();
  [[nodiscard]] object_result<void> inflate(std::vector<std::byte>& out) const;

  stream_place from_;
  std::uint64_t header_size_ = 0;  // bytes, including the NUL
  object_type type_{};
  std::uint64_t size_ = 0;
};

// Adds the loose objects of the folder `objects` whose ids begin with `digits` (at least two) to `found`, until there
// are kMostPrefixed.
[[nodiscard]] object_result<void> collect_loose(const std::string& objects, std::string_view digits, hash_kind kind,
                                                id_set& found);

}  // namespace docteur
