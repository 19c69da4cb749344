#include "object/hasher.hpp"

#include <algorithm>
#include <array>

namespace docteur {

hasher object_hash(hash_kind kind, object_type type, std::uint64_t size) noexcept {
  // The longest header: "commit", a space, twenty digits, NUL.
  std::array<char, 28> header;
  const std::string_view type_name = name(type);
  std::size_t n =
      static_cast<std::size_t>(std::copy(type_name.begin(), type_name.end(), header.begin()) - header.begin());
  header[n++] = ' ';
  std::size_t digits = 1;
  for (std::uint64_t rest = size; rest >= 10; rest /= 10) ++digits;
  for (std::size_t i = digits; i-- > 0; size /= 10) header[n + i] = static_cast<char>('0' + size % 10);
  header[n + digits] = '\0';
  hasher hash(kind);
  hash.update(as_bytes(std::string_view(header.data(), n + digits + 1)));
  return hash;
}

oid object_id(hash_kind kind, object_type type, bytes content) noexcept {
  hasher hash = object_hash(kind, type, content.size());
  hash.update(content);
  return hash.finish();
}

}  // namespace docteur
