#pragma once
// Checks the rules that every object_source must follow.

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "object/hasher.hpp"
#include "pack/object_source.hpp"

namespace docteur {

inline std::string hex_text(const oid& id) {
  const oid_hex h = to_hex(id);
  return {h.data(), h.size()};
}

// Each object is listed once, and read() and open() return the content that matches its id.
inline void expect_all_readable(const object_source& source) {
  std::set<oid> seen;
  for (std::size_t i = 0; i < source.objects().size(); ++i) {
    const source_object& o = source.objects()[i];
    EXPECT_TRUE(seen.insert(o.id).second) << "listed twice: " << source.path(i);
    std::vector<std::byte> content;
    const auto read = source.read(i, content);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(content.size(), o.size);
    EXPECT_EQ(object_id(hash_kind::sha1, o.type, content), o.id) << source.path(i);
    auto stream = source.open(i);
    ASSERT_TRUE(stream) << stream.error().message;
    std::vector<std::byte> streamed, piece(1 + content.size() / 3);
    for (;;) {
      const auto n = (*stream)->read(piece);
      ASSERT_TRUE(n) << n.error().message;
      if (*n == 0) break;
      streamed.insert(streamed.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(*n));
    }
    EXPECT_EQ(streamed, content) << source.path(i);
  }
}

}  // namespace docteur
